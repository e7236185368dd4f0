import { textValue } from './number-form.ts'
import { lay, type Product, play, type Room, startOf } from './room.ts'
import type { Tape } from './tape.ts'
import { textFile } from './text-lines.ts'
import { drawAllPairs, type Pair, prefaceLength, slotParts } from './text-pairs.ts'
import { textTime } from './time-draws.ts'
import type { Entry } from './tracks.ts'
import { PEOPLE, prose, sentence } from './vocabulary.ts'

const MARKUP = { time: textTime, value: textValue, mostMedia: 1_500_000, text: true, titles: true } as const

/** `<flip time="123456" page="7"/>` */
export const xmlAttributes: Product = {
  ...MARKUP,
  name: 'XML attributes',
  write: (room) =>
    textFile(room, (text) => {
      const { draw, spelling } = room
      const quote = draw.pick(['"', '"', "'"])
      const pairs = drawAllPairs(room)
      const named = draw.chance(0.3)
      openDocument(room, text, quote)
      let count = 0
      play(room, (entry) => {
        count++
        const word = spelling.word(entry.track.kind)
        text.put('  <', named ? `event type=${quote}${word}${quote}` : word)
        for (const pair of pairs.get(entry.track)!) {
          lay(room, text.put(` ${pair.key}=${quote}`), entry, slotParts(room, pair, entry, count)).put(quote)
        }
        text.put('/>\n')
      })
      text.put('</meeting>\n')
    }),
}

/** Elements in elements, with CDATA around everything, as Flash servers export. */
export const xmlElements: Product = {
  ...MARKUP,
  name: 'XML elements',
  write: (room) =>
    textFile(room, (text) => {
      const { draw, spelling } = room
      const [open, close] = draw.chance(0.4) ? ['<![CDATA[', ']]>'] : ['', '']
      const eol = draw.chance(0.5) ? '\n' : ''
      const pairs = drawAllPairs(room)
      const nested = draw.chance(0.4)
      openDocument(room, text, '"')
      let count = 0
      play(room, (entry) => {
        count++
        const word = spelling.word(entry.track.kind)
        text.put(`<${word}>`, nested ? '<object type="event">' : '', eol)
        for (const pair of pairs.get(entry.track)!) {
          lay(room, text.put(`<${pair.key}>${open}`), entry, slotParts(room, pair, entry, count))
          text.put(`${close}</${pair.key}>`, eol)
        }
        text.put(nested ? '</object>' : '', `</${word}>\n`)
      })
      text.put('</meeting>\n')
    }),
}

function openDocument(room: Room, text: Tape, quote: string): void {
  const { draw } = room
  const start = startOf(room)
  text.put(draw.chance(0.7) ? '<?xml version="1.0"?>\n' : '', `<meeting title=${quote}${sentence(draw, 4)}${quote}`)
  if (start !== null) text.put(` start=${quote}`, start, quote)
  text.put('>\n', `<about>${prose(draw, prefaceLength(room))}</about>\n`)
  if (room.kind === 'mixed') for (const person of draw.shuffled(PEOPLE).slice(0, 5)) text.put(`<who>${person}</who>\n`)
}

