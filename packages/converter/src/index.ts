export { type Conversion, type ConvertOptions, convertArchive, workFolderOf } from './convert.ts'
export { ConvertError, type ConvertErrorCode } from './convert-error.ts'
export { parseWishes, RESOURCE_TYPES, type Wishes } from './wishes.ts'
