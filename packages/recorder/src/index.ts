export type {
  AnnotationOperation,
  Note,
  Outline,
  Region,
  Scribble,
  Shape,
  TimedOperation,
} from './annotate/annotation.ts'
export type { Annotations, AnnotationsEvents } from './annotate/annotations.ts'
export { type AnnotationView, type BoardShape, type TrailPoint, viewAt } from './annotate/board.ts'
export { AnnotationPainter } from './annotate/painter.ts'
export type { Bubble, BubbleShape, Corner, Point, Rect, Size } from './capture/bubble.ts'
export { openCapture } from './capture/capture.ts'
export { CaptureError, type CaptureErrorCode } from './capture/capture-error.ts'
export { listDevices } from './capture/devices.ts'
export {
  type BubbleSource,
  defaultScene,
  keptInside,
  layOut,
  mainSource,
  type PictureSource,
  type PlacedSource,
  portionBetween,
  type Scene,
  type SceneChange,
  type SourceSizes,
  shownPart,
} from './capture/scene.ts'
export type {
  CameraOptions,
  Capture,
  CaptureEvents,
  CaptureOptions,
  CaptureSource,
  Device,
  DeviceOptions,
  DeviceSource,
  MicrophoneOptions,
  ScreenOptions,
  SoundSource,
  SourceKind,
} from './capture/source.ts'
export { type BodyEncoder, EncoderError, type EncoderErrorCode } from './encode/body-encoder.ts'
export {
  type AudioCodec,
  chooseEncoder,
  type EncoderCapabilities,
  type EncoderChoice,
  type VideoCodec,
} from './encode/choose-encoder.ts'
export type { EncoderWish } from './encode/open-encoder.ts'
export { probeEncoders } from './encode/probe-encoders.ts'
export type { Listeners } from './listeners.ts'
export { type StartRecordingOptions, startRecording } from './recording.ts'
export {
  type ConnectionState,
  type KeptReason,
  type NewEvent,
  type Recording,
  RecordingError,
  type RecordingErrorCode,
  type RecordingEvents,
  type RecordingNotice,
  type RecordingProgress,
  type RecordingState,
} from './recording-state.ts'
export { type Recovered, type RecoverOptions, type RecoveryProgress, recoverRecordings } from './recover.ts'
export { SpoolError, type SpoolErrorCode } from './spool/spool-error.ts'
export type { SpoolKind, SpoolMeta } from './spool/spool-store.ts'
export { deleteSpool, exportSpool, listSpools, type SpoolView } from './spool/spools.ts'
