// SubRip has no specification; this is what players read: a number, times with commas, lines, an empty line.
import { ConversionError } from '../conversion-error.ts'
import { type Cue, type CueSpan, type CueStyle, clock, MOST_CUES, makeCue } from './cue.ts'

const timing =
  /^\s*(\d{1,4}):(\d{1,2}):(\d{1,2})[,.](\d{1,3})\s*-->\s*(\d{1,4}):(\d{1,2}):(\d{1,2})[,.](\d{1,3})(?:\s|$)/

/** @throws ConversionError `input-refused`, `input-too-large` */
export function parseSrt(text: string): Cue[] {
  const lines = text.split('\n')
  const cues: Cue[] = []
  let hasTimes = false
  for (let at = 0; at < lines.length; at++) {
    const times = timing.exec(lines[at]!)
    if (times === null) continue
    hasTimes = true
    const payload: string[] = []
    while (at + 1 < lines.length && lines[at + 1]!.trim() !== '' && !isNext(lines, at + 1)) payload.push(lines[++at]!)
    const cue = makeCue(
      milliseconds(times.slice(1, 5)),
      milliseconds(times.slice(5, 9)),
      parseMarks(payload.join('\n')),
    )
    if (cue === null) continue
    if (cues.length === MOST_CUES) throw new ConversionError('input-too-large', `there are over ${MOST_CUES} cues`)
    cues.push(cue)
  }
  if (!hasTimes && text.trim() !== '')
    throw new ConversionError('input-refused', 'there are no times as SubRip has them')
  return cues
}

/** Some programs forget the empty line. */
function isNext(lines: readonly string[], at: number): boolean {
  return timing.test(lines[at]!) || (/^\s*\d+\s*$/.test(lines[at]!) && timing.test(lines[at + 1] ?? ''))
}

function milliseconds([hours, minutes, seconds, fraction]: readonly string[]): number {
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(fraction!.padEnd(3, '0'))
}

/** `<b>`, `<i>`, `<u>`; colours and `{\an8}` are left out; everything else in angle brackets is text, as players show it. */
function parseMarks(payload: string): CueSpan[] {
  const spans: CueSpan[] = []
  const depth = { b: 0, i: 0, u: 0 }
  const style = (): CueStyle => ({
    ...(depth.b > 0 && { bold: true }),
    ...(depth.i > 0 && { italic: true }),
    ...(depth.u > 0 && { underline: true }),
  })
  const plain = payload.replace(/\{\\[^{}\n]{0,100}\}/g, '')
  for (const token of plain.split(/(<\/?[biu]>|<font [^<>]*>|<\/font>)/i)) {
    const mark = /^<(\/?)([biu])>$/i.exec(token)
    if (mark !== null) {
      const name = mark[2]!.toLowerCase() as keyof typeof depth
      depth[name] = Math.max(0, depth[name] + (mark[1] === '/' ? -1 : 1))
    } else if (token !== '' && !/^<\/?font/i.test(token)) {
      spans.push({ text: token, ...style() })
    }
  }
  return spans
}

/** Who speaks stands before what is said, since there is no other place for it. */
export function writeSrt(cues: readonly Cue[]): string {
  return cues
    .map(({ startMs, endMs, spans }, index) => {
      const text = spans.map((span, place) => writeSpan(span, spans[place - 1]?.voice)).join('')
      return `${index + 1}\n${clock(startMs, ',')} --> ${clock(endMs, ',')}\n${text}\n`
    })
    .join('\n')
}

function writeSpan({ text, bold, italic, underline, voice }: CueSpan, voiceBefore: string | undefined): string {
  // Nothing that is said can look like times.
  let marked = text.replaceAll('-->', '->')
  for (const [name, isSet] of Object.entries({ u: underline, i: italic, b: bold })) {
    if (isSet) marked = `<${name}>${marked}</${name}>`
  }
  if (voice === undefined || voice === voiceBefore) return marked
  return marked.startsWith('\n') ? `\n${voice}: ${marked.slice(1)}` : `${voice}: ${marked}`
}
