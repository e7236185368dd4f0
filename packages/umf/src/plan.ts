// An archive over bytes that lie somewhere already: what stands before, between and behind them. Nothing of theirs is read,
// since their digests are known; so whoever serves an archive can put it together when it is asked for.
import { type Anchor, encodeAnchor, FOOTER_BYTES, footer, head, SLOTS } from './anchor.ts'
import { idBytes } from './archive-id.ts'
import { box, boxHeader, HEAD_BYTES, joined, MOST_INDEX_BYTES } from './box.ts'
import { type CoverEntry, checkItem, checkPresentation, type Description } from './description.ts'
import { indexPayload } from './index-box.ts'
import type { Item, ItemFields, Presentation } from './item.ts'
import { type MakeSha256, sha256Of, toHex } from './sha256.ts'
import { UmfError } from './umf-error.ts'
import type { NewPresentation } from './writer.ts'

/** Bytes that are somewhere; `digest` as an item's. */
export type StoredBytes = { length: number; digest: string }

export type PlannedItem = { item: ItemFields } & (
  | { stored: StoredBytes }
  | { bytes: Uint8Array }
  | { pointer: string; length?: number; digest?: string }
)

export type ArchivePlan = {
  id: string
  generation: number
  metadata: Record<string, unknown>
  /** Further members of the description. */
  further?: Record<string, unknown>
  presentation: {
    fields: NewPresentation
    /** From the end of the head to the first byte of media: `moov` and the header of `mdat`. */
    structure: readonly Uint8Array[]
    /** In pieces of at most 16 MiB. */
    media: readonly StoredBytes[]
  } | null
  /** Whole extension boxes (F7). */
  boxes: readonly StoredBytes[]
  items: readonly PlannedItem[]
}

/** What the file is made of, in order; `structure`, `media`, `box` and `item` stand for bytes that were named in the plan. */
export type PlanPart =
  | { kind: 'bytes'; bytes: Uint8Array }
  | { kind: 'structure' }
  | { kind: 'media' }
  | { kind: 'box'; index: number }
  | { kind: 'item'; index: number }

export type PlannedArchive = { parts: PlanPart[]; size: number; root: Uint8Array }

/** Content up to this length lies in the index: it comes with it, in one request. */
const MOST_INLINE_BYTES = 16 * 1024

/** @throws UmfError `invalid`, `name-taken`, `too-large` */
export function planArchive(plan: ArchivePlan, sha256: MakeSha256): PlannedArchive {
  const planning = new Planning(plan, sha256)
  planning.presentation()
  planning.boxes()
  planning.items()
  return planning.finish()
}

class Planning {
  readonly #plan: ArchivePlan
  readonly #sha256: MakeSha256
  readonly #id: Uint8Array
  readonly #head: Uint8Array
  readonly #parts: PlanPart[] = []
  readonly #cover: CoverEntry[] = []
  #items: Item[] = []
  #idat: Uint8Array[] = []
  #presentation: Presentation | null = null
  #at: number = HEAD_BYTES

  constructor(plan: ArchivePlan, sha256: MakeSha256) {
    this.#plan = plan
    this.#sha256 = sha256
    this.#id = idBytes(plan.id)
    this.#head = head(this.#id)
    this.#cover.push([0, SLOTS[0], 'structure', this.#hex(this.#head.subarray(0, SLOTS[0]))])
  }

