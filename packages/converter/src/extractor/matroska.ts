import type { ByteWindow } from './byte-window.ts'
import type { FoundNote, Walk, Walked } from './walk.ts'

const EBML = 0x1a45dfa3
const SEGMENT = 0x18538067
const CLUSTER = 0x1f43b675
const INFO = 0x1549a966
const TRACKS = 0x1654ae6b
/** Children of a Segment (RFC 9559 §5.1), and those that any element may have (RFC 8794 §11.3). */
const inSegment: ReadonlySet<number> = new Set([
  ...[0x114d9b74, INFO, TRACKS, CLUSTER, 0x1c53bb6b, 0x1043a770, 0x1254c367, 0x1941a469],
  ...[0xec, 0xbf],
])
/** Children of a Cluster (RFC 9559 §5.1.3). */
const inCluster: ReadonlySet<number> = new Set([0xe7, 0xa3, 0xa0, 0xa7, 0xab, 0x5854, 0xaf, 0xec, 0xbf])
/** A tree of more elements is there to be walked for ever. */
const MOST_ELEMENTS = 50_000_000
const MOST_TRACKS = 256

type Element = { id: number; body: number; size: number | null }

type Document = {
  docType: string
  scale: number
  duration: number
  video: number
  audio: number
  subtitles: number
  codecs: string[]
  /** TrackNumber of each. */
  numbers: Set<number>
  lastTime: number
  firstTime: number
  clusters: number
  elements: number
  /** Where the last element begins: nothing proves that it is all there but one that follows. */
  lastAt: number
}

/** How many bytes a number of varying size has (RFC 8794 §4); 9: it is none. */
function vintBytes(lead: number): number {
  return lead === 0 ? 9 : Math.clz32(lead) - 23
}

/** An element's header; `size` null where unknown (RFC 8794 §6.2). @returns null where there is none */
function* element(window: ByteWindow, at: number): Walk<Element | null> {
  const here = yield* window.most(at, 12)
  if (here < 2) return null
  const first = window.u8(at)
  const idBytes = vintBytes(first)
  if (idBytes > 4 || here < idBytes + 1) return null
  let id = 0
  for (let index = 0; index < idBytes; index++) id = id * 256 + window.u8(at + index)
  const lead = window.u8(at + idBytes)
  const sizeBytes = vintBytes(lead)
  if (sizeBytes > 8 || here < idBytes + sizeBytes) return null
  let size = lead & (0xff >> sizeBytes)
  let unknown = size === 0xff >> sizeBytes
  for (let index = 1; index < sizeBytes; index++) {
    const byte = window.u8(at + idBytes + index)
    if (byte !== 0xff) unknown = false
    size = size * 256 + byte
  }
  return { id, body: at + idBytes + sizeBytes, size: unknown ? null : size }
}

/** Matroska and WebM: the EBML header, then the Segment, element for element. */
export function* walkMatroska(window: ByteWindow, start: number): Walk<Walked | null> {
  const head = yield* element(window, start)
  if (head === null || head.id !== EBML || head.size === null || head.size > 1024) return null
  const document: Document = {
    docType: yield* docType(window, head.body, head.body + head.size),
    scale: 1_000_000,
    duration: 0,
    video: 0,
    audio: 0,
    subtitles: 0,
    codecs: [],
    numbers: new Set(),
    lastTime: -1,
    firstTime: -1,
    clusters: 0,
    elements: 0,
    lastAt: head.body,
  }
  if (document.docType !== 'webm' && document.docType !== 'matroska') return null
  let at = head.body + head.size
  let segment = yield* element(window, at)
  // Void may stand between them.
  if (segment !== null && segment.id === 0xec && segment.size !== null && segment.size < 65536) {
    at = segment.body + segment.size
    segment = yield* element(window, at)
  }
  if (segment === null || segment.id !== SEGMENT) return null
  const claimed = segment.size === null ? null : segment.body + segment.size
  const reached = yield* walkSegment(window, document, segment.body, claimed)
  const notes: FoundNote[] = []
  const whole =
    (claimed === null || reached.at === claimed) && !reached.cut && (document.clusters > 0 || claimed !== null)
  if (!whole) notes.push({ severity: 'warning', code: 'cut', message: 'cut: its elements end before the Segment does' })
  if (document.clusters === 0 && !whole && document.codecs.length === 0) return null
  let end = whole ? reached.at : Math.max(reached.at, reached.cut ? Math.min(reached.claimed, claimed ?? Infinity) : 0)
  const size = window.size
  if (size !== null) end = Math.min(end, size)
  const proven = whole && claimed !== null ? end : Math.min(document.lastAt, end)
  return { ...describe(document), end: Math.max(end, start + 1), proven, whole, notes }
}

