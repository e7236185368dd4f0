import type { ByteWindow } from './byte-window.ts'
import type { FoundNote, Walk, Walked } from './walk.ts'

const MOST_PAGES = 50_000_000
const MOST_STREAMS = 256

type Stream = {
  codec: string
  rate: number
  preSkip: number
  first: number
  last: number
  ended: boolean
  video: boolean
}

/**
 * Ogg (RFC 3533): pages as long as they follow each other. What begins right behind the end of all streams is chained:
 * the same file (§4).
 */
export function* walkOgg(window: ByteWindow, start: number): Walk<Walked | null> {
  const streams = new Map<number, Stream>()
  let at = start
  let pages = 0
  let chains = 0
  let cut = false
  for (; pages < MOST_PAGES; pages++) {
    if (!(yield* window.need(at, 27)) || !window.matches(at, 'OggS') || window.u8(at + 4) !== 0) break
    const kind = window.u8(at + 5)
    const granule = window.le32(at + 10) * 2 ** 32 + window.le32(at + 6)
    const serial = window.le32(at + 14)
    const segments = window.u8(at + 26)
    if ((kind & 0xf8) !== 0 || !(yield* window.need(at, 27 + segments))) break
    let body = 0
    for (let index = 0; index < segments; index++) body += window.u8(at + 27 + index)
    if (!(yield* window.need(at, 27 + segments + body))) {
      cut = true
      break
    }
    const begins = (kind & 2) !== 0
    const known = streams.get(serial)
    if (!begins && known === undefined) break
    if (pages === 0 && !begins) return null
    if (!sound(window, at, 27 + segments + body)) {
      if (pages === 0) return null
      cut = true
      break
    }
    if (begins) {
      if (streams.size >= MOST_STREAMS) break
      if (pages > 0 && known === undefined && [...streams.values()].every(({ ended }) => ended)) chains++
      streams.set(serial, readHead(window, at + 27 + segments, body))
    }
    const stream = streams.get(serial)!
    // RFC 3533 §6: -1 where no packet ends on the page.
    if (granule < 2 ** 63 && !begins) {
      if (stream.first < 0 && granule > 0) stream.first = granule
      stream.last = Math.max(stream.last, granule)
    }
    if ((kind & 4) !== 0) stream.ended = true
    at += 27 + segments + body
  }
  if (pages === 0) return null
  const notes: FoundNote[] = []
  if (cut) notes.push({ severity: 'warning', code: 'cut', message: 'cut within a page' })
  else if (![...streams.values()].every(({ ended }) => ended)) {
    notes.push({ severity: 'info', code: 'no-end-page', message: 'a stream has no last page' })
  }
  const all = [...streams.values()]
  const durations = all.map(({ rate, last, preSkip }) => (rate > 0 ? (Math.max(0, last - preSkip) * 1000) / rate : 0))
  return {
    format: all.some(({ video }) => video) ? 'ogv' : 'ogg',
    end: at,
    whole: !cut,
    startMs: 0,
    durationMs: Math.max(0, ...durations),
    facts: {
      codecs: [...new Set(all.map(({ codec }) => codec))].slice(0, 16).join(','),
      streams: all.length,
      pages,
      chains,
    },
    notes,
  }
}

function readHead(window: ByteWindow, at: number, bytes: number): Stream {
  const stream: Stream = { codec: 'unknown', rate: 0, preSkip: 0, first: -1, last: 0, ended: false, video: false }
  const begins = (text: string, length: number) => bytes >= length && window.matches(at, text)
  if (begins('OpusHead', 19)) return { ...stream, codec: 'opus', rate: 48000, preSkip: window.le16(at + 10) }
  if (begins('\x01vorbis', 16)) return { ...stream, codec: 'vorbis', rate: window.le32(at + 12) }
  if (begins('Speex   ', 40)) return { ...stream, codec: 'speex', rate: window.le32(at + 36) }
  if (begins('\x7fFLAC', 34)) return { ...stream, codec: 'flac', rate: window.u24(at + 27) >>> 4 }
  // Theora's granules hold two frame numbers, so its length is left to the sound beside it.
  if (begins('\x80theora', 20)) return { ...stream, codec: 'theora', video: true }
  if (begins('OVP80', 5)) return { ...stream, codec: 'vp8', video: true }
  if (begins('fishead\0', 8)) return { ...stream, codec: 'skeleton' }
  return stream
}

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24
  for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value < 0 ? 0x04c11db7 : 0)
  return value >>> 0
})

/** RFC 3533 §6: CRC-32 of the page with its own field zero. */
function sound(window: ByteWindow, at: number, length: number): boolean {
  const bytes = window.bytes
  const from = at - window.start
  let crc = 0
  for (let index = from; index < from + length; index++) {
    const byte = index >= from + 22 && index < from + 26 ? 0 : bytes[index]!
    crc = (crc << 8) ^ crcTable[(crc >>> 24) ^ byte]!
  }
  return crc >>> 0 === window.le32(at + 22)
}
