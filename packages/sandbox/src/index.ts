export { type Enclosure, enclose, openWorkFolder } from './enclosure.ts'
export { findProgram } from './find-program.ts'
export { type Isolation, isolation, type Surroundings } from './isolation.ts'
export {
  type FinishedProgram,
  type ProgramEnd,
  type ProgramOptions,
  type RunningProgram,
  runProgram,
  startProgram,
} from './program.ts'
export { AddressRefused, checkLiteral, isPublicAddress, lookupPublic } from './public-address.ts'
export { checkPublicUrl, type PublicFetchOptions, publicFetch } from './public-fetch.ts'
export { SandboxError, type SandboxErrorCode } from './sandbox-error.ts'
export type { WorkFolder } from './work-folder.ts'