function* docType(window: ByteWindow, from: number, to: number): Walk<string> {
  for (let at = from; at < to; ) {
    const child = yield* element(window, at)
    if (child === null || child.size === null || child.size > to - child.body) return ''
    if (child.id === 0x4282 && (yield* window.need(child.body, child.size)))
      return window.text(child.body, child.size).replace(/\0+$/, '')
    at = child.body + child.size
  }
  return ''
}

type Reached = { at: number; cut: boolean; claimed: number }

/** Walks children of the Segment, and of Clusters whose size or duration must be found. */
function* walkSegment(window: ByteWindow, document: Document, from: number, to: number | null): Walk<Reached> {
  let at = from
  /** Behind the last that is no filler: of unknown size, bytes of chance may look like one. */
  let filled = from
  /** The cluster that was passed over by its size last: what follows shows whether that was right. */
  let passed: { body: number; end: number } | null = null
  while (to === null || at < to) {
    const child = yield* element(window, at)
    if (child === null || !inSegment.has(child.id) || ++document.elements > MOST_ELEMENTS) {
      if (passed === null || passed.end !== at) break
      const cluster = yield* walkCluster(window, document, passed.body, passed.end)
      return cluster.at === at ? { at, cut: false, claimed: at } : { at: cluster.at, cut: true, claimed: at }
    }
    if (child.id === 0xec && to === null && child.size === null) break
    document.lastAt = at
    if (child.size === null) {
      if (child.id !== CLUSTER) break
      document.clusters++
      const cluster = yield* walkCluster(window, document, child.body, null)
      if (cluster.cut) return cluster
      at = filled = cluster.at
      continue
    }
    const end = child.body + child.size
    if ((to !== null && end > to) || !(yield* window.reaches(end))) {
      if (child.id !== CLUSTER) return { at, cut: true, claimed: end }
      const cluster = yield* walkCluster(window, document, child.body, end)
      return { at: cluster.at, cut: true, claimed: end }
    }
    if (child.id === INFO) yield* readInfo(window, document, child.body, end)
    else if (child.id === TRACKS) yield* readTracks(window, document, child.body, end)
    else if (child.id === CLUSTER) {
      document.clusters++
      // Whether a Cluster is there at all is told by its first child; its blocks only where nothing else tells the time.
      const inside = yield* element(window, child.body)
      if (child.size > 0 && (inside === null || !inCluster.has(inside.id))) return { at, cut: true, claimed: end }
      // The first tells when it begins, the others where it ends if nothing else does.
      if (document.duration === 0 || document.clusters === 1) {
        const cluster = yield* walkCluster(window, document, child.body, end)
        if (cluster.at !== end) return { at: cluster.at, cut: true, claimed: end }
      } else passed = { body: child.body, end }
    }
    at = end
    if (child.id !== 0xec && child.id !== 0xbf) filled = end
  }
  if (to === null) at = filled
  return { at, cut: false, claimed: at }
}

/** Where the size is not known, it ends with the last of what only a Cluster has: what follows may look like an element. */
function* walkCluster(window: ByteWindow, document: Document, from: number, to: number | null): Walk<Reached> {
  let at = from
  let sound = from
  let time = 0
  while (to === null || at < to) {
    const child = yield* element(window, at)
    if (child === null || child.size === null || !inCluster.has(child.id) || ++document.elements > MOST_ELEMENTS) break
    if (to === null && !(yield* isOfCluster(window, document, child, at === from))) break
    const end = child.body + child.size
    if ((to !== null && end > to) || !(yield* window.reaches(end))) return { at, cut: true, claimed: end }
    document.lastAt = at
    if (child.id === 0xe7 || child.id === 0xa3 || child.id === 0xa0) sound = end
    if (child.id === 0xe7 && child.size <= 8) time = yield* unsigned(window, child)
    else if (child.id === 0xa3) yield* readBlock(window, document, child, time)
    else if (child.id === 0xa0) {
      const inner = yield* element(window, child.body)
      if (inner !== null && inner.id === 0xa1 && inner.size !== null) yield* readBlock(window, document, inner, time)
    }
    at = end
  }
  return to === null ? { at: sound, cut: false, claimed: sound } : { at, cut: at !== to, claimed: to }
}

