import { type Front, placeInBody } from '../front.ts'
import { MediaError } from '../media-error.ts'
import type { Track } from '../track.ts'
import { type BoxRange, FieldReader, findBox } from './box-reader.ts'
import type { SampleCursor } from './sample-cursor.ts'

/** A table's rows where they lie in `moov`. */
type Rows = { start: number; count: number }

/**
 * The samples that an `stbl` lists (ISO 14496-12 §8.5.1), or null when it lists none. Its chunk offsets count in the file;
 * `front` says where that is in the body.
 *
 * @throws MediaError `malformed`
 */
export function openTableCursor(
  view: DataView,
  stbl: BoxRange,
  track: Track,
  front: Front | null,
): SampleCursor | null {
  const sizes = readSizes(view, stbl)
  if (sizes === null || sizes.count === 0) return null
  const narrow = rowsOf(view, stbl, 'stco', 4)
  const chunks = narrow ?? rowsOf(view, stbl, 'co64', 8)
  const runs = rowsOf(view, stbl, 'stsc', 12)
  const times = rowsOf(view, stbl, 'stts', 8)
  if (chunks === null || runs === null || times === null) {
    throw new MediaError('malformed', `track ${track.id} lists samples and not where or when they are`)
  }
  // Every PCM frame is a sample of its own here: a chunk of them is told as one.
  const isByChunk = track.codec === 'pcm' && sizes.fixed > 0
  return new TableCursor(view, sizes, { ...chunks, width: narrow === null ? 8 : 4 }, runs, times, {
    offsets: rowsOf(view, stbl, 'ctts', 8),
    syncs: track.kind === 'video' ? rowsOf(view, stbl, 'stss', 4) : null,
    isByChunk,
    front,
  })
}

function rowsOf(view: DataView, stbl: BoxRange, type: string, width: number): Rows | null {
  const found = findBox(view, stbl.start, stbl.end, type)
  if (found === null) return null
  const fields = new FieldReader(view, found)
  fields.skip(4)
  const count = fields.u32()
  fields.expectRows(count, width)
  return { start: fields.at, count }
}

type Sizes = Rows & { fixed: number; bits: number }

/** §8.7.3: `stsz`, or `stz2` with 4, 8 or 16 bits each. */
function readSizes(view: DataView, stbl: BoxRange): Sizes | null {
  const stsz = findBox(view, stbl.start, stbl.end, 'stsz')
  const stz2 = stsz === null ? findBox(view, stbl.start, stbl.end, 'stz2') : null
  const found = stsz ?? stz2
  if (found === null) return null
  const fields = new FieldReader(view, found)
  fields.skip(4)
  const word = fields.u32()
  const count = fields.u32()
  const bits = stsz !== null ? 32 : word & 255
  const fixed = stsz !== null ? word : 0
  if (![4, 8, 16, 32].includes(bits)) throw new MediaError('malformed', `stz2 with sizes of ${bits} bits`)
  if (fixed === 0) fields.expectRows(Math.ceil((count * bits) / 8), 1)
  return { start: fields.at, count, fixed, bits }
}

type Extras = { offsets: Rows | null; syncs: Rows | null; isByChunk: boolean; front: Front | null }

class TableCursor implements SampleCursor {
  offset = 0
  size = 0
  dts = 0
  pts = 0
  duration = 0
  sync = true

  private readonly view: DataView
  private readonly sizes: Sizes
  private readonly chunks: Rows & { width: 4 | 8 }
  private readonly runs: Rows
  private readonly times: Rows
  private readonly extras: Extras
  private index = -1
  private chunk = 0
  private leftInChunk = 0
  private run = 0
  private chunkSamples = 0
  private nextOffset = 0
  private nextDts = 0
  private timeRow = 0
  private leftInTime = 0
  private offsetRow = 0
  private leftInOffset = 0
  private syncRow = 0

