import { captionsProcessor } from './captions/captions-processor.ts'
import { audioProcessor } from './ffmpeg/audio.ts'
import { imageProcessor, posterProcessor } from './ffmpeg/picture.ts'
import { slideshowProcessor } from './ffmpeg/slideshow.ts'
import type { Processor } from './processor.ts'
import { ffmpegPeaksProcessor, wavPeaksProcessor } from './waveform/peak-processors.ts'
import { waveformPictureProcessor } from './waveform/waveform-picture.ts'

/** Those that `conversionRules` names. */
export const standardProcessors: readonly Processor[] = [
  audioProcessor,
  imageProcessor,
  posterProcessor,
  slideshowProcessor,
  wavPeaksProcessor,
  ffmpegPeaksProcessor,
  waveformPictureProcessor,
  captionsProcessor,
]
