export {
  type Conversion,
  type ConversionPlan,
  type ConvertOptions,
  convertArchive,
  convertedFile,
  learnedLayouts,
  type PlanOptions,
  planConversion,
  workFolderOf,
} from './convert.ts'
export { ConvertError, type ConvertErrorCode } from './convert-error.ts'
export type { DiscoveredEvent, EventKind } from './discovery/discovered-events.ts'
export {
  type DiscoveredPattern,
  type Discovery,
  type DiscoveryInput,
  type DiscoveryNote,
  discover,
} from './discovery/discovery.ts'
export {
  exportLayouts,
  importLayouts,
  namedLayout,
  withLayout,
  withoutLayout,
} from './discovery/layout-library.ts'
export type { LearnedLayout, LearnedRecord } from './discovery/learned-layout.ts'
export type { ByteRange } from './discovery/leftover.ts'
export { type Exported, type ExportForm, type ExportOptions, exportArchive } from './export/export-archive.ts'
export { putWhole } from './export/put-whole.ts'
export type { VideoLayout, VideoOptions } from './export/single-video.ts'
export { writeZip, type ZippedFile } from './export/zip-file.ts'
export { type ByteSource, fileSource, memorySource, sliceSource, streamSource } from './extractor/byte-source.ts'
export type { Format, FoundType } from './extractor/formats.ts'
export { type Found, type IndexOptions, indexResources } from './extractor/index-resources.ts'
export { type Recognised, recognise } from './extractor/recognise.ts'
export type { Facts, FoundNote } from './extractor/walk.ts'
export type { Extracted, Finding, Searched } from './findings/finding.ts'
export { type FoundFileView, type FoundSoFar, type FoundTrackView, foundSoFar } from './found-so-far.ts'
export { parseWishes, RESOURCE_TYPES, type Wishes } from './wishes.ts'
