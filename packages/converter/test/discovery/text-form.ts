import type { RecordWriter } from './binary-form.ts'
import { type Clock, stampText, type TextForm } from './clock.ts'
import type { Random } from './random.ts'
import type { Track } from './timeline.ts'

/** A text document of records: what stands before, between and after them. */
export type TextDocument = { head: string; write: RecordWriter; between: string; tail: string }

const names = ['Anna', 'Bo 2', 'Chloé', 'Dimitri', 'room 12', 'Li Wei', 'guest', 'Zoë']

export function textTimeForm(random: Random, clock: Clock): TextForm {
  if (clock.unit === 'float-s') return 'decimal'
  if (clock.unit !== 'ms' && clock.unit !== 's') return 'number'
  if (clock.unit === 's') return 'number'
  const forms: TextForm[] = ['number', 'number', 'decimal', 'hms', 'h:ms']
  if (clock.baseMs > 1e12) forms.push('iso', 'iso')
  return random.pick(forms)
}

type Words = { time: string; value: string; type: string; event: string }

export function textDocument(
  random: Random,
  tracks: readonly Track[],
  clock: Clock,
  form: TextForm,
  variable: boolean,
): TextDocument {
  const kind = random.pick(['xml', 'xml-nested', 'json', 'jsonl', 'json-pretty', 'csv', 'log', 'keyword'] as const)
  const encoder = new TextEncoder()
  const used: Words = {
    time: random.pick(['t', 'time', 'timestamp', 'ts', 'offset', 'at', 'when']),
    value: random.pick(['v', 'value', 'n', 'page', 'number', 'id', 'index', 'data']),
    type: random.pick(['type', 'kind', 'event', 'name', 'k']),
    event: random.pick(['event', 'e', 'entry', 'rec', 'item']),
  }
  const timeFirst = random.chance(0.6)
  const typeLast = random.chance(0.3)
  const quoted = random.chance(0.3)
  const numbered = random.chance(0.15)
  const delimiter = random.pick([',', ';', '\t', '|'])
  const padded = random.chance(0.3) ? random.between(2, 4) : 0
  const keyword = random.pick(['=', ':', ' ', '#'])
  const lineEnd = random.pick(['\n', '\n', '\r\n'])
  const open = random.chance(0.5)
  const byName = kind === 'xml' && random.chance(0.5)
  const levels = ['INFO', 'DEBUG', 'INFO', 'WARN']
  const codes = new Map(tracks.map((track, index) => [track, index + 1]))
  const coded = (kind === 'csv' || kind.startsWith('json')) && random.chance(0.25)

  const write: RecordWriter = (track, point, index) => {
    const time = stampText(clock, point.t, form)
    const value = point.value === null ? null : String(point.value).padStart(padded, '0')
    const who =
      variable && (index * 5 + (point.value ?? 3)) % 3 !== 0 ? names[(index * 3 + point.t) % names.length]! : null
    const type = coded ? String(codes.get(track)) : track.name
    const bare = form === 'number' || form === 'decimal'
    return encoder.encode(record(time, value, who, type, bare, index))
  }

  function record(time: string, value: string | null, who: string | null, type: string, bare: boolean, index: number) {
    const pair = (pieces: (string | null)[]) => pieces.filter((piece) => piece !== null)
    if (kind === 'xml') {
      const attributes = pair([
        numbered ? `seq="${index}"` : null,
        `${used.time}="${time}"`,
        value === null ? null : `${used.value}="${value}"`,
        who === null ? null : `user="${who}"`,
      ])
      if (!timeFirst) attributes.reverse()
      if (byName) return `<${type} ${attributes.join(' ')}/>`
      return `<${used.event} ${(typeLast ? [...attributes, `${used.type}="${type}"`] : [`${used.type}="${type}"`, ...attributes]).join(' ')}/>`
    }
    if (kind === 'xml-nested') {
      const children = pair([
        `<${used.time}>${time}</${used.time}>`,
        value === null ? null : `<${used.value}>${value}</${used.value}>`,
        who === null ? null : `<user>${who}</user>`,
      ])
      if (!timeFirst) children.reverse()
      const inner = [`<${used.type}>${type}</${used.type}>`, ...children]
      if (typeLast) inner.push(inner.shift()!)
      return `<${used.event}>${inner.join(open ? lineEnd : '')}</${used.event}>`
    }
    if (kind.startsWith('json')) {
      const quote = (text: string) => (quoted ? `"${text}"` : text)
      const members = pair([
        numbered ? `"seq":${index}` : null,
        `"${used.time}":${bare ? quote(time) : `"${time}"`}`,
        value === null ? null : `"${used.value}":${padded > 0 ? `"${value}"` : quote(value)}`,
        who === null ? null : `"user":"${who}"`,
      ])
      if (!timeFirst) members.reverse()
      const typed = `"${used.type}":${coded ? type : `"${type}"`}`
      const all = typeLast ? [...members, typed] : [typed, ...members]
      if (kind === 'json-pretty') return `{${lineEnd}  ${all.join(`,${lineEnd}  `)}${lineEnd}}`
      return `{${all.join(open ? ', ' : ',')}}`
    }
    if (kind === 'csv') {
      const cells = [
        numbered ? String(index) : null,
        time,
        typeLast ? null : type,
        value ?? '',
        who ?? (variable ? '' : null),
      ]
      const kept = pair(cells)
      if (typeLast) kept.push(type)
      if (!timeFirst && !numbered) kept.push(kept.shift()!)
      return kept.join(delimiter)
    }
    if (kind === 'log') {
      const stampPart = open ? `[${time}]` : time
      const user = who === null ? '' : ` user=${who}`
      return `${stampPart} ${levels[index % 4]} ${type}${user}${value === null ? '' : ` ${used.value}${keyword}${value}`}`
    }
    const fields = pair([`T${keyword}${time}`, value === null ? null : `N${keyword}${value}`])
    if (!timeFirst) fields.reverse()
    return `${type.toUpperCase()} ${fields.join(' ')}${who === null ? '' : ` ${who}`};`
  }

  const between = kind === 'json' ? (open ? `,${lineEnd}` : ',') : kind === 'keyword' && open ? '' : lineEnd
  const head: Record<string, string> = {
    xml: `<?xml version="1.0"?>${lineEnd}<log>${lineEnd}`,
    'xml-nested': `<?xml version="1.0"?>${lineEnd}<log>${lineEnd}`,
    json: '[',
    csv: random.chance(0.5) ? `${used.time}${delimiter}${used.type}${delimiter}${used.value}${lineEnd}` : '',
  }
  const tail: Record<string, string> = { xml: `${lineEnd}</log>`, 'xml-nested': `${lineEnd}</log>`, json: ']' }
  return { head: head[kind] ?? '', write, between, tail: tail[kind] ?? lineEnd }
}
