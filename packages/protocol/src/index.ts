export {
  type ApiKeyList,
  type ApiKeyView,
  apiKeyList,
  type CreateApiKeyRequest,
  type CreatedApiKey,
  type CreatedRecording,
  type CreateRecordingRequest,
  createApiKeyRequest,
  createdApiKey,
  createdRecording,
  createRecordingRequest,
  type EndReason,
  type ErrorBody,
  errorBody,
  type LoginRequest,
  loginRequest,
  type PublishRequest,
  publishRequest,
  type RecordingList,
  type RecordingView,
  type RenameRecordingRequest,
  recordingList,
  recordingView,
  renameRecordingRequest,
  type SessionView,
  type SetupRequest,
  type ShareView,
  sessionView,
  setupRequest,
  shareView,
  type TrackView,
  type ViewState,
} from './api.ts'
export { type ApiClient, type ApiClientOptions, ApiError, apiClient } from './api-client.ts'
export { type Chunk, type Crc32, chunkHeaderBytes, encodeChunkHeader, parseChunk, writeChunkHeader } from './chunk.ts'
export { type CloseName, closeCodes, closeName } from './close-codes.ts'
export {
  type Ack,
  ingestSubprotocol,
  maxControlLength,
  parseReceiverMessage,
  parseSenderMessage,
  type ReceiverMessage,
  type SenderMessage,
  type Welcome,
} from './control.ts'
export { crc32 } from './crc32.ts'
export {
  type IngestSender,
  type IngestSenderOptions,
  type IngestSocket,
  openIngestSender,
  type SenderProgress,
  type SenderState,
  type Spool,
} from './ingest-sender.ts'
export { ProtocolError, type ProtocolErrorCode } from './protocol-error.ts'
