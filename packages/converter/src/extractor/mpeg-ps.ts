import type { ByteWindow } from './byte-window.ts'
import { readTimestamp } from './mpeg-ts.ts'
import type { FoundNote, Walk, Walked } from './walk.ts'

const MOST_PACKETS = 500_000_000

/** MPEG program streams (ISO 13818-1 §2.5, ISO 11172-1): packs and packets up to the end code, or to what is neither. */
export function* walkProgram(window: ByteWindow, start: number): Walk<Walked | null> {
  if (!(yield* window.need(start, 4)) || window.u32(start) !== 0x1ba) return null
  let at = start
  let lastAt = start
  let packs = 0
  let packets = 0
  let video = 0
  let audio = 0
  let lowest = Infinity
  let highest = -Infinity
  let ended = false
  let cut = false
  for (let parts = 0; parts < MOST_PACKETS; parts++) {
    if (!window.has(at, 16) && !(yield* window.need(at, 16))) {
      ended = (yield* window.need(at, 4)) && window.u32(at) === 0x1b9
      if (ended) at += 4
      break
    }
    const code = window.u32(at)
    if (code === 0x1b9) {
      at += 4
      ended = true
      break
    }
    let end: number
    if (code === 0x1ba) {
      // §2.5.3.3, or ISO 11172-1 §2.4.4.2 without stuffing; marker bits must be there.
      const second = (window.u8(at + 4) & 0xc4) === 0x44
      if (!second && (window.u8(at + 4) & 0xf1) !== 0x21) break
      end = second ? at + 14 + (window.u8(at + 13) & 7) : at + 12
      packs++
    } else if (code >= 0x1bb && code <= 0x1ff) {
      const stream = code & 0xff
      end = at + 6 + window.u16(at + 4)
      if (stream >= 0xe0 && stream <= 0xef) video++
      else if (stream >= 0xc0 && stream <= 0xdf) audio++
      if (
        end >= at + 14 &&
        stream >= 0xbd &&
        stream !== 0xbe &&
        stream !== 0xbf &&
        (window.u8(at + 6) & 0xc0) === 0x80
      ) {
        if ((window.u8(at + 7) & 0x80) !== 0 && stream >= 0xc0 && stream <= 0xef) {
          const time = readTimestamp(window, at + 9)
          lowest = Math.min(lowest, time)
          highest = Math.max(highest, time)
        }
      }
      packets++
    } else break
    if (!(yield* window.reaches(end))) {
      cut = true
      break
    }
    lastAt = at
    at = end
  }
  if (packs === 0 || packets < 2) return null
  const notes: FoundNote[] = []
  if (cut) notes.push({ severity: 'warning', code: 'cut', message: 'cut within a packet' })
  else if (!ended) notes.push({ severity: 'info', code: 'no-end-code', message: 'has no end code' })
  const timed = highest >= lowest
  return {
    format: 'mpeg-ps',
    end: at,
    proven: ended ? at : Math.max(lastAt, start + 4),
    whole: !cut,
    ...(timed ? { startMs: lowest / 90, durationMs: (highest - lowest) / 90 } : {}),
    facts: { packs, packets, videoPackets: video, audioPackets: audio },
    notes,
  }
}
