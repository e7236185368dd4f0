export { anonymous, type Caller, mayRead, owner, type Restricted, strictest } from './access.ts'
export { type Anchor, beginsAsArchive, encodeAnchor, head, SLOTS } from './anchor.ts'
export {
  Archive,
  type ArchiveResource,
  type ContentRange,
  type ItemWish,
  type OpenOptions,
  openArchive,
  type ResourceWish,
  type Span,
} from './archive.ts'
export { idBytes, isArchiveId, newArchiveId } from './archive-id.ts'
export { type ArchiveOrigin, type ArchiveRegistry, drawArchiveId, ownIds, withOrigin } from './archive-registry.ts'
export { checkedContent } from './checked-content.ts'
export { type CheckOptions, type CheckResult, checkArchive, type Problem, type ProblemCode } from './checker.ts'
export { type CompactOptions, compactArchive } from './compaction.ts'
export type { CoverEntry, Description } from './description.ts'
export { type Edit, type EditOptions, type Editor, openEditor, type Signer } from './editor.ts'
export {
  AES_MODULE,
  type AesEncryption,
  type ContentKey,
  decryptContent,
  encryptContent,
  encryptedLength,
} from './encryption.ts'
export { extensionBoxes, presentationExtensions } from './extension-boxes.ts'
export { type HttpSourceOptions, httpSource } from './http-source.ts'
export { DEFAULT_LEVEL, type Item, type ItemFields, type Presentation } from './item.ts'
export type { NewItem } from './item-content.ts'
export { nameProblem } from './item-name.ts'
export {
  type ArchivePlan,
  type PlannedArchive,
  type PlannedItem,
  type PlanPart,
  planArchive,
  type StoredBytes,
} from './plan.ts'
export {
  itemPointer,
  type Pointer,
  type PointerStore,
  parsePointer,
  type ResolvedPointer,
  resolvedContent,
  resolvePointer,
} from './pointer.ts'
export {
  type PreparedPresentation,
  type PrepareOptions,
  preparePresentation,
  type RefusedPresentation,
} from './presentation-media.ts'
export type { MakeSha256, Sha256 } from './sha256.ts'
export type { Signature } from './signature-box.ts'
export { type CheckedSignature, checkSignatures, newSigningKey, type SignatureStanding, signer } from './signing.ts'
export { blobSource, bytesSource, type EditableFile, type Source } from './source.ts'
export type { ArchiveState } from './state.ts'
export { EVENTS_TYPE, eventsContent, parseEvents, TimelineBudget, type TimelineEvent } from './timeline.ts'
export { type HttpFailure, HttpSourceError, UmfError, type UmfErrorCode } from './umf-error.ts'
export { type NewPresentation, UmfWriter, type WriterOptions } from './writer.ts'
