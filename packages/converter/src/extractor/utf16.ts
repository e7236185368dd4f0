import type { ByteWindow } from './byte-window.ts'
import { readCues } from './cues.ts'
import type { Format } from './formats.ts'
import type { Walk, Walked } from './walk.ts'

const MOST_BYTES = 64 * 2 ** 20
const SHORTEST = 32

/**
 * UTF-16 behind its byte order mark. Any two bytes are some character, so a text goes on only as long as characters
 * come from the blocks that its first ones are of.
 */
export function* walkUtf16(window: ByteWindow, start: number): Walk<Walked | null> {
  if (!(yield* window.need(start, 2))) return null
  const little = window.u8(start) === 0xff
  const head = yield* window.most(start, 1024)
  const blocks = commonBlocks(window, start + 2, head - 2, little)
  let text = ''
  let at = start + 2
  for (let done = false; !done && at - start < MOST_BYTES; ) {
    const here = yield* window.most(at, 65536)
    const stop = at + here - 1
    const from = at
    for (; at < stop; at += 2) {
      const high = window.u8(little ? at + 1 : at)
      const low = window.u8(little ? at : at + 1)
      if (!blocks.has(high) || (high === 0 && !isLatin(low))) {
        done = true
        break
      }
    }
    if (at > from) text += decode(window.bytes.subarray(from - window.start, at - window.start), little)
    if (here < 65536) break
  }
  if (at - start < SHORTEST) return null
  const cues = readCues(text)
  const times = cues === null ? {} : { startMs: cues.startMs, durationMs: cues.endMs - cues.startMs }
  const facts = { encoding: little ? 'utf-16le' : 'utf-16be', ...(cues === null ? {} : { cues: cues.cues }) }
  return { format: formatOf(text, cues !== null), end: at, ...times, facts }
}

function decode(bytes: Buffer, little: boolean): string {
  return little ? bytes.toString('utf16le') : Buffer.from(bytes).swap16().toString('utf16le')
}

function isLatin(low: number): boolean {
  return (low >= 0x20 && low < 0x7f) || low >= 0xa0 || low === 9 || low === 10 || low === 13
}

/** High bytes that come twice or more at the beginning, and that of Latin. */
function commonBlocks(window: ByteWindow, from: number, length: number, little: boolean): Set<number> {
  const counts = new Uint16Array(256)
  for (let at = from; at + 1 < from + length; at += 2) counts[window.u8(little ? at + 1 : at)]!++
  const blocks = new Set([0])
  for (let high = 1; high < 256; high++) {
    if (counts[high]! >= Math.max(3, length / 64)) blocks.add(high)
  }
  return blocks
}

function formatOf(text: string, cues: boolean): Format {
  const head = text.slice(0, 4096).trimStart()
  if (head.startsWith('WEBVTT')) return 'vtt'
  if (cues && /^\d+[ \t]*\r?\n/.test(head)) return 'srt'
  if (/^<(\?xml|[A-Za-z_:])/.test(head)) {
    const root = /<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)/.exec(
      head.replace(/<\?[^>]*\?>|<!--[\s\S]*?-->|<![^>]*>/g, ''),
    )?.[2]
    return root === 'tt' ? 'ttml' : root === 'svg' ? 'svg' : /^html$/i.test(root ?? '') ? 'html' : 'xml'
  }
  return /^[{[]/.test(head) ? 'json' : 'text'
}
