import type { ByteWindow } from './byte-window.ts'
import { readCues, readSbvCues, srtStart } from './cues.ts'
import type { Format } from './formats.ts'
import { walkJson } from './json.ts'
import { likelyEnd, likelyStart, MOST_CHANCE, type TextRun } from './text-run.ts'
import { ttmlSpan } from './ttml.ts'
import type { Facts, FoundNote, Walk, Walked } from './walk.ts'
import { walkXml, type XmlExtent } from './xml.ts'

/** Plain text that is shorter is left to whoever looks at what nobody claimed. */
const SHORTEST_TEXT = 48
const SHORTEST_JSON = 16
/** Captions are read whole; larger than this they are text. */
const MOST_CAPTIONS = 16 * 2 ** 20
const MOST_PIECES = 100_000
const PIECE = 65536
/** A format is told by this much. */
const HEAD = 4096

/** Beginnings that tell a format wherever they stand, and at which plain text in front of them ends. */
const marks: readonly string[] = ['<?xml', 'WEBVTT', '#EXTM3U', '<svg', '<!DOCTYPE', '<!doctype']

/**
 * What a run of text is: one resource, or several one behind the other, told to `found` as they are found, so that what was
 * found stays when the walk may look no further.
 */
export function* textPieces(window: ByteWindow, run: TextRun, found: Walked[]): Walk<void> {
  let rest: TextRun = run
  while (rest.end - rest.start >= 2 && found.length < MOST_PIECES) {
    const head = yield* latin1(window, rest.start, Math.min(rest.end - rest.start, HEAD))
    const chance = rest.sureStart ? (/^(?:\xef\xbb\xbf)?\s{0,64}/.exec(head)?.[0].length ?? 0) : MOST_CHANCE
    const opening = captionStart(head, chance)
    let piece: Walked | null = opening === null ? yield* structured(window, rest, head, chance) : null
    let next = rest.end
    if (piece === null) {
      next = yield* nextMark(window, rest)
      const part = next < rest.end ? { ...rest, end: next, sureEnd: true } : rest
      if (opening !== null) piece = yield* captions(window, part, opening)
      piece ??= yield* plainText(window, part)
    }
    if (piece !== null) found.push(piece)
    const end = piece?.end ?? next
    // What is left behind a piece began with it; at a mark something new begins.
    rest = { ...rest, start: end, sureStart: end === next && next < rest.end }
  }
}

/** The first mark behind the first bytes of the run, where it begins a line; the run's end where there is none. */
function* nextMark(window: ByteWindow, run: TextRun): Walk<number> {
  let next = run.end
  for (const mark of marks) {
    for (let from = run.start + MOST_CHANCE + 1; from < next; ) {
      const at = yield* window.find(mark, from, next)
      if (at < 0) break
      from = at + 1
      // Web pages and prose have such words within their lines.
      if (mark !== '<?xml' && (!(yield* window.need(at - 1, 1)) || window.u8(at - 1) !== 0x0a)) continue
      next = at
    }
  }
  return next
}

function* latin1(window: ByteWindow, from: number, length: number): Walk<string> {
  let text = ''
  for (let at = from; at < from + length; ) {
    const here = yield* window.most(at, Math.min(PIECE, from + length - at))
    if (here === 0) break
    text += window.text(at, here)
    at += here
  }
  return text
}

