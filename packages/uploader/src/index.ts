export {
  type ArchiveUpload,
  type ArchiveUploadOptions,
  type ArchiveUploadState,
  openArchiveUpload,
} from './archive-upload.ts'
export type { Sha256 } from './file-digest.ts'
export { type FileUpload, type FileUploadOptions, openFileUpload, type UploadState } from './file-upload.ts'
export type { SourceFile } from './source-file.ts'
export { TransferRate } from './transfer-rate.ts'
export { archivesPath, type TusClient, type TusClientOptions, tusClient } from './tus-client.ts'
export { UploadFault, type UploadFaultCode } from './upload-fault.ts'
export { openUploadQueue, type QueueFigures, type UploadQueue } from './upload-queue.ts'
