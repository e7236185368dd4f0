import type { ByteWindow } from './byte-window.ts'
import type { Walk } from './walk.ts'

const DEEPEST = 100_000
const PIECE = 65536
const OBJECT = 1
const ARRAY = 2

export type JsonExtent = { end: number; values: number; root: 'object' | 'array' }

/**
 * From `start` (at `{` or `[`) to the end of the value, and over further ones that follow line by line. Values are told by
 * their grammar (RFC 8259), not kept. @returns null where it isn't JSON, or isn't closed before `limit`
 */
export function* walkJson(window: ByteWindow, start: number, limit: number): Walk<JsonExtent | null> {
  const first = yield* walkValue(window, start, limit)
  if (first === null) return null
  if (!window.has(start, 1) && !(yield* window.need(start, 1))) return null
  const extent: JsonExtent = { end: first, values: 1, root: window.u8(start) === 0x7b ? 'object' : 'array' }
  for (;;) {
    const here = yield* window.most(extent.end, 3)
    const line = /^\r?\n[{[]/.exec(window.text(extent.end, here))
    if (line === null) return extent
    const next = yield* walkValue(window, extent.end + line[0].length - 1, limit)
    if (next === null) return extent
    extent.end = next
    extent.values++
  }
}

/** What may come next: a value; a key, or the end; the key's colon; a comma, or the end; a value or the end (`[`). */
type Expect = 'value' | 'key-or-end' | 'key' | 'colon' | 'comma-or-end' | 'value-or-end'

function* walkValue(window: ByteWindow, start: number, limit: number): Walk<number | null> {
  const stack = new Uint8Array(DEEPEST)
  let depth = 0
  let expect: Expect = 'value'
  for (let at = start; at < limit; ) {
    if (!window.has(at, 32)) yield* window.most(at, PIECE)
    if (!window.has(at, 1)) return null
    const byte = window.u8(at)
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
      at++
      continue
    }
    if (byte === 0x7d || byte === 0x5d) {
      const kind = byte === 0x7d ? OBJECT : ARRAY
      const allowed = expect === 'comma-or-end' || expect === (kind === OBJECT ? 'key-or-end' : 'value-or-end')
      if (!allowed || stack[depth - 1] !== kind) return null
      at++
      if (--depth === 0) return at
      expect = 'comma-or-end'
    } else if (expect === 'comma-or-end') {
      if (byte !== 0x2c) return null
      expect = stack[depth - 1] === OBJECT ? 'key' : 'value'
      at++
    } else if (expect === 'colon') {
      if (byte !== 0x3a) return null
      expect = 'value'
      at++
    } else if (expect === 'key' || expect === 'key-or-end') {
      if (byte !== 0x22) return null
      at = yield* behindString(window, at + 1, limit)
      if (at < 0) return null
      expect = 'colon'
    } else if (byte === 0x7b || byte === 0x5b) {
      if (depth === DEEPEST) return null
      stack[depth++] = byte === 0x7b ? OBJECT : ARRAY
      expect = byte === 0x7b ? 'key-or-end' : 'value-or-end'
      at++
    } else {
      if (depth === 0) return null
      at = byte === 0x22 ? yield* behindString(window, at + 1, limit) : behindScalar(window, at)
      if (at < 0) return null
      expect = 'comma-or-end'
    }
  }
  return null
}

function* behindString(window: ByteWindow, from: number, limit: number): Walk<number> {
  for (let at = from; at < limit; at++) {
    if (!window.has(at, 2) && (yield* window.most(at, PIECE)) === 0) return -1
    const byte = window.u8(at)
    if (byte === 0x22) return at + 1
    if (byte < 0x20) return -1
    if (byte === 0x5c) at++
  }
  return -1
}

function behindScalar(window: ByteWindow, at: number): number {
  const text = window.text(at, Math.min(64, window.end - at))
  const scalar = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/.exec(text)
  return scalar === null ? -1 : at + scalar[0].length
}