const openings =
  /(?:\xef\xbb\xbf)?(?:<(?:\?xml|!--|!DOCTYPE|!doctype|[A-Za-z_][\w:.-]{0,80}[\s/>])|[{[]\s*["{[\]}\-\dtfn])/g

/** XML and JSON: the first beginning, not far from the run's, that ends well. */
function* structured(window: ByteWindow, run: TextRun, head: string, chance: number): Walk<Walked | null> {
  openings.lastIndex = 0
  for (let tries = 0; tries < 8; tries++) {
    const opening = openings.exec(head)
    if (opening === null || opening.index > chance) return null
    const bom = opening[0].startsWith('\xef\xbb\xbf') ? 3 : 0
    const at = run.start + opening.index + bom
    const xml = head[opening.index + bom] === '<'
    const piece: Walked | null = xml ? yield* xmlPiece(window, run, at) : yield* jsonPiece(window, run, at)
    if (piece === null) {
      openings.lastIndex = opening.index + 1
      continue
    }
    // Lines that are empty in front of it belong to it where nothing else could be meant.
    const lines = /(?:\r?\n)+$/.exec(head.slice(0, opening.index))?.[0].length ?? 0
    const start = run.sureStart && run.start === 0 ? run.start : run.start + opening.index - lines
    return { ...piece, start, end: yield* behindLines(window, piece.end, run.end) }
  }
  return null
}

/** Empty lines, and spaces before them, behind what is structured. */
function* behindLines(window: ByteWindow, at: number, limit: number): Walk<number> {
  const here = yield* window.most(at, Math.min(64, limit - at))
  return at + (/^(?:[ \t]*\r?\n)*/.exec(window.text(at, here))?.[0].length ?? 0)
}

function* jsonPiece(window: ByteWindow, run: TextRun, at: number): Walk<Walked | null> {
  const json = yield* walkJson(window, at, run.end)
  const short = json !== null && json.end - at < SHORTEST_JSON && !(run.sureStart && run.sureEnd)
  if (json === null || short) return null
  return { format: 'json', end: json.end, facts: { values: json.values, root: json.root } }
}

function* xmlPiece(window: ByteWindow, run: TextRun, at: number): Walk<Walked | null> {
  const xml = yield* walkXml(window, at, run.end)
  if (xml === null) return yield* looseHtml(window, run, at)
  const local = xml.root.replace(/^.*:/, '').toLowerCase()
  const format: Format = local === 'svg' ? 'svg' : local === 'tt' ? 'ttml' : local === 'html' ? 'html' : 'xml'
  const facts: Facts = { root: xml.root, elements: xml.elements, ...(xml.doctype ? { doctype: true } : {}) }
  return { format, end: xml.end, facts, ...(yield* ttmlTimes(window, format, at, xml)) }
}

function* ttmlTimes(window: ByteWindow, format: Format, at: number, xml: XmlExtent): Walk<Partial<Walked>> {
  if (format !== 'ttml' || xml.end - at > MOST_CAPTIONS) return {}
  const span = ttmlSpan(yield* latin1(window, at, xml.end - at))
  return span === null ? {} : { startMs: span.startMs, durationMs: span.endMs - span.startMs }
}

/** Web pages need not be well-formed: they end with their last tag. */
function* looseHtml(window: ByteWindow, run: TextRun, at: number): Walk<Walked | null> {
  const head = yield* latin1(window, at, Math.min(64, run.end - at))
  if (!/^<(?:!doctype\s+html|html[\s>])/i.test(head)) return null
  for (const tag of ['</html>', '</HTML>']) {
    const end = yield* window.find(tag, at, run.end)
    if (end >= 0) return { format: 'html', end: end + tag.length }
  }
  return null
}

type Opening = { format: Format; index: number; notes: FoundNote[] }

/** WebVTT, SubRip, SBV and playlists: from their first line to the end of the run, less what is chance there. */
function* captions(window: ByteWindow, run: TextRun, { format, index, notes }: Opening): Walk<Walked | null> {
  const start = run.start + index
  const length = run.end - start
  if (length > MOST_CAPTIONS) return null
  const text = yield* latin1(window, start, length)
  const said = format === 'm3u8' ? null : format === 'sbv' ? readSbvCues(text) : readCues(text)
  if (said === null && format !== 'm3u8' && format !== 'vtt') return null
  const end = start + (run.sureEnd ? text.length : likelyEnd(text, Math.max(said?.lastTimesEnd ?? 0, lastTagEnd(text))))
  const times = said === null ? {} : { startMs: said.startMs, durationMs: said.endMs - said.startMs }
  const cues: Facts = said === null ? {} : { cues: said.cues }
  return { format, start, end, ...times, facts: cues, notes }
}

/** Chance closes no tags. */
function lastTagEnd(text: string): number {
  const tail = Math.max(0, text.length - 256)
  const tag = /<\/?[A-Za-z][^<>\n]{0,60}>(?![\s\S]*<\/?[A-Za-z][^<>\n]{0,60}>)/.exec(text.slice(tail))
  return tag === null ? 0 : tail + tag.index + tag[0].length
}

function captionStart(head: string, chance: number): Opening | null {
  const begin = /(?:\xef\xbb\xbf)?(WEBVTT(?=[ \t\r\n]|$)|#EXTM3U(?=[ \t\r\n]|$))/.exec(head)
  if (begin !== null && begin.index <= chance)
    return { format: begin[1] === 'WEBVTT' ? 'vtt' : 'm3u8', index: begin.index, notes: [] }
  let index = srtStart(head)
  if (index >= 0 && index <= chance) {
    if (head.startsWith('\xef\xbb\xbf', index - 3)) index -= 3
    return { format: 'srt', index, notes: [] }
  }
  const sbv = /\d{1,3}:\d{2}:\d{2}\.\d{3},\d{1,3}:\d{2}:\d{2}\.\d{3}\r?\n/.exec(head)
  if (sbv !== null && sbv.index <= chance) return { format: 'sbv', index: sbv.index, notes: [] }
  const cue = /(?:\d{1,4}:)?\d{1,2}:\d{1,2}\.\d{1,9} *--> *(?:\d{1,4}:)?\d{1,2}:\d{1,2}\.\d/.exec(head)
  if (cue === null || cue.index > chance) return null
  return {
    format: 'vtt',
    index: cue.index,
    notes: [{ severity: 'warning', code: 'no-header', message: 'has no line WEBVTT' }],
  }
}

function* plainText(window: ByteWindow, run: TextRun): Walk<Walked | null> {
  const head = run.sureStart ? '' : yield* latin1(window, run.start, Math.min(run.end - run.start, HEAD))
  const start = run.start + (run.sureStart ? 0 : likelyStart(head))
  const tailFrom = Math.max(start, run.end - 8192)
  const tail = run.sureEnd ? '' : yield* latin1(window, tailFrom, run.end - tailFrom)
  const end = run.sureEnd ? run.end : tailFrom + likelyEnd(tail, 0)
  const whole = run.sureStart && run.sureEnd && run.start === 0 && run.end === window.size
  return end - start < SHORTEST_TEXT && !whole ? null : { format: 'text', start, end }
}
