import { resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { ConversionError } from '../conversion-error.ts'
import type { DeckContent, DeckPicture } from './deck.ts'
import type { SlideRepair } from './deck-repair.ts'
import type { DeckAnswer, DeckTask } from './deck-worker.ts'

const mostHeapMegabytes = 512
const mostTimeMs = 60_000

/**
 * Reads what is written on the slides of a PPTX, ODP or PPT, and in their notes: in a thread of its own, with limits on bytes,
 * depth, memory and time. Documents with a document type are refused; what lies elsewhere is never asked for.
 *
 * @throws ConversionError `input-refused`, `input-too-large`, `not-handled` (an OLE2 file of another kind), `timed-out`,
 * `failed`, `cancelled`
 */
export async function readDeck(path: string, signal: AbortSignal, timeMs: number = mostTimeMs): Promise<DeckContent> {
  const answer = await inThread({ work: 'read', path: resolve(path) }, signal, timeMs)
  if (!('content' in answer)) throw new Error('a deck was to be read')
  return answer.content
}

/**
 * Writes the pictures that were put into a PPTX, ODP or PPT into a folder, each as it lies in it; those of a PPT are unpacked.
 *
 * @throws as {@link readDeck}
 */
export async function deckPictures(path: string, folder: string, signal: AbortSignal): Promise<DeckPicture[]> {
  const task: DeckTask = { work: 'pictures', path: resolve(path), folder: resolve(folder) }
  const answer = await inThread(task, signal, mostTimeMs)
  if (!('pictures' in answer)) throw new Error('pictures were to be taken out')
  return answer.pictures
}

/**
 * Writes a copy of a PPTX or ODP in which every slide is well-formed: of damaged ones what can be read, or nothing.
 *
 * @param copy where `output` is an empty file, and `empty` are slides (from 1) that are to be empty in any case
 * @throws as {@link readDeck}
 */
export async function repairDeck(
  copy: { path: string; output: string; empty?: readonly number[] },
  signal: AbortSignal,
): Promise<SlideRepair[]> {
  const { path, output, empty = [] } = copy
  const task: DeckTask = { work: 'repair', path: resolve(path), output: resolve(output), empty }
  const answer = await inThread(task, signal, mostTimeMs)
  if (!('repairs' in answer)) throw new Error('a deck was to be repaired')
  return answer.repairs
}

async function inThread(task: DeckTask, signal: AbortSignal, timeMs: number): Promise<DeckAnswer> {
  if (signal.aborted) throw cancelled()
  const worker = new Worker(new URL('./deck-worker.ts', import.meta.url), {
    workerData: task,
    ...{ env: {}, execArgv: [], stdin: false },
    resourceLimits: { maxOldGenerationSizeMb: mostHeapMegabytes, maxYoungGenerationSizeMb: 64, stackSizeMb: 4 },
  })
  try {
    const answer = await new Promise<DeckAnswer>((resolve, reject) => {
      // A zip whose head lies can keep its reader waiting for ever.
      const timer = setTimeout(
        () => reject(new ConversionError('timed-out', `reading it took over ${timeMs} ms`)),
        timeMs,
      )
      const leave = (): void => reject(cancelled())
      signal.addEventListener('abort', leave, { once: true })
      worker.once('message', resolve)
      worker.once('error', (error: NodeJS.ErrnoException) => reject(crash(error)))
      worker.once('exit', () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', leave)
        reject(new ConversionError('failed', 'reading it broke off'))
      })
    })
    if ('code' in answer) throw new ConversionError(answer.code, answer.message)
    return answer
  } finally {
    await worker.terminate()
  }
}

function crash(error: NodeJS.ErrnoException): ConversionError {
  if (error.code === 'ERR_WORKER_OUT_OF_MEMORY')
    return new ConversionError('input-too-large', `reading it takes over ${mostHeapMegabytes} MiB`)
  return new ConversionError('failed', 'it could not be read', { detail: String(error.stack ?? error) })
}

function cancelled(): ConversionError {
  return new ConversionError('cancelled', 'nobody waits for it any more')
}
