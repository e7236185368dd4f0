// Discovery in a thread of its own: it computes for seconds, and what it is given was made by anybody.
import { Worker } from 'node:worker_threads'
import { ConversionError } from '@rushes/processors'
import type { Discovery, DiscoveryInput } from '../discovery/discovery.ts'

const mostHeapMegabytes = 1024
const mostTimeMs = 10 * 60_000

/** @throws ConversionError `timed-out`, `input-too-large`, `failed`, `cancelled` */
export async function discoverInThread(input: DiscoveryInput, signal: AbortSignal): Promise<Discovery> {
  if (signal.aborted) throw cancelled()
  const worker = new Worker(new URL('./discovery-worker.ts', import.meta.url), {
    workerData: input,
    transferList: [input.bytes.buffer as ArrayBuffer],
    ...{ env: {}, execArgv: [], stdin: false },
    resourceLimits: { maxOldGenerationSizeMb: mostHeapMegabytes },
  })
  const { promise, resolve, reject } = Promise.withResolvers<Discovery>()
  const leave = (): void => reject(cancelled())
  signal.addEventListener('abort', leave, { once: true })
  const timer = setTimeout(
    () => reject(new ConversionError('timed-out', `looking for events took over ${mostTimeMs / 60_000} minutes`)),
    mostTimeMs,
  )
  worker.once('message', resolve)
  worker.once('error', (fault: NodeJS.ErrnoException) => {
    const isFull = fault.code === 'ERR_WORKER_OUT_OF_MEMORY'
    reject(
      isFull
        ? new ConversionError('input-too-large', `looking for events needs over ${mostHeapMegabytes} MiB`)
        : new ConversionError('failed', 'looking for events came to nothing', { detail: String(fault.stack ?? fault) }),
    )
  })
  worker.once('exit', (code) => reject(new ConversionError('failed', `looking for events ended by status ${code}`)))
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', leave)
    await worker.terminate()
  }
}

function cancelled(): ConversionError {
  return new ConversionError('cancelled', 'nobody waits for it any more')
}
