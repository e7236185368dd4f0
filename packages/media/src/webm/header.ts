/**
 * The WebM view: `[EBML][Segment, known size][SeekHead][Info with Duration][Tracks][Cues]` in front of the body's own
 * clusters. Only the header is made; unknown cluster sizes are patched over the body.
 */

import { type Extent, makeLayout, type PatchTable } from '../layout.ts'
import type { View } from '../view.ts'
import { ClusterMap } from './cluster-map.ts'
import { isWebmCodec } from './codec-ids.ts'
import { CueColumns } from './cues.ts'
import * as id from './element-ids.ts'
import { children } from './element-tree.ts'
import {
  binaryElement,
  concat,
  floatElement,
  idBytes,
  longSizeBytes,
  masterElement,
  textElement,
  unsignedElement,
} from './element-writer.ts'
import { GrowingColumn } from './growing-column.ts'
import type { SegmentSink } from './segment-sink.ts'
import type { TrackEntry } from './track-entry.ts'

/** What the WebM view is made from, kept as the reader finds it. */
export interface WebmTables extends SegmentSink {
  /** Size of a cluster, laid over the 7 bytes at `offset`. */
  patch(offset: number, value: number): void
  /** Why there is no view of it, null where there is. */
  refusal(): Exclude<View, { state: 'ready' }> | null
  /** @param durationMs of the whole blocks so far */
  view(durationMs: number): View
}

export function openWebmTables(): WebmTables {
  return new Tables()
}

class Tables implements WebmTables {
  #timestampScale = 1_000_000
  #entries: readonly TrackEntry[] = []
  #cues = new CueColumns(this.#timestampScale)
  #cueTrack = -1
  readonly #audio = new Set<number>()
  readonly #withAdditions = new Set<number>()
  readonly #clusters = new ClusterMap()
  readonly #patchOffsets = new GrowingColumn()
  readonly #patchValues = new GrowingColumn()

  segment(timestampScale: number, entries: readonly TrackEntry[]): void {
    this.#timestampScale = timestampScale
    this.#entries = entries
    this.#cues = new CueColumns(timestampScale)
    this.#cueTrack = entries.find(({ track }) => track.kind === 'video')?.track.id ?? -1
    for (const { track } of entries) if (track.kind === 'audio') this.#audio.add(track.id)
  }

  clusterBegins(offset: number, dataOffset: number, sizeKnown: boolean, patchable: boolean): void {
    this.#clusters.begin(offset, dataOffset, sizeKnown, patchable)
  }

  clusterEnds(offset: number): void {
    this.#clusters.close(offset)
  }

  foreign(offset: number, end: number): void {
    this.#clusters.leaveOut(offset, end)
  }

