import { textValue } from './number-form.ts'
import {
  lay,
  mediaBefore,
  mediaBehind,
  type Part,
  type Product,
  play,
  type Room,
  startOf,
  TIME,
  VALUE,
} from './room.ts'
import { Tape } from './tape.ts'
import { drawAllPairs, prefaceLength, slotParts } from './text-pairs.ts'
import { drawEpoch } from './time-code.ts'
import { textTime } from './time-draws.ts'
import { type Entry, TICKS_PER_MS } from './tracks.ts'
import { PEOPLE, prose } from './vocabulary.ts'

const SLOTS: Record<string, Part> = { time: TIME, value: VALUE }

const LINES = { time: textTime, value: textValue, mostMedia: 1_500_000, text: true, titles: true } as const

/** A text file between the media that may come before and behind it; sometimes of two bytes a character. */
export function textFile(room: Room, write: (text: Tape) => void): void {
  const wide = room.kind !== 'plain' && room.draw.chance(0.1)
  if (wide) room.say('UTF-16')
  mediaBefore(room)
  const text = new Tape(wide)
  write(text)
  room.tape.add(text)
  mediaBehind(room)
}

function wrapped(room: Room, lead: string, eol: string): string {
  const words = prose(room.draw, prefaceLength(room)).split(' ')
  let out = ''
  while (words.length > 0) out += `${lead}${words.splice(0, room.draw.whole(8, 14)).join(' ')}${eol}`
  return out
}

/** `INFO SLIDE page=7 time=123456`, as servers log; some with the wall clock in front. */
export const logLines: Product = {
  ...LINES,
  name: 'log lines',
  write: (room) =>
    textFile(room, (text) => {
      const { draw, spelling } = room
      const eol = draw.pick(['\n', '\r\n'])
      const is = draw.pick(['=', ': ', ' ', ':', ' = '])
      const joint = draw.pick([' ', ', ', '; ', '|', '\t'])
      const pairs = drawAllPairs(room)
      const lead = draw.pick(['', 'INFO ', '[conf] ', 'EVT:', '>> '])
      const wall = room.kind === 'mixed' && draw.chance(0.3) ? drawEpoch(draw) : null
      if (wall !== null) room.say('wall clock in front')
      text.put(wrapped(room, '# ', eol))
      const start = startOf(room)
      if (start !== null) text.put(`# started${is}`, start, eol)
      let count = 0
      play(room, (entry) => {
        count++
        const clock = wall === null ? '' : `${wallClock(wall + entry.place / TICKS_PER_MS)} `
        text.put(clock, lead, spelling.word(entry.track.kind))
        for (const pair of pairs.get(entry.track)!) {
          lay(room, text.put(joint, pair.key, is), entry, slotParts(room, pair, entry, count))
        }
        text.put(eol)
      })
    }),
}

function wallClock(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}

/** Rows of a spreadsheet, one for each event, empty where a kind has no such column. */
export const spreadsheet: Product = {
  ...LINES,
  name: 'CSV',
  write: (room) =>
    textFile(room, (text) => {
      const { draw, spelling } = room
      const comma = draw.pick(room.time.form === 'clock' ? [';', '\t', '|'] : [',', ',', ';', '\t', '|'])
      const eol = draw.pick(['\n', '\r\n'])
      const quote = draw.chance(0.2) ? '"' : ''
      const columns = draw.shuffled(['kind', 'time', 'value', ...(room.kind === 'plain' ? [] : ['text', 'user'])])
      const user = draw.pick(PEOPLE)
      text.put(wrapped(room, '# ', eol))
      const start = startOf(room)
      if (start !== null) text.put(`# recording started${comma}`, start, eol)
      text.put(columns.map((name) => spelling.cased(name)).join(comma), eol)
      play(room, (entry) => {
        const cell: Record<string, Part> = {
          kind: spelling.word(entry.track.kind),
          text: entry.text ?? '',
          user,
        }
        for (const [index, name] of columns.entries()) {
          if (index > 0) text.put(comma)
          lay(room, text.put(quote), entry, [timed(name, entry) ?? cell[name] ?? '']).put(quote)
        }
        text.put(eol)
      })
    }),
}

