import type { ByteWindow } from './byte-window.ts'
import type { Walk, Walked } from './walk.ts'

const MOST_CHUNKS = 10_000_000

/** PNG (ISO 15948 §5): chunks from IHDR to IEND. */
export function* walkPng(window: ByteWindow, start: number): Walk<Walked | null> {
  if (!(yield* window.need(start, 33)) || !window.matches(start + 12, 'IHDR') || window.u32(start + 8) !== 13)
    return null
  const facts = { width: window.u32(start + 16), height: window.u32(start + 20) }
  let at = start + 33
  let data = false
  for (let chunks = 0; chunks < MOST_CHUNKS; chunks++) {
    if (!(yield* window.need(at, 12))) return null
    const size = window.u32(at)
    const name = window.text(at + 4, 4)
    if (size > 0x7fffffff || !/^[A-Za-z]{4}$/.test(name)) return null
    if (name === 'IDAT') data = true
    at += 12 + size
    if (name === 'IEND') return data && size === 0 ? { format: 'png', end: at, facts } : null
  }
  return null
}
