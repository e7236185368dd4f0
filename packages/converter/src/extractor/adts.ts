import type { ByteWindow } from './byte-window.ts'
import type { FoundNote, Walk, Walked } from './walk.ts'

const FEWEST_FRAMES = 3
const MOST_FRAMES = 100_000_000
const rates = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350]

/** AAC in ADTS (ISO 13818-7 §6.2): frames whose fixed headers are the same. */
export function* walkAdts(window: ByteWindow, start: number): Walk<Walked | null> {
  return yield* walkAdtsFrames(window, start, FEWEST_FRAMES)
}

export function* walkAdtsFrames(window: ByteWindow, from: number, fewest: number): Walk<Walked | null> {
  let at = from
  let first: AdtsFrame | null = null
  let frames = 0
  let blocks = 0
  let lastAt = from
  for (; frames < MOST_FRAMES; frames++) {
    if (!window.has(at, 7) && !(yield* window.need(at, 7))) break
    const frame = parseAdts(window, at)
    if (frame === null || (first !== null && frame.fixed !== first.fixed)) break
    first ??= frame
    blocks += frame.samples / 1024
    lastAt = at
    at += frame.bytes
  }
  if (first === null || frames < fewest) return null
  const whole = yield* window.reaches(at)
  const notes: FoundNote[] = whole ? [] : [{ severity: 'warning', code: 'cut', message: 'its last frame is cut' }]
  return {
    format: 'aac',
    end: whole ? at : (window.size ?? at),
    proven: lastAt,
    whole,
    startMs: 0,
    durationMs: (blocks * 1024 * 1000) / first.rate,
    facts: { sampleRate: first.rate, channels: (first.fixed >>> 6) & 7, frames },
    notes,
  }
}

type AdtsFrame = { bytes: number; samples: number; rate: number; fixed: number }

/** The frame whose 7 bytes of header are in the window here. */
export function parseAdts(window: ByteWindow, at: number): AdtsFrame | null {
  const head = window.u32(at)
  if (head >>> 20 !== 0xfff || ((head >>> 17) & 3) !== 0) return null
  const rate = rates[(head >>> 10) & 15]
  const bytes = ((window.u24(at + 3) >>> 5) & 0x1fff) | ((head & 3) << 11)
  if (rate === undefined || bytes < ((head >>> 16) & 1 ? 7 : 9) + 1) return null
  // All but the private and copyright bits stays the same: sync, version, layer, CRC, profile, rate, channels.
  return { bytes, samples: ((window.u8(at + 6) & 3) + 1) * 1024, rate, fixed: (head & 0xfffffdc0) >>> 0 }
}
