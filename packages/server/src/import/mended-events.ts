// Events that somebody puts right: pure, so that a whole list of mends is decided before a byte is written.
import type { Mend } from '@rushes/protocol'
import type { TimelineEvent } from '@rushes/umf'
import { ImportError } from './import-error.ts'

/** An event, and the item of events that it stands in. */
export type PlacedEvent = { item: string; event: TimelineEvent }

/** Slides of an archive that belong together, by the name that its events call them. */
export type MendedDeck = { name: string; pages: number }

/** Those that an archive shows its owner are numbered: as {@link Archive.events} has them, by time. */
export class MendedEvents {
  readonly #shown: (PlacedEvent | null)[]
  /** What names an item that is not there is shown to nobody, and kept. */
  readonly #hidden: readonly PlacedEvent[]
  readonly #changed = new Set<string>()
  readonly #decks: readonly MendedDeck[]

  /** @param all in the order of the items that they stand in */
  constructor(
    all: readonly PlacedEvent[],
    isShown: (event: TimelineEvent) => boolean,
    decks: readonly MendedDeck[] = [],
  ) {
    this.#decks = decks.toSorted((left, right) => left.pages - right.pages)
    this.#shown = all
      .filter(({ event }) => isShown(event))
      .toSorted((left, right) => left.event.t - right.event.t)
      .map((each) => ({ ...each }))
    this.#hidden = all.filter(({ event }) => !isShown(event))
  }

  /** Items of which something is other than it was. */
  get changed(): ReadonlySet<string> {
    return this.#changed
  }

  of(item: string): TimelineEvent[] {
    return [...this.#shown, ...this.#hidden].flatMap((each) => (each?.item === item ? [each.event] : []))
  }

  drop(number: number): void {
    this.#changed.add(this.#at(number).item)
    this.#shown[number] = null
  }

  shift(number: number, byMs: number): void {
    const placed = this.#at(number)
    this.#set(placed, { t: laterBy(placed.event.t, byMs) })
  }

  shiftAll(item: string, byMs: number): void {
    for (const placed of [...this.#shown, ...this.#hidden]) {
      if (placed?.item === item) this.#set(placed, { t: laterBy(placed.event.t, byMs) })
    }
  }

  name(number: number, as: { kind: string; label: string | undefined }): void {
    const placed = this.#at(number)
    this.#name(placed, as, this.#slidesOf([placed]))
  }

  nameKind({ kind, label, as, asLabel }: Extract<Mend, { do: 'name-kind' }>): void {
    const found = this.#shown.filter(
      (placed) => placed?.event.kind === kind && (label === undefined || labelOf(placed.event) === label),
    )
    if (found.length === 0) throw new ImportError('bad-mend', `there are no events of the kind ${kind}`)
    const slides = this.#slidesOf(found)
    for (const placed of found) this.#name(placed!, { kind: as, label: asLabel }, slides)
  }

  /** What numbers that were found are of: the smallest deck that has as many pages; where none has, the largest. */
  #slidesOf(found: readonly (PlacedEvent | null)[]): NamedSlides {
    const values = found.flatMap((placed) => numberIn(placed?.event) ?? [])
    // Counted from 1, as people do, where nothing is 0.
    const first = values.some((value) => value <= 0) ? 0 : 1
    const most = values.reduce((high, value) => Math.max(high, value), 0) - first + 1
    const decks = this.#decks
    return { first, deck: (decks.find(({ pages }) => pages >= most) ?? decks.at(-1))?.name ?? null }
  }

  #at(number: number): PlacedEvent {
    const placed = this.#shown[number]
    if (placed == null) throw new ImportError('bad-mend', `there is no event ${number}, or it was dropped before`)
    return placed
  }

  #name(placed: PlacedEvent, { kind, label }: { kind: string; label: string | undefined }, slides: NamedSlides): void {
    const { data } = placed.event
    const members = typeof data === 'object' && data !== null && !Array.isArray(data) ? data : {}
    const named = { ...members, ...(label !== undefined && { label }) } as Record<string, unknown>
    this.#set(placed, { kind, data: asKnown(kind, named, slides) })
  }

  #set(placed: PlacedEvent, change: Partial<TimelineEvent>): void {
    placed.event = { ...placed.event, ...change }
    this.#changed.add(placed.item)
  }
}

function labelOf({ data }: TimelineEvent): unknown {
  return (data as { label?: unknown } | null | undefined)?.label
}

/** @throws ImportError `bad-mend`: before the beginning of the timeline */
export function laterBy(t: number, byMs: number): number {
  const shifted = Math.round((t + byMs) * 1000) / 1000
  if (shifted >= 0 && shifted <= 1e12) return shifted
  throw new ImportError('bad-mend', `${t} ms ${byMs < 0 ? 'less' : 'and'} ${Math.abs(byMs)} ms is not on the timeline`)
}

type NamedSlides = { first: number; deck: string | null }

function numberIn(event: TimelineEvent | undefined): number | null {
  const value = (event?.data as { value?: unknown } | null | undefined)?.value
  return Number.isSafeInteger(value) ? (value as number) : null
}

/** What players need of a kind that they know, of an event of which a number was found. */
function asKnown(kind: string, data: Record<string, unknown>, { first, deck }: NamedSlides): Record<string, unknown> {
  const { value, label } = data
  if (kind === 'slide' && data['index'] === undefined && Number.isSafeInteger(value) && (value as number) >= first) {
    return { deck: deck ?? (typeof label === 'string' ? label : 'slides'), ...data, index: (value as number) - first }
  }
  if (kind === 'speaker' && data['name'] === undefined && value !== undefined) {
    return { ...data, name: `Speaker ${String(value)}` }
  }
  return data
}
