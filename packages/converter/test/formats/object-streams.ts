import { binaryValue, intBytes, textValue, type ValueForm, varint } from './number-form.ts'
import { binaryHead, drawOpcodes, orderOf } from './record-shape.ts'
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
import type { Draw } from './seeded-draw.ts'
import { Tape, textBytes } from './tape.ts'
import type { TimeCode } from './time-code.ts'
import { type BinaryChoice, binaryTime, type FormatKind, textTime } from './time-draws.ts'
import type { Entry, Track } from './tracks.ts'

const OBJECTS = { mostMedia: 1_900_000, text: false, titles: true } as const satisfies Partial<Product>

type Member = 'time' | 'value' | 'text' | 'type'

/** Members in the order that this serialiser was given them; the same for all records of a kind. */
function drawMembers(room: Room): Map<Track, Member[]> {
  const order = room.draw.shuffled<Member>(['time', 'value', 'type', 'text'])
  const has = (track: Track, member: Member): boolean =>
    member === 'time'
      ? track.timed
      : member === 'value'
        ? track.valued
        : member === 'type' || track.entries[0]?.text !== undefined
  return new Map(room.tracks.map((track) => [track, order.filter((member) => has(track, member))]))
}

function keyOf(room: Room, member: Member, entry: Entry): string {
  const { spelling } = room
  if (member === 'time') return spelling.timeName
  if (member === 'value') return spelling.valueName(entry.track.kind)
  return spelling.cased(member)
}

/** Flash messages: names with a length in front, numbers as doubles or as text, dates as doubles. */
export const flashObjects: Product = {
  ...OBJECTS,
  name: 'AMF-like objects',
  time: (draw, kind) => {
    if (kind !== 'units') return { form: 'digits', unit: 'ms', pad: 0, start: 0n, origin: 'zero' }
    const time = binaryTime(draw, kind, { orders: ['be'], even: true })
    const { start, origin } = time
    if (time.form === 'int' && time.unit === 'ms')
      return { form: 'float', unit: 'ms', width: 8, order: 'be', start, origin }
    return { form: 'float', unit: 's', width: 8, order: 'be', start: 0n, origin: 'zero' }
  },
  value: (draw, kind) => (kind === 'units' && draw.chance(0.25) ? { form: 'f64', order: 'be' } : textValue(draw)),
  write: (room) => {
    const { draw, tape } = room
    const members = drawMembers(room)
    const command = draw.pick(['onEvent', 'onSync', 'record'])
    const string = (text: string): Part[] => [Uint8Array.from([2]), intBytes(text.length, 2, 'be'), text]
    const number = (entry: Entry, slot: 'time' | 'value'): void => {
      const form = slot === 'time' ? room.time.form : room.value.form
      const text = form === 'digits'
      // A string's length comes before it: said once to know it.
      const part = lay(room, new Tape(), entry, [slot === 'time' ? TIME : VALUE])
      if (text) tape.put([2]).int(part.length, 2, 'be').add(part)
      else tape.put([0]).add(part)
    }
    tape.add(binaryHead(room, 'AMFR'))
    mediaBefore(room)
    play(room, (entry) => {
      lay(room, tape, entry, [...string(command), Uint8Array.from([3])])
      for (const member of members.get(entry.track)!) {
        const key = keyOf(room, member, entry)
        tape.int(key.length, 2, 'be').put(key)
        if (member === 'time' || member === 'value') number(entry, member)
        else lay(room, tape, entry, string(member === 'type' ? room.spelling.word(entry.track.kind) : entry.text!))
      }
      tape.put([0, 0, 9])
    })
    mediaBehind(room)
  },
}

/** Protocol buffers: a message of fields with tags, each message with its length in front. */
export const taggedFields: Product = {
  ...OBJECTS,
  name: 'protobuf-like fields',
  mostMedia: 60_000,
  time: (draw, kind) => evenTime(draw, kind, { orders: ['le'], widths: [4, 8], even: true }),
  value: () => ({ form: 'varint' }),
  write: (room) => {
    const { draw, tape } = room
    const members = drawMembers(room)
    const numbers = draw.shuffled([1, 2, 3, 4])
    const tag = { type: numbers[0]! * 8, time: numbers[1]! * 8, value: numbers[2]! * 8, text: numbers[3]! * 8 + 2 }
    const codes = drawOpcodes(room, 1)
    const wire = 'width' in room.time && room.time.width === 4 ? 5 : 1
    tape.add(binaryHead(room, draw.bytes(4)))
    mediaBefore(room)
    play(room, (entry) => {
      const message = new Tape()
      for (const member of members.get(entry.track)!) {
        if (member === 'time') lay(room, message.put([tag.time + wire]), entry, [TIME])
        else if (member === 'value') lay(room, message.put([tag.value]), entry, [VALUE])
        else if (member === 'type') message.put([tag.type], varint(codes.get(entry.track.kind)!))
        else message.put([tag.text], varint(entry.text!.length), entry.text!)
      }
      tape.put([0x0a], varint(message.length)).add(message)
    })
    mediaBehind(room)
  },
}

