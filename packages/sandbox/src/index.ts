export { findProgram } from './find-program.ts'
export {
  type FinishedProgram,
  type ProgramEnd,
  type ProgramOptions,
  type RunningProgram,
  runProgram,
  startProgram,
} from './program.ts'
export { SandboxError, type SandboxErrorCode } from './sandbox-error.ts'
