import type { RepresentationEntry } from '@rushes/protocol'
import type { AcquisitionEvent } from '../acquire/acquisition-event.ts'

type Segment = Extract<AcquisitionEvent, { type: 'segment' }>

/**
 * Holds a set's first segments back until its picture and its sound are both known: the receiver settles with the first
 * segment what the recording is made of (DELIVERY.md M3). A set whose second segment comes without the other kind has none.
 */
export class SetBeginning {
  readonly #kinds = new Map<string, Set<RepresentationEntry['kind']>>()
  readonly #setOf = new Map<string, string>()
  readonly #held = new Map<string, Segment[]>()
  readonly #begun = new Set<string>()

  /** A representation that is listed now; what may follow it. */
  represent(id: string, set: string, kind: RepresentationEntry['kind']): Segment[] {
    this.#setOf.set(id, set)
    const kinds = this.#kinds.get(set) ?? new Set()
    this.#kinds.set(set, kinds.add(kind))
    return kinds.size === 2 ? this.#begin(set) : []
  }

  /** A segment that was made; which may be listed now, in order. */
  add(segment: Segment): Segment[] {
    const set = this.#setOf.get(segment.representation)
    if (set === undefined || this.#begun.has(set)) return [segment]
    const held = [...(this.#held.get(set) ?? []), segment]
    this.#held.set(set, held)
    const second = held.filter(({ representation }) => representation === segment.representation).length > 1
    return second ? this.#begin(set) : []
  }

  /** What is still held when the source has ended. */
  rest(): Segment[] {
    return [...this.#held.keys()].flatMap((set) => this.#begin(set))
  }

  #begin(set: string): Segment[] {
    this.#begun.add(set)
    const held = this.#held.get(set) ?? []
    this.#held.delete(set)
    return held
  }
}
