import type { Extent } from '../layout.ts'
import * as id from './element-ids.ts'
import { concat, idBytes, longSizeBytes } from './element-writer.ts'
import { GrowingColumn } from './growing-column.ts'

const CLUSTER_HEADER_BYTES = 12

/**
 * Which bytes of the body are the clusters of the view. Nearly always: from the first cluster on, all. Two things
 * interrupt: elements that are no clusters (Cues of the body's own, Tags), which are left out, and clusters whose unknown
 * size has fewer than 8 bytes, which get another header.
 */
export class ClusterMap {
  /** What is left out: from `at` to `until`; in its place a cluster header, if `size` isn't -1. */
  readonly #at = new GrowingColumn()
  readonly #until = new GrowingColumn()
  readonly #size = new GrowingColumn()
  #shift = 0
  #first = -1
  #offset = 0
  #dataOffset = 0
  #isNarrow = false
  #position = 0
  // The last cluster with a whole block, which is cut behind it.
  #lastOffset = 0
  #lastDataOffset = 0
  #lastSplices = 0
  #end = 0

  begin(offset: number, dataOffset: number, sizeKnown: boolean, patchable: boolean): void {
    if (this.#first < 0) this.#first = offset
    this.#offset = offset
    this.#dataOffset = dataOffset
    this.#isNarrow = !sizeKnown && !patchable
    this.#position = offset - this.#first + this.#shift
    if (this.#isNarrow) this.#shift += CLUSTER_HEADER_BYTES - (dataOffset - offset)
  }

  /** Position of the open cluster in the view, counted from the first one. */
  get position(): number {
    return this.#position
  }

  /** Offset in the body of the last cluster with a whole block; -1 where there is none. */
  get lastOffset(): number {
    return this.#end === 0 ? -1 : this.#lastOffset
  }

  close(offset: number): void {
    if (this.#isNarrow) this.#splice(this.#offset, this.#dataOffset, offset - this.#dataOffset)
    this.#isNarrow = false
  }

  leaveOut(offset: number, end: number): void {
    this.#shift -= end - offset
    if (this.#until.last() === offset && this.#size.last() === -1) this.#until.replaceLast(end)
    else this.#splice(offset, end, -1)
  }

  blockEnds(end: number): void {
    this.#end = end
    this.#lastOffset = this.#offset
    this.#lastDataOffset = this.#dataOffset
    // A narrow cluster's own splice comes when it ends.
    this.#lastSplices = this.#at.length
  }

  /** The clusters up to the last whole block; that block's cluster has a header of its own, which says so. */
  extents(): Extent[] {
    const extents: Extent[] = []
    let from = this.#first
    const body = (to: number): void => {
      if (to > from) extents.push({ kind: 'body', offset: from, length: to - from })
    }
    const at = this.#at.snapshot()
    const until = this.#until.snapshot()
    const size = this.#size.snapshot()
    for (let index = 0; index < this.#lastSplices; index++) {
      body(at[index]!)
      if (size[index]! >= 0) extents.push({ kind: 'bytes', bytes: clusterHeader(size[index]!) })
      from = until[index]!
    }
    body(this.#lastOffset)
    extents.push({ kind: 'bytes', bytes: clusterHeader(this.#end - this.#lastDataOffset) })
    from = this.#lastDataOffset
    body(this.#end)
    return extents
  }

  #splice(at: number, until: number, size: number): void {
    this.#at.append(at)
    this.#until.append(until)
    this.#size.append(size)
  }
}

function clusterHeader(size: number): Uint8Array {
  return concat([idBytes(id.CLUSTER), longSizeBytes(size)])
}
