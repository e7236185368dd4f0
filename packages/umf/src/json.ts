// SPEC.md, I2, I5, Bounds: JSON of strangers, whose cost is known before anything is made of it.
import { UmfError } from './umf-error.ts'

const MOST_DEPTH = 64
/** Each takes some 50 bytes of memory however short it is written. */
export const MOST_VALUES = 4_194_304 as const

/**
 * @param what for people, who are told of it
 * @param offset in the file
 * @throws UmfError `malformed`, `too-large`
 */
export function parseJson(bytes: Uint8Array, what: string, offset?: number): unknown {
  const { depth, values, members } = measured(bytes)
  if (depth > MOST_DEPTH) throw new UmfError('too-large', `${what} is nested more than ${MOST_DEPTH} deep`, offset)
  if (values > MOST_VALUES) throw new UmfError('too-large', `${what} has more than ${MOST_VALUES} values`, offset)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new UmfError('malformed', `${what} is no JSON in UTF-8`, offset)
  }
  const kept = membersOf(value)
  // Of two members of one name parsers take different ones, and so could see different levels of access.
  if (kept < members) throw new UmfError('malformed', `${what} names a member twice`, offset)
  if (kept === Number.POSITIVE_INFINITY) throw new UmfError('malformed', `${what} has a member __proto__`, offset)
  return value
}

/** How many there are at most, for whoever keeps several texts. */
export function jsonValues(bytes: Uint8Array): number {
  return measured(bytes).values
}

/** How many members all of its objects have; infinitely many if one is named `__proto__`. */
function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const each of value) if (typeof each === 'object') count += membersOf(each)
    return count
  }
  // No list of the values is made: that took three times as long.
  const members = value as Readonly<Record<string, unknown>>
  for (const name in members) {
    if (name === '__proto__') return Number.POSITIVE_INFINITY
    const each = members[name]
    count += typeof each === 'object' ? 1 + membersOf(each) : 1
  }
  return count
}

const quote = 0x22
const backslash = 0x5c
const [otherByte, beginString, comma, colon, open, close] = [0, 1, 2, 3, 4, 5] as const
/** What each byte outside of strings means: by a table half of the time is saved, 10 ms of an index of 10,000 items. */
const meanings: Uint8Array = new Uint8Array(256).fill(otherByte)
meanings[quote] = beginString
meanings[0x2c] = comma
meanings[0x3a] = colon
meanings[0x7b] = meanings[0x5b] = open
meanings[0x7d] = meanings[0x5d] = close

/** How deep objects and arrays lie in each other, how many values and members there are at most; JSON.parse recurses. */
function measured(bytes: Uint8Array): { depth: number; values: number; members: number } {
  let depth = 0
  let values = 1
  let members = 0
  let now = 0
  for (let at = 0; at < bytes.length; at++) {
    switch (meanings[bytes[at]!]) {
      case beginString:
        for (at++; at < bytes.length && bytes[at] !== quote; at++) if (bytes[at] === backslash) at++
        break
      case comma:
        values++
        break
      case colon:
        members++
        break
      case open:
        values++
        if (++now > depth) depth = now
        break
      case close:
        now--
    }
  }
  return { depth, values, members }
}
