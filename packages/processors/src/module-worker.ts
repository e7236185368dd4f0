// Runs in a thread of its own; see module-processor.ts.
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { ConversionError, type ConversionErrorCode } from './conversion-error.ts'
import type { ConversionLimits, ConversionParameters } from './processor.ts'

/** What a module is told besides the content. */
export type ModuleJob = {
  /** Content type, as it was given. */
  from: string
  /** Kind of content to be made. */
  to: string
  parameters: ConversionParameters
  limits: ConversionLimits
}

export type ModuleTask = { module: string; bytes: Uint8Array; job: ModuleJob }
export type ModuleAnswer = { made: Uint8Array } | { code: ConversionErrorCode; message: string }

type ConversionModule = { convertBytes(bytes: Uint8Array, job: ModuleJob): string | Uint8Array }

if (!isMainThread && parentPort !== null) {
  const { module, bytes, job } = workerData as ModuleTask
  const { convertBytes } = (await import(module)) as ConversionModule
  parentPort.postMessage(answerOf(() => convertBytes(bytes, job)))
}

function answerOf(convert: () => string | Uint8Array): ModuleAnswer {
  try {
    const made = convert()
    return { made: typeof made === 'string' ? new TextEncoder().encode(made) : made }
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return { code: error.code, message: error.message }
  }
}
