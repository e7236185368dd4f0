import { MediaError } from './media-error.ts'

/** A run of a published file: bytes of its own, or a range of the body as it lies. */
export type Extent = { kind: 'bytes'; bytes: Uint8Array } | { kind: 'body'; offset: number; length: number }

/** Values of one width, big-endian, laid over the body; offsets rise strictly and never overlap. */
export interface PatchTable {
  readonly count: number
  offsetAt(index: number): number
  /** Bytes of patch `index`: 4 (NAL unit lengths), 7 (EBML sizes of 8 bytes, whose first byte stays 0x01) or 8. */
  widthAt(index: number): 4 | 7 | 8
  valueAt(index: number): number
}

/**
 * A file that was never written out: an ordered list of extents, with sparse same-size patches over the body.
 * Immutable; `size` is the sum of the extents' lengths.
 */
export type Layout = {
  contentType: string
  size: number
  extents: readonly Extent[]
  patches: PatchTable | null
}

export function makeLayout(contentType: string, extents: readonly Extent[], patches: PatchTable | null = null): Layout {
  let size = 0
  for (const extent of extents) size += extentLength(extent)
  return { contentType, size, extents, patches }
}

/**
 * The pieces that make up bytes `start` (inclusive) to `end` (exclusive) of a layout. Bytes of body pieces still need
 * {@link applyPatches}.
 *
 * @throws MediaError `out-of-range`
 */
export function sliceLayout(layout: Layout, start: number, end: number): Extent[] {
  if (!(start >= 0 && start <= end && end <= layout.size)) {
    throw new MediaError('out-of-range', `bytes ${start}-${end} of a file of ${layout.size}`)
  }
  const pieces: Extent[] = []
  let at = 0
  for (const extent of layout.extents) {
    const length = extentLength(extent)
    const from = Math.max(start - at, 0)
    const to = Math.min(end - at, length)
    if (from < to) {
      pieces.push(
        extent.kind === 'bytes'
          ? { kind: 'bytes', bytes: extent.bytes.subarray(from, to) }
          : { kind: 'body', offset: extent.offset + from, length: to - from },
      )
    }
    at += length
    if (at >= end) break
  }
  return pieces
}

/** Lays the patches over `bytes`, which were read from the body at `bodyOffset`; patches may stick out at both ends. */
export function applyPatches(patches: PatchTable | null, bodyOffset: number, bytes: Uint8Array): void {
  if (patches === null || patches.count === 0) return
  const end = bodyOffset + bytes.length
  for (let index = firstTouching(patches, bodyOffset); index < patches.count; index++) {
    const offset = patches.offsetAt(index)
    if (offset >= end) return
    const width = patches.widthAt(index)
    const value = patches.valueAt(index)
    for (let byte = 0; byte < width; byte++) {
      const at = offset + byte - bodyOffset
      // Division, not shifts: a value may be wider than 32 bits.
      if (at >= 0 && at < bytes.length) bytes[at] = Math.floor(value / 2 ** (8 * (width - 1 - byte))) % 256
    }
  }
}

/** Whether a patch lies over any of `length` bytes of the body from `bodyOffset` on. */
export function isPatched(patches: PatchTable | null, bodyOffset: number, length: number): boolean {
  if (patches === null || length === 0) return false
  const first = firstTouching(patches, bodyOffset)
  return first < patches.count && patches.offsetAt(first) < bodyOffset + length
}

function extentLength(extent: Extent): number {
  return extent.kind === 'bytes' ? extent.bytes.length : extent.length
}

/** First patch whose last byte is at or after `offset`. */
function firstTouching(patches: PatchTable, offset: number): number {
  let low = 0
  let high = patches.count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (patches.offsetAt(middle) + patches.widthAt(middle) <= offset) low = middle + 1
    else high = middle
  }
  return low
}
