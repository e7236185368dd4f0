// What nobody has read: bytes between resources, and files that no family knows.
import { open, readFile, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import type { BlobIndex } from '../blob/blob-index.ts'
import type { ByteRange } from '../discovery/leftover.ts'
import type { Reading } from '../families/family.ts'
import { type FoundFile, foundFileSchema } from '../input/found-file.ts'
import { syncFile } from '../media/media-job.ts'
import { isEventWanted, type Wishes } from '../wishes.ts'

export type LeftSource = { file: FoundFile; ranges: ByteRange[] }

/** `media`: those that say how long it was recorded, the largest first. */
export type Leftover = { sources: LeftSource[]; media: FoundFile[] }

const mostSources = 32
const mostMedia = 16
/** Of a file that is smaller nothing repeats. */
const leastBytes = 32

/** Formats of readings that tell nothing of when things happened. */
const untold: ReadonlySet<string> = new Set(['media', 'folder', 'unknown'])
/** Systems of whose own forms nothing is known but the name. */
const unread: ReadonlySet<string> = new Set(['webex'])

export function isUntold({ format }: Reading): boolean {
  return untold.has(format)
}

const mayTell = /^(?:application\/(?:octet-stream|json|xml;)|text\/plain)/

/** Null where a family has told what happened, or nobody wants to know. */
export function leftoverOf(
  reading: Reading,
  files: readonly FoundFile[],
  indexes: readonly BlobIndex[],
  wishes: Wishes,
): Leftover | null {
  const isWanted = ['slide', 'speaker', 'event'].some((kind) => isEventWanted(wishes, kind))
  if (!isWanted || !(isUntold(reading) || unread.has(reading.format))) return null
  const byFile = new Map(indexes.map((index) => [index.file, index]))
  const containers = new Set(files.map(({ container }) => container))
  const isKnown = ({ name, piece }: FoundFile): boolean =>
    containers.has(name) || reading.files.has(name) || (piece !== undefined && byFile.has(piece.of))
  const sources = files
    .filter((file) => mayTell.test(file.kind) && !isKnown(file))
    .map((file) => ({ file, ranges: byFile.get(file.name)?.left ?? [{ offset: 0, length: file.size }] }))
    .filter(({ ranges }) => lengthOf(ranges) >= leastBytes)
    // What tells what happened is small beside what was recorded.
    .sort((one, other) => lengthOf(one.ranges) - lengthOf(other.ranges))
  if (sources.length === 0) return null
  const media = files.filter(({ kind }) => /^(?:audio|video)\//.test(kind)).sort((one, other) => other.size - one.size)
  return { sources: sources.slice(0, mostSources), media: media.slice(0, mostMedia) }
}

export function lengthOf(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { length }) => sum + length, 0)
}

export type ReadLeft = {
  /** The ranges' bytes, one behind the other. */
  bytes: Uint8Array<ArrayBuffer>
  /** Where each range's lie in `bytes`. */
  ranges: ByteRange[]
  /** Where in the file a byte of `bytes` lies. */
  placeOf(at: number): number
}

/** Of it no more than `mostBytes`: what is short, since what lies in one long piece is what was recorded, in a form of its own. */
export async function readLeft({ file, ranges: all }: LeftSource, mostBytes: number): Promise<ReadLeft> {
  const ranges = shortest(all, mostBytes)
  const bytes = new Uint8Array(lengthOf(ranges))
  const read: (ByteRange & { from: number })[] = []
  const handle = await open(file.path, 'r')
  try {
    let filled = 0
    for (const { offset, length: wanted } of ranges) {
      read.push({ offset: filled, length: wanted, from: offset })
      for (let done = 0; done < wanted; ) {
        const { bytesRead } = await handle.read(bytes, filled + done, wanted - done, offset + done)
        if (bytesRead === 0) throw new Error(`${file.name} became shorter while it was read`)
        done += bytesRead
      }
      filled += wanted
    }
  } finally {
    await handle.close()
  }
  return {
    bytes,
    ranges: read.map(({ offset, length }) => ({ offset, length })),
    placeOf(at) {
      const range = read.findLast(({ offset }) => offset <= at)
      return range === undefined ? at : range.from + at - range.offset
    },
  }
}

/** In their order; of the last that has no room its beginning. */
function shortest(ranges: readonly ByteRange[], mostBytes: number): ByteRange[] {
  let room = mostBytes
  const chosen: ByteRange[] = []
  for (const { offset, length } of ranges.toSorted((one, other) => one.length - other.length)) {
    if (room === 0) break
    const wanted = Math.min(length, room)
    chosen.push({ offset, length: wanted })
    room -= wanted
  }
  return chosen.sort((one, other) => one.offset - other.offset)
}

const place = z.number().int().min(0)
const schema: z.ZodType<Leftover> = z.strictObject({
  sources: z.array(
    z.strictObject({ file: foundFileSchema, ranges: z.array(z.strictObject({ offset: place, length: place })) }),
  ),
  media: z.array(foundFileSchema),
})

export async function writeLeftover(leftover: Leftover, path: string): Promise<void> {
  await writeFile(path, JSON.stringify(leftover))
  await syncFile(path)
}

export async function readLeftover(path: string): Promise<Leftover> {
  return schema.parse(JSON.parse(await readFile(path, 'utf8')))
}
