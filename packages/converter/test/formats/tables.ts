import { binaryValue, type Order } from './number-form.ts'
import { binaryHead, orderOf } from './record-shape.ts'
import { lay, mediaBefore, mediaBehind, type Product, type Room, TIME, VALUE } from './room.ts'
import { Tape } from './tape.ts'
import { binaryTime } from './time-draws.ts'
import type { Entry, Track } from './tracks.ts'

/** Media first; then, for each kind, a table: name, count, rows of one size without any mark of their own. */
export const indexTables: Product = {
  name: 'index tables',
  time: (draw, kind) => binaryTime(draw, kind),
  value: (draw) => binaryValue(draw),
  mostMedia: 1_900_000,
  text: false,
  titles: false,
  write: (room) => {
    const { draw, tape, spelling } = room
    const order = orderOf(room)
    const columns = drawColumns(room, order)
    const front = draw.chance(0.3)
    const tables = new Tape()
    room.say(columns.map(([name]) => name).join('+'))
    for (const track of draw.shuffled(room.tracks)) {
      tables.put(spelling.four(track.kind)).int(track.entries.length, 4, order)
      for (const entry of track.entries) for (const [, write] of columns) write(tables, entry, track)
      tables.put(draw.pick(['TEND', '\0\0\0\0', 'TEND']))
    }
    tape.add(binaryHead(room, 'IDXF'))
    if (front) tape.add(tables)
    mediaBefore(room)
    for (const size of room.media.between) tape.put(room.media.stream.next(size))
    if (!front) tape.add(tables)
    mediaBehind(room)
  },
}

type Column = [string, (tape: Tape, entry: Entry, track: Track) => void]

function drawColumns(room: Room, order: Order): Column[] {
  const { draw } = room
  const columns: Column[] = [
    ['time', (tape, entry, track) => void (track.timed && lay(room, tape, entry, [TIME]))],
    ['value', (tape, entry, track) => void (track.valued && lay(room, tape, entry, [VALUE]))],
  ]
  if (draw.chance(0.4)) columns.push(['zeros', (tape) => void tape.fill(2, 0)])
  if (draw.chance(0.4)) columns.push(['flags', (tape) => void tape.put([0x01, 0x80])])
  if (room.kind === 'mixed' && room.mayPoint && draw.chance(0.5)) {
    // Where the media of that moment stands.
    const total = room.media.before + room.media.between.reduce((sum, size) => sum + size, 0)
    const place = (entry: Entry): number => Math.floor((entry.place / room.meeting.audioTicks) * total)
    columns.push(['place', (tape, entry) => void tape.int(64 + place(entry), 4, order)])
  } else if (room.kind === 'mixed' && draw.chance(0.5)) {
    columns.push(['nonce', (tape) => void tape.put(draw.bytes(4))])
  }
  return draw.shuffled(columns)
}
