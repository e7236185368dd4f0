import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Note, Processor } from '@rushes/pipeline'
import { collate } from '../collate/collation.ts'
import { reshaped } from '../collate/reshape.ts'
import { writeArchive } from '../collate/write-archive.ts'
import { ConvertError } from '../convert-error.ts'
import {
  alignedKind,
  fileKind,
  identityKind,
  lookedKind,
  pagesKind,
  presentationKind,
  readingKind,
  seenSlidesKind,
  umfKind,
  wishesKind,
} from '../job-kinds.ts'
import { readReading } from '../reading-file.ts'
import { taskProcessor } from '../task-answer.ts'
import { correlated } from '../timeline/correlated-reading.ts'
import { keptTime } from '../timeline/kept-reading.ts'
import { isWanted } from '../wishes.ts'
import type { Workshop } from '../workshop.ts'
import { readDeckPages } from './page-tasks.ts'
import { readSlideTimes } from './slide-time-tasks.ts'

/** Puts everything into one archive. */
export function collator({ folder, notes }: Workshop): Processor {
  return taskProcessor(
    'collator',
    async ({ takes, signal, onProgress }) => {
      const told = await readReading(readingKind.one(takes).path)
      const seen = await Promise.all(seenSlidesKind.all(takes).map(async ({ path }) => await readSlideTimes(path)))
      const reading = correlated(told, alignedKind.all(takes), seen.flat())
      const wishes = wishesKind.one(takes)
      const looked = lookedKind.all(takes).sort((left, right) => left.index - right.index)
      const kept = keptTime(reading, looked)
      const [presentation = null] = presentationKind.all(takes)
      const files = fileKind.all(takes).sort((left, right) => (left.name < right.name ? -1 : 1))
      const decks = await Promise.all(pagesKind.all(takes).map(async ({ path }) => await withSizes(path)))
      decks.sort((left, right) => (left.deck < right.deck ? -1 : 1))
      const presented = presentation?.file ?? null
      const sorted = collate({ reading, files, looked, decks, kept, wishes, presented })
      const { notes: own, ...collation } = await reshaped(sorted, wishes, folder, signal)
      if (collation.items.length === 0 && collation.events.length === 0 && presentation === null) {
        throw new ConvertError('nothing-found', 'nothing is left of it by these wishes')
      }
      const { id, createdAt } = identityKind.one(takes)
      const path = join(folder, 'archive.umf')
      const metadata = {
        ...reading.metadata,
        ...{ format: reading.format, created: new Date(createdAt).toISOString(), notes: inOrder([...notes(), ...own]) },
      }
      const { durationMs } = kept
      const hasEvents = isWanted(wishes, 'events')
      await writeArchive(path, { ...collation, id, metadata, durationMs, hasEvents, presentation }, onProgress)
      return { severity: 'info', gave: [umfKind.make('umf', { path })], notes: own }
    },
    { isFinal: true },
  )
}

async function withSizes(path: string) {
  const deck = await readDeckPages(path)
  const sizes = await Promise.all(
    deck.pages.map(async (page) => (page.path === null ? 0 : (await stat(page.path)).size)),
  )
  return { ...deck, sizes }
}

/** Tasks end in another order each time. */
function inOrder(notes: readonly Note[]): Note[] {
  const key = ({ severity, code, resource = '', message }: Note): string => `${severity} ${code} ${resource} ${message}`
  return [...new Map(notes.map((note) => [key(note), note]))]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, note]) => note)
}
