// The part of Low-Latency HLS (RFC 8216bis) that our own server writes and a player of WebM needs; MP4 is hls.js's.

export type ListedPart = { uri: string; start: number; end: number; isIndependent: boolean }
/** Seconds from the playlist's beginning. `uri` is null while the segment grows. */
export type ListedSegment = { uri: string | null; start: number; end: number; date: number | null; parts: ListedPart[] }

export type ListedRecording = {
  initUri: string
  segments: ListedSegment[]
  holdBack: number
  ended: boolean
}

/**
 * What a playlist says; `before`: what the last one said, to which a delta refers (§4.4.5.2).
 *
 * @throws Error where it is no such playlist, or a delta to something else
 */
export function readLivePlaylist(text: string, before: ListedRecording | null): ListedRecording {
  const lines = text.split('\n')
  if (lines[0] !== '#EXTM3U') throw new Error('no playlist')
  const now: ListedRecording = { initUri: before?.initUri ?? '', segments: [], holdBack: 3, ended: false }
  let open: ListedSegment | null = null
  const segment = (): ListedSegment => {
    const start = now.segments.at(-1)?.end ?? 0
    open ??= { uri: null, start, end: start, date: null, parts: [] }
    return open
  }
  let duration = 0
  for (const line of lines) {
    const [, tag, value = ''] = /^#([A-Z-]+)(?::(.*))?$/.exec(line) ?? []
    if (tag === 'EXT-X-MAP') now.initUri = attribute(value, 'URI') ?? ''
    else if (tag === 'EXT-X-SERVER-CONTROL') now.holdBack = Number(attribute(value, 'PART-HOLD-BACK') ?? now.holdBack)
    else if (tag === 'EXT-X-SKIP') {
      const skipped = Number(attribute(value, 'SKIPPED-SEGMENTS'))
      if (!(before !== null && before.segments.length >= skipped)) throw new Error('a delta to something else')
      now.segments = before.segments.slice(0, skipped)
    } else if (tag === 'EXT-X-PROGRAM-DATE-TIME') segment().date = Date.parse(value)
    else if (tag === 'EXT-X-PART') {
      const at = segment()
      const end = at.end + Number(attribute(value, 'DURATION'))
      const isIndependent = attribute(value, 'INDEPENDENT') === 'YES'
      at.parts.push({ uri: attribute(value, 'URI') ?? '', start: at.end, end, isIndependent })
      at.end = end
    } else if (tag === 'EXTINF') duration = Number.parseFloat(value)
    else if (tag === 'EXT-X-ENDLIST') now.ended = true
    else if (line !== '' && !line.startsWith('#')) {
      const at: ListedSegment = segment()
      now.segments.push({ ...at, uri: line, end: at.start + duration })
      open = null
    }
  }
  if (open !== null) now.segments.push(open)
  return now
}

function attribute(list: string, name: string): string | null {
  const [, quoted, plain] = new RegExp(`(?:^|,)${name}=(?:"([^"]*)"|([^",]*))`).exec(list) ?? []
  return quoted ?? plain ?? null
}

/** What to ask for, to be answered when there is more. */
export function nextAsk({ segments }: ListedRecording): string {
  const last = segments.at(-1)
  const isOpen = last !== undefined && last.uri === null
  const sequence = isOpen ? segments.length - 1 : segments.length
  return `_HLS_msn=${sequence}&_HLS_part=${isOpen ? last.parts.length : 0}&_HLS_skip=YES`
}

/** A piece to load: a whole segment (`part` null) or a part. */
export type Piece = { sequence: number; part: number | null; uri: string; start: number; end: number }

/** The piece behind another one; null: it is not there yet. */
export function pieceAfter({ segments }: ListedRecording, { sequence, part }: Piece): Piece | null {
  const same = segments[sequence]
  const next = part === null ? undefined : same?.parts[part + 1]
  if (next !== undefined) return { sequence, part: part! + 1, ...placeOf(next) }
  // Of a segment whose parts are not listed any more, all is loaded again.
  if (part !== null && same?.uri != null && same.parts.length === 0) return wholeOf(segments, sequence)
  if (same?.uri == null) return null
  return firstOf(segments, sequence + 1)
}

/** The piece to begin with so that `seconds` can be shown. */
export function pieceAt({ segments }: ListedRecording, seconds: number): Piece | null {
  const found = segments.findLastIndex(({ start }) => start <= seconds)
  const sequence = Math.max(0, found)
  const segment = segments[sequence]
  if (segment === undefined) return null
  if (segment.uri !== null && segment.parts.length === 0) return wholeOf(segments, sequence)
  const part = segment.parts.findLastIndex(({ start, isIndependent }) => isIndependent && start <= seconds)
  const from = segment.parts[Math.max(0, part)]
  return from === undefined ? null : { sequence, part: Math.max(0, part), ...placeOf(from) }
}

function firstOf(segments: readonly ListedSegment[], sequence: number): Piece | null {
  const segment = segments[sequence]
  const [part] = segment?.parts ?? []
  if (part !== undefined) return { sequence, part: 0, ...placeOf(part) }
  return segment === undefined || segment.uri === null ? null : wholeOf(segments, sequence)
}

function wholeOf(segments: readonly ListedSegment[], sequence: number): Piece {
  const { uri, start, end } = segments[sequence]!
  return { sequence, part: null, uri: uri!, start, end }
}

function placeOf({ uri, start, end }: ListedPart): Pick<Piece, 'uri' | 'start' | 'end'> {
  return { uri, start, end }
}