  constructor(view: DataView, sizes: Sizes, chunks: Rows & { width: 4 | 8 }, runs: Rows, times: Rows, extras: Extras) {
    this.view = view
    this.sizes = sizes
    this.chunks = chunks
    this.runs = runs
    this.times = times
    this.extras = extras
  }

  next(): boolean {
    if (this.index + 1 >= this.sizes.count) return false
    if (this.leftInChunk === 0 && !this.nextChunk()) return false
    const samples = this.extras.isByChunk ? Math.min(this.leftInChunk, this.sizes.count - this.index - 1) : 1
    this.index++
    this.size = this.sizeAt(this.index) * samples
    this.offset = this.nextOffset
    this.nextOffset += this.size
    this.dts = this.nextDts
    this.duration = this.durationAt() * samples
    this.nextDts += this.duration
    this.pts = this.dts + this.compositionOffset()
    this.sync = this.isSync()
    this.index += samples - 1
    this.leftInChunk -= samples
    return true
  }

  /** §8.7.4: the run that begins at this chunk says how many samples are in it. */
  private nextChunk(): boolean {
    while (this.leftInChunk === 0) {
      if (this.chunk >= this.chunks.count) return false
      const at = this.chunks.start + this.chunk * this.chunks.width
      const high = this.chunks.width === 8 ? this.view.getUint32(at) * 2 ** 32 : 0
      const fileOffset = high + this.view.getUint32(this.chunks.width === 8 ? at + 4 : at)
      if (!Number.isSafeInteger(fileOffset)) throw new MediaError('malformed', 'a chunk offset over 53 bits')
      this.nextOffset = placeInBody(this.extras.front, fileOffset)
      this.chunk++
      while (this.run < this.runs.count && this.view.getUint32(this.runs.start + 12 * this.run) <= this.chunk) {
        this.chunkSamples = this.view.getUint32(this.runs.start + 12 * this.run + 4)
        if (this.view.getUint32(this.runs.start + 12 * this.run + 8) !== 1) {
          throw new MediaError('unsupported', 'samples of a second description: the decoder changes within a track')
        }
        this.run++
      }
      this.leftInChunk = this.chunkSamples
    }
    return true
  }

  private sizeAt(index: number): number {
    const { fixed, bits, start } = this.sizes
    if (fixed > 0) return fixed
    if (bits === 32) return this.view.getUint32(start + 4 * index)
    if (bits === 16) return this.view.getUint16(start + 2 * index)
    if (bits === 8) return this.view.getUint8(start + index)
    const pair = this.view.getUint8(start + (index >> 1))
    return index % 2 === 0 ? pair >> 4 : pair & 15
  }

  private durationAt(): number {
    while (this.leftInTime === 0 && this.timeRow < this.times.count) {
      this.leftInTime = this.view.getUint32(this.times.start + 8 * this.timeRow++)
    }
    // Fewer durations than samples: the last one goes on.
    if (this.timeRow === 0) return 0
    if (this.leftInTime > 0) this.leftInTime--
    return this.view.getUint32(this.times.start + 8 * (this.timeRow - 1) + 4)
  }

  /** Signed in every version: version 0 files with negative offsets exist, and none with offsets over 2^31. */
  private compositionOffset(): number {
    const rows = this.extras.offsets
    if (rows === null) return 0
    while (this.leftInOffset === 0 && this.offsetRow < rows.count) {
      this.leftInOffset = this.view.getUint32(rows.start + 8 * this.offsetRow++)
    }
    if (this.leftInOffset === 0) return 0
    this.leftInOffset--
    return this.view.getInt32(rows.start + 8 * (this.offsetRow - 1) + 4)
  }

  private isSync(): boolean {
    const rows = this.extras.syncs
    if (rows === null) return true
    const number = this.index + 1
    while (this.syncRow < rows.count && this.view.getUint32(rows.start + 4 * this.syncRow) < number) this.syncRow++
    return this.syncRow < rows.count && this.view.getUint32(rows.start + 4 * this.syncRow) === number
  }
}
