import type { ByteWindow } from './byte-window.ts'
import type { Walk } from './walk.ts'

const MOST_TRACKS = 256
const MOST_CHILDREN = 4096
const MOST_CODECS = 16

type Track = {
  id: number
  handler: string
  timescale: number
  /** Of the media, in its timescale. */
  duration: number
  /** What the edit list shows, in the movie's timescale; -1 where there is none. */
  edited: number
  /** Of that, before the media begins. */
  empty: number
  /** Media time at which the shown part begins. */
  mediaStart: number
  codec: string
  nalLengthBytes: number
  /** Tables: where their rows begin, and how many there are. */
  sizes: { at: number; count: number; uniform: number } | null
  chunks: { at: number; count: number; width: 4 | 8 } | null
  runs: { at: number; count: number } | null
  /** Of fragments: end of decode times so far, first of them, and what a sample lasts by default. */
  fragmentEnd: number
  fragmentStart: number
  defaultDuration: number
  defaultSize: number
}

type NalSample = { start: number; end: number; lengthBytes: number }

/** What a `moov` says: enough to know how long it plays and where its samples end. Offsets are the file's own. */
export type Movie = {
  at: number
  timescale: number
  tracks: Track[]
  video: number
  audio: number
  codecs: string[]
  /** Behind the last byte of any sample; 0 where the tables tell of none. */
  sampleEnd: number
  /** The last sample in the file, where its codec has lengths that can be checked. */
  lastNalSample: NalSample | null
  /** Of all tracks that are shown or heard. */
  span(): { startMs: number; endMs: number }
}

type Child = { type: string; at: number; body: number; end: number }

/** @returns null where there is no `mvhd` as the first child: not a movie */
export function* readMovie(window: ByteWindow, from: number, to: number): Walk<Movie | null> {
  const movie = newMovie(from)
  let first = true
  for (const child of yield* children(window, from, to)) {
    if (first && child.type !== 'mvhd' && child.type !== 'cmov') {
      // Some writers put `free` or `iods` in front; anything but a name is not a movie.
      if (!/^[a-z0-9 ]{4}$/.test(child.type)) return null
    }
    first = false
    if (child.type === 'mvhd') {
      if (!(yield* window.need(child.body, 24))) return null
      movie.timescale = window.u32(child.body + (window.u8(child.body) === 1 ? 20 : 12)) || 1000
    } else if (child.type === 'trak' && movie.tracks.length < MOST_TRACKS) {
      movie.tracks.push(yield* readTrack(window, child.body, child.end))
    } else if (child.type === 'mvex') yield* readDefaults(window, movie, child.body, child.end)
  }
  if (movie.timescale === 0) return null
  for (const track of movie.tracks) {
    if (track.handler === 'vide') movie.video++
    if (track.handler === 'soun') movie.audio++
    if (track.codec !== '' && movie.codecs.length < MOST_CODECS) movie.codecs.push(track.codec)
    yield* findLastSample(window, track, movie)
  }
  return movie
}

function newMovie(at: number): Movie {
  const movie: Movie = {
    at,
    timescale: 0,
    tracks: [],
    video: 0,
    audio: 0,
    codecs: [],
    sampleEnd: 0,
    lastNalSample: null,
    span() {
      const spans = movie.tracks
        .filter(({ handler }) => presented.has(handler))
        .map((track) => trackSpan(track, movie.timescale))
      const shown = spans.filter(({ endMs, startMs }) => endMs > startMs)
      if (shown.length === 0) return { startMs: 0, endMs: 0 }
      return {
        startMs: Math.min(...shown.map(({ startMs }) => startMs)),
        endMs: Math.max(...shown.map(({ endMs }) => endMs)),
      }
    },
  }
  return movie
}

const presented: ReadonlySet<string> = new Set(['vide', 'soun', 'text', 'sbtl', 'subt'])