function timed(column: string, entry: Entry): Part | null {
  return (column === 'time' && entry.track.timed) || (column === 'value' && entry.track.valued) ? SLOTS[column]! : null
}

/** `[Event12]`, as Windows programs of 1998 keep everything. */
export const iniSections: Product = {
  ...LINES,
  name: 'INI sections',
  write: (room) =>
    textFile(room, (text) => {
      const { draw, spelling } = room
      const is = draw.pick(['=', '=', ' = '])
      const pairs = drawAllPairs(room)
      const numbered = room.mayCount
      const typed = draw.chance(0.5)
      text.put('[Recording]\r\n', `Comment${is}${prose(draw, prefaceLength(room))}\r\n`)
      const start = startOf(room)
      if (start !== null) text.put(`Start${is}`, start, '\r\n')
      let count = 0
      play(room, (entry) => {
        count++
        const word = spelling.word(entry.track.kind)
        text.put(`\r\n[${typed ? 'Event' : word}${numbered ? count : ''}]\r\n`)
        if (typed) text.put(`Type${is}${word}\r\n`)
        for (const pair of pairs.get(entry.track)!) {
          lay(room, text.put(pair.key, is), entry, slotParts(room, pair, entry, count)).put('\r\n')
        }
      })
    }),
}

/** Indented lists, as tools of the 2010s wrote by hand. */
export const yamlList: Product = {
  ...LINES,
  name: 'YAML list',
  write: (room) =>
    textFile(room, (text) => {
      const { draw, spelling } = room
      const pairs = drawAllPairs(room)
      const indent = ' '.repeat(draw.pick([0, 2, 4]))
      text.put('---\nabout: >\n', wrapped(room, '  ', '\n'))
      const start = startOf(room)
      if (start !== null) text.put('start: ', start, '\n')
      text.put('timeline:\n')
      let count = 0
      play(room, (entry) => {
        count++
        text.put(`${indent}- ${spelling.word(entry.track.kind)}:\n`)
        for (const pair of pairs.get(entry.track)!) {
          const quote = pair.quoted ? "'" : ''
          lay(room, text.put(`${indent}    ${pair.key}: ${quote}`), entry, slotParts(room, pair, entry, count))
          text.put(`${quote}\n`)
        }
      })
    }),
}

/** Cards of a fixed width without line ends: every field at its column, filled with blanks. */
export const cards: Product = {
  ...LINES,
  name: 'cards',
  titles: false,
  write: (room) => {
    mediaBefore(room)
    const { draw, spelling, tape } = room
    const width = draw.pick([64, 80, 96])
    const order = draw.shuffled(['time', 'value'] as const)
    const user = draw.pick(PEOPLE)
    const card = (write: () => void): void => {
      const from = tape.length
      write()
      tape.fill(width - (tape.length - from), 0x20)
    }
    card(() => tape.put('HEAD MEETING RECORDING'))
    const start = startOf(room)
    if (start !== null) card(() => tape.put('STRT ', start))
    for (let left = prefaceLength(room); left > 0; left -= width) {
      card(() => tape.put('TEXT ', prose(draw, width - 30).slice(0, width - 8)))
    }
    room.say(`cards of ${width}`)
    play(room, (entry) =>
      card(() => {
        tape.put(spelling.four(entry.track.kind), ' ')
        for (const name of order) {
          const from = tape.length
          if (timed(name, entry) !== null) lay(room, tape, entry, [SLOTS[name]!])
          tape.fill((name === 'time' ? 27 : 10) - (tape.length - from), 0x20)
        }
        tape.put((entry.text ?? user).slice(0, width - 44))
      }),
    )
    mediaBehind(room)
  },
}