/** MessagePack's maps: short names, numbers with their type in front. */
export const packedMaps: Product = {
  ...OBJECTS,
  name: 'MessagePack-like maps',
  time: (draw, kind) => evenTime(draw, kind, { orders: ['be'], widths: [4, 4, 8], even: true }),
  value: (draw): ValueForm => ({ form: 'int', width: draw.pick([1, 2, 4]), order: 'be' }),
  write: (room) => {
    const { draw, tape } = room
    const members = drawMembers(room)
    const { time, value } = room
    const string = (text: string): Part[] =>
      text.length < 32 ? [Uint8Array.from([0xa0 + text.length]), text] : [Uint8Array.from([0xd9, text.length]), text]
    const timeType =
      time.form === 'float' ? (time.width === 4 ? 0xca : 0xcb) : 'width' in time && time.width === 4 ? 0xce : 0xcf
    const valueType = { 1: 0xcc, 2: 0xcd, 4: 0xce }[value.form === 'int' ? value.width : 1]!
    tape.add(binaryHead(room, draw.bytes(4)))
    mediaBefore(room)
    play(room, (entry) => {
      const names = members.get(entry.track)!
      tape.put([0x80 + names.length])
      for (const member of names) {
        lay(room, tape, entry, string(keyOf(room, member, entry)))
        if (member === 'time') lay(room, tape.put([timeType]), entry, [TIME])
        else if (member === 'value') lay(room, tape.put([valueType]), entry, [VALUE])
        else lay(room, tape, entry, string(member === 'type' ? room.spelling.word(entry.track.kind) : entry.text!))
      }
    })
    mediaBehind(room)
  },
}

/** BSON's documents: a length, then type, name and value for each member, then a zero. */
export const documents: Product = {
  ...OBJECTS,
  name: 'BSON-like documents',
  time: (draw, kind) => evenTime(draw, kind, { orders: ['le'], widths: [4, 8], even: true }),
  value: (draw): ValueForm => ({ form: 'int', width: draw.pick([4, 4, 8]), order: 'le' }),
  write: (room) => {
    const { draw, tape } = room
    const members = drawMembers(room)
    const { time, value } = room
    const timeType =
      time.form === 'float' ? (time.width === 4 ? 0x13 : 0x01) : 'width' in time && time.width === 4 ? 0x10 : 0x12
    const valueType = value.form === 'int' && value.width === 8 ? 0x12 : 0x10
    tape.add(binaryHead(room, draw.bytes(4)))
    mediaBefore(room)
    play(room, (entry) => {
      const document = new Tape()
      for (const member of members.get(entry.track)!) {
        const key = `${keyOf(room, member, entry)}\0`
        if (member === 'time') lay(room, document.put([timeType], key), entry, [TIME])
        else if (member === 'value') lay(room, document.put([valueType], key), entry, [VALUE])
        else {
          const text = member === 'type' ? room.spelling.word(entry.track.kind) : entry.text!
          document
            .put([0x02], key)
            .int(text.length + 1, 4, 'le')
            .put(text, [0])
        }
      }
      tape
        .int(document.length + 5, 4, 'le')
        .add(document)
        .put([0])
    })
    mediaBehind(room)
  },
}

/** Serialisers have no odd widths; an integer of 8 bytes is a long, a date or microseconds. */
function evenTime(draw: Draw, kind: FormatKind, choice: BinaryChoice): TimeCode {
  const time = binaryTime(draw, kind, choice)
  return time.form === 'int' && time.width !== 4 ? { ...time, width: 8 } : time
}

/** Java's data streams: `writeUTF("slide"); writeLong(time); writeInt(page);` */
export const dataStream: Product = {
  ...OBJECTS,
  name: 'Java-like data stream',
  time: (draw, kind) => evenTime(draw, kind, { orders: ['be'], widths: [4, 8, 8], even: true }),
  value: (draw): ValueForm => ({ form: 'int', width: draw.pick([1, 2, 4, 4, 8]), order: 'be' }),
  write: (room) => {
    const { draw, tape } = room
    const members = drawMembers(room)
    const utf = (text: string): Part[] => [intBytes(text.length, 2, 'be'), text]
    const prefix = draw.pick(['', 'com.meet.event.', 'L'])
    tape.add(
      binaryHead(
        room,
        [0xac, 0xed, 0, 5].reduce((text, byte) => text + String.fromCharCode(byte), ''),
      ),
    )
    mediaBefore(room)
    play(room, (entry) => {
      for (const member of members.get(entry.track)!) {
        if (member === 'time') lay(room, tape, entry, [TIME])
        else if (member === 'value') lay(room, tape, entry, [VALUE])
        else
          lay(room, tape, entry, utf(member === 'type' ? prefix + room.spelling.word(entry.track.kind) : entry.text!))
      }
    })
    mediaBehind(room)
  },
}

