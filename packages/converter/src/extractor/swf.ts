import type { ByteWindow } from './byte-window.ts'
import { walkDeflate } from './deflate.ts'
import type { Walk, Walked } from './walk.ts'

const MOST_TAGS = 10_000_000

/** Flash files, as old archives keep slides (SWF 19, chapter 2): plain or zlib-compressed. */
export function* walkSwf(window: ByteWindow, start: number): Walk<Walked | null> {
  if (!(yield* window.need(start, 21))) return null
  const version = window.u8(start + 3)
  const length = window.le32(start + 4)
  if (version < 1 || version > 50 || length < 21) return null
  if (window.matches(start, 'CWS')) {
    if ((window.u8(start + 8) & 0x0f) !== 8 || window.u16(start + 8) % 31 !== 0 || version < 6) return null
    const data = yield* walkDeflate(window, start + 10)
    if (data === null || data.inflated !== length - 8) return null
    const end = data.end + 4
    return (yield* window.reaches(end)) ? { format: 'swf', end, facts: { version } } : null
  }
  const rectangleBytes = Math.ceil((5 + 4 * (window.u8(start + 8) >> 3)) / 8)
  const end = start + length
  let at = start + 8 + rectangleBytes + 4
  for (let tags = 0; tags < MOST_TAGS && at + 2 <= end; tags++) {
    if (!(yield* window.need(at, 2))) return null
    const head = window.le16(at)
    let size = head & 63
    at += 2
    if (size === 63) {
      if (!(yield* window.need(at, 4))) return null
      size = window.le32(at)
      at += 4
    }
    at += size
    if (head === 0) return at === end && tags > 0 ? { format: 'swf', end, facts: { version } } : null
  }
  return null
}
