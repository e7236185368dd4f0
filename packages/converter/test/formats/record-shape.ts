import { crc32 } from 'node:zlib'
import { intBytes, type Order } from './number-form.ts'
import { lay, type Room, startOf, TIME, VALUE } from './room.ts'
import { Tape, textBytes } from './tape.ts'
import type { Entry } from './tracks.ts'
import { PEOPLE, sentence } from './vocabulary.ts'

/** The inside of a binary record: which fields, in which order, drawn once for a blob. */
export interface Shape {
  readonly order: Order
  readonly describe: string
  /** The fields of one entry. A shape of fixed size writes zeros for what the entry has not. */
  body(entry: Entry): Tape
}

export interface ShapeChoice {
  /** All records equally long, whatever they carry. */
  fixed: boolean
}

type Field = (tape: Tape, entry: Entry) => void

export function drawShape(room: Room, choice: ShapeChoice): Shape {
  const { draw } = room
  const order = orderOf(room)
  const rich = room.kind === 'mixed' || (room.kind !== 'plain' && draw.chance(0.4))
  const fields: [string, Field][] = [
    ['time', field(room, choice.fixed, 'time')],
    ['value', field(room, choice.fixed, 'value')],
  ]
  const flags = draw.bytes(draw.pick([1, 2, 4]))
  if (draw.chance(0.4)) fields.push(['flags', (tape) => void tape.put(flags)])
  if (draw.chance(0.3)) fields.push(['zeros', (tape) => void tape.fill(flags.length, 0)])
  if (rich) {
    const owner = draw.bytes(16)
    if (draw.chance(0.25)) fields.push(['owner', (tape) => void tape.put(owner)])
    const reserve = draw.bytes(draw.whole(8, 40))
    if (draw.chance(0.15)) fields.push(['reserve', (tape) => void tape.put(reserve)])
    if (draw.chance(0.35)) fields.push(['nonce', (tape) => void tape.put(draw.bytes(4))])
    if (room.mayCount && draw.chance(0.5)) fields.push(['count', counter(order, draw.pick([2, 4]))])
  }
  const middle = draw.shuffled(fields)
  const lengthWidth = draw.pick([1, 2])
  // A text mostly stands last, where its length moves nothing; some put it in the middle.
  const textAt = draw.chance(0.85) ? middle.length : draw.whole(0, middle.length)
  if (!choice.fixed) middle.splice(textAt, 0, ['text', (tape, entry) => text(tape, entry, lengthWidth, order)])
  const checked = rich && draw.chance(0.4)
  return {
    order,
    describe: `${middle.map(([name]) => name).join('+')}${checked ? '+crc' : ''}`,
    body: (entry) => {
      const tape = new Tape()
      for (const [, write] of middle) write(tape, entry)
      if (checked) tape.int(crc32(tape.bytes()), 4, order)
      return tape
    },
  }
}

/** A format has one byte order; that of its times where they are binary. */
export function orderOf(room: Room): Order {
  if (room.time.form === 'int' || room.time.form === 'float') return room.time.order
  return room.value.form === 'int' ? room.value.order : 'le'
}

function field(room: Room, fixed: boolean, name: 'time' | 'value'): Field {
  const slot = name === 'time' ? TIME : VALUE
  const has = (entry: Entry): boolean => (name === 'time' ? entry.track.timed : entry.track.valued)
  return (tape, entry) => {
    if (has(entry)) lay(room, tape, entry, [slot])
    else if (fixed) tape.fill(widthOf(room, name), 0)
  }
}

function widthOf(room: Room, name: 'time' | 'value'): number {
  const form = name === 'time' ? room.time : room.value
  return 'width' in form ? form.width : 8
}

function counter(order: Order, width: number): Field {
  let count = 0
  return (tape) => void tape.int(count++, width, order)
}

function text(tape: Tape, entry: Entry, width: number, order: Order): void {
  if (entry.text === undefined) return
  const bytes = textBytes(entry.text)
  tape.int(bytes.length, width, order).put(bytes)
}

/** A head as binary formats have it: who wrote it, for what meeting, and the start of the clock if that is kept. */
export function binaryHead(room: Room, magic: string | Uint8Array): Tape {
  const { draw } = room
  const order = orderOf(room)
  const head = new Tape()
  head.put(magic).int(draw.whole(1, 5), 2, order).int(draw.whole(0, 9), 2, order)
  const title = textBytes(sentence(draw, draw.whole(2, 7)))
  const start = startOf(room)
  const fields: (() => void)[] = [
    () => void head.put(draw.bytes(16)),
    () => void head.put(intBytes(title.length, 2, order), title),
  ]
  if (start !== null) fields.push(() => void head.put(start))
  if (draw.chance(0.5)) fields.push(() => void head.fill(draw.pick([4, 8, 12]), 0))
  if (room.kind !== 'plain') {
    const people = draw.shuffled(PEOPLE).slice(0, draw.whole(2, 6))
    fields.push(() => {
      for (const name of people) head.put([name.length], name)
    })
  }
  for (const write of draw.shuffled(fields)) write()
  return head.fill((16 - (head.length % 16)) % 16, 0)
}

/** Numbers of record kinds that are no small steps apart, so that the kind itself is not taken for a value. */
export function drawOpcodes(room: Room, width: 1 | 2): Map<string, number> {
  const { draw } = room
  const codes = draw.shuffled(Array.from({ length: 9 }, (_, i) => 0x0c + 27 * i))
  const high = width === 2 ? draw.pick([0x0100, 0x0300, 0x4000, 0x8000, 0xa500]) : 0
  return new Map(room.tracks.map((track, i) => [track.kind, high + codes[i]! + draw.whole(0, 2)]))
}