/** Tags as in Flash video: kind, size, time of 24 bits and its high byte, the payload, the size again. */
export const videoTags: Product = {
  ...OBJECTS,
  name: 'FLV-like tags',
  mostMedia: 400_000,
  time: () => ({ form: 'int', unit: 'ms', width: 3, order: 'be', start: 0n, origin: 'zero' }),
  value: (draw) => (draw.chance(0.3) ? textValue(draw) : binaryValue(draw, ['be'])),
  write: (room) => {
    const { tape, media, tracks, meeting } = room
    tape.put('VFT\x01\x05').int(9, 4, 'be').int(0, 4, 'be')
    const tag = (kind: number, time: Tape, payload: Tape): void => {
      tape.put([kind]).int(payload.length, 3, 'be').add(time).put([0, 0, 0, 0]).add(payload)
      tape.int(payload.length + 11, 4, 'be')
    }
    const script = (entry: Entry): void => {
      const name = `on${room.spelling.word(entry.track.kind)}`
      const payload = new Tape().put([2]).int(name.length, 2, 'be').put(name)
      if (entry.track.valued) lay(room, payload, entry, [VALUE])
      if (entry.text !== undefined) payload.put([2]).int(entry.text.length, 2, 'be').put(entry.text)
      const time = new Tape()
      if (entry.track.timed) lay(room, time, entry, [TIME])
      else time.fill(3, 0)
      tag(0x12, time, payload)
    }
    // Audio of a constant rate goes between: a tag every so many seconds.
    const sizes = [media.before, ...media.between, media.behind].filter((size) => size > 0)
    const every = meeting.audioTicks / (sizes.length + 1)
    let piece = 0
    const audio = (until: number): void => {
      for (; piece < sizes.length && piece * every <= until; piece++) {
        const ms = Math.floor((piece * every) / 10_000)
        tag(0x08, new Tape().int(ms, 3, 'be'), new Tape().put(media.stream.next(Math.min(sizes[piece]!, 60_000))))
      }
    }
    play({ ...room, media: { ...media, between: [] } }, (entry) => {
      audio(entry.place)
      script(entry)
    })
    audio(Number.POSITIVE_INFINITY)
    room.say(`${tracks.length} kinds of script tags`)
  },
}

/** `SLIDE=7\0TIME=123456\0` between the media, as some clients note what happens in their stream. */
export const keywordStrings: Product = {
  ...OBJECTS,
  name: 'keywords in binary',
  time: (draw, kind) => textTime(draw, kind),
  value: (draw) => textValue(draw),
  write: (room) => {
    const { draw, tape, spelling } = room
    const is = draw.pick(['=', ':', ': ', ' ', '#'])
    const end = draw.pick(['\0', '\n', ';', '\r\n', '|'])
    const timeFirst = draw.chance(0.4)
    const wide = room.kind !== 'plain' && draw.chance(0.1)
    if (wide) room.say('UTF-16')
    tape.put('MEETING STREAM\0', draw.bytes(12))
    const start = startOf(room)
    if (start !== null) tape.add(new Tape(wide).put(`START${is}`, start, end))
    mediaBefore(room)
    play(room, (entry) => {
      const { kind, timed, valued } = entry.track
      const time: Part[] = timed ? [`${spelling.timeName}${is}`, TIME, end] : []
      const number: Part[] = valued ? [is, VALUE] : []
      const value: Part[] = [spelling.word(kind), ...number, end]
      const text: Part[] = entry.text === undefined ? [] : [entry.text, end]
      const parts = timeFirst ? [...time, ...value] : [...value, ...time]
      tape.add(lay(room, new Tape(wide), entry, [...parts, ...text]))
    })
    mediaBehind(room)
  },
}

/** A word in clear text, the numbers binary behind it or before it. */
export const keywordRecords: Product = {
  ...OBJECTS,
  name: 'keywords with binary numbers',
  time: (draw, kind) => binaryTime(draw, kind),
  value: (draw) => binaryValue(draw),
  write: (room) => {
    const { draw, tape, spelling } = room
    const [open, close] = draw.pick([
      ['', '\0'],
      ['<', '>'],
      ['@', ':'],
      ['', '='],
    ] as const)
    const field = draw.pick([0, 0, 16])
    const order = draw.shuffled(['time', 'value'] as const)
    const at = draw.pick([0, 1, 2, 2, 2])
    const gap = draw.pick([0, 0, 1, 2, 4])
    room.say(`word at ${2 - at} of ${order.join(', ')}`)
    tape.add(binaryHead(room, 'SESSION\0'))
    mediaBefore(room)
    play(room, (entry) => {
      const word = textBytes(`${open}${spelling.word(entry.track.kind)}${close}`)
      const writes: (() => void)[] = order.map((name) => () => {
        if (name === 'time' && entry.track.timed) lay(room, tape, entry, [TIME])
        if (name === 'value' && entry.track.valued) lay(room, tape, entry, [VALUE])
        tape.fill(gap, 0)
      })
      writes.splice(2 - at, 0, () => void tape.put(word).fill(field - word.length, 0))
      for (const write of writes) write()
      if (entry.text !== undefined) tape.int(entry.text.length, 2, orderOf(room)).put(entry.text)
    })
    mediaBehind(room)
  },
}
