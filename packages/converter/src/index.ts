export { ConvertError, type ConvertErrorCode } from './convert-error.ts'
