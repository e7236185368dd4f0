import type { ByteWindow } from './byte-window.ts'
import type { Walk, Walked } from './walk.ts'

const MOST_BLOCKS = 50_000_000

/** GIF (87a, 89a): blocks up to the trailer. */
export function* walkGif(window: ByteWindow, start: number): Walk<Walked | null> {
  if (!(yield* window.need(start, 13)) || window.u8(start + 12) > 200) return null
  const facts = { width: window.le16(start + 6), height: window.le16(start + 8) }
  const packed = window.u8(start + 10)
  let at = start + 13 + (packed & 0x80 ? 3 << ((packed & 7) + 1) : 0)
  let frames = 0
  let hundredths = 0
  for (let blocks = 0; blocks < MOST_BLOCKS; blocks++) {
    if (!(yield* window.need(at, 1))) return null
    const kind = window.u8(at)
    if (kind === 0x3b) {
      if (frames === 0) return null
      return {
        format: 'gif',
        end: at + 1,
        ...(frames > 1 ? { startMs: 0, durationMs: hundredths * 10 } : {}),
        facts: { ...facts, frames },
      }
    }
    if (kind === 0x21) {
      const here = yield* window.most(at, 6)
      if (here < 3) return null
      if (here === 6 && window.u8(at + 1) === 0xf9) hundredths += window.le16(at + 4)
      at += 2
    } else if (kind === 0x2c) {
      if (!(yield* window.need(at, 11))) return null
      const local = window.u8(at + 9)
      at += 10 + (local & 0x80 ? 3 << ((local & 7) + 1) : 0)
      if (!(yield* window.need(at, 1)) || window.u8(at) > 12 || window.u8(at) < 2) return null
      at++
      frames++
    } else return null
    for (;;) {
      if (!window.has(at, 1) && !(yield* window.need(at, 1))) return null
      const size = window.u8(at)
      at += 1 + size
      if (size === 0) break
    }
  }
  return null
}
