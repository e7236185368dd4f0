import type { ByteWindow } from './byte-window.ts'
import { type FrameHead, frameEnd, readFrameHead } from './flac-frame.ts'
import type { FoundNote, Walk, Walked } from './walk.ts'

const MOST_BLOCKS = 4096
/** RFC 9639 §8.2: 24 bits of frame size; frames that say nothing of it are searched for this far. */
const MOST_FRAME = 1 << 20

/**
 * FLAC (RFC 9639). Frames have no length: each is where the next begins (its number follows, its CRC-8 holds); the last,
 * told by the number of samples, is read bit by bit, and its CRC-16 must hold.
 */
export function* walkFlac(window: ByteWindow, start: number): Walk<Walked | null> {
  let at = start + 4
  let last = false
  let rate = 0
  let channels = 0
  let total = 0
  let bits = 0
  let longest = 0
  for (let blocks = 0; !last && blocks < MOST_BLOCKS; blocks++) {
    if (!(yield* window.need(at, 4))) return null
    const type = window.u8(at) & 0x7f
    last = window.u8(at) >= 0x80
    const size = window.u24(at + 1)
    if (blocks === 0) {
      if (type !== 0 || size !== 34 || !(yield* window.need(at, 38))) return null
      longest = window.u24(at + 11)
      rate = window.u24(at + 14) >>> 4
      channels = ((window.u8(at + 16) >> 1) & 7) + 1
      bits = (((window.u8(at + 16) & 1) << 4) | (window.u8(at + 17) >> 4)) + 1
      total = (window.u8(at + 17) & 15) * 2 ** 32 + window.u32(at + 18)
      if (rate === 0) return null
    } else if (type === 127 || type === 0) return null
    at += 4 + size
  }
  const frames = yield* walkFrames(window, at, { bits, total, longest: longest === 0 ? MOST_FRAME : longest })
  if (frames.count === 0) return null
  const notes: FoundNote[] = []
  if (frames.cut) notes.push({ severity: 'warning', code: 'cut', message: 'cut before its last frame' })
  const samples = total > 0 && !frames.cut ? total : frames.samples
  return {
    format: 'flac',
    end: frames.end,
    whole: !frames.cut,
    startMs: 0,
    durationMs: (samples * 1000) / rate,
    facts: { sampleRate: rate, channels, bitsPerSample: bits, samples, frames: frames.count },
    notes,
  }
}

type Stream = { bits: number; total: number; longest: number }
type Frames = { end: number; samples: number; count: number; cut: boolean }

function* walkFrames(window: ByteWindow, from: number, stream: Stream): Walk<Frames> {
  let at = from
  let samples = 0
  let count = 0
  let head = yield* readFrameHead(window, at, stream.bits)
  while (head !== null) {
    const enough = stream.total > 0 && samples + head.blockSize >= stream.total
    const next: { at: number; head: FrameHead } | null = enough ? null : yield* nextFrame(window, at, head, stream)
    if (next === null) {
      const end = yield* frameEnd(window, at, head)
      const whole = end !== null
      return {
        end: end ?? at,
        samples: samples + (whole ? head.blockSize : 0),
        count: count + (whole ? 1 : 0),
        cut: !whole || (stream.total > 0 && !enough),
      }
    }
    samples += head.blockSize
    count++
    at = next.at
    head = next.head
  }
  return { end: at, samples, count, cut: true }
}

function* nextFrame(
  window: ByteWindow,
  at: number,
  head: FrameHead,
  stream: Stream,
): Walk<{ at: number; head: FrameHead } | null> {
  const limit = at + stream.longest + 1
  for (let from = at + head.bytes + 1; from < limit; ) {
    const found = yield* window.find(head.sync, from, limit)
    if (found < 0) return null
    const next = yield* readFrameHead(window, found, stream.bits)
    if (
      next !== null &&
      next.number === head.number + (head.variable ? head.blockSize : 1) &&
      next.rate === head.rate
    ) {
      return { at: found, head: next }
    }
    from = found + 1
  }
  return null
}
