import { type Clock, stamp } from './clock.ts'
import type { Random } from './random.ts'
import type { Track } from './timeline.ts'

/** Writes one record of a track. */
export type RecordWriter = (track: Track, point: Track['points'][number], index: number) => Uint8Array

export type BinaryField = { width: number; little: boolean; float: boolean }

export function writeField(field: BinaryField, value: bigint | number): Uint8Array {
  const bytes = new Uint8Array(field.width)
  if (field.float) {
    const view = new DataView(bytes.buffer)
    if (field.width === 4) view.setFloat32(0, Number(value), field.little)
    else view.setFloat64(0, Number(value), field.little)
    return bytes
  }
  let rest = BigInt(value)
  for (let place = 0; place < field.width; place++) {
    bytes[field.little ? place : field.width - 1 - place] = Number(rest & 255n)
    rest >>= 8n
  }
  return bytes
}

/** The widths in which every stamp of this clock has room. */
export function timeField(random: Random, clock: Clock, lengthMs: number): BinaryField {
  const little = random.chance(0.5)
  if (clock.unit === 'float-s') {
    return { width: clock.origin === 'zero' && random.chance(0.5) ? 4 : 8, little, float: true }
  }
  const top = BigInt(stamp(clock, lengthMs + 10_000)).toString(2).length
  const least = Math.ceil(top / 8)
  const width = Math.min(8, Math.max(least, random.pick([least, least, 4, 4, 8, 5, 6])))
  return { width, little, float: false }
}

const words = ['budget', 'Anna', 'next page', 'Q3 review', 'überblick', 'x', 'agenda and open points', 'Li Wei', 'ok']

/** A binary record format: the markers, the order of fields, what stands between them. */
export function binaryForm(
  random: Random,
  tracks: readonly Track[],
  clock: Clock,
  time: BinaryField,
  variable: boolean,
): RecordWriter {
  const text = new TextEncoder()
  const top = Math.max(...tracks.flatMap((track) => track.points.map((point) => point.value ?? 0)))
  const least = top < 256 ? 1 : top < 65_536 ? 2 : 4
  const value: BinaryField = {
    width: Math.max(least, random.pick([1, 2, 2, 4, 4, 8])),
    little: random.chance(0.9) ? time.little : !time.little,
    float: false,
  }
  const marking = random.pick(['own', 'own', 'type-near', 'type-far', 'keyword', 'keyword'])
  const sync = random.bytes(random.between(marking === 'own' ? 3 : 2, 6)).map((byte) => byte | 128)
  const types = new Map(tracks.map((track, index) => [track, index + random.between(1, 3) * 16]))
  const marks = new Map(
    tracks.map((track, index) => [
      track,
      marking === 'keyword'
        ? text.encode(`${track.name.slice(0, random.between(4, 9)).toUpperCase()}${index}`)
        : marking === 'own'
          ? random.bytes(sync.length)
          : sync,
    ]),
  )
  const order = random.pick([
    'mark time value',
    'mark value time',
    'time mark value',
    'value mark time',
    'time value mark',
    'value time mark',
  ])
  const flags = random.bytes(random.pick([0, 0, 1, 2, 4]))
  const padding = new Uint8Array(random.pick([0, 0, 0, 1, 2, 4, 6]))
  const numbered = random.chance(0.12)
  const body = variable ? random.pick(['tail', 'tail', 'length', 'length', 'length16', 'string']) : 'none'
  const bodyLast = body === 'tail' || random.chance(0.5)
  return (track, point, index) => {
    const name = text.encode(words[(index * 7 + point.t) % words.length]!)
    const parts: Record<string, Uint8Array[]> = {
      mark: [
        marks.get(track)!,
        ...(marking === 'type-near' ? [Uint8Array.of(types.get(track)!)] : []),
        flags,
        ...(numbered ? [writeField({ width: 4, little: time.little, float: false }, BigInt(index))] : []),
      ],
      time: [writeField(time, stamp(clock, point.t)), padding],
      value: point.value === null ? [] : [writeField(value, BigInt(point.value))],
    }
    const payload =
      body === 'none'
        ? []
        : body === 'tail'
          ? [random.bytes(random.between(0, 40))]
          : body === 'length'
            ? [Uint8Array.of(name.length), name]
            : body === 'length16'
              ? [writeField({ width: 2, little: time.little, float: false }, BigInt(name.length)), name]
              : [name, Uint8Array.of(0)]
    const fields = order.split(' ').map((part) => parts[part]!)
    if (marking === 'type-far') fields[2] = [...fields[2]!, Uint8Array.of(types.get(track)!)]
    const all = bodyLast
      ? [...fields.flat(), ...payload]
      : [...fields[0]!, ...(order.startsWith('mark') ? payload : []), ...fields[1]!, ...fields[2]!]
    return joined(all)
  }
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
