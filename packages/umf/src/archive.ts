import { type Caller, mayRead, owner } from './access.ts'
import { SLOTS } from './anchor.ts'
import { HEAD_BYTES } from './box.ts'
import type { Item, Presentation } from './item.ts'
import type { MakeSha256 } from './sha256.ts'
import type { Signature } from './signature-box.ts'
import { checkRange, readThrough, type Source } from './source.ts'
import { type ArchiveState, openState } from './state.ts'
import { TimelineBudget, type TimelineEvent } from './timeline.ts'
import { UmfError } from './umf-error.ts'

export type OpenOptions = {
  sha256: MakeSha256
  /** Who reads; the owner where it is left out: whoever holds a file may read what is not encrypted. */
  caller?: Caller
}

export type ItemWish = { type?: string; fromMs?: number; toMs?: number }

/** `event`: a kind of events; what such an event names within the time span is wished then. */
export type ResourceWish = ItemWish & { name?: string; event?: string }

/** On the archive's timeline, ms; missing where it has no place there. */
export type Span = { startMs?: number | undefined; endMs?: number | undefined }

/** What a caller finds in an archive. */
export type ArchiveResource = Item | Presentation

/** Of an item to be read: the whole content by default. */
export type ContentRange = {
  offset?: number
  length?: number
  /** Each piece is used before the next one is asked for: their memory may be used again, which takes half of the CPU. */
  isPassing?: boolean
}

/**
 * An archive as one caller sees it: what the caller may not read is not there.
 *
 * @throws UmfError `not-umf`, `malformed`, `too-large`, `source`
 */
export async function openArchive(source: Source, options: OpenOptions): Promise<Archive> {
  return new Archive(source, await openState(source, options.sha256), options.caller ?? owner)
}

export class Archive {
  readonly id: string
  readonly generation: number
  readonly metadata: Readonly<Record<string, unknown>>
  /** What players play; null where there is none, or not for this caller. */
  readonly presentation: Presentation | null
  readonly signatures: readonly Signature[]
  readonly #source: Source
  readonly #state: ArchiveState
  readonly #caller: Caller
  readonly #items: ReadonlyMap<string, Item>
  #naming: Promise<readonly NamingEvent[]> | null = null

  constructor(source: Source, state: ArchiveState, caller: Caller) {
    const { description } = state
    this.#source = source
    this.#state = state
    this.#caller = caller
    this.id = description.id
    this.generation = state.generation
    this.metadata = description.metadata
    this.presentation =
      description.presentation && mayRead(caller, description.presentation) ? description.presentation : null
    this.signatures = state.signatures
    this.#items = new Map(description.items.filter((item) => mayRead(caller, item)).map((item) => [item.name, item]))
  }

  /** Items that the caller may read, in the archive's order; those of a type, or whose span touches a time. */
  items({ type, ...span }: ItemWish = {}): Item[] {
    return [...this.#items.values()].filter(
      (item) => (type === undefined || item.type === type) && touches(spanOf(item), span),
    )
  }

