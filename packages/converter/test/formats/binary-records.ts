import { crc32 } from 'node:zlib'
import { binaryValue, intBytes } from './number-form.ts'
import { binaryHead, drawOpcodes, drawShape } from './record-shape.ts'
import { mediaBefore, mediaBehind, type Product, play } from './room.ts'
import { Tape, textBytes } from './tape.ts'
import { binaryTime } from './time-draws.ts'
import type { Entry } from './tracks.ts'

const BINARY = {
  time: (draw, kind) => binaryTime(draw, kind),
  value: (draw) => binaryValue(draw),
  text: false,
  titles: true,
} as const satisfies Partial<Product>

/** Four bytes, letters or not, in front of every record, in it or behind it. */
export const magicRecords: Product = {
  ...BINARY,
  name: 'magics of 4 bytes',
  mostMedia: 1_900_000,
  write: (room) => {
    const { draw, tape, spelling } = room
    const letters = draw.chance(0.6)
    const magics = new Map(
      room.tracks.map(({ kind }) => [kind, letters ? textBytes(spelling.four(kind)) : drawMagic(draw.bytes(4))]),
    )
    const shape = drawShape(room, { fixed: draw.chance(0.5) })
    const where = draw.pick(['front', 'front', 'front', 'behind'])
    room.say(`${letters ? 'letters' : 'binary'} ${where}; ${shape.describe}`)
    tape.add(binaryHead(room, 'MREC'))
    mediaBefore(room)
    play(room, (entry) => {
      const magic = magics.get(entry.track.kind)!
      if (where === 'front') tape.put(magic)
      tape.add(shape.body(entry))
      if (where === 'behind') tape.put(magic)
    })
    mediaBehind(room)
  },
}

/** No zeros and no 0xff, which media has too often. */
function drawMagic(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => (byte === 0 || byte === 255 ? 0xa7 : byte))
}

/** Records of 16 to 128 bytes from end to end, the kind in one or two bytes, the rest padding. */
export const fixedRecords: Product = {
  ...BINARY,
  name: 'fixed records',
  mostMedia: 200_000,
  titles: false,
  write: (room) => {
    const { draw, tape } = room
    const width = draw.pick([1, 2] as const)
    const codes = drawOpcodes(room, width)
    const shape = drawShape(room, { fixed: true })
    const padding = draw.pick([0, 0, 0, 0xcc, 0xff, 0x20])
    const longest = Math.max(...room.tracks.flatMap((track) => track.entries.map((entry) => shape.body(entry).length)))
    const size = draw.pick([16, 24, 32, 48, 64, 128].filter((bytes) => bytes >= longest + width + 2))
    const lead = draw.pick([0, 0, 1, 2])
    room.say(`of ${size} bytes padded with ${padding}; ${shape.describe}`)
    tape.add(binaryHead(room, draw.pick(['RECFILE\x1a', 'CONF', 'EVTLOG\0\0'])))
    mediaBefore(room)
    play(
      room,
      (entry) => {
        const from = tape.length
        tape.fill(lead, padding).int(codes.get(entry.track.kind)!, width, shape.order).add(shape.body(entry))
        if (entry.track.kind === 'chat') tape.put(entry.text!.slice(0, size - (tape.length - from)))
        tape.fill(size - (tape.length - from), padding)
      },
      // Media keeps to the grid of records.
      (bytes) => void tape.put(bytes).fill((size - (bytes.length % size)) % size, padding),
    )
    mediaBehind(room)
  },
}

/** A length, a kind, the payload: how messages went over a socket, dumped as they came. */
export const lengthMessages: Product = {
  ...BINARY,
  name: 'messages with lengths',
  mostMedia: 120_000,
  write: (room) => {
    const { draw, tape } = room
    const codeWidth = draw.pick([1, 2, 2] as const)
    const lengthWidth = draw.pick([2, 4, 4])
    const codes = drawOpcodes(room, codeWidth)
    const shape = drawShape(room, { fixed: draw.chance(0.3) })
    const inclusive = draw.chance(0.5)
    const codeFirst = draw.chance(0.5)
    const mediaCode = codeWidth === 1 ? 0xff : 0xfffe
    room.say(`${codeFirst ? 'code, length' : 'length, code'} of ${codeWidth} and ${lengthWidth}; ${shape.describe}`)
    tape.add(binaryHead(room, draw.bytes(4)))
    const message = (code: number, body: Tape): void => {
      const length = intBytes(body.length + (inclusive ? codeWidth + lengthWidth : 0), lengthWidth, shape.order)
      const kind = intBytes(code, codeWidth, shape.order)
      tape.put(...(codeFirst ? [kind, length] : [length, kind])).add(body)
    }
    const media = (bytes: Uint8Array): void => {
      // A length of two bytes takes no more.
      for (let at = 0; at < bytes.length; at += 8000) message(mediaCode, new Tape().put(bytes.subarray(at, at + 8000)))
    }
    mediaBefore(room, media)
    play(room, (entry) => message(codes.get(entry.track.kind)!, shape.body(entry)), media)
    mediaBehind(room, media)
  },
}

