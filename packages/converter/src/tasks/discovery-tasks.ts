import { join } from 'node:path'
import type { Note, Processor, TaskInput } from '@rushes/pipeline'
import { ConversionError } from '@rushes/processors'
import type { Discovery } from '../discovery/discovery.ts'
import type { LearnedLayout } from '../discovery/learned-layout.ts'
import { recogniseFile } from '../extractor/recognise-file.ts'
import { writeDiscovered } from '../findings/discovered-file.ts'
import { discoveredTimeline } from '../findings/discovered-timeline.ts'
import { discoverInThread } from '../findings/discovery-thread.ts'
import type { Searched } from '../findings/finding.ts'
import { type LeftSource, lengthOf, type ReadLeft, readLeft, readLeftover } from '../findings/left-over.ts'
import type { FoundFile } from '../input/found-file.ts'
import { discoveredKind, leftoverKind, lookedKind, pagesKind, readingKind } from '../job-kinds.ts'
import { readReading } from '../reading-file.ts'
import { taskProcessor } from '../task-answer.ts'
import { heardTime } from '../timeline/kept-reading.ts'
import type { Workshop } from '../workshop.ts'
import { readDeckPages } from './page-tasks.ts'

/** Of all that is left. What happens in a day is told in less, and of noise a megabyte takes seconds. */
const mostBytes = 4 * 2 ** 20

/** Looks for events in what nobody knows. */
export function discoverer({ folder, layouts }: Workshop): Processor {
  return taskProcessor('discoverer', async (input) => {
    const { takes, onProgress } = input
    const { sources, media } = await readLeftover(leftoverKind.one(takes).path)
    const durationMs = await recordedMs(input, media)
    const decks = await Promise.all(pagesKind.all(takes).map(async ({ path }) => await readDeckPages(path)))
    const counted = decks.map(({ deck, pages }) => ({ name: deck, pages: pages.length }))
    const known = await layouts()
    const notes: Note[] = []
    const searched: Searched[] = []
    const found: Discovery[] = []
    let room = mostBytes
    for (const [index, source] of sources.entries()) {
      const left = await readLeft(source, room)
      room -= left.bytes.length
      if (left.bytes.length < lengthOf(source.ranges)) notes.push(cutNote(source, left))
      const read = left.bytes.length
      const pages = counted.map(({ pages: count }) => count)
      const each = await searchedIn(input, source, left, { durationMs, pages, known }, notes)
      if (each !== null) found.push(each)
      searched.push(searchedOf(source, left, read, each))
      onProgress((index + 1) / sources.length)
    }
    const path = join(folder, 'discovered.json')
    const learned = found.map((each) => each.learned).filter((layout) => layout !== null)
    await writeDiscovered({ searched, events: discoveredTimeline(found, counted), learned }, path)
    const gave = [discoveredKind.make('discovered', { path })]
    return notes.some(({ severity }) => severity === 'warning')
      ? { severity: 'warning', gave, notes }
      : { severity: 'info', gave, notes }
  })
}

type Company = { durationMs: number | null; pages: readonly number[]; known: readonly LearnedLayout[] }

/** Null: it can't be searched, which is noted. */
async function searchedIn(
  { signal }: TaskInput,
  { file }: LeftSource,
  { bytes, ranges }: ReadLeft,
  { durationMs, pages, known }: Company,
  notes: Note[],
): Promise<Discovery | null> {
  try {
    const length = durationMs === null ? {} : { durationMs }
    const found = await discoverInThread({ bytes, ranges, ...length, pages, layouts: known }, signal)
    for (const note of found.notes) notes.push({ ...note, resource: file.name })
    return found
  } catch (error) {
    if (!(error instanceof ConversionError) || error.code === 'cancelled') throw error
    notes.push({ severity: 'warning', code: error.code, message: error.message, resource: file.name })
    return null
  }
}

function searchedOf({ file, ranges }: LeftSource, left: ReadLeft, read: number, found: Discovery | null): Searched {
  const { name, size } = file
  const layout = found?.layout ?? null
  return {
    ...{ file: name, size, left: lengthOf(ranges), read },
    layout: layout === null ? null : { signature: layout.signature, name: layout.name },
    patterns: (found?.patterns ?? []).map((pattern) => ({
      ...pattern,
      places: pattern.places.map(left.placeOf),
      values: pattern.values.filter(Number.isFinite),
    })),
  }
}

/** How long it was recorded; null where nothing tells. Media that were not looked through tell it by their structure. */
async function recordedMs({ takes, signal }: TaskInput, media: readonly FoundFile[]): Promise<number | null> {
  const looked = lookedKind.all(takes)
  let longest = heardTime(await readReading(readingKind.one(takes).path), looked).durationMs
  for (const { path } of media) {
    signal.throwIfAborted()
    const { startMs, endMs } = await recogniseFile(path)
    if (startMs !== undefined && endMs !== undefined) longest = Math.max(longest, endMs - startMs)
  }
  return longest > 0 ? longest : null
}

function cutNote({ file, ranges }: LeftSource, { bytes }: ReadLeft): Note {
  const message = `of the ${lengthOf(ranges)} bytes of which nothing is known, events were looked for in ${bytes.length}`
  return { severity: 'warning', code: 'too-much', message, resource: file.name }
}
