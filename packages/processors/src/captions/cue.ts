/** A piece of text of one look and one speaker. */
export type CueSpan = {
  /** With `\n` between lines; never empty. */
  text: string
  bold?: true
  italic?: true
  underline?: true
  voice?: string
}

/** What all formats of captions have in common; places on the screen, colours and fonts are not kept. */
export type Cue = {
  startMs: number
  /** Never before startMs. */
  endMs: number
  spans: readonly CueSpan[]
}

/** Of one file. Speech of a day has about 20,000. */
export const MOST_CUES = 100_000

export type CueStyle = Omit<CueSpan, 'text'>

export function sameStyle(a: CueStyle, b: CueStyle): boolean {
  return a.bold === b.bold && a.italic === b.italic && a.underline === b.underline && a.voice === b.voice
}

/** Empty lines vanish, lines have no blanks at their ends, neighbours of one look become one; null: nothing is left. */
export function makeCue(startMs: number, endMs: number, pieces: readonly CueSpan[]): Cue | null {
  const lines: CueSpan[][] = [[]]
  for (const { text, ...style } of pieces) {
    for (const [index, part] of text.split('\n').entries()) {
      if (index > 0) lines.push([])
      if (part !== '') lines.at(-1)!.push({ text: part, ...style })
    }
  }
  const kept = lines.map(trimLine).filter((line) => line.length > 0)
  const spans: CueSpan[] = []
  for (const [index, line] of kept.entries()) {
    for (const [place, { text, ...style }] of line.entries()) {
      const whole = index > 0 && place === 0 ? `\n${text}` : text
      const last = spans.at(-1)
      if (last !== undefined && sameStyle(last, style)) last.text += whole
      else spans.push({ text: whole, ...style })
    }
  }
  return spans.length === 0 || endMs < startMs ? null : { startMs, endMs, spans }
}

const blank = /^[ \t]*$/

function trimLine(line: readonly CueSpan[]): CueSpan[] {
  const first = line.findIndex(({ text }) => !blank.test(text))
  const last = line.findLastIndex(({ text }) => !blank.test(text))
  return line.slice(Math.max(0, first), last + 1).map(({ text, ...style }, index, { length }) => {
    const begun = index === 0 ? text.replace(/^[ \t]+/, '') : text
    return { text: index === length - 1 ? begun.trimEnd() : begun, ...style }
  })
}

export function cueText({ spans }: Cue): string {
  return spans.map(({ text }) => text).join('')
}

/** Nobody's text has these; XML can't have them and players stumble over them. Line ends become `\n`. */
export function cleanText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
}

/** Whole ms as hours, minutes, seconds. */
export function clock(ms: number, separator: '.' | ','): string {
  const whole = Math.round(ms)
  const two = (value: number): string => String(value).padStart(2, '0')
  const [hours, minutes, seconds] = [whole / 3_600_000, (whole / 60_000) % 60, (whole / 1000) % 60].map(Math.floor)
  return `${two(hours!)}:${two(minutes!)}:${two(seconds!)}${separator}${String(whole % 1000).padStart(3, '0')}`
}