  block(trackId: number, time: number, sync: boolean, end: number): void {
    this.#clusters.blockEnds(end)
    if (!sync) return
    if (trackId === this.#cueTrack) this.#cues.note(trackId, true, time, this.#clusters.position)
    else if (this.#audio.has(trackId)) this.#cues.note(trackId, false, time, this.#clusters.position)
  }

  blockAdditions(trackId: number): void {
    this.#withAdditions.add(trackId)
  }

  patch(offset: number, value: number): void {
    this.#patchOffsets.append(offset)
    this.#patchValues.append(value)
  }

  refusal(): Exclude<View, { state: 'ready' }> | null {
    const foreign = this.#entries.find(({ track }) => !isWebmCodec(track.codecId))
    if (foreign !== undefined) {
      return { state: 'needs-encode', reason: `WebM has no ${foreign.track.codecId || 'track without a codec'}` }
    }
    if (this.#clusters.lastOffset < 0) return { state: 'unsupported', reason: 'no whole sample yet' }
    return null
  }

  view(durationMs: number): View {
    const refusal = this.refusal()
    if (refusal !== null) return refusal
    const clusters = this.#clusters.extents()
    const header = this.#header(durationMs, clusters)
    const contentType = this.#cueTrack >= 0 ? 'video/webm' : 'audio/webm'
    return {
      state: 'ready',
      layout: makeLayout(contentType, [{ kind: 'bytes', bytes: header }, ...clusters], this.#patches()),
    }
  }

  #header(durationMs: number, clusters: readonly Extent[]): Uint8Array {
    const info = masterElement(id.INFO, [
      unsignedElement(id.TIMESTAMP_SCALE, this.#timestampScale),
      floatElement(id.DURATION, (durationMs * 1e6) / this.#timestampScale),
      textElement(id.MUXING_APP, 'Rushes'),
      textElement(id.WRITING_APP, 'Rushes'),
    ])
    const entries = this.#entries.map(({ track, bytes }) => cleanEntry(bytes, this.#withAdditions.has(track.id)))
    const tracks = masterElement(id.TRACKS, entries)
    // Sizes first, with positions of 0; all positions have a fixed length.
    const cuesSize = this.#cues.element(0).length
    const seekHeadSize = seekHead(0, 0, cuesSize > 0 ? 0 : null).length
    const tracksAt = seekHeadSize + info.length
    const cuesAt = tracksAt + tracks.length
    const clustersAt = cuesAt + cuesSize
    let size = clustersAt
    for (const extent of clusters) size += extent.kind === 'bytes' ? extent.bytes.length : extent.length
    return concat([
      ebmlHeader,
      idBytes(id.SEGMENT),
      longSizeBytes(size),
      seekHead(seekHeadSize, tracksAt, cuesSize > 0 ? cuesAt : null),
      info,
      tracks,
      this.#cues.element(clustersAt),
    ])
  }

  /** Of clusters before the last one: that has a header of its own. */
  #patches(): PatchTable | null {
    const offsets = this.#patchOffsets.snapshot()
    const values = this.#patchValues.snapshot()
    let count = offsets.length
    while (count > 0 && offsets[count - 1]! >= this.#clusters.lastOffset) count--
    if (count === 0) return null
    return {
      count,
      offsetAt: (index) => offsets[index]!,
      widthAt: () => 7,
      valueAt: (index) => values[index]!,
    }
  }
}

/** CodecDelay and SeekPreRoll need version 4 (RFC 9559 Table 2); players of version 2 may still read it. */
const ebmlHeader = masterElement(id.EBML, [
  unsignedElement(id.EBML_VERSION, 1),
  unsignedElement(id.EBML_READ_VERSION, 1),
  unsignedElement(id.EBML_MAX_ID_LENGTH, 4),
  unsignedElement(id.EBML_MAX_SIZE_LENGTH, 8),
  textElement(id.DOC_TYPE, 'webm'),
  unsignedElement(id.DOC_TYPE_VERSION, 4),
  unsignedElement(id.DOC_TYPE_READ_VERSION, 2),
])

/** Positions count from the Segment's first byte of data (RFC 9559 §16). */
function seekHead(infoAt: number, tracksAt: number, cuesAt: number | null): Uint8Array {
  const seek = (element: number, at: number): Uint8Array =>
    masterElement(id.SEEK, [binaryElement(id.SEEK_ID, idBytes(element)), unsignedElement(id.SEEK_POSITION, at, 8)])
  const seeks = [seek(id.INFO, infoAt), seek(id.TRACKS, tracksAt)]
  if (cuesAt !== null) seeks.push(seek(id.CUES, cuesAt))
  return masterElement(id.SEEK_HEAD, seeks)
}

/**
 * A TrackEntry as the body has it, but for what it promises and doesn't keep: Chromium writes AlphaMode = 1 on every
 * video track, and GStreamer fails where no BlockAdditions come then.
 */
function cleanEntry(entry: Uint8Array, hasAdditions: boolean): Uint8Array {
  const kept: Uint8Array[] = []
  for (const element of children(entry, 0)) {
    for (const child of children(element.payload, 0)) {
      if (child.id === id.CRC_32) continue
      if (!hasAdditions && (child.id === id.MAX_BLOCK_ADDITION_ID || child.id === id.BLOCK_ADDITION_MAPPING)) continue
      kept.push(child.id === id.VIDEO && !hasAdditions ? withoutAlpha(child.payload) : child.whole)
    }
  }
  return masterElement(id.TRACK_ENTRY, kept)
}

function withoutAlpha(video: Uint8Array): Uint8Array {
  const kept: Uint8Array[] = []
  for (const child of children(video, 0)) {
    if (child.id !== id.ALPHA_MODE && child.id !== id.CRC_32) kept.push(child.whole)
  }
  return masterElement(id.VIDEO, kept)
}
