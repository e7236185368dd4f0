export { type FfmpegInventory, ffmpegInventory } from './acquire/ffmpeg-inventory.ts'
export { checkInputs, type Input, parseInput } from './acquire/input.ts'
export { type AudioCodec, parseRendition, type Rendition, type VideoCodec } from './acquire/rendition.ts'
export { SourceError, type SourceErrorCode } from './acquire/source-error.ts'
export type { BandwidthLimit, TimeWindow } from './deliver/bandwidth-limit.ts'
export { openTokenBucket, parseWindows, type TokenBucket } from './deliver/bandwidth-limit.ts'
export { DeliveryRefusal } from './deliver/delivery-client.ts'
export {
  certificateName,
  type DeliveryProgress,
  type DeliveryRun,
  type DeliveryRunOptions,
  runDelivery,
} from './deliver/delivery-run.ts'
export type { ServerContactView } from './deliver/server-contact.ts'
export type { UploadProgress, WorkerProgress } from './deliver/upload-pool.ts'
export { type Encode, type EncodeOptions, type EncodeProgress, type SourceProgress, startEncode } from './encode.ts'
export { type FleetEncoder, type FleetEncoderOptions, openFleetEncoder } from './fleet/fleet-encoder.ts'
export { type EncoderStatus, encoderStatus, type SourceStatus, type StatusFacts } from './report/encoder-status.ts'
export { EventTotals, type RenditionTotals, totalsOf } from './spool/event-totals.ts'
export { openSpool, readSpool, type Spool, type SpoolCounts, type SpoolHead } from './spool/spool.ts'
export { SpoolError, type SpoolErrorCode } from './spool/spool-error.ts'
export type { WhenFull } from './spool/spool-room.ts'
export { type Verification, verifyCertificate } from './spool/verify.ts'
