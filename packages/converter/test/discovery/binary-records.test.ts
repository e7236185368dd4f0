import { describe, expect, it } from 'vitest'
import { discover } from '../../src/discovery/discovery.ts'
import { type Random, randomOf } from './random.ts'

type Entry = { kind: 'slide' | 'speaker'; t: number; value: number }

/** Slides that go forward and back, and people who take turns among them. */
function meeting(random: Random, slides: number, speakers: number): Entry[] {
  const kinds = Array.from(
    { length: slides + speakers },
    (_, at) => (at < slides ? 'slide' : 'speaker') as Entry['kind'],
  )
  kinds.sort(() => random.uniform(-1, 1))
  let t = 7_000
  let page = 3
  let who = 101
  return kinds.map((kind) => {
    t += Math.round(random.exponential(40_000)) + 1_500
    if (kind === 'slide') page = Math.max(1, page + random.pick([1, 1, 1, 2, -1]))
    else who = 101 + ((who - 101 + random.between(1, 3)) % 4)
    return { kind, t, value: kind === 'slide' ? page : who }
  })
}

function number(value: number, width: number): number[] {
  return Array.from({ length: width }, (_, at) => Math.floor(value / 2 ** (8 * (width - 1 - at))) % 256)
}

const words = { slide: [...Buffer.from('FLIP')], speaker: [...Buffer.from('TALKER')] }

function found(entries: readonly Entry[], head: number[], write: (entry: Entry, index: number) => number[]) {
  const bytes = Uint8Array.from([...head, ...entries.flatMap(write), ...randomOf(5).bytes(64)])
  const { events } = discover({ bytes, durationMs: entries.at(-1)!.t + 20_000 })
  return events.map(({ t, value }) => ({ t, value }))
}

const head = [...Buffer.from('BOX2'), ...randomOf(3).bytes(28)]
const truth = (entries: readonly Entry[]) => entries.map(({ t, value }) => ({ t, value }))

describe('binary records', () => {
  it('have no value in what counts the records of all kinds, though it steps best in each', () => {
    const random = randomOf(11)
    const entries = meeting(random, 30, 14)
    const read = found(entries, head, ({ kind, t, value }, index) => [
      ...words[kind],
      ...number(index, 4),
      ...number(t, 4),
      value,
      ...random.bytes(random.between(3, 40)),
    ])
    expect(read).toEqual(truth(entries))
  })

  it('have time and value as far from the ends of the marker, however long the word in it is', () => {
    const entries = meeting(randomOf(12), 34, 20)
    const read = found(entries, head, ({ kind, t, value }) => [...number(t, 4), 0, ...words[kind], value])
    expect(read).toEqual(truth(entries))
  })

  it('are too few to show that their values step, and are read where others have theirs', () => {
    const random = randomOf(13)
    const entries = meeting(random, 40, 6)
    const read = found(entries, head, ({ kind, t, value }) => [
      ...words[kind],
      ...number(t, 4),
      value,
      ...random.bytes(random.between(30, 90)),
    ])
    expect(read).toEqual(truth(entries))
  })

  it('count from a start in the head whose upper bytes are those of all times', () => {
    const random = randomOf(14)
    const start = 1_639_012_345_678
    const entries = meeting(random, 40, 0)
    const started = [...Buffer.from('BOX2'), 9, ...number(start, 8), ...random.bytes(20)]
    const read = found(entries, started, ({ kind, t, value }) => [
      ...words[kind],
      ...number(start + t, 8),
      value,
      ...random.bytes(random.between(3, 40)),
    ])
    expect(read).toEqual(truth(entries))
  })

  it('begin right behind the start in the head, and the first of them is none', () => {
    const random = randomOf(15)
    const start = 1_639_012_345
    const entries = meeting(random, 40, 0).map((entry) => ({ ...entry, t: Math.round(entry.t / 1_000) * 1_000 }))
    const read = found(entries, [...Buffer.from('BOX2'), ...number(start, 4)], ({ t, value }) => [
      ...number(start + t / 1_000, 4),
      0xb7,
      0xe1,
      0x51,
      0x62,
      value,
      ...random.bytes(random.between(3, 40)),
    ])
    expect(read).toEqual(truth(entries))
  })
})
