import type { ByteWindow } from './byte-window.ts'
import type { FoundNote, Walk, Walked } from './walk.ts'

const MOST_TAGS = 100_000_000

/** Flash video (Adobe's FLV 10.1, Annex E): tags, each followed by the size of what it follows. */
export function* walkFlv(window: ByteWindow, start: number): Walk<Walked | null> {
  if (!(yield* window.need(start, 13))) return null
  const flags = window.u8(start + 4)
  const header = window.u32(start + 5)
  if ((flags & 0xfa) !== 0 || header !== 9 || window.u32(start + 9) !== 0) return null
  let at = start + 13
  let first = -1
  let last = 0
  let stated = 0
  let tags = 0
  let video = 0
  let audio = 0
  let cut = false
  for (; tags < MOST_TAGS; tags++) {
    if (!window.has(at, 11) && !(yield* window.need(at, 11))) break
    const type = window.u8(at) & 0x1f
    const size = window.u24(at + 1)
    if ((window.u8(at) & 0xc0) !== 0 || (type !== 8 && type !== 9 && type !== 18) || window.u24(at + 8) !== 0) break
    const time = window.u24(at + 4) + window.u8(at + 7) * 2 ** 24
    const behind = at + 11 + size
    if (!(yield* window.need(behind, 4))) {
      cut = true
      break
    }
    const said = window.u32(behind)
    // Some writers leave the size out (0), or count without the tag's header.
    if (said !== size + 11 && said !== size && said !== 0) {
      cut = true
      break
    }
    if (type === 18) stated ||= yield* statedDuration(window, at + 11, Math.min(size, 4096))
    else if (size > 1 && time < 2 ** 31 && (yield* window.need(at + 11, Math.min(size, 5)))) {
      const shown = presented(window, at + 11, size, type, time)
      if (type === 9) video++
      else audio++
      if (shown !== null) {
        const begins = type === 9 ? video === 1 : audio === 1
        if (first < 0 || (begins && shown < first)) first = shown
        last = Math.max(last, shown)
      }
    }
    at = behind + 4
  }
  if (tags === 0) return null
  const notes: FoundNote[] = cut ? [{ severity: 'warning', code: 'cut', message: 'cut within a tag' }] : []
  const startMs = Math.max(0, first)
  // What the writer states counts the last picture's length, which nothing else does.
  if (!cut && stated > last && stated < last + 1000) last = stated
  return {
    format: 'flv',
    end: at,
    whole: !cut,
    startMs,
    durationMs: Math.max(0, last - startMs),
    facts: { tags, videoTags: video, audioTags: audio },
    notes,
  }
}

/** When a tag is shown; null where it holds a decoder's configuration (E.4.2.1, E.4.3.1). */
function presented(window: ByteWindow, at: number, size: number, type: number, time: number): number | null {
  const lead = window.u8(at)
  if (type === 8) return lead >> 4 === 10 && window.u8(at + 1) === 0 ? null : time
  if ((lead & 15) !== 7 || size < 5) return time
  if (window.u8(at + 1) !== 1) return null
  return time + ((window.u24(at + 2) << 8) >> 8)
}

/** `duration` of onMetaData, ms: an AMF0 number behind its name. */
function* statedDuration(window: ByteWindow, at: number, size: number): Walk<number> {
  if (!(yield* window.need(at, size))) return 0
  const place = window.text(at, size).indexOf('\0\x08duration\0')
  if (place < 0 || place + 19 > size) return 0
  const seconds = window.f64(at + place + 11)
  return seconds > 0 && seconds < 1e7 ? seconds * 1000 : 0
}
