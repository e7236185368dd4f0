/**
 * Matroska and WebM (RFC 8794, RFC 9559), read as the bytes come, cut anywhere.
 *
 *   header ─┬─> skip ─────────────────────────────┐
 *    ^      ├─> collect (EBML, Info, Tracks, ints) ┤
 *    │      ├─> block (see block-reader.ts) ───────┤
 *    │      └─> (Segment, Cluster, BlockGroup: one level down)
 *    └────────────────────────────────────────────┘
 *
 * Of blocks only what is looked at is kept (first bytes of a packet, head of a key frame), so some KB are held however
 * large a frame is. A sample is told when its block is whole, or its BlockGroup: what follows the Block there says
 * whether it is a key frame.
 */
import type { ContainerReader } from '../container-reader.ts'
import { MediaError } from '../media-error.ts'
import type { SampleSink } from '../sample-sink.ts'
import { BlockReader } from './block-reader.ts'
import { encodingObstacle, readDocumentHead, readTimestampScale, readTracks } from './document-head.ts'
import { ElementHeader, LONGEST_HEADER } from './element-header.ts'
import * as id from './element-ids.ts'
import { readSigned, readUnsigned } from './element-tree.ts'
import { FrameTrack } from './frame-track.ts'
import type { SegmentSink } from './segment-sink.ts'

export interface WebmReader extends ContainerReader {
  /** DocType, as soon as it is known. */
  readonly docType: 'webm' | 'matroska' | null
  /** Why the samples can't be taken as they lie, for any view; null where they can. */
  readonly obstacle: { state: 'needs-encode' | 'unsupported'; reason: string } | null
}

const MAX_TRACKS_BYTES = 2 ** 20
const MAX_INFO_BYTES = 2 ** 16
const MAX_EBML_BYTES = 4096
/** Far over any frame: 8K video of 16 bits, uncompressed, has 200 MB. */
const MAX_BLOCK_BYTES = 2 ** 28
/** 126 years: in the finest ticks that tracks get (1 µs) still whole numbers. */
const MAX_NANOSECONDS = 4e18

const HEADER = 0
const SKIP = 1
const COLLECT = 2
const BLOCK = 3

const TOP = 0
const SEGMENT = 1
const CLUSTER = 2
const GROUP = 3

export function openWebmReader(sink: SampleSink, segment: SegmentSink | null = null): WebmReader {
  return new Reader(sink, segment)
}

class Reader implements WebmReader {
  docType: WebmReader['docType'] = null
  obstacle: WebmReader['obstacle'] = null
  wholeBytes = 0
  cutShort: string | null = null

  readonly #sink: SampleSink
  readonly #segment: SegmentSink | null
  #chunk: Uint8Array = new Uint8Array(0)
  #at = 0
  /** Place of the chunk's first byte in the body. */
  #base = 0
  #state = HEADER
  #level = TOP
  /** Where the open element of each level ends; Infinity where its size is unknown. */
  readonly #ends = [Number.POSITIVE_INFINITY, 0, 0, 0]
  readonly #header = new ElementHeader()
  /** The header of an element that a chunk's end cut. */
  readonly #cut = new Uint8Array(LONGEST_HEADER)
  #cutLength = 0
  /** The element in hand. */
  #element = 0
  #elementStart = 0
  #dataStart = 0
  #elementEnd = 0
  #collected = new Uint8Array(256)
  #collectedLength = 0

  #timestampScale = 1_000_000
  #hasInfo = false
  #hasTracks = false
  #hasClusters = false
  readonly #tracks = new Map<number, FrameTrack>()

  #clusterStart = 0
  #clusterPatchAt = -1
  #clusterTime = -1

  readonly #block = new BlockReader()
  #groupHasBlock = false
  #groupIsKey = true
  #groupHasAdditions = false

  constructor(sink: SampleSink, segment: SegmentSink | null) {
    this.#sink = sink
    this.#segment = segment
  }

