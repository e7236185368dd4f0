import type { ByteWindow } from './byte-window.ts'
import type { FoundNote, Walk, Walked } from './walk.ts'

const MOST_CHUNKS = 10_000_000
const chunkName = /^[A-Za-z0-9_ -]{4}$/

/** RIFF, RF64 (EBU Tech 3306): WAV, AVI with its OpenDML parts, WebP. */
export function* walkRiff(window: ByteWindow, start: number): Walk<Walked | null> {
  if (!(yield* window.need(start, 20))) return null
  const form = window.text(start + 8, 4)
  const size = window.le32(start + 4)
  if (window.matches(start, 'RF64') || form === 'WAVE') return yield* walkWave(window, start, size)
  if (form === 'AVI ') return yield* walkAvi(window, start, size)
  if (form !== 'WEBP' || !/^VP8[ LX]$/.test(window.text(start + 12, 4))) return null
  const end = start + 8 + size
  return (yield* window.reaches(end)) ? { format: 'webp', end } : null
}

/** Samples prove nothing, so that all behind the header of `data` is claimed only. */
function* walkWave(window: ByteWindow, start: number, riffSize: number): Walk<Walked | null> {
  if (!window.matches(start + 8, 'WAVE')) return null
  let riffEnd = start + 8 + riffSize
  let longData = 0
  let rate = 0
  let facts: Record<string, number> = {}
  let data: { at: number; size: number } | null = null
  let at = start + 12
  for (let chunks = 0; chunks < 1000; chunks++) {
    const fits = data === null || at + 8 <= riffEnd
    if (!fits || !(yield* window.need(at, 8)) || !chunkName.test(window.text(at, 4))) break
    const name = window.text(at, 4)
    const size = window.le32(at + 4)
    if (name === 'ds64' && (yield* window.need(at, 36))) {
      riffEnd = start + 8 + window.le64(at + 8)
      longData = window.le64(at + 16)
    } else if (name === 'fmt ' && size >= 16 && (yield* window.need(at, 24))) {
      rate = window.le32(at + 16)
      facts = { audioFormat: window.le16(at + 8), channels: window.le16(at + 10), sampleRate: window.le32(at + 12) }
    } else if (name === 'data' && data === null) {
      data = { at: at + 8, size: size === 0xffffffff && longData > 0 ? longData : size }
      at += 8 + data.size + (data.size & 1)
      continue
    }
    at += 8 + size + (size & 1)
    if (at > riffEnd && data === null) break
  }
  if (data === null || rate === 0) return null
  const dataEnd = data.at + data.size
  // Writers that can't go back leave 0 or the greatest number.
  const streamed =
    data.size === 0xffffffff || riffSize === 0xffffffff || (data.size === 0 && riffSize <= data.at - start)
  // Some leave out the padding byte; a size that goes further than chunks do is not believed.
  const end = riffEnd < dataEnd ? dataEnd : riffEnd <= at + 1 ? riffEnd : at
  return yield* claimed(window, streamed ? Number.MAX_SAFE_INTEGER : end, data.at, {
    facts,
    ...(streamed ? {} : { startMs: 0, durationMs: (data.size * 1000) / rate }),
    bytesPerMs: rate / 1000,
  })
}

type Claim = { facts: Record<string, number>; startMs?: number; durationMs?: number; bytesPerMs: number }

function* claimed(
  window: ByteWindow,
  claimedEnd: number,
  proven: number,
  { bytesPerMs, ...said }: Claim,
): Walk<Walked> {
  const notes: FoundNote[] = []
  if (claimedEnd < Number.MAX_SAFE_INTEGER && (yield* window.reaches(claimedEnd)))
    return { format: 'wav', end: claimedEnd, proven, ...said }
  const end = window.size ?? claimedEnd
  const open = claimedEnd === Number.MAX_SAFE_INTEGER
  notes.push({
    severity: 'warning',
    code: open ? 'no-length' : 'cut',
    message: open ? 'its header has no length' : 'its header says more bytes than there are',
  })
  const durationMs = Math.max(0, end - proven) / bytesPerMs
  return { format: 'wav', end, proven, whole: false, ...said, durationMs, startMs: 0, notes }
}

type Stream = { kind: string; scale: number; rate: number; length: number; codec: string }

