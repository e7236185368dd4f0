import { open, readFile, stat, writeFile } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { ConversionError } from './conversion-error.ts'
import type { ModuleAnswer, ModuleTask } from './module-worker.ts'
import { type ConversionLimits, type Processor, throwIfCancelled } from './processor.ts'

/** Captions of a day are about 3 MB; all of it is in memory at once. */
const mostBytes = 8 * 2 ** 20
const mostHeapMegabytes = 512
const mostTimeMs = 60_000

/**
 * A processor that is a function from one content, which fits into memory, to another. It runs in a thread of its own, with a
 * heap and a time of its own, so that a content that takes long keeps nothing else waiting.
 *
 * @param module exports `convertBytes(bytes: Uint8Array, job: ModuleJob): string | Uint8Array`
 */
export function moduleProcessor(name: string, module: URL): Processor {
  return {
    name,
    async convert({ inputs, to, parameters, output, limits, signal }) {
      const [input] = inputs
      throwIfCancelled(signal)
      const bytes = await readSmall(input!.path)
      const job = { from: input!.contentType, to, parameters, limits }
      const made = await inThread(name, { module: module.href, bytes, job }, signal)
      if (made.length > limits.outputBytes) throw tooLarge(limits)
      await writeFile(output, made)
    },
  }
}

function inThread(name: string, task: ModuleTask, signal: AbortSignal): Promise<Uint8Array> {
  const worker = new Worker(new URL('./module-worker.ts', import.meta.url), {
    workerData: task,
    // Nothing of ours is handed on: no variables, no flags.
    ...{ env: {}, execArgv: [], stdin: false },
    resourceLimits: { maxOldGenerationSizeMb: mostHeapMegabytes, maxYoungGenerationSizeMb: 64, stackSizeMb: 4 },
  })
  const timeMs = Math.min(mostTimeMs, task.job.limits.timeMs)
  return new Promise<Uint8Array>((resolve, reject) => {
    const timer = setTimeout(() => reject(new ConversionError('timed-out', `${name} took over ${timeMs} ms`)), timeMs)
    const leave = (): void => reject(new ConversionError('cancelled', 'nobody waits for it any more'))
    signal.addEventListener('abort', leave, { once: true })
    worker.once('message', (answer: ModuleAnswer) => {
      if ('made' in answer) resolve(answer.made)
      else reject(new ConversionError(answer.code, answer.message))
    })
    worker.once('error', (error: NodeJS.ErrnoException) => reject(crashError(name, error)))
    worker.once('exit', (code) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', leave)
      reject(new ConversionError('failed', `${name} ended by status ${code}`))
    })
  }).finally(() => worker.terminate())
}

function crashError(name: string, error: NodeJS.ErrnoException): ConversionError {
  if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new ConversionError('input-too-large', `${name} needs over ${mostHeapMegabytes} MiB for it`)
  }
  return new ConversionError('failed', `${name} could not convert it`, { detail: String(error.stack ?? error) })
}

function tooLarge({ outputBytes }: ConversionLimits): ConversionError {
  return new ConversionError('output-too-large', `the result has over ${outputBytes} bytes`)
}

async function readSmall(path: string): Promise<Uint8Array> {
  const { size } = await stat(path)
  if (size > mostBytes) {
    throw new ConversionError('input-too-large', `text and peaks may have ${mostBytes} bytes, not ${size}`)
  }
  return await readFile(path)
}

/** The first bytes of a file. */
export async function readStart(path: string, length: number): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
