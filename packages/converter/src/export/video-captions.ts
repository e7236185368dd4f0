// Captions and chapters in the forms that ffmpeg takes them in for one video.
import type { Cue } from '@rushes/processors'
import type { Chapter } from './export-content.ts'

const two = (value: number): string => String(value).padStart(2, '0')

function clock(ms: number, separator: string, digits: 2 | 3): string {
  const unit = digits === 3 ? 1 : 10
  const whole = Math.max(0, Math.round(ms / unit))
  const second = 1000 / unit
  const parts = [whole / (3600 * second), (whole / (60 * second)) % 60, (whole / second) % 60].map(Math.floor)
  const rest = String(whole % second).padStart(digits, '0')
  const hours = digits === 3 ? two(parts[0]!) : String(parts[0])
  return `${hours}:${two(parts[1]!)}:${two(parts[2]!)}${separator}${rest}`
}

const said = ({ spans }: Cue): string => {
  const text = spans.map((span) => span.text).join('')
  const [first] = spans
  return first?.voice === undefined ? text : `${first.voice}: ${text}`
}

/** SubRip, without any markup: what looks like some is none. */
export function subRip(cues: readonly Cue[]): string {
  return cues
    .filter(({ startMs, endMs }) => endMs > startMs)
    .map((cue, index) => {
      const text = said(cue).replaceAll('<', '‹').replaceAll('>', '›').replaceAll('{', '(').replaceAll('}', ')')
      return `${index + 1}\n${clock(cue.startMs, ',', 3)} --> ${clock(cue.endMs, ',', 3)}\n${text}\n`
    })
    .join('\n')
}

/** SubStation Alpha 4+, for what is drawn into the picture: a twentieth of its height, on a dark ground. */
export function subStation(cues: readonly Cue[], { width, height }: { width: number; height: number }): string {
  const size = Math.round(height / 19)
  const margin = Math.round(height / 27)
  const style = [
    ...['Default', 'Sans', size, '&H00FFFFFF', '&H00FFFFFF', '&H60000000', '&H60000000'],
    ...[0, 0, 0, 0, 100, 100, 0, 0, 3, Math.max(1, Math.round(size / 6)), 0, 2, margin, margin, margin, 1],
  ]
  const lines = cues.map((cue) => {
    // A brace begins a command, and a backslash a sign.
    const text = said(cue).replaceAll('\\', '⧵').replaceAll('{', '(').replaceAll('}', ')').replaceAll('\n', '\\N')
    return `Dialogue: 0,${clock(cue.startMs, '.', 2)},${clock(cue.endMs, '.', 2)},Default,,0,0,0,,${text}`
  })
  return [
    '[Script Info]',
    'ScriptType: v4.00+',
    `PlayResX: ${width}`,
    `PlayResY: ${height}`,
    'WrapStyle: 0',
    '[V4+ Styles]',
    'Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ' +
      'ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding',
    `Style: ${style.join(',')}`,
    '[Events]',
    'Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text',
    ...lines,
    '',
  ].join('\n')
}

/** FFmpeg's own form of metadata (ffmpeg-formats, Metadata). */
export function ffmetadata(title: string, chapters: readonly Chapter[]): string {
  const escaped = (text: string): string => text.replaceAll(/[=;#\\\n]/g, (each) => `\\${each}`)
  const blocks = chapters.map(({ startMs, endMs, title: name }) => {
    const [start, end] = [startMs, endMs].map((ms) => Math.round(ms))
    return `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${start}\nEND=${end}\ntitle=${escaped(name)}\n`
  })
  return `;FFMETADATA1\n${title === '' ? '' : `title=${escaped(title)}\n`}${blocks.join('')}`
}

/** ISO 639-2 of the languages that most recordings are in; MP4 has no others (ISO 14496-12 §8.4.2). */
const languages: Readonly<Record<string, string>> = {
  ...{ ar: 'ara', bg: 'bul', ca: 'cat', cs: 'ces', da: 'dan', de: 'deu', el: 'ell', en: 'eng', es: 'spa', et: 'est' },
  ...{ eu: 'eus', fa: 'fas', fi: 'fin', fr: 'fra', gl: 'glg', he: 'heb', hi: 'hin', hr: 'hrv', hu: 'hun', id: 'ind' },
  ...{ it: 'ita', ja: 'jpn', ko: 'kor', lt: 'lit', lv: 'lav', nb: 'nob', nl: 'nld', no: 'nor', pl: 'pol', pt: 'por' },
  ...{ ro: 'ron', ru: 'rus', sk: 'slk', sl: 'slv', sr: 'srp', sv: 'swe', th: 'tha', tr: 'tur', uk: 'ukr', vi: 'vie' },
  zh: 'zho',
}

export function mp4Language(language: string): string {
  const first = language.toLowerCase().split('-')[0]!
  return languages[first] ?? (/^[a-z]{3}$/.test(first) ? first : 'und')
}
