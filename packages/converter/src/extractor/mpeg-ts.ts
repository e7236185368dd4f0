import { parseAdts } from './adts.ts'
import type { ByteWindow } from './byte-window.ts'
import { parseFrame } from './mpeg-audio.ts'
import type { Walk, Walked } from './walk.ts'

const FEWEST_PACKETS = 5
const MOST_PROGRAMS = 512
const BLOCK = 188 * 348

type Clock = {
  count: number
  lowest: number
  highest: number
  previous: number
  /** The shortest from one to the next, for pictures, which don't say how long they are. */
  step: number
  /** Of the sound in the last packet; not behind its time where nothing tells. */
  end: number
}

/**
 * MPEG transport streams (ISO 13818-1): packets of 188 bytes, or of 192 with a time before each (M2TS). Any packet may be
 * the one that was met first, so packets before it are looked for as well, down to `floor`.
 */
export function* walkTransport(window: ByteWindow, met: number, floor: number): Walk<Walked | null> {
  const stride = (yield* inStep(window, met, 188)) ? 188 : (yield* inStep(window, met, 192)) ? 192 : 0
  if (stride === 0) return null
  const lead = stride - 188
  let start = met
  while (start - stride - lead >= floor && (yield* isPacket(window, start - stride))) start -= stride
  const clocks = new Map<number, Clock>()
  let at = start
  let packets = 0
  let tables = 0
  for (;;) {
    const here = yield* window.most(at, BLOCK)
    const before = at
    for (const until = at + here; at + 188 <= until; at += stride, packets++) {
      if (!plausible(window, at)) break
      if ((window.u16(at + 1) & 0x1fff) === 0) tables++
      if ((window.u8(at + 1) & 0x40) !== 0) readTime(window, at, clocks)
    }
    if (at === before || here < BLOCK - stride) break
    if (at + stride <= before + here) break
  }
  // Chance makes no program association table, and no file is without.
  if (packets < FEWEST_PACKETS || (tables === 0 && packets < 50)) return null
  const times = [...clocks.values()].filter(({ count }) => count > 0)
  const facts = { packets, packetBytes: stride, streams: times.length }
  const end = at - lead
  if (times.length === 0) return { format: 'mpeg-ts', start: start - lead, end, facts }
  const first = Math.min(...times.map(({ lowest }) => lowest))
  const last = Math.max(
    ...times.map(({ highest, step, end }) => {
      return end > highest ? end : highest + (Number.isFinite(step) ? step : 0)
    }),
  )
  return {
    format: 'mpeg-ts',
    start: start - lead,
    end,
    startMs: first / 90,
    durationMs: (last - first) / 90,
    facts,
  }
}

function* inStep(window: ByteWindow, at: number, stride: number): Walk<boolean> {
  const bytes = (FEWEST_PACKETS - 1) * stride + 188
  if (!(yield* window.need(at, bytes))) return false
  for (let packet = 0; packet < FEWEST_PACKETS; packet++) if (!plausible(window, at + packet * stride)) return false
  return true
}

function* isPacket(window: ByteWindow, at: number): Walk<boolean> {
  // Backwards, so a whole stretch is read before it.
  if (!window.has(at, 188) && !(yield* window.need(Math.max(0, at - BLOCK), BLOCK + 188))) {
    if (!(yield* window.need(at, 188))) return false
  }
  return plausible(window, at)
}

/** §2.4.3.2: sync byte, and an adaptation field control that is not reserved. */
function plausible(window: ByteWindow, at: number): boolean {
  return window.u8(at) === 0x47 && (window.u8(at + 3) & 0x30) !== 0
}

/** The presentation time of a PES packet that begins here (§2.4.3.6), in 90 kHz, its 33 bits unrolled. */
function readTime(window: ByteWindow, at: number, clocks: Map<number, Clock>): void {
  const control = (window.u8(at + 3) >> 4) & 3
  if ((control & 1) === 0) return
  const payload = at + 4 + (control === 3 ? 1 + window.u8(at + 4) : 0)
  if (payload + 14 > at + 188 || window.u24(payload) !== 1) return
  const stream = window.u8(payload + 3)
  if (stream < 0xbd || stream === 0xbe || stream === 0xbf || (window.u8(payload + 7) & 0x80) === 0) return
  const pid = window.u16(at + 1) & 0x1fff
  const clock = clocks.get(pid)
  if (clock === undefined && clocks.size >= MOST_PROGRAMS) return
  const time = readTimestamp(window, payload + 9)
  const length = stream >= 0xc0 && stream <= 0xdf ? soundLength(window, payload, at + 188) : 0
  if (clock === undefined) {
    clocks.set(pid, { count: 1, lowest: time, highest: time, previous: time, step: Infinity, end: time + length })
    return
  }
  const turned = clock.previous + ((time - clock.previous + 2 ** 32 + 2 ** 33) % 2 ** 33) - 2 ** 32
  const step = Math.abs(turned - clock.previous)
  if (step > 0) clock.step = Math.min(clock.step, step)
  clock.previous = turned
  clock.count++
  clock.lowest = Math.min(clock.lowest, turned)
  clock.highest = Math.max(clock.highest, turned)
  clock.end = Math.max(clock.end, turned + length)
}

/** Sound is as long as its payload is frames like its first one; 90 kHz. */
function soundLength(window: ByteWindow, payload: number, end: number): number {
  const data = payload + 9 + window.u8(payload + 8)
  const bytes = window.u16(payload + 4) - 3 - window.u8(payload + 8)
  if (data + 7 > end) return 0
  const frame = parseFrame(window.u32(data)) ?? parseAdts(window, data)
  return frame === null || bytes < frame.bytes
    ? 0
    : (Math.round(bytes / frame.bytes) * frame.samples * 90000) / frame.rate
}

/** Five bytes of 33 bits with marker bits between (§2.4.3.7). */
export function readTimestamp(window: ByteWindow, at: number): number {
  const high = (window.u8(at) >> 1) & 7
  return high * 2 ** 30 + (window.u16(at + 1) >> 1) * 2 ** 15 + (window.u16(at + 3) >> 1)
}