  push(bytes: Uint8Array): void {
    this.#chunk = bytes
    this.#at = 0
    while (this.#step());
    this.#base += bytes.length
    this.#chunk = this.#cut
  }

  finish(): void {
    const left = this.#parentEnd() - this.#base
    if (this.#state !== HEADER || this.#cutLength > 0) this.cutShort ??= 'the file ends in the middle of an element'
    else if (left > 0 && left < Number.POSITIVE_INFINITY) {
      this.cutShort ??= `the file ends ${left} bytes before its last element does`
    }
    for (const track of this.#tracks.values()) track.finish()
  }

  /** Does what the chunk allows in the current state; false when it is used up. */
  #step(): boolean {
    switch (this.#state) {
      case HEADER:
        return this.#readHeader()
      case SKIP:
        return this.#advanceTo(this.#elementEnd) && this.#elementDone()
      case COLLECT:
        return this.#collect() && this.#collectedAll()
      default:
        this.#at = this.#block.read(this.#chunk, this.#at, this.#base)
        return this.#block.isWhole && this.#blockRead()
    }
  }

  /** Goes on to `end` in the body, or to the end of the chunk; whether it was reached. */
  #advanceTo(end: number): boolean {
    const target = end - this.#base
    const reached = target <= this.#chunk.length
    this.#at = reached ? target : this.#chunk.length
    return reached
  }

  #readHeader(): boolean {
    const chunk = this.#chunk
    if (this.#cutLength === 0) {
      const offset = this.#base + this.#at
      const length = this.#header.read(chunk, this.#at, chunk.length, offset)
      if (length > 0) {
        this.#at += length
        return this.#begin(offset)
      }
    }
    while (this.#at < chunk.length) {
      const offset = this.#base + this.#at - this.#cutLength
      this.#cut[this.#cutLength++] = chunk[this.#at++]!
      if (this.#header.read(this.#cut, 0, this.#cutLength, offset) > 0) {
        this.#cutLength = 0
        return this.#begin(offset)
      }
    }
    return false
  }

  /** An element's header is whole: decides by the level what becomes of it. */
  #begin(start: number): boolean {
    const { id: element, size } = this.#header
    this.#element = element
    this.#elementStart = start
    this.#dataStart = this.#base + this.#at
    // RFC 8794 §6.2: an element of unknown size ends at the first element that can't be in it.
    if (this.#ends[this.#level] === Number.POSITIVE_INFINITY && this.#level !== TOP) this.#endUnknown(element, start)
    // Segment and Cluster alone may have an unknown size (unknownsizeallowed).
    if (size < 0 && element !== id.SEGMENT && element !== id.CLUSTER) this.#fail('unknown size not allowed here')
    this.#elementEnd = size < 0 ? Number.POSITIVE_INFINITY : this.#dataStart + size
    if (size >= 0 && this.#elementEnd > this.#parentEnd()) this.#fail('element is longer than its parent')
    switch (this.#level) {
      case TOP:
        return this.#beginTop(element)
      case SEGMENT:
        return this.#beginInSegment(element)
      case CLUSTER:
        return this.#beginInCluster(element)
      default:
        return this.#beginInGroup(element)
    }
  }

  #endUnknown(element: number, start: number): void {
    if (this.#level === CLUSTER && id.isOutsideCluster(element)) this.#closeCluster(start)
    if (this.#level === SEGMENT && this.#ends[SEGMENT] === Number.POSITIVE_INFINITY) {
      if (element === id.EBML || element === id.SEGMENT) this.#level = TOP
    }
  }

  #parentEnd(): number {
    // A known end lies within all ends around it, so the innermost known one counts.
    for (let level = this.#level; level > TOP; level--) {
      if (this.#ends[level] !== Number.POSITIVE_INFINITY) return this.#ends[level]!
    }
    return Number.POSITIVE_INFINITY
  }

  #beginTop(element: number): boolean {
    if (element === id.VOID || element === id.CRC_32) return this.#toSkip()
    if (element === id.EBML) {
      if (this.docType !== null) this.#unsupported('a second EBML document follows the first')
      return this.#toCollect(MAX_EBML_BYTES)
    }
    if (element !== id.SEGMENT || this.docType === null) this.#fail('neither EBML header nor Segment')
    if (this.#ends[SEGMENT] !== 0) this.#unsupported('a second Segment follows the first')
    return this.#toLevel(SEGMENT)
  }

  #beginInSegment(element: number): boolean {
    switch (element) {
      case id.INFO:
        // Info and Tracks may be repeated, with the same content (RFC 9559 §5.1, "recurring").
        return this.#hasInfo ? this.#toForeign() : this.#toCollect(MAX_INFO_BYTES)
      case id.TRACKS:
        return this.#hasTracks ? this.#toForeign() : this.#toCollect(MAX_TRACKS_BYTES)
      case id.CLUSTER:
        return this.#beginCluster()
      case id.EBML:
      case id.SEGMENT:
        return this.#fail('EBML header or Segment in a Segment')
      case id.VOID:
        return this.#toSkip()
      default:
        return this.#toForeign()
    }
  }