function trackSpan(track: Track, movieScale: number): { startMs: number; endMs: number } {
  if (track.fragmentEnd > 0) {
    return { startMs: 0, endMs: ((track.fragmentEnd - track.fragmentStart) * 1000) / track.timescale }
  }
  const media = (Math.max(0, track.duration - track.mediaStart) * 1000) / track.timescale
  if (track.edited <= 0) return { startMs: 0, endMs: media }
  const startMs = (track.empty * 1000) / movieScale
  const edited = ((track.edited - track.empty) * 1000) / movieScale
  // The movie's clock is often coarser than the track's: an edit of all of it is as long as that.
  const oneEdit = media > 0 && Math.abs(media - edited) <= 1000 / movieScale + 1
  return { startMs, endMs: startMs + (oneEdit ? Math.min(media, edited) : edited) }
}

/** Boxes inside of a box; ends at the first that doesn't fit. */
function* children(window: ByteWindow, from: number, to: number): Walk<Child[]> {
  const found: Child[] = []
  for (let at = from; at + 8 <= to && found.length < MOST_CHILDREN; ) {
    if (!(yield* window.need(at, 8))) break
    const word = window.u32(at)
    const type = window.text(at + 4, 4)
    if (word === 1 && !(yield* window.need(at, 16))) break
    const size = word === 1 ? window.u64(at + 8) : word === 0 ? to - at : word
    if (size < (word === 1 ? 16 : 8) || at + size > to) break
    found.push({ type, at, body: at + (word === 1 ? 16 : 8), end: at + size })
    at += size
  }
  return found
}

function* readTrack(window: ByteWindow, from: number, to: number): Walk<Track> {
  const track: Track = {
    id: 0,
    handler: '',
    timescale: 1,
    duration: 0,
    edited: -1,
    empty: 0,
    mediaStart: 0,
    codec: '',
    nalLengthBytes: 0,
    sizes: null,
    chunks: null,
    runs: null,
    fragmentEnd: 0,
    fragmentStart: -1,
    defaultDuration: 0,
    defaultSize: 0,
  }
  for (const box of yield* children(window, from, to)) {
    if (box.type === 'tkhd' && (yield* window.need(box.body, 24)))
      track.id = window.u32(box.body + (window.u8(box.body) === 1 ? 20 : 12))
    else if (box.type === 'edts') yield* readEdits(window, track, box)
    else if (box.type === 'mdia') yield* readMediaBox(window, track, box)
  }
  return track
}

function* readMediaBox(window: ByteWindow, track: Track, media: Child): Walk<void> {
  for (const box of yield* children(window, media.body, media.end)) {
    if (box.type === 'mdhd' && (yield* window.need(box.body, 20))) {
      const long = window.u8(box.body) === 1
      if (long && !(yield* window.need(box.body, 32))) continue
      track.timescale = window.u32(box.body + (long ? 20 : 12)) || 1
      track.duration = long ? window.u64(box.body + 24) : window.u32(box.body + 16)
      if (track.duration === 0xffffffff || track.duration > 2 ** 53) track.duration = 0
    } else if (box.type === 'hdlr' && (yield* window.need(box.body, 12))) {
      track.handler = window.text(box.body + 8, 4)
    } else if (box.type === 'minf') {
      for (const inner of yield* children(window, box.body, box.end))
        if (inner.type === 'stbl') yield* readTables(window, track, inner)
    }
  }
}

function* readTables(window: ByteWindow, track: Track, table: Child): Walk<void> {
  for (const box of yield* children(window, table.body, table.end)) {
    if (box.end - box.body < 8 || !(yield* window.need(box.body, 8))) continue
    const count = window.u32(box.body + 4)
    const rows = (width: number) => Math.min(count, Math.floor((box.end - box.body - 8) / width))
    if (box.type === 'stsd') yield* readSampleEntry(window, track, box)
    else if (box.type === 'stsz' && box.end - box.body >= 12 && (yield* window.need(box.body, 12))) {
      const uniform = window.u32(box.body + 4)
      const samples = window.u32(box.body + 8)
      const fits = Math.floor((box.end - box.body - 12) / 4)
      track.sizes = { at: box.body + 12, count: uniform === 0 ? Math.min(samples, fits) : samples, uniform }
    } else if (box.type === 'stco') track.chunks = { at: box.body + 8, count: rows(4), width: 4 }
    else if (box.type === 'co64') track.chunks = { at: box.body + 8, count: rows(8), width: 8 }
    else if (box.type === 'stsc') track.runs = { at: box.body + 8, count: rows(12) }
  }
}

