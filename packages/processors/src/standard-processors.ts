import {
  deckTextProcessor,
  officePdfProcessor,
  pdfPageProcessor,
  pdfTextProcessor,
} from './documents/document-processors.ts'
import { audioProcessor } from './ffmpeg/audio.ts'
import { imageProcessor, posterProcessor } from './ffmpeg/picture.ts'
import { slideshowProcessor } from './ffmpeg/slideshow.ts'
import { moduleProcessor } from './module-processor.ts'
import type { Processor } from './processor.ts'
import { ffmpegPeaksProcessor, wavPeaksProcessor } from './waveform/peak-processors.ts'

/** Those that `conversionRules` names. */
export const standardProcessors: readonly Processor[] = [
  audioProcessor,
  imageProcessor,
  posterProcessor,
  slideshowProcessor,
  pdfPageProcessor,
  pdfTextProcessor,
  deckTextProcessor,
  officePdfProcessor,
  wavPeaksProcessor,
  ffmpegPeaksProcessor,
  moduleProcessor('waveform-picture', new URL('./waveform/waveform-picture.ts', import.meta.url)),
  moduleProcessor('captions', new URL('./captions/captions-module.ts', import.meta.url)),
]
