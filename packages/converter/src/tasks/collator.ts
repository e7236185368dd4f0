import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Note, Processor, Resource } from '@rushes/pipeline'
import { readBlobIndex } from '../blob/blob-index.ts'
import { collate } from '../collate/collation.ts'
import { withPictureFacts } from '../collate/picture-facts.ts'
import { reshaped } from '../collate/reshape.ts'
import { writeArchive } from '../collate/write-archive.ts'
import { ConvertError } from '../convert-error.ts'
import type { Reading } from '../families/family.ts'
import { type DiscoveredHere, readDiscovered } from '../findings/discovered-file.ts'
import { type Finding, findingOf, writeFinding } from '../findings/finding.ts'
import { isUntold } from '../findings/left-over.ts'
import {
  alignedKind,
  blobIndexKind,
  discoveredKind,
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
import { withInnerWords } from '../timeline/inner-words.ts'
import { keptTime } from '../timeline/kept-reading.ts'
import { withShiftedWords } from '../timeline/shifted-words.ts'
import { isWanted } from '../wishes.ts'
import type { Workshop } from '../workshop.ts'
import { readDeckPages } from './page-tasks.ts'
import { readSlideTimes } from './slide-time-tasks.ts'

/** Puts everything into one archive. */
export function collator({ folder, notes }: Workshop): Processor {
  return taskProcessor(
    'collator',
    async ({ takes, signal, onProgress }) => {
      const found = await foundIn(takes, notes())
      const told = withFinding(await readReading(readingKind.one(takes).path), found)
      const seen = await Promise.all(seenSlidesKind.all(takes).map(async ({ path }) => await readSlideTimes(path)))
      const reading = correlated(told, alignedKind.all(takes), seen.flat())
      const wishes = wishesKind.one(takes)
      const looked = lookedKind.all(takes).sort((left, right) => left.index - right.index)
      const [presentation = null] = presentationKind.all(takes)
      const files = fileKind.all(takes).sort((left, right) => (left.name < right.name ? -1 : 1))
      const timed = await withShiftedWords(await withInnerWords(reading, looked), looked, files)
      const kept = keptTime(timed, looked)
      const decks = await Promise.all(pagesKind.all(takes).map(async ({ path }) => await withSizes(path)))
      decks.sort((left, right) => (left.deck < right.deck ? -1 : 1))
      const presented = presentation?.file ?? null
      const described = { ...timed, files: await withPictureFacts(timed.files, files, signal) }
      const sorted = collate({ reading: described, files, looked, decks, kept, wishes, presented })
      const { notes: more, ...collation } = await reshaped(sorted, wishes, folder, signal)
      const own = [...timed.notes.slice(reading.notes.length), ...more]
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
      const gave = [umfKind.make('umf', { path, ...(await keptFinding(found, folder)) })]
      return { severity: 'info', gave, notes: own }
    },
    { isFinal: true },
  )
}

type FoundHere = { finding: Finding | null; discovered: DiscoveredHere | null; path: string | null }

/** What was extracted and discovered on the way. */
async function foundIn(takes: readonly Resource[], notes: readonly Note[]): Promise<FoundHere> {
  const indexes = await Promise.all(blobIndexKind.all(takes).map(async ({ path }) => await readBlobIndex(path)))
  indexes.sort((left, right) => (left.file < right.file ? -1 : 1))
  const [place = null] = discoveredKind.all(takes)
  const discovered = place === null ? null : await readDiscovered(place.path)
  const searched = discovered?.searched ?? []
  const files = new Set([...indexes, ...searched].map(({ file }) => file))
  const about = notes.filter(({ resource }) => resource !== undefined && files.has(resource))
  return { finding: findingOf(indexes, searched, inOrder(about)), discovered, path: place?.path ?? null }
}

/** With what was discovered, and the matrix of it. */
function withFinding(reading: Reading, { finding, discovered }: FoundHere): Reading {
  if (finding === null) return reading
  const layout = discovered?.searched.find((each) => each.layout !== null)?.layout
  const matrix = {
    ...{ name: 'discovery.json', type: 'data', contentType: 'application/json' },
    ...{ title: 'What was found in it', text: JSON.stringify(finding) },
  }
  return {
    ...reading,
    ...(layout !== undefined && layout !== null && isUntold(reading) && { format: `learned:${layout.name}` }),
    more: [...(reading.more ?? []), matrix],
    events: [...reading.events, ...(discovered?.events ?? [])],
  }
}

async function keptFinding({ finding, path: discovered }: FoundHere, folder: string) {
  if (finding === null) return { finding: null, discovered }
  const path = join(folder, 'finding.json')
  await writeFinding(finding, path)
  return { finding: path, discovered }
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