function* readSampleEntry(window: ByteWindow, track: Track, box: Child): Walk<void> {
  const entry = (yield* children(window, box.body + 8, box.end))[0]
  if (entry === undefined) return
  track.codec = entry.type.replace(/[^\x21-\x7e]/g, '')
  if (track.handler !== '' && track.handler !== 'vide') return
  // ISO 14496-12 §12.1.3: a visual sample entry has 78 bytes before its own boxes.
  for (const inner of yield* children(window, entry.body + 78, entry.end)) {
    if (inner.type === 'avcC' && (yield* window.need(inner.body, 5)))
      track.nalLengthBytes = (window.u8(inner.body + 4) & 3) + 1
    if (inner.type === 'hvcC' && (yield* window.need(inner.body, 22)))
      track.nalLengthBytes = (window.u8(inner.body + 21) & 3) + 1
  }
}

function* readEdits(window: ByteWindow, track: Track, edts: Child): Walk<void> {
  const list = (yield* children(window, edts.body, edts.end)).find((box) => box.type === 'elst')
  if (list === undefined || !(yield* window.need(list.body, 8))) return
  const width = window.u8(list.body) === 1 ? 20 : 12
  const count = Math.min(window.u32(list.body + 4), Math.floor((list.end - list.body - 8) / width), 4096)
  track.edited = 0
  for (let index = 0; index < count; index++) {
    const at = list.body + 8 + index * width
    if (!(yield* window.need(at, width))) return
    const long = width === 20
    const length = long ? window.u64(at) : window.u32(at)
    track.edited += length
    const mediaTime = long ? window.u64(at + 8) : window.u32(at + 4)
    const empty = long ? window.u32(at + 8) === 0xffffffff : mediaTime === 0xffffffff
    if (empty && track.edited === track.empty + length) track.empty += length
    if (!empty && track.mediaStart === 0) track.mediaStart = mediaTime
  }
}

/** The chunk that lies last, and where its samples end (ISO 14496-12 §8.7). */
function* findLastSample(window: ByteWindow, track: Track, movie: Movie): Walk<void> {
  const { chunks, runs, sizes } = track
  if (chunks === null || runs === null || sizes === null || chunks.count === 0) return
  let last = -1
  let lastAt = -1
  for (let index = 0; index < chunks.count; index++) {
    const at = chunks.at + index * chunks.width
    if (!window.has(at, chunks.width) && !(yield* window.need(at, chunks.width))) return
    const offset = chunks.width === 8 ? window.u64(at) : window.u32(at)
    if (offset > lastAt) {
      lastAt = offset
      last = index + 1
    }
  }
  let sample = 0
  let perChunk = 0
  let chunk = 1
  for (let index = 0; index < runs.count; index++) {
    const at = runs.at + index * 12
    if (!window.has(at, 8) && !(yield* window.need(at, 8))) return
    const first = window.u32(at)
    if (first > last) break
    sample += (first - chunk) * perChunk
    chunk = first
    perChunk = window.u32(at + 4)
  }
  sample += (last - chunk) * perChunk
  const behind = Math.min(sizes.count, sample + perChunk)
  if (sizes.uniform > 0) {
    movie.sampleEnd = Math.max(movie.sampleEnd, lastAt + Math.max(0, behind - sample) * sizes.uniform)
    return
  }
  let end = lastAt
  let start = lastAt
  for (let index = sample; index < behind; index++) {
    const at = sizes.at + index * 4
    if (!window.has(at, 4) && !(yield* window.need(at, 4))) return
    start = end
    end += window.u32(at)
  }
  if (end <= movie.sampleEnd) return
  movie.sampleEnd = end
  movie.lastNalSample =
    track.nalLengthBytes > 0 && end > start ? { start, end, lengthBytes: track.nalLengthBytes } : null
}