/** AVI 1.0 and OpenDML: `RIFF AVI `, then any `RIFF AVIX`. Proven where chunks fill `movi`, or an index follows it. */
function* walkAvi(window: ByteWindow, start: number, size: number): Walk<Walked | null> {
  const streams: Stream[] = []
  let frames = 0
  let frameMicros = 0
  let proven = start + 12
  let cut = false
  let end = start + 8 + size + (size & 1)
  let form = start
  for (let parts = 0; parts < 100_000; parts++) {
    const limit = form + 8 + window.le32(form + 4)
    let at = form + 12
    for (let chunks = 0; chunks < 10_000 && at + 8 <= limit && !cut; chunks++) {
      if ((yield* window.most(at, 12)) < 8 || !chunkName.test(window.text(at, 4))) {
        cut = true
        break
      }
      const chunkEnd = at + 8 + window.le32(at + 4)
      const list = window.matches(at, 'LIST') ? window.text(at + 8, 4) : ''
      if (chunkEnd > limit) {
        cut = true
      } else if (list === 'hdrl') {
        const read = yield* readAviHeader(window, at + 12, chunkEnd, streams)
        frames = read.frames || frames
        frameMicros = read.frameMicros || frameMicros
      } else if (list === 'movi') {
        const reached = yield* walkMovi(window, at + 12, chunkEnd)
        cut = reached < chunkEnd
        if (cut) proven = reached
      }
      // Chunks are padded to even lengths.
      at = chunkEnd + ((chunkEnd - at) & 1)
      if (!cut) proven = Math.min(at, limit)
    }
    if (cut) break
    end = limit
    proven = limit
    const next = limit + ((limit - form) & 1)
    if (!(yield* window.need(next, 12)) || !window.matches(next, 'RIFF') || !window.matches(next + 8, 'AVIX')) break
    form = next
    end = form + 8 + window.le32(form + 4)
  }
  if (streams.length === 0) return null
  if (!(yield* window.reaches(end))) cut = true
  if (cut && window.size !== null) end = Math.min(end, window.size)
  const lengths = streams.map(({ scale, rate, length }) => (rate > 0 ? (length * scale * 1000) / rate : 0))
  const durationMs = Math.max((frames * frameMicros) / 1000, ...lengths)
  const notes: FoundNote[] = cut ? [{ severity: 'warning', code: 'cut', message: 'cut within its chunks' }] : []
  return {
    format: 'avi',
    end,
    proven: Math.min(proven, end),
    whole: !cut,
    startMs: 0,
    durationMs,
    facts: { codecs: streams.map(({ codec }) => codec).join(','), streams: streams.length },
    notes,
  }
}

/** @returns where chunks stop following each other */
function* walkMovi(window: ByteWindow, from: number, to: number): Walk<number> {
  let at = from
  for (let chunks = 0; chunks < MOST_CHUNKS && at + 8 <= to; chunks++) {
    if (!window.has(at, 12) && !(yield* window.need(at, Math.min(12, to - at)))) return at
    if (!chunkName.test(window.text(at, 4))) {
      // Chunks are padded to even sizes; some writers forget it at the end.
      return to - at < 16 ? to : at
    }
    const size = window.le32(at + 4)
    if (window.matches(at, 'LIST')) at += 12
    else at += 8 + size + (size & 1)
    if (at > to + 1) return at - 8 - size
  }
  return to
}

function* readAviHeader(
  window: ByteWindow,
  from: number,
  to: number,
  streams: Stream[],
): Walk<{ frames: number; frameMicros: number }> {
  const read = { frames: 0, frameMicros: 0 }
  let at = from
  for (let chunks = 0; chunks < 1000 && at + 12 <= to; chunks++) {
    if (!(yield* window.need(at, 12))) break
    const size = window.le32(at + 4)
    if (window.matches(at, 'LIST')) {
      // strl lists hold a strh each: looked into by going on behind their header.
      at += window.matches(at + 8, 'strl') ? 12 : 8 + size + (size & 1)
      continue
    }
    if (window.matches(at, 'avih') && (yield* window.need(at, 28))) {
      read.frameMicros = window.le32(at + 8)
      read.frames = window.le32(at + 24)
    } else if (window.matches(at, 'strh') && streams.length < 64 && (yield* window.need(at, 44))) {
      streams.push({
        kind: window.text(at + 8, 4),
        codec: window.text(at + 12, 4).replace(/[^\x21-\x7e]/g, '') || window.text(at + 8, 4),
        scale: window.le32(at + 28),
        rate: window.le32(at + 32),
        length: window.le32(at + 40),
      })
    }
    at += 8 + size + (size & 1)
  }
  return read
}
