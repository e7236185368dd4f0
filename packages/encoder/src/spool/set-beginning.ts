import type { RepresentationEntry } from '@rushes/protocol'
import type { AcquisitionEvent } from '../acquire/acquisition-event.ts'

type Segment = Extract<AcquisitionEvent, { type: 'segment' }>
type Kind = RepresentationEntry['kind']

/** Segments of one representation that wait for another kind; encoders look ahead, so that pictures come later than sound. */
const mostHeld = 15

/**
 * Holds a set's first segments back until its picture and its sound are both known: the receiver settles with the first
 * segment what the recording is made of (DELIVERY.md M3).
 */
export class SetBeginning {
  readonly #kinds = new Map<string, Set<Kind>>()
  readonly #setOf = new Map<string, string>()
  readonly #held = new Map<string, Segment[]>()
  readonly #begun = new Set<string>()

  /** The set has segments of this kind already, by an encoder before this one. */
  takeUp(set: string, kind: Kind): void {
    this.#kindsOf(set).add(kind)
    this.#begun.add(set)
  }

  /** Where a representation belongs: what comes after the beginning of a set that has nothing of its kind makes one of its own. */
  setOf(set: string, kind: Kind): string {
    return this.#begun.has(set) && !this.#kindsOf(set).has(kind) ? `${set}-${kind}` : set
  }

  /** A representation that is listed now, of a source that has all these kinds; what may follow it. */
  represent(id: string, set: string, kind: Kind, kinds: readonly Kind[]): Segment[] {
    this.#setOf.set(id, set)
    const known = this.#kindsOf(set).add(kind)
    return kinds.every((each) => known.has(each)) ? this.#begin(set) : []
  }

  /** A segment that was made; which may be listed now, in order. */
  add(segment: Segment): Segment[] {
    const set = this.#setOf.get(segment.representation)
    if (set === undefined || this.#begun.has(set)) return [segment]
    const held = [...(this.#held.get(set) ?? []), segment]
    this.#held.set(set, held)
    const same = held.filter(({ representation }) => representation === segment.representation)
    return same.length >= mostHeld ? this.#begin(set) : []
  }

  /** What is still held when the source has ended. */
  rest(): Segment[] {
    return [...this.#held.keys()].flatMap((set) => this.#begin(set))
  }

  #kindsOf(set: string): Set<Kind> {
    const kinds = this.#kinds.get(set) ?? new Set()
    this.#kinds.set(set, kinds)
    return kinds
  }

  #begin(set: string): Segment[] {
    this.#begun.add(set)
    const held = this.#held.get(set) ?? []
    this.#held.delete(set)
    // The first that is listed is where the recording begins (DELIVERY.md E1).
    return held.sort((a, b) => a.wallClock - b.wallClock)
  }
}
