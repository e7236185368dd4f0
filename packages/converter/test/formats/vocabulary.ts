import type { Draw } from './seeded-draw.ts'
import type { TrackKind } from './tracks.ts'

const PROSE =
  'the of and a to in is that for it as was with be by on not he this are or his from at which but have an had they you were their one all we can her has there been if more when will would who so no what about please agenda budget quarter review customer release project question answer thanks everyone welcome moving next topic let us look at roadmap numbers team risk plan hardware network server support training schedule open points summary decision'.split(
    ' ',
  )

/** Without digits, so that a number found beside it is a number of the format. */
export function sentence(draw: Draw, words: number): string {
  const text = Array.from({ length: words }, () => draw.pick(PROSE)).join(' ')
  return text[0]!.toUpperCase() + text.slice(1)
}

export function prose(draw: Draw, characters: number): string {
  let text = ''
  while (text.length < characters) text += `${sentence(draw, draw.whole(4, 18))}${draw.pick(['.', '.', '!', '?'])} `
  return text.trimEnd()
}

export const PEOPLE: readonly string[] = [
  'Anna',
  'Bela',
  'Chen',
  'Dora',
  'Emil',
  'Farid',
  'Gwen',
  'Hugo',
  'Ines',
  'Jomo',
  'Kaya',
]

const NAMES: Record<TrackKind, readonly string[]> = {
  slide: ['slide', 'page', 'flip', 'sheet', 'ppt', 'slidechange', 'goto', 'show', 'view'],
  speaker: ['speaker', 'talker', 'floor', 'mic', 'voice', 'talk'],
  beat: ['ping', 'alive', 'heartbeat', 'sync'],
  counter: ['tick', 'keepalive', 'beat', 'pulse'],
  meter: ['level', 'meter', 'gain', 'rms'],
  chat: ['chat', 'message', 'say', 'remark'],
  token: ['token', 'hash', 'session', 'auth'],
  still: ['quality', 'mode', 'state', 'bitrate'],
  fallback: ['cache', 'asset', 'upload', 'thumb'],
  list: ['object', 'entry', 'resource', 'font'],
}

const VALUE_NAMES: Record<TrackKind, readonly string[]> = {
  slide: ['page', 'slide', 'no', 'index', 'num', 'value', 'to'],
  speaker: ['user', 'id', 'uid', 'who', 'participant'],
  beat: ['n'],
  counter: ['n', 'count', 'value'],
  meter: ['value', 'db', 'pct'],
  chat: ['to'],
  token: ['value', 'key', 'ticket'],
  still: ['value', 'kbps', 'flag'],
  fallback: ['item', 'nr', 'value'],
  list: ['item', 'nr', 'id'],
}

const FOURS: Record<TrackKind, readonly string[]> = {
  slide: ['SLID', 'PAGE', 'FLIP', 'sld ', 'Pg#:', 'PPTX'],
  speaker: ['SPKR', 'TALK', 'spk ', 'FLOR'],
  beat: ['BEAT', 'ping', 'HRTB'],
  counter: ['TICK', 'CNTR', 'keep'],
  meter: ['LEVL', 'VUMT', 'rms '],
  chat: ['CHAT', 'text', 'MSG '],
  token: ['AUTH', 'tokn', 'KEYX'],
  still: ['QUAL', 'mode', 'STAT'],
  fallback: ['CACH', 'upld', 'THMB'],
  list: ['OBJT', 'rsrc', 'FONT'],
}

/** How one product spells things; drawn once for a blob. */
export interface Spelling {
  word(kind: TrackKind): string
  valueName(kind: TrackKind): string
  four(kind: TrackKind): string
  readonly timeName: string
  cased(text: string): string
}

export function drawSpelling(draw: Draw): Spelling {
  const style = draw.pick(['lower', 'lower', 'upper', 'capital'] as const)
  const cased = (text: string): string =>
    style === 'lower' ? text : style === 'upper' ? text.toUpperCase() : text[0]!.toUpperCase() + text.slice(1)
  const timeName = cased(draw.pick(['time', 't', 'ts', 'at', 'pos', 'when', 'stamp', 'begin']))
  const once = (lists: Record<TrackKind, readonly string[]>): Record<string, string> =>
    Object.fromEntries(Object.entries(lists).map(([kind, list]) => [kind, draw.pick(list)]))
  const words = once(NAMES)
  const values = once(VALUE_NAMES)
  const fours = once(FOURS)
  return {
    cased,
    timeName,
    word: (kind) => cased(words[kind]!),
    valueName: (kind) => cased(values[kind]!),
    four: (kind) => fours[kind]!,
  }
}
