// WebVTT, https://www.w3.org/TR/webvtt1/ (§4 syntax, §6 parsing). Settings, regions, styles and comments are left out:
// styles could fetch from elsewhere, and the others say where on a screen.
import { ConversionError } from '../conversion-error.ts'
import { type Cue, type CueSpan, type CueStyle, clock, MOST_CUES, makeCue } from './cue.ts'

const timing = /^((?:\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3})[ \t]+-->[ \t]+((?:\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3})(?:[ \t]|$)/

/** @throws ConversionError `input-refused`, `input-too-large` */
export function parseVtt(text: string): Cue[] {
  const lines = text.split('\n')
  if (!/^WEBVTT(?:[ \t]|$)/.test(lines[0]!)) throw new ConversionError('input-refused', 'it does not begin with WEBVTT')
  const cues: Cue[] = []
  for (let at = 1; at < lines.length; at++) {
    const times = timing.exec(lines[at]!)
    if (times === null) continue
    const payload: string[] = []
    // §6.1: a cue ends at an empty line, and where the next one begins.
    while (at + 1 < lines.length && lines[at + 1] !== '' && !lines[at + 1]!.includes('-->')) payload.push(lines[++at]!)
    const cue = makeCue(milliseconds(times[1]!), milliseconds(times[2]!), parseCueText(payload.join('\n')))
    if (cue === null) continue
    if (cues.length === MOST_CUES) throw new ConversionError('input-too-large', `there are over ${MOST_CUES} cues`)
    cues.push(cue)
  }
  return cues
}

function milliseconds(time: string): number {
  const parts = time.split(/[:.]/).map(Number)
  const [ms = 0, seconds = 0, minutes = 0, hours = 0] = parts.reverse()
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms
}

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&nbsp;': '\u00a0',
  '&lrm;': '\u200e',
  '&rlm;': '\u200f',
}

type Tag = { name: string; before: CueStyle }

const mostNested = 32

/** §6.4: tags that aren't known are left out, what is in them stays as text. */
function parseCueText(payload: string): CueSpan[] {
  const spans: CueSpan[] = []
  const open: Tag[] = []
  let style: CueStyle = {}
  for (const token of payload.match(/<[^>]*>?|[^<]+/g) ?? []) {
    if (!token.startsWith('<')) {
      spans.push({ text: token.replace(/&\w{2,4};/g, (entity) => entities[entity] ?? entity), ...style })
      continue
    }
    const [, end, name, annotation] = /^<(\/?)([a-z]*)[^ \t\n>]*(?:[ \t\n]+([^>]*))?>?$/i.exec(token) ?? []
    if (end === '/') {
      const last = open.at(-1)
      if (last === undefined || last.name !== name) continue
      style = last.before
      open.pop()
    } else if (name !== undefined && open.length < mostNested) {
      const added = styleOf(name, annotation)
      if (added === null) continue
      open.push({ name, before: style })
      style = { ...style, ...added }
    }
  }
  return spans
}

function styleOf(name: string, annotation: string | undefined): CueStyle | null {
  if (name === 'b') return { bold: true }
  if (name === 'i') return { italic: true }
  if (name === 'u') return { underline: true }
  if (name !== 'v') return null
  const voice = (annotation ?? '').replace(/&\w{2,4};/g, (entity) => entities[entity] ?? entity)
  return voice.trim() === '' ? {} : { voice: voice.trim().replace(/\s+/g, ' ') }
}

export function writeVtt(cues: readonly Cue[]): string {
  const blocks = cues.map(({ startMs, endMs, spans }) => {
    return `${clock(startMs, '.')} --> ${clock(endMs, '.')}\n${spans.map(writeSpan).join('')}\n`
  })
  return ['WEBVTT\n', ...blocks].join('\n')
}

function writeSpan({ text, bold, italic, underline, voice }: CueSpan): string {
  let marked = escaped(text)
  for (const [name, isSet] of Object.entries({ u: underline, i: italic, b: bold })) {
    if (isSet) marked = `<${name}>${marked}</${name}>`
  }
  return voice === undefined ? marked : `<v ${escaped(voice)}>${marked}</v>`
}

/** `-->` too, since its `>` becomes an entity. */
function escaped(text: string): string {
  return text.replace(/[&<>]/g, (each) => (each === '&' ? '&amp;' : each === '<' ? '&lt;' : '&gt;'))
}
