import { join } from 'node:path'
import type { Note, Processor, Resource } from '@rushes/pipeline'
import { readBlobIndex } from '../blob/blob-index.ts'
import { ConvertError } from '../convert-error.ts'
import { type ClaimedEvent, claimedEvents } from '../families/claimed-events.ts'
import type { Reading } from '../families/family.ts'
import { archivesWithin, withFilesBeside } from '../families/files-beside.ts'
import { readPlain } from '../families/unknown.ts'
import { isUntold, leftoverOf, lengthOf, writeLeftover } from '../findings/left-over.ts'
import type { FoundFile } from '../input/found-file.ts'
import {
  blobIndexKind,
  deckKind,
  fileKind,
  leftoverKind,
  readingKind,
  slideWatchKind,
  trackKind,
  unplacedKind,
  wishesKind,
} from '../job-kinds.ts'
import { writeReading } from '../reading-file.ts'
import { taskProcessor } from '../task-answer.ts'
import { correctedReading } from '../timeline/corrected-events.ts'
import { isWanted } from '../wishes.ts'
import type { Workshop } from '../workshop.ts'

/** Finds out what all the files are, and has them read by whoever knows. */
export function inquisitor({ folder }: Workshop): Processor {
  return taskProcessor(
    'inquisitor',
    async ({ takes }) => {
      const wishes = wishesKind.one(takes)
      const files = fileKind.all(takes).sort((left, right) => (left.name < right.name ? -1 : 1))
      const { reading: read, notes } = await readFiles(files)
      const reading = isBlob(files) && isUntold(read) ? { ...read, format: 'unknown' } : read
      const path = join(folder, 'reading.json')
      await writeReading(reading, path)
      const byName = new Map(files.map((file) => [file.name, file]))
      const gave: Resource[] = [readingKind.make('reading', { path })]
      const isHeard = isWanted(wishes, 'video') || isWanted(wishes, 'audio')
      for (const [index, track] of reading.tracks.entries()) {
        const file = byName.get(track.file)!
        // Where a file is named twice, as a camera that goes off and on again, each time is a track.
        if (isHeard) gave.push(trackKind.make(`track:${index}:${track.file}`, { index, track, file }, file.size))
      }
      for (const [index, deck] of reading.decks.entries()) {
        if (!isWanted(wishes, 'slide')) break
        const document = deck.document === undefined ? null : (byName.get(deck.document) ?? null)
        const { pages, thumbnails = [], ...rest } = deck
        const whole = { ...rest, pages: [...pages], thumbnails: [...thumbnails] }
        gave.push(
          deckKind.make(`deck:${index}:${deck.name}`.slice(0, 1000), { index, deck: whole, document }, document?.size),
        )
      }
      gave.push(...toCorrelate(reading, byName, isHeard, isWanted(wishes, 'slide')))
      const indexes = await Promise.all(blobIndexKind.all(takes).map(async (index) => await readBlobIndex(index.path)))
      const left = leftoverOf(reading, files, indexes, wishes)
      if (left !== null) {
        const place = join(folder, 'leftover.json')
        await writeLeftover(left, place)
        const bytes = left.sources.reduce((sum, { ranges }) => sum + lengthOf(ranges), 0)
        gave.push(leftoverKind.make('leftover', { path: place }, bytes))
      }
      return { severity: 'info', gave, notes: [...notes, ...archivesWithin(files), ...reading.notes] }
    },
    { isFinal: true },
  )
}

/** Recordings of which none but another tells when they were, and slides of which none but a video or what is said does. */
function toCorrelate(
  reading: Reading,
  files: ReadonlyMap<string, FoundFile>,
  isHeard: boolean,
  isShown: boolean,
): Resource[] {
  if (!isHeard) return []
  const gave = (reading.unplaced ?? []).slice(0, mostUnplaced).map((name) => {
    const file = files.get(name)!
    return unplacedKind.make(`unplaced:${name}`.slice(0, 1000), { file }, file.size)
  })
  const hasTimes = reading.events.some(({ kind }) => kind === 'slide')
  if (!isShown || hasTimes || reading.decks.length === 0) return gave
  if (reading.tracks.length === 0) return gave
  const index = reading.tracks.findIndex(({ file, role }) => {
    return (role === 'main' || role === 'screen') && files.get(file)?.kind.startsWith('video/') === true
  })
  const size = index < 0 ? 0 : files.get(reading.tracks[index]!.file)!.size
  gave.push(slideWatchKind.make('slide-watch', { track: index < 0 ? null : index }, size))
  return gave
}

/** Of one event. */
const mostUnplaced = 32

/** What was given is of no kind that anybody knows, whatever was cut out of it. */
function isBlob(files: readonly FoundFile[]): boolean {
  const given = files.filter(({ depth = 0 }) => depth === 0)
  return given.length === 1 && given[0]!.kind === 'application/octet-stream'
}

type Asked = { reading: Reading; notes: Note[] }

async function readFiles(files: readonly FoundFile[]): Promise<Asked> {
  const claims = await claimedEvents(files)
  const notes: Note[] = []
  for (const [index, { family, claim }] of claims.entries()) {
    try {
      const others = claims.filter((each) => !each.family.isFallback && each.claim !== claim).map((each) => each.claim)
      const read = correctedReading(await family.read(files, claim))
      const reading = family.isFallback ? read : withFilesBeside(read, files, claim, others)
      return { reading, notes: [...notes, ...otherEvents(claims.slice(index))] }
    } catch (error) {
      // What is damaged for one may be whole for the next, and is kept as it is in any case.
      const isRefused = error instanceof ConvertError && (error.code === 'unreadable' || error.code === 'too-large')
      if (!isRefused) throw error
      const message = `it seems to be of ${family.format}, and can't be read: ${error.message}`
      notes.push({ severity: 'warning', code: error.code, message })
    }
  }
  return { reading: readPlain(files), notes }
}

/** All but the first, which is the one that is read. */
function otherEvents([best, ...others]: readonly ClaimedEvent[]): Note[] {
  return others
    .filter(({ family, claim }) => !family.isFallback && claim.root !== best?.claim.root)
    .map(({ family, claim }) => {
      const message = `there is another event (${family.format}) in ${claim.root || 'the same folder'}: convert it for itself`
      return { severity: 'info', code: 'another-event', message }
    })
}
