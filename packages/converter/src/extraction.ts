// The extractor alone, for whoever wants an index and no archive: without the rest it starts in a tenth of the time.
export { type ByteSource, fileSource, memorySource, sliceSource, streamSource } from './extractor/byte-source.ts'
export type { Format, FoundType } from './extractor/formats.ts'
export { type Found, type IndexOptions, indexResources } from './extractor/index-resources.ts'
export { type Recognised, recognise } from './extractor/recognise.ts'
export type { Facts, FoundNote } from './extractor/walk.ts'
