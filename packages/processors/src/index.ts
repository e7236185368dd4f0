export type { Cue, CueSpan } from './captions/cue.ts'
export { parseTtml } from './captions/ttml.ts'
export { parseVtt, writeVtt } from './captions/vtt.ts'
export { CodeError, type CodeErrorCode } from './code/code-error.ts'
export { type CodeLimits, type CodeRun, defaultCodeLimits, runCode } from './code/run-code.ts'
export { contentKind } from './content-kind.ts'
export { ConversionError, type ConversionErrorCode, type Suggestions } from './conversion-error.ts'
export type { ConversionPlan, PlannedStep, StepInput } from './conversion-plan.ts'
export { type ConversionRule, conversionRules, type RuleInput } from './conversion-rules.ts'
export type { Asker } from './convert-once.ts'
export {
  type ConversionRequest,
  type ConversionSource,
  type Converter,
  type ConverterOptions,
  type MadeFile,
  openConverter,
} from './converter.ts'
export { type DecodedSound, decodeSound } from './correlate/decoded-sound.ts'
export { type GrayPicture, grayPicture } from './correlate/gray-picture.ts'
export { type SeenSlide, seenSlides } from './correlate/slide-matching.ts'
export { alignSounds, type SoundAlignment } from './correlate/sound-alignment.ts'
export { type SpokenLine, type SpokenSlide, spokenSlides } from './correlate/spoken-slides.ts'
export { watchVideo } from './correlate/watched-video.ts'
export { type DeckContent, type DeckKind, type DeckPicture, type DeckSlide, ODP, PPT, PPTX } from './documents/deck.ts'
export { deckPictures, readDeck, repairDeck } from './documents/deck-reader.ts'
export type { SlideRepair } from './documents/deck-repair.ts'
export { missingFonts, type OfficePdf, officePdf, officeProblem } from './documents/office-pdf.ts'
export { type PdfPage, type PdfPages, type PdfRequest, pdfPages } from './documents/pdf-pages.ts'
export { type FfmpegRun, runFfmpeg, THREADS } from './ffmpeg/ffmpeg-run.ts'
export { inputArguments } from './ffmpeg/input-arguments.ts'
export { type MediaFamily, mediaSignature, SIGNATURE_BYTES } from './ffmpeg/media-signature.ts'
export { openingOf, type Probed, type ProbedChapter, type ProbedWords, probe } from './ffmpeg/probe.ts'
export { madeEnding, madeType } from './made-item.ts'
export { moduleProcessor } from './module-processor.ts'
export type { ModuleJob } from './module-worker.ts'
export {
  type ConversionLimits,
  type ConversionParameters,
  defaultLimits,
  type InputFile,
  type Processor,
  type ProcessorJob,
} from './processor.ts'
export { type HttpServiceOptions, httpServiceProcessor } from './service/http-service.ts'
export { standardProcessors } from './standard-processors.ts'