/** Four letters and a length, padded to even; some chunks in lists. */
export const chunks: Product = {
  ...BINARY,
  name: 'RIFF-like chunks',
  mostMedia: 1_900_000,
  time: (draw, kind) => binaryTime(draw, kind, { orders: [draw.pick(['le', 'le', 'be'] as const)] }),
  write: (room) => {
    const { draw, tape, spelling } = room
    const shape = drawShape(room, { fixed: draw.chance(0.4) })
    const listed = draw.chance(0.4)
    room.say(`${listed ? 'in lists; ' : ''}${shape.describe}`)
    const chunk = (name: string, body: Tape): Tape =>
      new Tape()
        .put(name)
        .int(body.length, 4, shape.order)
        .add(body)
        .fill(body.length % 2, 0)
    tape.add(chunk('MTNG', binaryHead(room, 'head')))
    const media = (bytes: Uint8Array): void => void tape.add(chunk('wave', new Tape().put(bytes)))
    mediaBefore(room, media)
    play(
      room,
      (entry) => {
        const one = chunk(spelling.four(entry.track.kind), shape.body(entry))
        tape.add(listed ? chunk('LIST', new Tape().put('evnt').add(one)) : one)
      },
      media,
    )
    mediaBehind(room, media)
  },
}

/** Start and end bytes and a check sum, as if it were a serial line. */
export const lineFrames: Product = {
  ...BINARY,
  name: 'STX frames',
  mostMedia: 60_000,
  write: (room) => {
    const { draw, tape } = room
    const [open, close] = draw.pick([
      [
        [0x10, 0x02],
        [0x10, 0x03],
      ],
      [[0x7e, 0xff], [0x7e]],
      [[0xaa, 0x55], []],
    ] as const)
    const codes = drawOpcodes(room, 1)
    const shape = drawShape(room, { fixed: draw.chance(0.5) })
    room.say(shape.describe)
    tape.add(binaryHead(room, 'CAP0'))
    mediaBefore(room)
    play(room, (entry) => {
      const body = shape.body(entry)
      const sum = body.bytes().reduce((total, byte) => (total * 31 + byte) & 0xffff, 0)
      tape
        .put(open, [codes.get(entry.track.kind)!])
        .add(body)
        .int(sum, 2, shape.order)
        .put(close)
    })
    mediaBehind(room)
  },
}

/** Pages of a small database: a head with a check sum, whole records, slack. */
export const databasePages: Product = {
  ...BINARY,
  name: 'database pages',
  mostMedia: 100_000,
  write: (room) => {
    const { draw, tape } = room
    const size = draw.pick([1024, 2048, 4096])
    const codes = drawOpcodes(room, 2)
    const shape = drawShape(room, { fixed: draw.chance(0.5) })
    const slack = draw.pick([0, 0xff])
    room.say(`of ${size}; ${shape.describe}`)
    tape.add(binaryHead(room, 'Meeting DB\0\0')).fill((size - (tape.length % size)) % size, 0)
    mediaBefore(room, (bytes) => void tape.put(bytes).fill((size - (bytes.length % size)) % size, slack))
    let page = new Tape()
    const flush = (): void => {
      page.fill(size - 8 - page.length, slack)
      tape.put('PG', [1, 0], intBytes(crc32(page.bytes()), 4, shape.order)).add(page)
      page = new Tape()
    }
    const record = (entry: Entry): void => {
      const row = new Tape().int(codes.get(entry.track.kind)!, 2, shape.order).add(shape.body(entry))
      if (page.length + row.length > size - 8) flush()
      page.add(row)
    }
    play(room, record, (bytes) => {
      flush()
      tape.put(bytes).fill((size - (bytes.length % size)) % size, slack)
    })
    flush()
    mediaBehind(room)
  },
}

/** Every record knows where the last one and its payload stand. */
export const linkedRecords: Product = {
  ...BINARY,
  name: 'linked records',
  mostMedia: 1_500_000,
  write: (room) => {
    const { draw, tape, spelling } = room
    const shape = drawShape(room, { fixed: true })
    const points = room.mayPoint
    // What is no place is a random number there, or nothing.
    const unlinked = (): Uint8Array => (room.kind === 'plain' ? new Uint8Array(4) : draw.bytes(4))
    room.say(`${points ? 'with places in the file; ' : ''}${shape.describe}`)
    tape.add(binaryHead(room, 'LNKD'))
    mediaBefore(room)
    let last = 0
    play(room, (entry) => {
      const here = tape.length
      tape.put(spelling.four(entry.track.kind)).put(points ? intBytes(last, 4, shape.order) : unlinked())
      tape.add(shape.body(entry))
      if (entry.text !== undefined) tape.put(entry.text, [0])
      last = here
    })
    mediaBehind(room)
  },
}
