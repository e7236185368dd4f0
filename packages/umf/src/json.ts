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
  if (Array.isArray(value)) for (const each of value) count += typeof each === 'object' ? membersOf(each) : 0
  else {
    if (Object.hasOwn(value, '__proto__')) return Number.POSITIVE_INFINITY
    for (const each of Object.values(value)) count += 1 + (typeof each === 'object' ? membersOf(each) : 0)
  }
  return count
}

/** How deep objects and arrays lie in each other, how many values and members there are at most; JSON.parse recurses. */
function measured(bytes: Uint8Array): { depth: number; values: number; members: number } {
  let depth = 0
  let values = 1
  let members = 0
  let now = 0
  let inString = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (inString) {
      if (byte === 0x5c) at++
      else if (byte === 0x22) inString = false
    } else if (byte === 0x22) inString = true
    else if (byte === 0x2c) values++
    else if (byte === 0x3a) members++
    else if (byte === 0x7b || byte === 0x5b) {
      values++
      depth = Math.max(depth, ++now)
    } else if (byte === 0x7d || byte === 0x5d) now--
  }
  return { depth, values, members }
}