/** One array, or one object a line; flat or with the data in an object of its own. */
export const json: Product = {
  ...MARKUP,
  name: 'JSON',
  write: (room) =>
    textFile(room, (text) => {
      const { draw, spelling } = room
      const lines = draw.chance(0.4)
      const colon = draw.chance(0.5) ? ':' : ': '
      const comma = draw.chance(0.5) ? ',' : ', '
      const strings = draw.chance(0.25)
      const inner = draw.chance(0.3)
      const typeName = draw.pick(['type', 'event', 'kind', 'name'])
      const typeFirst = draw.chance(0.7)
      room.say(`${lines ? 'lines' : 'array'}${strings ? ', numbers as strings' : ''}`)
      const pairs = drawAllPairs(room)
      const key = (name: string): string => `"${name}"${colon}`
      const pairJson = (pair: Pair, entry: Entry, count: number): void => {
        // A number may not begin with zeros in JSON; who pads them, quotes them.
        const padded =
          (room.time.form === 'digits' && room.time.pad > 0) || (room.value.form === 'digits' && room.value.pad > 0)
        const quote = pair.quoted || strings || padded ? '"' : ''
        lay(room, text.put(key(pair.key), quote), entry, slotParts(room, pair, entry, count)).put(quote)
      }
      const start = startOf(room)
      text.put('{', key('about'), `"${prose(draw, prefaceLength(room))}"`)
      if (start !== null) text.put(comma, key('start'), '"', start, '"')
      text.put(lines ? '}\n' : `${comma}${key('events')}[\n`)
      let count = 0
      play(room, (entry) => {
        if (count++ > 0 && !lines) text.put(',\n')
        const type = `${key(typeName)}"${spelling.word(entry.track.kind)}"`
        const fields = pairs.get(entry.track)!
        text.put('{', typeFirst || fields.length === 0 ? type : '')
        for (const [index, pair] of fields.entries()) {
          if (index > 0 || typeFirst) text.put(comma)
          if (index === 0 && inner) text.put(key('data'), '{')
          pairJson(pair, entry, count)
        }
        text.put(inner && fields.length > 0 ? '}' : '', typeFirst || fields.length === 0 ? '' : comma + type, '}')
        if (lines) text.put('\n')
      })
      if (!lines) text.put('\n]}\n')
    }),
}

/** A page that plays itself: `SetSlide(7, 123456);` */
export const scriptCalls: Product = {
  ...MARKUP,
  name: 'script calls',
  write: (room) =>
    textFile(room, (text) => {
      const { draw, spelling } = room
      const [call, close] = draw.pick([
        ['(', ');'],
        ['(', ')'],
        ['[', '],'],
      ] as const)
      const pairs = drawAllPairs(room)
      const quoted = room.time.form === 'clock' || room.time.form === 'date' ? '"' : ''
      text.put(
        '<html><head><title>Replay</title></head><body>\n',
        `<p>${prose(draw, prefaceLength(room))}</p>\n<script>\n`,
      )
      const start = startOf(room)
      if (start !== null) text.put('var start = "', start, '";\n')
      let count = 0
      play(room, (entry) => {
        count++
        text.put(`  on${spelling.word(entry.track.kind)}${call}`)
        for (const [index, pair] of pairs.get(entry.track)!.entries()) {
          const quote = pair.slot === 'time' ? quoted : pair.quoted ? '"' : ''
          lay(room, text.put(index > 0 ? ', ' : '', quote), entry, slotParts(room, pair, entry, count)).put(quote)
        }
        text.put(`${close}\n`)
      })
      text.put('</script></body></html>\n')
    }),
}

/** What went over the wire, kept as it was: a start line, header lines, an empty line, perhaps a body. */
export const headerMessages: Product = {
  ...MARKUP,
  name: 'header messages',
  write: (room) =>
    textFile(room, (text) => {
      const { draw, spelling } = room
      const protocol = draw.pick(['CONF/1.0', 'RTSP/1.0', 'MEET/2.1'])
      const pairs = drawAllPairs(room)
      text.put(`OPEN ${protocol}\r\nSubject: ${prose(draw, prefaceLength(room))}\r\n`)
      const start = startOf(room)
      if (start !== null) text.put('Start: ', start, '\r\n')
      text.put('\r\n')
      let count = 0
      play(room, (entry) => {
        count++
        text.put(`${spelling.word(entry.track.kind).toUpperCase()} ${protocol}\r\n`)
        for (const pair of pairs.get(entry.track)!) {
          lay(room, text.put(`X-${pair.key}: `), entry, slotParts(room, pair, entry, count)).put('\r\n')
        }
        text.put('\r\n')
      })
    }),
}
