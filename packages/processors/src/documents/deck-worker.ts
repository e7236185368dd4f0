// Runs in a thread of its own, which has a heap and a time of its own; see deck-reader.ts.
import { open, readFile, stat } from 'node:fs/promises'
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { ConversionError, type ConversionErrorCode } from '../conversion-error.ts'
import type { DeckContent, DeckPicture } from './deck.ts'
import type { SlideRepair } from './deck-repair.ts'

export type DeckTask =
  | { work: 'read'; path: string }
  /** `folder`: for pictures, there and empty of any. */
  | { work: 'pictures'; path: string; folder: string }
  /** `output`: an empty file. `empty`: slides from 1. */
  | { work: 'repair'; path: string; output: string; empty: readonly number[] }

export type DeckAnswer =
  | { content: DeckContent }
  | { pictures: DeckPicture[] }
  | { repairs: SlideRepair[] }
  | { code: ConversionErrorCode; message: string }

/** Of a document that lies in memory as a whole. */
const mostOleBytes = 256 * 2 ** 20

if (!isMainThread && parentPort !== null) parentPort.postMessage(await answerOf(workerData as DeckTask))

async function answerOf(task: DeckTask): Promise<DeckAnswer> {
  try {
    return await done(task)
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return { code: error.code, message: error.message }
  }
}

async function done(task: DeckTask): Promise<DeckAnswer> {
  if (await isOle(task.path)) {
    if (task.work === 'repair') throw new ConversionError('not-handled', 'decks of this kind are not repaired')
    if ((await stat(task.path)).size > mostOleBytes) throw new ConversionError('input-too-large', 'it is too large')
    const { picturesOfPpt, readPpt } = await import('./ppt-deck.ts')
    const bytes = await readFile(task.path)
    if (task.work === 'read') return { content: readPpt(bytes) }
    const { writePictures } = await import('./deck-pictures.ts')
    return { pictures: await writePictures(picturesOfPpt(bytes), task.folder) }
  }
  // Each thread loads only what it needs.
  const { OfficeZip } = await import('./office-zip.ts')
  const zip = await OfficeZip.open(task.path)
  try {
    const isOdp = zip.has('content.xml') && !zip.has('[Content_Types].xml')
    if (task.work === 'read') {
      const content = isOdp
        ? await (await import('./odp-deck.ts')).readOdp(zip)
        : await (await import('./pptx-deck.ts')).readPptx(zip)
      return { content }
    }
    if (task.work === 'pictures') {
      const { writePictures, zippedPictures } = await import('./deck-pictures.ts')
      return { pictures: await writePictures(zippedPictures(zip), task.folder) }
    }
    const { repairOdp, repairPptx } = await import('./deck-repair.ts')
    const empty = new Set(task.empty)
    return { repairs: await (isOdp ? repairOdp : repairPptx)(zip, task.output, empty) }
  } finally {
    zip.close()
  }
}

async function isOle(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0)
    return buffer.readUInt32LE() === 0xe011cfd0
  } finally {
    await file.close()
  }
}
