import { MEDIA_STYLES, openMedia } from './media-noise.ts'
import { floatBytes, intBytes, type Order } from './number-form.ts'
import type { Draw } from './seeded-draw.ts'
import type { Tape } from './tape.ts'
import { drawEpoch } from './time-code.ts'
import { PEOPLE, prose, sentence } from './vocabulary.ts'

/** A blob that is no meeting's log at all, whatever it may look like at a glance. */
export interface EmptyBlob {
  readonly name: string
  write(draw: Draw, tape: Tape, audioMs: number): void
}

const text = (name: string, line: (draw: Draw) => string): EmptyBlob => ({
  name,
  write: (draw, tape) => {
    const size = draw.logUniform(2500, 300_000)
    while (tape.length < size) tape.put(line(draw))
  },
})

const hex = (draw: Draw, count: number): string =>
  Array.from(draw.bytes(count), (byte) => byte.toString(16).padStart(2, '0')).join('')

const stamp = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').slice(0, 23)

/** Lines at regular times, numbers in them that wander: a period, then columns. */
function regularLines(name: string, line: (at: string, numbers: number[]) => string): EmptyBlob {
  return {
    name,
    write: (draw, tape, audioMs) => {
      const from = drawEpoch(draw)
      const period = draw.pick([1000, 5000, 10_000, 30_000].filter((ms) => ms > audioMs / 4000))
      const numbers = Array.from({ length: draw.whole(2, 5) }, () => draw.whole(20, 70))
      for (let at = 0; at < audioMs || tape.length < 2500; at += period) {
        for (let i = 0; i < numbers.length; i++) {
          numbers[i] = Math.max(0, Math.min(100, numbers[i]! + draw.whole(-6, 6)))
        }
        tape.put(line(stamp(from + at), numbers))
      }
    },
  }
}

/** Records of one size with a magic in front and nothing in them but what their name says. */
function records(
  name: string,
  magic: string,
  count: [number, number],
  body: (draw: Draw, order: Order) => Uint8Array,
): EmptyBlob {
  return {
    name,
    write: (draw, tape) => {
      const order = draw.pick(['le', 'be'] as const)
      tape.put('TABL').int(1, 4, order).put(draw.bytes(16))
      const many = draw.logUniform(...count)
      for (let i = 0; i < many; i++) tape.put(magic, body(draw, order))
    },
  }
}

export const EMPTY_BLOBS: readonly EmptyBlob[] = [
  text('prose', (draw) => `${prose(draw, draw.whole(200, 900))}\n\n`),
  text('prose with prices and years', (draw) => {
    const price = `${draw.whole(1, 9)}${draw.whole(10_000, 99_999)} euro`
    return `${prose(draw, draw.whole(60, 300))} ${draw.chance(0.5) ? price : `In ${draw.whole(1950, 2025)}`}. `
  }),
  text(
    'address book',
    (draw) => `${draw.pick(PEOPLE)};${sentence(draw, 2)};+${draw.whole(1e10, 9.9e10)};${hex(draw, 4)}\r\n`,
  ),
  text(
    'settings',
    (draw) =>
      `${sentence(draw, 2).replace(' ', '.').toLowerCase()}=${draw.pick(['true', 'false', 'auto', `0x${hex(draw, 4)}`])}\n`,
  ),
  text(
    'web page',
    (draw) => `<div class="${sentence(draw, 1)}" style="color:#${hex(draw, 3)}">${prose(draw, 80)}</div>\n`,
  ),
  text('mail in base64', (draw) => `${btoa(String.fromCharCode(...draw.bytes(57)))}\r\n`),
  regularLines('load log', (at, numbers) => `${at} load ${numbers.map((n) => `${n}%`).join(' ')}\n`),
  regularLines('sensor CSV', (at, numbers) => `${at},${numbers.map((n) => (n / 4).toFixed(2)).join(',')}\r\n`),
  records('hashes', 'HASH', [150, 9000], (draw) => draw.bytes(20)),
  records('floats', 'VECT', [150, 9000], (draw, order) =>
    Uint8Array.from([...floatBytes(draw.fraction(), 4, order), ...floatBytes(draw.fraction() - 0.5, 4, order)]),
  ),
  records('font widths', 'GLYF', [150, 500], (draw, order) =>
    Uint8Array.from([...intBytes(draw.whole(0, 0xffff), 2, order), ...draw.bytes(14)]),
  ),
  {
    name: 'media alone',
    write: (draw, tape) => {
      for (let piece = draw.whole(1, 3); piece > 0; piece--) {
        tape.put(openMedia(draw, draw.pick(MEDIA_STYLES)).next(draw.logUniform(2500, 600_000)))
      }
    },
  },
  {
    name: 'frame index',
    write: (draw, tape, audioMs) => {
      const order = draw.pick(['le', 'be'] as const)
      const step = Math.max(draw.pick([20, 40, 100, 1000]), Math.ceil(audioMs / 20_000))
      tape.put('FIDX').int(step, 4, order)
      for (let at = 0, frame = 0; at < audioMs || tape.length < 2500; at += step, frame++) {
        tape.int(at, 4, order).int(frame, 4, order).put([1, 0, 0, 0])
      }
    },
  },
  {
    name: 'peaks of a wave form',
    write: (draw, tape) => {
      let loud = 40
      tape.put('PEAK', draw.bytes(12))
      for (let i = draw.logUniform(2500, 200_000); i > 0; i--) {
        loud = Math.max(2, Math.min(127, loud + draw.whole(-9, 9)))
        tape.put([128 + draw.whole(0, loud), 128 - draw.whole(0, loud)])
      }
    },
  },
  {
    name: 'picture of a gradient',
    write: (draw, tape) => {
      const [width, height] = [draw.whole(64, 400), draw.whole(64, 300)]
      tape.put('BITM').int(width, 2, 'le').int(height, 2, 'le')
      for (let y = 0; y < height; y++) {
        const row = new Uint8Array(width * 3)
        for (let x = 0; x < width; x++) {
          const shade = Math.floor((x / width) * 200 + (y / height) * 50)
          row.set([shade, shade + draw.whole(0, 3), 255 - shade], x * 3)
        }
        tape.put(row)
      }
    },
  },
  {
    name: 'talk written down',
    write: (draw, tape, audioMs) => {
      tape.put(`${prose(draw, 2500)}\n`)
      for (let at = draw.whole(1000, 9000); at < audioMs && tape.length < 200_000; at += draw.logNormal(15_000, 0.8)) {
        const clock = new Date(Math.floor(at)).toISOString().slice(11, 19)
        tape.put(`[${clock}] ${draw.pick(PEOPLE)}: ${sentence(draw, draw.whole(2, 25))}.\n`)
      }
    },
  },
  {
    name: 'log of connections',
    write: (draw, tape, audioMs) => {
      const from = drawEpoch(draw)
      for (let at = 0; at < audioMs || tape.length < 2500; at += Math.max(draw.logNormal(9000, 0.9), audioMs / 3000)) {
        tape.put(
          `${stamp(from + Math.floor(at))} accept ${hex(draw, 6)} ticket ${draw.whole(10_000_000, 99_999_999)}\n`,
        )
      }
    },
  },
]
