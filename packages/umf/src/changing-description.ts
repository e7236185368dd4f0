import { type CoverEntry, type Description, MOST_COVER, MOST_ITEMS, type RecordContent } from './description.ts'
import type { Item } from './item.ts'
import { UmfError } from './umf-error.ts'

export type Change = Omit<RecordContent, 'id' | 'generation'>

/** A description to which changes are applied one after the other, each at the cost of what it changes. */
export class ChangingDescription {
  readonly #base: Description
  /** By name; an item that is replaced keeps its place. */
  readonly #items: Map<string, Item>
  /** By offset. */
  readonly #cover: Map<number, CoverEntry>
  /** How many items lie at an offset, and of how many it is all: equal extents may be shared (E2). */
  readonly #users = new Map<number, { items: number; whole: number }>()
  readonly #metadata: Map<string, unknown>
  #presentation: Description['presentation']

  constructor(base: Description) {
    this.#base = base
    this.#items = new Map(base.items.map((item) => [item.name, item]))
    this.#cover = new Map(base.cover.map((entry) => [entry[0], entry]))
    this.#metadata = new Map(Object.entries(base.metadata))
    this.#presentation = base.presentation
    for (const item of base.items) this.#use(item, 1)
  }

  /** @throws UmfError `too-large`; `malformed`: an item and the main presentation of one name */
  apply({ put = [], remove = [], metadata = {}, presentation, cover }: Change): void {
    for (const entry of cover) this.#cover.set(entry[0], entry)
    const before = [...remove, ...put.map(({ name }) => name)].flatMap((name) => this.#items.get(name) ?? [])
    for (const name of remove) this.#items.delete(name)
    for (const item of put) this.#put(item)
    for (const item of new Set(before)) this.#free(item)
    if (this.#items.size > MOST_ITEMS) throw new UmfError('too-large', `more than ${MOST_ITEMS} items`)
    if (this.#cover.size > MOST_COVER) throw new UmfError('too-large', `more than ${MOST_COVER} entries of cover`)
    for (const [name, value] of Object.entries(metadata)) {
      if (value === null) this.#metadata.delete(name)
      else this.#metadata.set(name, value)
    }
    this.#presentation = presentation ?? this.#presentation
    if (this.#presentation && this.#items.has(this.#presentation.name)) {
      throw new UmfError('malformed', `an item has the name of the main presentation, ${this.#presentation.name}`)
    }
  }

  /** By an item, or by the main presentation (E4). */
  isTaken(name: string): boolean {
    return this.#items.has(name) || this.#presentation?.name === name
  }

  get presentation(): Description['presentation'] {
    return this.#presentation
  }

  get items(): Item[] {
    return [...this.#items.values()]
  }

  description(generation: number): Description {
    return {
      ...this.#base,
      generation,
      metadata: Object.fromEntries(this.#metadata),
      ...(this.#presentation && { presentation: this.#presentation }),
      items: this.items,
      cover: [...this.#cover.values()].sort(([left], [right]) => left - right),
    }
  }

  #use({ extents = [] }: Item, count: 1 | -1): void {
    for (const [offset] of extents) {
      const { items, whole } = this.#users.get(offset) ?? { items: 0, whole: 0 }
      this.#users.set(offset, { items: items + count, whole: whole + (extents.length === 1 ? count : 0) })
    }
  }

  #put(item: Item): void {
    this.#items.set(item.name, item)
    this.#use(item, 1)
    const [only, second] = item.extents ?? []
    // J3: its own digest covers it from now on.
    if (only !== undefined && second === undefined && this.#cover.get(only[0])?.[1] === only[1]) {
      this.#cover.delete(only[0])
    }
  }

  /** J3: bytes that are no item's whole content any more need an entry of their own. */
  #free(item: Item): void {
    const { extents = [], digest } = item
    this.#use(item, -1)
    for (const [offset, length] of extents) {
      const { items, whole } = this.#users.get(offset)!
      if (items === 0) this.#users.delete(offset)
      if (whole > 0 || (items > 0 && extents.length > 1)) continue
      const known = this.#cover.get(offset)?.[3] ?? digest!.slice('sha256:'.length)
      this.#cover.set(offset, [offset, length, items === 0 ? 'free' : 'item', known])
    }
  }
}
