/** What the cues of a caption file say: milliseconds, and where the last line of times ends (characters). */
export type Cues = { cues: number; startMs: number; endMs: number; lastTimesEnd: number }

// Teams and old Stream leave leading zeros out: "0:0:0.0 --> 0:0:0.570".
const times =
  /(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,9})[ \t]{1,8}-->[ \t]{1,8}(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,9})/g
const sbvTimes = /^(\d{1,3}):(\d{2}):(\d{2})\.(\d{3}),(\d{1,3}):(\d{2}):(\d{2})\.(\d{3})$/gm

/** Reads WebVTT's and SubRip's lines of times; null where there is none. */
export function readCues(text: string): Cues | null {
  return collect(text, times)
}

/** YouTube's SBV. */
export function readSbvCues(text: string): Cues | null {
  return collect(text, sbvTimes)
}

function collect(text: string, form: RegExp): Cues | null {
  let cues = 0
  let startMs = Infinity
  let endMs = 0
  let lastTimesEnd = 0
  for (const match of text.matchAll(form)) {
    cues++
    startMs = Math.min(startMs, milliseconds(match, 1))
    endMs = Math.max(endMs, milliseconds(match, 5))
    lastTimesEnd = match.index + match[0].length
  }
  return cues === 0 ? null : { cues, startMs, endMs, lastTimesEnd }
}

function milliseconds(match: RegExpMatchArray, group: number): number {
  const [hours, minutes, seconds, fraction] = match.slice(group, group + 4)
  const whole = Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(seconds)
  return whole * 1000 + Math.round(Number(`0.${fraction}`) * 1e6) / 1e3
}

/** Where SubRip begins in `text`: at its first number, told from digits of chance by the number of the next cue. */
export function srtStart(text: string): number {
  const first = /(\d{1,6})[ \t]*\r?\n\d{1,4}:\d{1,2}:\d{1,2}[.,]\d{1,9} *-->/.exec(text)
  if (first === null) return -1
  const digits = first[1]!
  const rest = text.slice(first.index + first[0].length)
  const second = /\n[ \t]*\r?\n(\d{1,6})[ \t]*\r?\n\d{1,4}:\d{1,2}:\d{1,2}[.,]\d{1,9} *-->/.exec(rest)?.[1]
  for (const wanted of second === undefined ? ['1', '0'] : [String(Number(second) - 1)]) {
    if (digits.endsWith(wanted)) return first.index + digits.length - wanted.length
  }
  return first.index
}
