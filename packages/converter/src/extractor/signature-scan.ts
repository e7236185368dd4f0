import type { Anchor } from './anchors.ts'

type Listed = { anchor: Anchor; before: number; masks: readonly Uint8Array[] }

/** A place where a signature stands: `start` is where the resource would begin, in the bytes scanned. */
export type Hit = { anchor: Anchor; start: number }

/** Runs of text are looked for by their plain letters: any of twice this many bytes is seen. */
export const TEXT_STRIDE = 16

const plain: Uint8Array = new Uint8Array(256).fill(1, 0x20, 0x7f)
plain[9] = 1
plain[10] = 1
plain[13] = 1

/** Kinds of pairs. This one begins or goes on a signature, which is then compared. */
const SIGNATURE = 1
/** A sync byte of packets, as the first or as the second: met in one place of 128, so told by the packet that follows. */
const SYNC_FIRST = 2
const SYNC_SECOND = 4
/** Its second byte begins a signature of two bytes: told by the byte that follows. */
const LEAD_SECOND = 8
const PACKETS = [188, 192] as const

/**
 * Finds signatures by looking at every second pair of bytes: of three bytes in a row one of both pairs stands at an even
 * place, whatever the place of the first. One look in a table for two bytes is what makes the scan fast.
 */
export class SignatureScan {
  readonly #table = new Uint8Array(65536)
  readonly #lists: (Listed[] | undefined)[] = new Array(65536)
  /** Second bytes of signatures of two. */
  readonly #seconds = new Uint8Array(256)

  constructor(wanted: readonly Anchor[]) {
    for (const anchor of wanted) this.#add(anchor)
  }

  #add(anchor: Anchor): void {
    const any = Array.from({ length: 256 }, (_, index) => index)
    const at = (index: number): readonly number[] => anchor.signature[index] ?? any
    const masks = anchor.signature.map((values) => {
      const mask = new Uint8Array(256)
      for (const value of values) mask[value] = 1
      return mask
    })
    // Pairs that begin the signature, and those that stand one further. Where only one byte is fixed, or two, whatever
    // stands before it makes the second pair.
    const length = anchor.signature.length
    this.#pairs({ anchor, masks, before: 0 }, at(0), at(1), length === 1 ? SYNC_FIRST : SIGNATURE)
    if (length >= 3) this.#pairs({ anchor, masks, before: 1 }, at(1), at(2), SIGNATURE)
    else this.#pairs({ anchor, masks, before: -1 }, any, at(0), length === 1 ? SYNC_SECOND : LEAD_SECOND)
    if (length === 2) for (const second of at(1)) this.#seconds[second] = 1
  }

  #pairs(listed: Listed, firsts: readonly number[], seconds: readonly number[], kind: number): void {
    for (const first of firsts) {
      for (const second of seconds) {
        const pair = first | (second << 8) // the machine's order: Node runs on little-endian ones
        this.#table[pair]! |= kind
        const list = this.#lists[pair]
        if (list === undefined) this.#lists[pair] = [listed]
        else list.push(listed)
      }
    }
  }

  /**
   * The first place at or behind pair `from` (of `pairs`, a view of `bytes`), and before pair `to`, where a signature
   * stands whole. @returns its pair's number and what stands there; null where there is none
   */
  next(
    bytes: Uint8Array,
    pairs: Uint16Array,
    from: number,
    to: number,
    length: number,
  ): { pair: number; hits: Hit[] } | null {
    const table = this.#table
    const seconds = this.#seconds
    for (let pair = from; pair < to; pair++) {
      const kind = table[pairs[pair]!]!
      if (kind === 0) continue
      const at = pair * 2
      // The frequent kinds are refused here; together with others they take the long way.
      if (kind === SYNC_FIRST && !followed(bytes, at)) continue
      if (kind === SYNC_SECOND && !followed(bytes, at + 1)) continue
      if (kind === LEAD_SECOND && seconds[bytes[at + 2]!] === 0) continue
      const hits = this.#hits(bytes, pairs[pair]!, at, length)
      if (hits !== null) return { pair, hits }
    }
    return null
  }

  #hits(bytes: Uint8Array, value: number, at: number, length: number): Hit[] | null {
    let hits: Hit[] | null = null
    const list = this.#lists[value]!
    for (let index = 0; index < list.length; index++) {
      const { anchor, before, masks } = list[index]!
      const start = at - before
      if (!stands(anchor, masks, bytes, start, length)) continue
      if (hits === null) hits = []
      hits.push({ anchor, start: start - anchor.offset })
    }
    return hits
  }
}

function followed(bytes: Uint8Array, at: number): boolean {
  return bytes[at + PACKETS[0]] === 0x47 || bytes[at + PACKETS[1]] === 0x47
}

function stands(
  anchor: Anchor,
  masks: readonly Uint8Array[],
  bytes: Uint8Array,
  start: number,
  length: number,
): boolean {
  if (start < 0 || start + masks.length > length) return false
  for (let index = 0; index < masks.length; index++) if (masks[index]![bytes[start + index]!] === 0) return false
  return anchor.check === undefined || anchor.check(bytes, start, length)
}

/** The first place from `from` (a multiple of {@link TEXT_STRIDE}) before `to` where so many bytes are plain text; -1: none. */
export function nextText(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at + TEXT_STRIDE <= to; at += TEXT_STRIDE) {
    if (plain[bytes[at]!] === 0 || plain[bytes[at + 5]!] === 0 || plain[bytes[at + 10]!] === 0) continue
    let index = 1
    while (index < TEXT_STRIDE && plain[bytes[at + index]!] === 1) index++
    if (index === TEXT_STRIDE) return at
  }
  return -1
}
