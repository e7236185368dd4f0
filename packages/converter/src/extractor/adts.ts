import type { ByteWindow } from './byte-window.ts'
import type { FoundNote, Walk, Walked } from './walk.ts'

const FEWEST_FRAMES = 3
const MOST_FRAMES = 100_000_000
const rates = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350]

/** AAC in ADTS (ISO 13818-7 §6.2): frames whose fixed headers are the same. */
export function* walkAdts(window: ByteWindow, start: number): Walk<Walked | null> {
  return yield* walkAdtsFrames(window, start, start, FEWEST_FRAMES)
}

export function* walkAdtsFrames(window: ByteWindow, start: number, from: number, fewest: number): Walk<Walked | null> {
  let at = from
  let fixed = -1
  let frames = 0
  let blocks = 0
  for (; frames < MOST_FRAMES; frames++) {
    if (!window.has(at, 7) && !(yield* window.need(at, 7))) break
    const head = window.u32(at)
    if (head >>> 20 !== 0xfff || ((head >>> 17) & 3) !== 0) break
    // All but the private and copyright bits stays the same: sync, version, layer, CRC, profile, rate, channels.
    const same = (head & 0xfffffdc0) >>> 0
    if (((head >>> 10) & 15) >= rates.length || (fixed >= 0 && same !== fixed)) break
    const bytes = ((window.u24(at + 3) >>> 5) & 0x1fff) | ((head & 3) << 11)
    if (bytes < ((head >>> 16) & 1 ? 7 : 9) + 1) break
    fixed = same
    blocks += (window.u8(at + 6) & 3) + 1
    at += bytes
  }
  if (frames < fewest) return null
  const rate = rates[(fixed >>> 10) & 15]!
  const whole = yield* window.reaches(at)
  const notes: FoundNote[] = whole ? [] : [{ severity: 'warning', code: 'cut', message: 'its last frame is cut' }]
  return {
    format: 'aac',
    end: whole ? at : (window.size ?? at),
    whole,
    startMs: 0,
    durationMs: (blocks * 1024 * 1000) / rate,
    facts: { sampleRate: rate, channels: (fixed >>> 6) & 7, frames },
    notes,
  }
}
