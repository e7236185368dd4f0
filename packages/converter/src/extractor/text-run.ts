import type { ByteWindow } from './byte-window.ts'
import type { Walk } from './walk.ts'

/** Shorter runs than this are chance (0.4^31 for random bytes), or fields of something else. */
export const SHORTEST_RUN = 31
/** How many bytes of chance may look like text before or behind one. */
export const MOST_CHANCE = 24
const BACKWARDS = 4096
/** How much of a text is looked at to know its letters. */
const SAMPLE = 8192

/** Bytes from `start` to `end` that are UTF-8 text; `sureStart`, `sureEnd`: what stands beside them is no chance text. */
export type TextRun = { start: number; end: number; sureStart: boolean; sureEnd: boolean }

/** The run of text around `met`, not before `floor`. */
export function* textRun(window: ByteWindow, met: number, floor: number): Walk<TextRun | null> {
  const from = Math.max(floor, met - BACKWARDS)
  let start = met
  if (yield* window.need(from, met - from)) {
    while (start > from && (isPlain(window.u8(start - 1)) || window.u8(start - 1) >= 0x80)) start--
    // What is behind a byte that doesn't belong to UTF-8 is text again.
    for (let at = start; at < met; ) {
      const bytes = characterBytes(window, at)
      at += bytes === 0 ? 1 : bytes
      if (bytes === 0) start = at
    }
    start = Math.min(start, met)
  }
  const before = start > 0 && (yield* window.need(start - 1, 1)) ? window.u8(start - 1) : 0
  const sureStart = start === 0 || start === floor || before === 0
  let at = met
  for (;;) {
    const here = yield* window.most(at, 65536)
    if (here === 0) break
    const stop = window.start + (at - window.start) + here
    const begun = at
    while (at < stop) {
      const byte = window.u8(at)
      if (isPlain(byte)) at++
      else {
        const bytes = byte < 0x80 ? 0 : characterBytes(window, at)
        if (bytes === 0) break
        at += bytes
      }
    }
    if (at < stop && !(stop - at < 4 && at > begun && here === 65536)) break
  }
  const behind = (yield* window.need(at, 1)) ? window.u8(at) : 0
  if (at - start < SHORTEST_RUN) return null
  return { start, end: at, sureStart, sureEnd: behind === 0 }
}

export function isPlain(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09 || byte === 0x0c
}

/** Length of the UTF-8 character that begins here (RFC 3629 §4); 0 where none does, or not all of it is in the window. */
function characterBytes(window: ByteWindow, at: number): number {
  const lead = window.u8(at)
  if (lead < 0x80) return isPlain(lead) ? 1 : 0
  const bytes = lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0
  if (bytes === 0 || at + bytes > window.end) return 0
  for (let index = 1; index < bytes; index++) if ((window.u8(at + index) & 0xc0) !== 0x80) return 0
  const second = window.u8(at + 1)
  if ((lead === 0xe0 && second < 0xa0) || (lead === 0xed && second >= 0xa0)) return 0
  if ((lead === 0xf0 && second < 0x90) || (lead === 0xf4 && second >= 0x90)) return 0
  // No text has characters of planes 4 to 13: none are assigned (Unicode 17), and of chance most of four bytes would be there.
  if (lead === 0xf1 || lead === 0xf2 || (lead === 0xf3 && second < 0xa0)) return 0
  // C1 controls are in no text.
  return lead === 0xc2 && second < 0xa0 ? 0 : bytes
}

/**
 * Where a text ends that random bytes follow, some of which may look like text: the end under which the bytes are most
 * likely, those before it as the text itself has them, those behind as chance has. Texts end with a line far more often
 * than within one.
 *
 * @param text Latin-1 of the run, or of its end
 * @param least the end is not before this
 */
export function likelyEnd(text: string, least: number): number {
  const from = Math.max(least, text.length - MOST_CHANCE)
  const sample = text.slice(Math.max(0, from - SAMPLE), from)
  const frequency = frequencies(sample)
  let best = text.length
  let bestScore = -Infinity
  let score = 0
  for (let end = from; end <= text.length; end++) {
    if (end > from) score += Math.log(256 * frequency[text.charCodeAt(end - 1)]! * follows(text, end - 1, sample))
    const last = text[end - 1] ?? '\n'
    const prior =
      last === '\n' ? 0.85 : /[.!?>}\]"')]/.test(last) ? 0.05 : /[A-Za-z0-9\x80-\xff]/.test(last) ? 0.02 : 0.0005
    const total = score + Math.log(prior)
    if (total > bestScore) {
      bestScore = total
      best = end
    }
  }
  return best
}

/** The same for a beginning: texts begin with a capital, a digit or a sign of structure. */
export function likelyStart(text: string): number {
  const to = Math.min(MOST_CHANCE, text.length)
  const frequency = frequencies(text.slice(to, to + SAMPLE))
  let best = 0
  let bestScore = -Infinity
  let score = 0
  for (let start = to; start >= 0; start--) {
    if (start < to) score += Math.log(256 * frequency[text.charCodeAt(start)]!)
    const first = text[start] ?? ''
    const prior = /[A-Z#]/.test(first) ? 0.3 : /[0-9<{["]/.test(first) ? 0.1 : /[a-z]/.test(first) ? 0.05 : 0.01
    const total = score + Math.log(prior)
    if (total > bestScore) {
      bestScore = total
      best = start
    }
  }
  return best
}

/** How often bytes come in prose: by class, and the letters by their order in English. */
const prose: Float64Array = makeProse()

function makeProse(): Float64Array {
  const share = new Float64Array(256).fill(0.0005)
  for (let byte = 0; byte < 0x20; byte++) share[byte] = 0.0001
  for (let byte = 0x41; byte <= 0x5a; byte++) share[byte] = 0.0012
  for (let byte = 0x30; byte <= 0x39; byte++) share[byte] = 0.002
  const letters = 'etaoinshrdlcumwfgypbvkjxqz'
  for (let index = 0; index < letters.length; index++) share[letters.charCodeAt(index)] = 0.09 * 0.87 ** index
  for (const char of '#<>/"\'-():;?!=_') share[char.charCodeAt(0)] = 0.002
  for (const [char, value] of [
    [' ', 0.16],
    ['\n', 0.02],
    ['.', 0.01],
    [',', 0.01],
  ] as const)
    share[char.charCodeAt(0)] = value
  return share
}

/** As this text has them and as prose has: of a short one its own counts say little. Lines of times are no prose. */
function frequencies(sample: string): Float64Array {
  const words = sample.replace(/^.*-->.*$/gm, '')
  const counts = new Float64Array(256)
  for (let index = 0; index < words.length; index++) counts[words.charCodeAt(index) & 255]! += 1
  for (let index = 0; index < 256; index++)
    counts[index] = (counts[index]! + 300 * prose[index]!) / (words.length + 300)
  return counts
}

/** How much less often a character stands behind the one before it than elsewhere, in pairs that this text has not. */
function follows(text: string, at: number, sample: string): number {
  const pair = text.slice(at - 1, at + 1)
  if (sample.includes(pair)) return 2
  return /^[a-z][A-Z0-9]|^[0-9][A-Za-z]|^[.,;:!?>][^\s"')\]<]|^[^\s\w][^\s\w]/.test(pair) ? 0.2 : 0.7
}