/** Whether an element is as a Cluster has it (RFC 9559 §5.1.3, §10.2): chance bytes behind one of unknown size are not. */
function* isOfCluster(window: ByteWindow, document: Document, child: Element, isFirst: boolean): Walk<boolean> {
  const size = child.size ?? 0
  if (child.id === 0xe7) return isFirst && size <= 8
  if (child.id === 0xa7 || child.id === 0xab) return size <= 8
  let block: Element | null = child
  if (child.id === 0xa0) {
    block = yield* element(window, child.body)
    if (block === null || ![0xa1, 0x9b, 0xfb, 0xa2, 0x75a1, 0xa4, 0xfa, 0xec, 0xbf].includes(block.id)) return false
    if (block.id !== 0xa1) return true
  } else if (child.id !== 0xa3) return true
  if (block.size === null || block.size < 4 || !(yield* window.need(block.body, 5))) return false
  const lead = window.u8(block.body)
  const numberBytes = vintBytes(lead)
  if (numberBytes > 2) return false
  const number = numberBytes === 1 ? lead & 0x7f : window.u16(block.body) & 0x3fff
  const reserved = child.id === 0xa3 ? 0x70 : 0xf0
  if ((window.u8(block.body + numberBytes + 2) & reserved) !== 0) return false
  return document.numbers.size === 0 || document.numbers.has(number)
}

function* readBlock(window: ByteWindow, document: Document, block: Element, time: number): Walk<void> {
  if (!(yield* window.need(block.body, 4))) return
  const trackBytes = vintBytes(window.u8(block.body))
  if (trackBytes > 2) return
  const relative = (window.u16(block.body + trackBytes) << 16) >> 16
  const at = time + relative
  if (document.firstTime < 0 || at < document.firstTime) document.firstTime = Math.max(0, at)
  if (at > document.lastTime) document.lastTime = at
}

function* unsigned(window: ByteWindow, field: Element): Walk<number> {
  const size = field.size ?? 0
  if (size > 8 || !(yield* window.need(field.body, size))) return 0
  let value = 0
  for (let index = 0; index < size; index++) value = value * 256 + window.u8(field.body + index)
  return value
}

function* readInfo(window: ByteWindow, document: Document, from: number, to: number): Walk<void> {
  for (let at = from; at < to; ) {
    const field = yield* element(window, at)
    if (field === null || field.size === null || field.body + field.size > to) return
    if (field.id === 0x2ad7b1) document.scale = (yield* unsigned(window, field)) || 1_000_000
    else if (
      field.id === 0x4489 &&
      (field.size === 4 || field.size === 8) &&
      (yield* window.need(field.body, field.size))
    ) {
      const duration = field.size === 4 ? window.f32(field.body) : window.f64(field.body)
      if (Number.isFinite(duration) && duration > 0) document.duration = duration
    }
    at = field.body + field.size
  }
}

function* readTracks(window: ByteWindow, document: Document, from: number, to: number): Walk<void> {
  let tracks = 0
  for (let at = from; at < to && tracks < MOST_TRACKS; tracks++) {
    const entry = yield* element(window, at)
    if (entry === null || entry.size === null || entry.body + entry.size > to) return
    if (entry.id === 0xae) yield* readTrack(window, document, entry.body, entry.body + entry.size)
    at = entry.body + entry.size
  }
}

function* readTrack(window: ByteWindow, document: Document, from: number, to: number): Walk<void> {
  for (let at = from; at < to; ) {
    const field = yield* element(window, at)
    if (field === null || field.size === null || field.body + field.size > to) return
    if (field.id === 0xd7) document.numbers.add(yield* unsigned(window, field))
    else if (field.id === 0x83) {
      const type = yield* unsigned(window, field)
      if (type === 1) document.video++
      else if (type === 2) document.audio++
      else if (type === 17) document.subtitles++
    } else if (field.id === 0x86 && field.size <= 64 && (yield* window.need(field.body, field.size))) {
      const codec = window.text(field.body, field.size).replace(/[^\x21-\x7e]/g, '')
      if (document.codecs.length < 16) document.codecs.push(codec)
    }
    at = field.body + field.size
  }
}

function describe(document: Document): Pick<Walked, 'format' | 'startMs' | 'durationMs' | 'facts'> {
  const audioOnly = document.audio > 0 && document.video === 0
  const ms = (ticks: number) => (ticks * document.scale) / 1e6
  const webm = document.docType === 'webm'
  const start = Math.max(0, document.firstTime)
  const duration = document.duration > 0 ? document.duration : Math.max(0, document.lastTime)
  return {
    format: webm ? (audioOnly ? 'weba' : 'webm') : audioOnly ? 'mka' : 'mkv',
    ...(duration > 0 ? { startMs: ms(start), durationMs: Math.max(0, ms(duration - start)) } : {}),
    facts: {
      docType: document.docType,
      videoTracks: document.video,
      audioTracks: document.audio,
      subtitleTracks: document.subtitles,
      codecs: document.codecs.join(','),
      clusters: document.clusters,
      durationStated: document.duration > 0,
    },
  }
}