function* readDefaults(window: ByteWindow, movie: Movie, from: number, to: number): Walk<void> {
  for (const box of yield* children(window, from, to)) {
    if (box.type !== 'trex' || !(yield* window.need(box.body, 20))) continue
    const track = movie.tracks.find(({ id }) => id === window.u32(box.body + 4))
    if (track === undefined) continue
    track.defaultDuration = window.u32(box.body + 12)
    track.defaultSize = window.u32(box.body + 16)
  }
}

/** @returns the end of the fragment's samples in the source; tells the movie's tracks how long they have become */
export function* readFragment(
  window: ByteWindow,
  at: number,
  from: number,
  to: number,
  movie: Movie | null,
): Walk<number> {
  let end = 0
  for (const traf of yield* children(window, from, to)) {
    if (traf.type === 'traf') end = Math.max(end, yield* readTrackFragment(window, at, end, traf, movie))
  }
  return end
}

function* readTrackFragment(
  window: ByteWindow,
  moof: number,
  previousEnd: number,
  traf: Child,
  movie: Movie | null,
): Walk<number> {
  let track: Track | undefined
  let base = moof
  let duration = 0
  let size = 0
  let time = -1
  let end = previousEnd
  for (const box of yield* children(window, traf.body, traf.end)) {
    if (!(yield* window.need(box.body, 8))) break
    const flags = window.u24(box.body + 1)
    if (box.type === 'tfhd') {
      const id = window.u32(box.body + 4)
      track = movie?.tracks.find((candidate) => candidate.id === id)
      duration = track?.defaultDuration ?? 0
      size = track?.defaultSize ?? 0
      let field = box.body + 8
      if (!(yield* window.need(field, Math.min(24, Math.max(0, box.end - field))))) break
      const fits = (bytes: number) => field + bytes <= box.end
      if ((flags & 1) !== 0 && fits(8)) {
        base = window.u64(field) // an offset of the file; a fragment that was moved is measured from its moof
        field += 8
      }
      if ((flags & 2) !== 0) field += 4
      if ((flags & 8) !== 0 && fits(4)) {
        duration = window.u32(field)
        field += 4
      }
      if ((flags & 16) !== 0 && fits(4)) size = window.u32(field)
      if (base < moof) base = moof
    } else if (box.type === 'tfdt' && (yield* window.need(box.body, 12))) {
      time = window.u8(box.body) === 1 ? window.u64(box.body + 4) : window.u32(box.body + 4)
    } else if (box.type === 'trun') {
      const run = yield* readRun(window, box, flags, duration, size)
      const begin = run.offset === null ? end : base + run.offset
      end = Math.max(end, begin + run.bytes)
      if (track === undefined) continue
      if (time < 0) time = track.fragmentEnd
      if (track.fragmentStart < 0) track.fragmentStart = time
      time += run.duration
      track.fragmentEnd = Math.max(track.fragmentEnd, time)
    }
  }
  return end
}

function* readRun(
  window: ByteWindow,
  box: Child,
  flags: number,
  defaultDuration: number,
  defaultSize: number,
): Walk<{ offset: number | null; bytes: number; duration: number }> {
  const run = { offset: null as number | null, bytes: 0, duration: 0 }
  let at = box.body + 8
  const count = window.u32(box.body + 4)
  if ((flags & 1) !== 0 && (yield* window.need(at, 4))) {
    run.offset = window.u32(at) | 0
    at += 4
  }
  if ((flags & 4) !== 0) at += 4
  const fields = [0x100, 0x200, 0x400, 0x800].filter((flag) => (flags & flag) !== 0)
  const width = fields.length * 4
  if ((flags & 0x300) === 0) return { ...run, bytes: count * defaultSize, duration: count * defaultDuration }
  const rows = Math.min(count, Math.floor(Math.max(0, box.end - at) / width))
  for (let index = 0; index < rows; index++, at += width) {
    if (!window.has(at, width) && !(yield* window.need(at, width))) break
    run.duration += (flags & 0x100) !== 0 ? window.u32(at) : defaultDuration
    run.bytes += (flags & 0x200) !== 0 ? window.u32(at + ((flags & 0x100) !== 0 ? 4 : 0)) : defaultSize
  }
  return run
}