  #beginCluster(): boolean {
    if (!this.#hasTracks) this.#unsupported('the first Cluster comes before Tracks')
    if (!this.#hasClusters) {
      this.#hasClusters = true
      this.#segment?.segment(
        this.#timestampScale,
        Array.from(this.#tracks.values(), (track) => track.entry),
      )
    }
    const { size, sizeLength } = this.#header
    const patchable = size < 0 && sizeLength === 8
    this.#clusterStart = this.#elementStart
    this.#clusterPatchAt = patchable ? this.#dataStart - 7 : -1
    this.#clusterTime = -1
    this.#segment?.clusterBegins(this.#elementStart, this.#dataStart, size >= 0, patchable)
    return this.#toLevel(CLUSTER)
  }

  #beginInCluster(element: number): boolean {
    switch (element) {
      case id.TIMESTAMP:
        return this.#toCollect(8)
      case id.SIMPLE_BLOCK:
        return this.#toBlock()
      case id.BLOCK_GROUP:
        this.#groupHasBlock = false
        this.#groupIsKey = true
        this.#block.duration = -1
        this.#block.discard = 0
        this.#groupHasAdditions = false
        return this.#toLevel(GROUP)
      default:
        if (id.isOutsideCluster(element)) this.#fail('element of a Segment in a Cluster')
        return this.#toSkip()
    }
  }

  #beginInGroup(element: number): boolean {
    switch (element) {
      case id.BLOCK:
        if (this.#groupHasBlock) this.#fail('a second Block in a BlockGroup')
        this.#groupHasBlock = true
        return this.#toBlock()
      case id.BLOCK_DURATION:
      case id.DISCARD_PADDING:
        return this.#toCollect(8)
      case id.REFERENCE_BLOCK:
        this.#groupIsKey = false
        return this.#toSkip()
      case id.BLOCK_ADDITIONS:
        this.#groupHasAdditions = true
        return this.#toSkip()
      default:
        return this.#toSkip()
    }
  }

  #toLevel(level: number): boolean {
    this.#level = level
    this.#ends[level] = this.#elementEnd
    this.#state = HEADER
    // An empty master is done at once.
    return this.#elementEnd === this.#dataStart ? this.#closeEnded() : true
  }

  #toSkip(): boolean {
    this.#state = SKIP
    return true
  }

  #toForeign(): boolean {
    if (this.#hasClusters) this.#segment?.foreign(this.#elementStart, this.#elementEnd)
    return this.#toSkip()
  }

  #toCollect(limit: number): boolean {
    if (this.#header.size > limit) {
      throw new MediaError('too-large', `element of ${this.#header.size} bytes, over ${limit}`, this.#elementStart)
    }
    this.#collectedLength = 0
    this.#state = COLLECT
    return true
  }

  #toBlock(): boolean {
    const { size } = this.#header
    if (size > MAX_BLOCK_BYTES) throw new MediaError('too-large', `block of ${size} bytes`, this.#elementStart)
    if (this.#clusterTime < 0) this.#fail('block before its Cluster has a Timestamp')
    this.#block.begin(this.#elementEnd, this.#clusterTime, this.#tracks)
    this.#state = BLOCK
    return true
  }

  #collect(): boolean {
    const chunk = this.#chunk
    const wanted = this.#elementEnd - this.#base - this.#at
    const take = Math.min(wanted, chunk.length - this.#at)
    const length = this.#collectedLength + take
    if (length > this.#collected.length) {
      // Grown by what came, never by what a header claims.
      const grown = new Uint8Array(Math.max(length, this.#collected.length * 2))
      grown.set(this.#collected.subarray(0, this.#collectedLength))
      this.#collected = grown
    }
    for (let index = 0; index < take; index++) this.#collected[this.#collectedLength + index] = chunk[this.#at + index]!
    this.#collectedLength = length
    this.#at += take
    return take === wanted
  }

  #collectedAll(): boolean {
    const payload = this.#collected.subarray(0, this.#collectedLength)
    switch (this.#element) {
      case id.EBML: {
        const head = readDocumentHead(payload, this.#dataStart)
        this.docType = head.docType
        this.#header.maxSizeLength = head.maxSizeLength
        break
      }
      case id.INFO:
        // The ticks of the tracks follow from it; every writer has it first.
        if (this.#hasTracks) this.#unsupported('Tracks come before Info')
        this.#timestampScale = readTimestampScale(payload, this.#dataStart)
        this.#hasInfo = true
        break
      case id.TRACKS:
        this.#readTracks(payload.slice())
        this.#collected = new Uint8Array(256)
        break
      case id.TIMESTAMP:
        this.#clusterTime = readUnsigned(payload, this.#dataStart)
        this.#boundTime(this.#clusterTime)
        this.#sink.cluster(this.#clusterStart, this.#clusterTime)
        break
      case id.BLOCK_DURATION:
        this.#block.duration = readUnsigned(payload, this.#dataStart)
        this.#boundTime(this.#block.duration)
        break
      case id.DISCARD_PADDING:
        this.#block.discard = readSigned(payload, this.#dataStart)
        break
    }
    return this.#elementDone()
  }

  #readTracks(payload: Uint8Array): void {
    const entries = readTracks(payload, this.#dataStart, this.#timestampScale)
    this.#hasTracks = true
    this.obstacle = encodingObstacle(entries)
    for (const entry of entries) {
      const track = new FrameTrack(entry, this.#timestampScale, this.#sink)
      this.#tracks.set(track.id, track)
      this.#sink.track(entry.track)
    }
  }

  #blockRead(): boolean {
    // In a BlockGroup, what follows tells more about the block.
    if (this.#level === CLUSTER) {
      this.#block.duration = -1
      this.#block.discard = 0
      this.#tellBlock(this.#block.keyFlag, this.#elementEnd)
    }
    return this.#elementDone()
  }

  #tellBlock(isKey: boolean, end: number): void {
    const { track } = this.#block
    // Blocks of no known track are passed over, as players do.
    if (track === null) return
    const sync = isKey || track.isAudio
    // First, so that no sample that was told lies behind it, even where the sink refuses one.
    this.wholeBytes = end
    this.#block.tell(this.#sink, sync)
    if (!this.#block.patchable && this.obstacle === null) {
      this.obstacle = { state: 'needs-encode', reason: `track ${track.id} has start codes that no length fits` }
    }
    this.#segment?.block(track.id, this.#block.time, sync, end)
  }

  #elementDone(): boolean {
    this.#state = HEADER
    return this.#closeEnded()
  }

  /** Closes what ends here, from the innermost out. */
  #closeEnded(): boolean {
    const here = this.#base + this.#at
    while (this.#level > TOP && this.#parentEnd() <= here) {
      if (this.#level === GROUP) this.#closeGroup(here)
      else if (this.#level === CLUSTER) this.#closeCluster(here)
      else this.#level = TOP
    }
    return true
  }

  #closeGroup(end: number): void {
    this.#level = CLUSTER
    if (!this.#groupHasBlock) return
    const { track } = this.#block
    if (this.#groupHasAdditions && track !== null) this.#segment?.blockAdditions(track.id)
    this.#tellBlock(this.#groupIsKey, end)
  }

  #closeCluster(end: number): void {
    this.#level = SEGMENT
    if (this.#clusterPatchAt >= 0) {
      this.#sink.patch('webm', this.#clusterPatchAt, 7, end - this.#clusterPatchAt - 7)
    }
    this.#segment?.clusterEnds(end)
  }

  #boundTime(ticks: number): void {
    if (ticks * this.#timestampScale > MAX_NANOSECONDS) {
      throw new MediaError('too-large', 'time of more than 126 years', this.#elementStart)
    }
  }

  #fail(message: string): never {
    throw new MediaError('malformed', message, this.#elementStart)
  }

  #unsupported(message: string): never {
    throw new MediaError('unsupported', message, this.#elementStart)
  }
}