  /** E4. */
  presentation(): void {
    if (this.#plan.presentation === null) return
    const { fields, structure, media } = this.#plan.presentation
    const length = structure.reduce((sum, piece) => sum + piece.length, 0)
    this.#cover.push([this.#at, length, 'structure', this.#hex(...structure)])
    this.#parts.push({ kind: 'structure' }, { kind: 'media' })
    this.#at += length
    for (const piece of media) this.#stored('media', piece)
    this.#presentation = checkPresentation({ ...fields, length: this.#at })
  }

  /** F7. */
  boxes(): void {
    this.#plan.boxes.forEach((stored, index) => {
      this.#parts.push({ kind: 'box', index })
      this.#stored('structure', stored)
    })
  }

  items(): void {
    const { items } = this.#plan
    const names = new Set(this.#presentation === null ? [] : [this.#presentation.name])
    for (const { item } of items) {
      if (names.has(item.name)) throw new UmfError('name-taken', `there is an item ${JSON.stringify(item.name)}`)
      names.add(item.name)
    }
    const contents = items.map((planned) => this.#contentOf(planned))
    // E2: what is the same lies there once.
    const places = new Map<string, { index: number; content: StoredBytes }>()
    contents.forEach((content, index) => {
      if (content === null || content.length === 0 || places.has(keyOf(content))) return
      places.set(keyOf(content), { index, content })
    })
    const total = [...places.values()].reduce((sum, { content }) => sum + content.length, 0)
    if (total > 0) this.#structure(boxHeader('mdat', total))
    const offsets = new Map<string, number>()
    for (const [key, { index, content }] of places) {
      const planned = items[index]!
      this.#parts.push('bytes' in planned ? { kind: 'bytes', bytes: planned.bytes } : { kind: 'item', index })
      offsets.set(key, this.#at)
      this.#at += content.length
    }
    this.#items = items.map((planned, index) => this.#item(planned, contents[index] ?? null, offsets))
  }

  finish(): PlannedArchive {
    const { id, generation, metadata, further } = this.#plan
    const description: Description = {
      ...further,
      version: 1,
      id,
      generation,
      digest: 'sha-256',
      metadata,
      ...(this.#presentation && { presentation: this.#presentation }),
      items: this.#items,
      cover: this.#cover,
    }
    const payload = joined(indexPayload(description, joined(this.#idat)))
    if (payload.length + 8 > MOST_INDEX_BYTES) throw new UmfError('too-large', 'more items than an index can describe')
    const index = box('meta', payload)
    const root = sha256Of(this.#sha256, payload)
    const end = this.#at + index.length + FOOTER_BYTES
    const anchor: Anchor = { generation, indexOffset: this.#at, indexSize: index.length, end, id: this.#id, root }
    this.#head.set(encodeAnchor(anchor, this.#sha256), SLOTS[0])
    const last = joined([index, footer(anchor, this.#sha256)])
    return {
      parts: [{ kind: 'bytes', bytes: this.#head }, ...this.#parts, { kind: 'bytes', bytes: last }],
      size: end,
      root,
    }
  }

  /** Null for an item whose content lies in the index, or elsewhere. */
  #contentOf(planned: PlannedItem): StoredBytes | null {
    if ('stored' in planned) return planned.stored
    if (!('bytes' in planned) || planned.bytes.length <= MOST_INLINE_BYTES) return null
    return { length: planned.bytes.length, digest: this.#digest(planned.bytes) }
  }

  #item(planned: PlannedItem, content: StoredBytes | null, offsets: ReadonlyMap<string, number>): Item {
    const { item } = planned
    if (content !== null) {
      const { length, digest } = content
      const extents = length === 0 ? [] : [[offsets.get(keyOf(content))!, length]]
      return checkItem({ ...item, length, digest, extents })
    }
    if ('bytes' in planned) {
      const { bytes } = planned
      // E2: an empty item lies nowhere.
      if (bytes.length === 0) return checkItem({ ...item, length: 0, digest: this.#digest(bytes), extents: [] })
      const at = this.#idat.reduce((sum, { length }) => sum + length, 0)
      this.#idat.push(bytes)
      return checkItem({ ...item, length: bytes.length, digest: this.#digest(bytes), inline: [at, bytes.length] })
    }
    const { item: _, ...place } = planned
    return checkItem({ ...item, ...place })
  }

  #structure(bytes: Uint8Array): void {
    this.#cover.push([this.#at, bytes.length, 'structure', this.#hex(bytes)])
    this.#parts.push({ kind: 'bytes', bytes })
    this.#at += bytes.length
  }

  #stored(kind: 'structure' | 'media', { length, digest }: StoredBytes): void {
    this.#cover.push([this.#at, length, kind, digest.slice('sha256:'.length)])
    this.#at += length
  }

  #digest(bytes: Uint8Array): string {
    return `sha256:${this.#hex(bytes)}`
  }

  #hex(...bytes: readonly Uint8Array[]): string {
    return toHex(sha256Of(this.#sha256, ...bytes))
  }
}

function keyOf({ length, digest }: StoredBytes): string {
  return `${length} ${digest}`
}
