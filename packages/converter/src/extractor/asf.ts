import type { ByteWindow } from './byte-window.ts'
import type { FoundNote, Walk, Walked } from './walk.ts'

/** Objects at the top of a file (ASF specification §2, §10.1), as their GUIDs begin in the file. */
const HEADER = '3026b2758e66cf11a6d900aa0062ce6c'
const DATA = '3626b2758e66cf11a6d900aa0062ce6c'
const indexes: ReadonlySet<string> = new Set([
  '90080033b1e5cf1189f400a0c90349cb',
  'd329e2d6da35d111903400a0c90349be',
  'f803b1fead12644c840f2a1d2f7ad48c',
  'd03fb73c4a0c0348953dedf7b6228f0c',
])
const FILE_PROPERTIES = 'a1dcab8c47a9cf118ee400c00c205365'
const STREAM_PROPERTIES = '9107dcb7b7a9cf118ee600c00c205365'
const VIDEO = 'c0ef19bc4d5bcf11a8fd00805f5c442b'
const AUDIO = '409e69f84d5bcf11a8fd00805f5c442b'

type Header = { packetBytes: number; live: boolean; durationMs: number; video: number; audio: number; packets: number }

function guid(window: ByteWindow, at: number): string {
  return window.bytes.toString('hex', at - window.start, at - window.start + 16)
}

/** ASF (WMV, WMA): header, data, indexes; data whose size was never filled in is walked packet by packet. */
export function* walkAsf(window: ByteWindow, start: number): Walk<Walked | null> {
  if (!(yield* window.need(start, 30)) || guid(window, start) !== HEADER) return null
  const headerSize = window.le64(start + 16)
  const objects = window.le32(start + 24)
  if (headerSize < 30 || headerSize > 2 ** 28 || objects > 10_000) return null
  const header = yield* readHeader(window, start + 30, start + headerSize, objects)
  if (header === null) return null
  let at = start + headerSize
  if (!(yield* window.need(at, 50)) || guid(window, at) !== DATA) return null
  const dataAt = at
  const size = window.le64(at + 16)
  const packets = window.le64(at + 40)
  const packetsAt = at + 50
  let cut = false
  // §3.2: of a live stream nobody filled in sizes.
  if (size < 50 || header.live) at = yield* walkPackets(window, packetsAt, header.packetBytes)
  else {
    at += size
    cut = !(yield* window.reaches(at))
    const last = at - header.packetBytes
    if (!cut && packets > 0 && last >= packetsAt) cut = !(yield* isPacket(window, last))
  }
  let proven = at
  // The last of them may be the one that was cut.
  if (cut) proven = (yield* walkPackets(window, packetsAt, header.packetBytes)) - header.packetBytes
  else {
    for (let count = 0; count < 1000; count++) {
      if (!(yield* window.need(at, 24)) || !indexes.has(guid(window, at))) break
      const end = at + window.le64(at + 16)
      if (end < at + 24 || !(yield* window.reaches(end))) break
      at = end
    }
    proven = at
  }
  const notes: FoundNote[] = cut ? [{ severity: 'warning', code: 'cut', message: 'cut within its packets' }] : []
  const end = cut ? Math.min(at, window.size ?? at) : at
  return {
    format: header.video > 0 ? 'wmv' : 'wma',
    end,
    proven: Math.min(Math.max(proven, dataAt), end),
    whole: !cut,
    startMs: 0,
    durationMs: header.durationMs,
    facts: { videoStreams: header.video, audioStreams: header.audio, packets, packetBytes: header.packetBytes },
    notes,
  }
}

function* readHeader(window: ByteWindow, from: number, to: number, objects: number): Walk<Header | null> {
  const header: Header = { packetBytes: 0, live: false, durationMs: 0, video: 0, audio: 0, packets: 0 }
  let at = from
  for (let count = 0; count < objects && at + 24 <= to; count++) {
    if (!(yield* window.need(at, 24))) return null
    const id = guid(window, at)
    const size = window.le64(at + 16)
    if (size < 24 || at + size > to) return null
    if (id === FILE_PROPERTIES && size >= 104 && (yield* window.need(at, 104))) {
      header.durationMs = Math.max(0, window.le64(at + 64) / 10_000 - window.le64(at + 80))
      header.live = (window.le32(at + 88) & 1) !== 0
      header.packetBytes = window.le32(at + 92)
      if (header.live) header.durationMs = 0
    } else if (id === STREAM_PROPERTIES && (yield* window.need(at, 40))) {
      if (guid(window, at + 24) === VIDEO) header.video++
      else if (guid(window, at + 24) === AUDIO) header.audio++
    }
    at += size
  }
  return header.packetBytes >= 16 && header.packetBytes < 2 ** 24 ? header : null
}

/** §5.2: error correction data of two zero bytes, or a payload parsing header without. */
function* isPacket(window: ByteWindow, at: number): Walk<boolean> {
  if (!(yield* window.need(at, 3))) return false
  const flags = window.u8(at)
  return (flags & 0x80) !== 0 ? flags === 0x82 && (window.u8(at + 1) & 0xf0) === 0 && window.u8(at + 2) === 0 : true
}

function* walkPackets(window: ByteWindow, from: number, packetBytes: number): Walk<number> {
  let at = from
  while ((yield* window.reaches(at + packetBytes)) && (yield* isPacket(window, at)) && window.u8(at) >= 0x80)
    at += packetBytes
  return at
}
