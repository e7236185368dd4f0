import { intBytes, type Order, sayValue, type ValueForm } from './number-form.ts'
import { sayTime, type TimeCode } from './time-code.ts'
import type { Entry } from './tracks.ts'

/** Where an entry's time and value stand in the bytes, and what its time says there. */
export interface Place {
  timeAt?: number
  ms?: number
  valueAt?: number
  /** Written two bytes a character. */
  wide: boolean
}

/** Bytes that grow, and remember where every entry's time and value were written. */
export class Tape {
  readonly places: Map<Entry, Place> = new Map()
  readonly #wide: boolean
  #bytes: Uint8Array = new Uint8Array(1024)
  #length = 0

  /** `wide`: text goes down as UTF-16, low byte first. */
  constructor(wide = false) {
    this.#wide = wide
  }

  get length(): number {
    return this.#length
  }

  put(...parts: (string | Uint8Array | readonly number[])[]): this {
    for (const part of parts) this.#append(typeof part === 'string' ? textBytes(part, this.#wide) : part)
    return this
  }

  int(value: number | bigint, width: number, order: Order): this {
    return this.put(intBytes(value, width, order))
  }

  fill(count: number, byte: number): this {
    return this.put(new Uint8Array(Math.max(0, count)).fill(byte))
  }

  time(code: TimeCode, entry: Entry): this {
    const said = sayTime(code, entry.tick)
    const place = this.#placeOf(entry)
    place.timeAt = this.#length
    place.ms = said.ms
    return this.put(said.text)
  }

  value(form: ValueForm, entry: Entry): this {
    this.#placeOf(entry).valueAt = this.#length
    return this.put(sayValue(form, entry.value))
  }

  /** Another tape's bytes with its places. */
  add(other: Tape): this {
    for (const [entry, place] of other.places) {
      const mine = this.#placeOf(entry)
      mine.wide = place.wide
      if (place.valueAt !== undefined) mine.valueAt = place.valueAt + this.#length
      if (place.timeAt !== undefined) mine.timeAt = place.timeAt + this.#length
      if (place.ms !== undefined) mine.ms = place.ms
    }
    return this.put(other.bytes())
  }

  /** Overwrites what is known only later: a length, a count, an offset. */
  patch(at: number, value: number, width: number, order: Order): void {
    this.#bytes.set(intBytes(value, width, order), at)
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #placeOf(entry: Entry): Place {
    const known = this.places.get(entry) ?? { wide: this.#wide }
    this.places.set(entry, known)
    return known
  }

  #append(part: Uint8Array | readonly number[]): void {
    if (this.#length + part.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * (this.#length + part.length))
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes.set(part, this.#length)
    this.#length += part.length
  }
}

/** Latin text; all that these formats hold. */
export function textBytes(text: string, wide = false): Uint8Array {
  const step = wide ? 2 : 1
  const out = new Uint8Array(text.length * step)
  for (let i = 0; i < text.length; i++) out[i * step] = text.charCodeAt(i)
  return out
}
