export type { BandwidthLimit, TimeWindow } from './deliver/bandwidth-limit.ts'
export { parseWindows } from './deliver/bandwidth-limit.ts'
export { DeliveryRefusal } from './deliver/delivery-client.ts'
export {
  certificateName,
  type DeliveryProgress,
  type DeliveryRun,
  type DeliveryRunOptions,
  runDelivery,
} from './deliver/delivery-run.ts'
export type { UploadProgress, WorkerProgress } from './deliver/upload-pool.ts'
export { openSpool, readSpool, type Spool, type SpoolCounts, type SpoolHead } from './spool/spool.ts'
export { SpoolError, type SpoolErrorCode } from './spool/spool-error.ts'
export { type Verification, verifyCertificate } from './spool/verify.ts'