  /**
   * The main presentation and the items that the caller may read, in this order: by name, type, time span, or event.
   *
   * @throws UmfError `malformed`, `too-large`: the events can't be read
   */
  async resources({ name, type, event, ...span }: ResourceWish = {}): Promise<ArchiveResource[]> {
    const named = event === undefined ? null : await this.#namedBy(event, span)
    const all = this.presentation === null ? [...this.#items.values()] : [this.presentation, ...this.#items.values()]
    return all.filter((each) => {
      if (name !== undefined && each.name !== name) return false
      if (type !== undefined && each.type !== type) return false
      return named === null ? touches(this.span(each), span) : named.has(each.name)
    })
  }

  /** On the archive's timeline; the main presentation begins with it where it doesn't say (E4). */
  span(resource: ArchiveResource): Span {
    // By identity: members of these names may be anything in an item that somebody else wrote.
    if (resource !== this.presentation) return spanOf(resource)
    const { startMs = 0, durationMs } = this.presentation
    return { startMs, endMs: startMs + durationMs }
  }

  /** One of {@link Archive.resources}. @throws UmfError `not-found`, as {@link Archive.item} */
  resource(name: string): ArchiveResource {
    return this.presentation?.name === name ? this.presentation : this.item(name)
  }

  /** @throws UmfError `not-found`, the same for what is not there and what this caller may not read */
  item(name: string): Item {
    const item = this.#items.get(name)
    if (item === undefined) throw new UmfError('not-found', `no item ${JSON.stringify(name)}`)
    return item
  }

  /**
   * Bytes of an item as they are stored, or of the main presentation, in pieces of at most 1 MiB.
   *
   * @throws UmfError `not-found`; `pointer` for an item whose bytes lie elsewhere; `out-of-range`
   */
  content(name: string, range: ContentRange = {}): AsyncGenerator<Uint8Array> {
    if (this.presentation?.name === name) return this.#presented(this.presentation.length, range)
    const item = this.item(name)
    if (item.pointer !== undefined) throw new UmfError('pointer', `item ${name} lies elsewhere: ${item.pointer}`)
    const extents = item.inline
      ? [[this.#state.idat.at + item.inline[0], item.inline[1]] as const]
      : (item.extents ?? [])
    return this.#joined(extents, item.length!, range)
  }

  /** All of an item's bytes. @throws UmfError as {@link content}; `too-large` where it is longer than `most` */
  async bytes(name: string, most: number = 64 * 1024 * 1024): Promise<Uint8Array> {
    const length = this.presentation?.name === name ? this.presentation.length : (this.item(name).length ?? 0)
    if (length > most) throw new UmfError('too-large', `item ${name} has ${length} bytes`)
    const bytes = new Uint8Array(length)
    let at = 0
    for await (const piece of this.content(name)) {
      bytes.set(piece, at)
      at += piece.length
    }
    return bytes
  }

  /**
   * E3: the timeline as the caller may know it, sorted; all of it or none.
   *
   * @throws UmfError `malformed`; `too-large`: one item, or all of them together
   */
  async events(): Promise<TimelineEvent[]> {
    const all: TimelineEvent[] = []
    const budget = new TimelineBudget()
    for (const { name, contentType, pointer, length = 0 } of this.items({ type: 'events' })) {
      if (!contentType.startsWith('application/vnd.umf.events+json') || pointer !== undefined) continue
      budget.read(length)
      for (const event of budget.parse(await this.bytes(name))) {
        const { resource } = event
        // L3: an event that names what the caller may not read tells of it.
        const isKnown = resource === undefined || this.#items.has(resource) || resource === this.presentation?.name
        if (isKnown) all.push(event)
      }
    }
    return all.sort((left, right) => left.t - right.t)
  }

  /** Names in events of a kind; read once, since whoever looks for one mostly looks for others. */
  async #namedBy(kind: string, { fromMs = 0, toMs = Number.POSITIVE_INFINITY }: ItemWish): Promise<Set<string>> {
    this.#naming ??= this.events().then((events) => events.filter((event) => event.resource !== undefined))
    const naming = await this.#naming
    const wished = naming.filter((event) => event.kind === kind && event.t >= fromMs && event.t <= toMs)
    return new Set(wished.flatMap(({ resource }) => resource ?? []))
  }

  /** The same archive as another caller sees it. */
  as(caller: Caller): Archive {
    return new Archive(this.#source, this.#state, caller)
  }

  get caller(): Caller {
    return this.#caller
  }

  /** For whoever edits, checks or shows the file itself. */
  get state(): ArchiveState {
    return this.#state
  }

  async *#joined(
    extents: readonly (readonly [number, number])[],
    size: number,
    range: ContentRange,
  ): AsyncGenerator<Uint8Array> {
    const { offset = 0, length = size - offset, isPassing = false } = range
    checkRange(offset, length, size)
    let at = 0
    for (const [start, bytes] of extents) {
      const from = Math.max(offset - at, 0)
      const to = Math.min(offset + length - at, bytes)
      if (from < to) yield* readThrough(this.#source, start + from, to - from, isPassing)
      at += bytes
    }
  }

  /** E4: the slots tell of items; they are zero in what is given as the presentation alone. */
  async *#presented(size: number, range: ContentRange): AsyncGenerator<Uint8Array> {
    let at = range.offset ?? 0
    for await (const piece of this.#joined([[0, size]], size, range)) {
      const [from, to] = [SLOTS[0] - at, HEAD_BYTES - at]
      if (from < piece.length && to > 0) {
        const copy = piece.slice()
        copy.fill(0, Math.max(from, 0), Math.min(to, copy.length))
        yield copy
      } else yield piece
      at += piece.length
    }
  }
}

type NamingEvent = Pick<TimelineEvent, 't' | 'kind' | 'resource'>

function touches({ startMs, endMs }: Span, { fromMs, toMs }: ItemWish): boolean {
  if (fromMs === undefined && toMs === undefined) return true
  if (startMs === undefined || endMs === undefined) return false
  return endMs >= (fromMs ?? 0) && startMs <= (toMs ?? Number.POSITIVE_INFINITY)
}

function spanOf({ startMs, endMs = startMs }: Item): Span {
  return { startMs, endMs }
}
