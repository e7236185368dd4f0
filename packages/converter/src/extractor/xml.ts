import type { ByteWindow } from './byte-window.ts'
import type { Walk } from './walk.ts'

/** Deeper or longer than anything that people wrote: refused. */
const DEEPEST = 4096
/** Pictures stand in attributes of SVG. */
const LONGEST_TAG = 64 << 20
const LONGEST_NAME = 256
const PIECE = 65536

export type XmlExtent = { end: number; root: string; doctype: boolean; elements: number }

/**
 * From `start` (at `<`) to the end of the root element: tags are matched, nothing is kept but the names that are open.
 * @returns null where it isn't well-formed as far as that goes, or isn't closed before `limit`
 */
export function* walkXml(window: ByteWindow, start: number, limit: number): Walk<XmlExtent | null> {
  const open: string[] = []
  let root = ''
  let doctype = false
  let elements = 0
  let at = start
  while (at < limit) {
    if ((yield* window.most(at, 16)) < 3) return null
    if (window.matches(at, '<!--')) at = yield* behind(window, '-->', at + 4, limit)
    else if (window.matches(at, '<?')) at = yield* behind(window, '?>', at + 2, limit)
    else if (window.matches(at, '<![CDATA[') && open.length > 0) at = yield* behind(window, ']]>', at + 9, limit)
    else if (window.matches(at, '<!') && open.length === 0) {
      doctype = true
      at = yield* behindDoctype(window, at + 2, limit)
    } else {
      const closing = window.matches(at, '</')
      yield* window.most(at, LONGEST_NAME + 4)
      const name = nameAt(window, at + (closing ? 2 : 1))
      const tag: TagEnd | null = name === '' ? null : yield* tagEnd(window, at + 1 + name.length, limit)
      if (tag === null || (closing && open.pop() !== name)) return null
      if (root === '') root = name
      if (!closing) elements++
      if (!closing && !tag.empty && open.push(name) > DEEPEST) return null
      at = tag.end
      if (open.length === 0) return { end: at, root, doctype, elements }
    }
    if (at < 0) return null
    at = yield* nextTag(window, at, limit, open.length > 0)
    if (at < 0) return null
  }
  return null
}

/** Up to the next `<`; between elements of no root there are only spaces. */
function* nextTag(window: ByteWindow, from: number, limit: number, anyText: boolean): Walk<number> {
  for (let at = from; at < limit; ) {
    if (!window.has(at, 1) && (yield* window.most(at, PIECE)) === 0) return -1
    const found = window.bytes.indexOf(0x3c, at - window.start)
    const stop = found < 0 ? window.end : window.start + found
    if (!anyText) for (let index = at; index < stop; index++) if (window.u8(index) > 0x20) return -1
    if (found >= 0) return stop < limit ? stop : -1
    at = stop
  }
  return -1
}

type TagEnd = { end: number; empty: boolean }

/** The `>` that ends the tag, outside of quotes; null where none does. */
function* tagEnd(window: ByteWindow, from: number, limit: number): Walk<TagEnd | null> {
  let quote = 0
  let previous = 0
  for (let at = from; at < limit && at - from < LONGEST_TAG; at++) {
    if (!window.has(at, 1) && (yield* window.most(at, PIECE)) === 0) return null
    const byte = window.u8(at)
    if (quote !== 0) {
      if (byte === quote) quote = 0
    } else if (byte === 0x22 || byte === 0x27) quote = byte
    else if (byte === 0x3e) return { end: at + 1, empty: previous === 0x2f }
    else if (byte === 0x3c) return null
    previous = byte
  }
  return null
}

function nameAt(window: ByteWindow, at: number): string {
  let end = at
  while (end < window.end && end - at < LONGEST_NAME) {
    const byte = window.u8(end)
    // > / = and white space end a name (XML 1.0 §2.3).
    if (byte === 0x3e || byte === 0x2f || byte <= 0x20 || byte === 0x3d) break
    end++
  }
  const name = window.text(at, end - at)
  return /^[A-Za-z_:\x80-\xff][\w:.\-\x80-\xff]*$/.test(name) ? name : ''
}

function* behind(window: ByteWindow, mark: string, from: number, limit: number): Walk<number> {
  const found = yield* window.find(mark, from, limit)
  return found < 0 ? -1 : found + mark.length
}

function* behindDoctype(window: ByteWindow, from: number, limit: number): Walk<number> {
  let subset = false
  for (let at = from; at < limit && at - from < LONGEST_TAG; at++) {
    if (!window.has(at, 1) && (yield* window.most(at, PIECE)) === 0) return -1
    const byte = window.u8(at)
    if (byte === 0x5b) subset = true
    else if (byte === 0x5d) subset = false
    else if (byte === 0x3e && !subset) return at + 1
  }
  return -1
}
