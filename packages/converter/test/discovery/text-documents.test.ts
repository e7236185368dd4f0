import { describe, expect, it } from 'vitest'
import { followsTime } from '../../src/discovery/step-model.ts'
import { recordAt, textRecords } from '../../src/discovery/text-records.ts'
import { discover } from '../../src/index.ts'
import { type Random, randomOf } from './random.ts'

type Event = { t: number; value: number }

/** Slides, one of five a step back. */
function flips(random: Random, count = 24): Event[] {
  let t = 2_000
  return Array.from({ length: count }, (_, index) => {
    t += Math.round(random.exponential(40_000)) + 1_500
    return { t, value: 1 + index - 2 * Math.floor(index / 5) }
  })
}

function found(text: string, events: readonly Event[]): Event[] {
  const bytes = new Uint8Array(Buffer.from(text, 'latin1'))
  const { events: all } = discover({ bytes, durationMs: events.at(-1)!.t + 5_000 })
  return all.map(({ t, value }) => ({ t, value }))
}

const work = (index: number) =>
  `${new Date(1_700_000_000_000 + index * 10_000).toISOString()} worker ${index % 4}: ${(index * 7_919) % 900} done\n`

describe('text', () => {
  const random = randomOf(11)
  const events = flips(random)

  it('has two numbers in a record where a comma parts them, and one where it is a date', () => {
    const rows = events.map(({ t, value }) => `${t},${value},flip\n`)
    expect(textRecords(rows.join('')).starts.length).toBe(events.length)
    const dates = events.map(({ t }) => `${new Date(1e12 + t).toISOString()} flip\n`)
    expect(textRecords(dates.join('')).starts.length).toBe(0)
    expect(found(rows.join(''), events)).toEqual(events)
  })

  it('has times of as many digits as the line feed before them counts', () => {
    const lines = events.map(({ t, value }) => `${t * 10_000} INFO flip page=${value}\n`)
    expect(found(`begin\n${lines.join('')}`, events)).toEqual(events)
  })

  it('has documents in a row: what a semicolon closes, then lines', () => {
    const text = events.map(({ t, value }) => `FLIP N ${value} T ${t};`).join('')
    const log = Array.from({ length: 40 }, (_, index) => work(index)).join('')
    const { groups, ...records } = textRecords(`${text}\n${log}`)
    const own = events.map(({ t }) => recordAt(records, text.indexOf(`T ${t};`)))
    expect(new Set(own).size).toBe(events.length)
    expect(groups[own[0]!]).not.toBe(groups.at(-1))
    expect(found(`${text}\n${log}`, events)).toEqual(events)
  })

  it('tells kinds apart by words, not by how grave a line of a log is', () => {
    const beats = Array.from({ length: 150 }, (_, index) => ({ t: 1_000 + index * 5_000, value: null }))
    const all = [...events, ...beats].sort((a, b) => a.t - b.t)
    const level = (index: number) => ['INFO', 'DEBUG', 'INFO', 'WARN'][index % 4]
    const lines = all.map(({ t, value }, index) =>
      value === null ? `[${t}] ${level(index)} alive\n` : `[${t}] ${level(index)} flip page=${value}\n`,
    )
    expect(found(lines.join(''), events)).toEqual(events)
  })
})

describe('values that follow the time', () => {
  const times = Array.from({ length: 40 }, (_, index) => index * index * 900 + 10_000 * index)

  it('are the same in coarser ticks', () => {
    const coarse = times.map((time) => Math.floor(time / 65_536 + 0.3))
    expect(followsTime(coarse, times)).toBe(true)
  })

  it('are none that a straight line misses by more than rounding, however near it is', () => {
    const off = [0, 0.34, -0.63, -0.92, -0.21, 0.07, 0.17, 0.17, 0.19, -0.37, 0.07, 0.32, 0.1, 0]
    const times = off.map((away, index) => (index - away) * 170_000)
    const pages = off.map((_, index) => index)
    expect(followsTime(pages, times)).toBe(false)
  })
})

describe('records of text', () => {
  const random = randomOf(12)
  const events = flips(random)
  const noise = () => Buffer.from(random.bytes(60).map((byte) => byte | 0x80)).toString('latin1')

  it('may be cards of a fixed width without an end', () => {
    const cards = events.map(({ t, value }) => `FLIP ${String(t).padStart(8, '0').padEnd(20)}${value}`.padEnd(64))
    const text = `${'HEAD MEETING'.padEnd(64)}${cards.join('')}`
    expect(found(text, events)).toEqual(events)
  })

  it.each([
    ['first', ({ t, value }: Event) => `TIME=${t}|FLIP=${value}|`],
    ['last', ({ t, value }: Event) => `FLIP=${value}|TIME=${t}|`],
  ])('may be names with a number each, the time %s', (_, write) => {
    const text = events.map((event, index) => `${write(event)}${index % 5 === 4 ? noise() : ''}`).join('')
    expect(found(text, events)).toEqual(events)
  })

  it('are of one document in all the pieces between other bytes', () => {
    const text = events.map(({ t, value }, index) => `FLIP ${value} AT ${t}\n${index % 6 === 5 ? noise() : ''}`)
    const { groups } = textRecords(text.join(''))
    expect(new Set(groups).size).toBe(1)
    expect(found(text.join(''), events)).toEqual(events)
  })

  it('have a value that counts them only where nothing else steps', () => {
    const row = (t: number, value: number, seq: number) => `{"n":${seq},"ts":${t},"page":${value}}\n`
    expect(found(events.map(({ t, value }, index) => row(t, value, index)).join(''), events)).toEqual(events)
    const counted = events.map(({ t }, index) => ({ t, value: index }))
    const alone = counted.map(({ t, value }) => `{"ts":${t},"page":${value}}\n`).join('')
    expect(found(alone, counted)).toEqual(counted)
  })

  it('are told apart by what makes their values step, be the times of all as well sorted', () => {
    const talks = Array.from({ length: 20 }, (_, index) => ({
      t: 5_000 + index * 41_000 + random.between(0, 39_000),
      value: 40 + ((index * 3) % 7),
    }))
    const all = [
      ...events.map((each) => ({ ...each, kind: 'flip' })),
      ...talks.map((each) => ({ ...each, kind: 'talk' })),
    ].sort((a, b) => a.t - b.t)
    const lines = all.map(
      ({ t, value, kind }, index) => `<e t="${t}" v="${value}"${index % 2 ? ' user="Bo"' : ''} kind="${kind}"/>\n`,
    )
    expect(found(lines.join(''), all)).toEqual(all.map(({ t, value }) => ({ t, value })))
  })

  it('may be so few that their values show nothing, where those of other kinds are sure', () => {
    const talks = [5, 7, 5, 6, 9, 5, 8, 6].map((value, index) => ({
      t: 30_500 + index * 97_300 + random.between(0, 90_000),
      value,
    }))
    const all = [
      ...events.map((each) => ({ ...each, kind: 'flip' })),
      ...talks.map((each) => ({ ...each, kind: 'talk' })),
    ].sort((a, b) => a.t - b.t)
    const rows = all.map(({ t, value, kind }) => `${kind};${t};${value}\n`)
    expect(found(rows.join(''), all)).toEqual(all.map(({ t, value }) => ({ t, value })))
  })

  it('have the time that counts from the beginning, where the time of day is beside it', () => {
    const lines = events.map(
      ({ t, value }) => `${new Date(1.6e12 + t + 7_000).toISOString().slice(0, 19)} flip page=${value} pos=${t}\n`,
    )
    expect(found(lines.join(''), events)).toEqual(events)
  })
})
