export type { Bubble, Corner } from './capture/bubble.ts'
export { CaptureError, type CaptureErrorCode } from './capture/capture-error.ts'
export type {
  Capture,
  CaptureEvents,
  CaptureOptions,
  CaptureSource,
  Device,
  DeviceOptions,
  MicrophoneOptions,
  ScreenOptions,
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
export type { Listeners } from './listeners.ts'
export {
  type ConnectionState,
  type KeptReason,
  type Recording,
  RecordingError,
  type RecordingErrorCode,
  type RecordingEvents,
  type RecordingNotice,
  type RecordingProgress,
  type RecordingState,
} from './recording-state.ts'
export { SpoolError, type SpoolErrorCode } from './spool/spool-error.ts'
export type { SpoolKind, SpoolMeta } from './spool/spool-store.ts'
