import { joined } from './binary-form.ts'
import type { Random } from './random.ts'

const sentences = [
  'We went through the figures of the last quarter and found them in good order.',
  'On page 12 of the report there are 3 tables that nobody had read before.',
  'The next meeting is in room 204 at half past nine, bring the 7 open questions.',
  'It was not clear to anybody why the second run took so much longer than the first.',
  'Please look at the slide again, said the speaker, and at the time on the clock.',
  'There were 1500 visitors in 2019, 1720 in 2020 and only 12 in the year after that.',
]

export function noise(random: Random, length: number): Uint8Array {
  return random.bytes(length)
}

export function prose(random: Random): Uint8Array {
  const lines = Array.from({ length: random.between(10, 150) }, () => random.pick(sentences))
  return new TextEncoder().encode(lines.join(random.chance(0.5) ? ' ' : '\n'))
}

/** What else lies in archives: noise, sound, tables of a video, prose, a log that ticks, zeros. */
export function filler(random: Random): Uint8Array {
  const parts = Array.from({ length: random.between(1, 3) }, () =>
    random.pick([
      () => noise(random, random.between(2_000, 250_000)),
      () => sound(random),
      () => sampleTables(random),
      () => tags(random),
      () => prose(random),
      () => tickingLog(random),
      () => new Uint8Array(random.between(100, 8_000)),
    ])(),
  )
  return joined(parts)
}

/** 16-bit PCM. */
function sound(random: Random): Uint8Array {
  const samples = new Int16Array(random.between(4_000, 60_000))
  const pitch = random.uniform(0.01, 0.2)
  const loud = random.uniform(100, 8_000)
  for (let at = 0; at < samples.length; at++) samples[at] = Math.sin(at * pitch) * loud + random.normal() * loud * 0.05
  return new Uint8Array(samples.buffer)
}

/** Chunk offsets and sizes, as in the head of an MP4: grow without an end, at an uneven pace. */
function sampleTables(random: Random): Uint8Array {
  const count = random.between(30, 400)
  const table = new DataView(new ArrayBuffer(count * 8 + 16))
  let offset = random.between(40, 5_000)
  for (let at = 0; at < count; at++) {
    const size = Math.round(random.exponential(3_000)) + 20
    table.setUint32(at * 4 + 8, offset)
    table.setUint32(count * 4 + at * 4 + 16, size)
    offset += size
  }
  new Uint8Array(table.buffer).set(new TextEncoder().encode('stco'), 4)
  new Uint8Array(table.buffer).set(new TextEncoder().encode('stsz'), count * 4 + 12)
  return new Uint8Array(table.buffer)
}

/** Frames with time stamps as in FLV or a transport: two interleaved even paces. */
function tags(random: Random): Uint8Array {
  const parts: Uint8Array[] = []
  for (let sound = 0, picture = 0; parts.length < 300; ) {
    const type = sound <= picture ? 8 : 9
    const t = Math.round(type === 8 ? sound : picture)
    if (type === 8) sound += 26.12
    else picture += 40
    const size = random.between(20, type === 8 ? 120 : 700)
    const head = Uint8Array.of(type, 0, size >> 8, size & 255, (t >> 16) & 255, (t >> 8) & 255, t & 255, 0, 0, 0, 0)
    parts.push(head, noise(random, size), Uint8Array.of(0, 0, (size + 11) >> 8, (size + 11) & 255))
  }
  return joined(parts)
}

function tickingLog(random: Random): Uint8Array {
  const period = random.pick([1, 5, 10, 60])
  const lines = Array.from({ length: random.between(20, 200) }, (_, tick) => {
    const at = new Date(1_700_000_000_000 + tick * period * 1_000).toISOString()
    return `${at} worker ${tick % 4}: ${random.between(10, 900)} jobs done, queue ${random.between(0, 50)}`
  })
  return new TextEncoder().encode(`${lines.join('\n')}\n`)
}
