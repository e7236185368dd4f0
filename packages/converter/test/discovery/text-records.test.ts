import { describe, expect, it } from 'vitest'
import { recordAt, textRecords } from '../../src/discovery/text-records.ts'
import { discover } from '../../src/index.ts'
import { randomOf } from './random.ts'

/** Ways to write the same records down, with the time before or behind the kind. */
const forms: Record<string, (t: number, page: number, index: number) => string> = {
  'objects in an array': (t, page, index) => `${index === 0 ? '[' : ','}{"seq":${index},"at":${t},"page":${page}}`,
  'objects over several lines': (t, page) => `{\n  "at": ${t},\n  "kind": "flip",\n  "page": ${page}\n}\n`,
  'elements in elements': (t, page) => `<ev><at>${t}</at><kind>flip</kind><page>${page}</page></ev>`,
  'attributes, the time last': (t, page) => `<flip page="${page}" at="${t}"/>\n`,
  sections: (t, page) => `[flip]\r\nPage=${page}\r\nAt=${t}\r\n\r\n`,
  'items of a list': (t, page) => `- flip:\n    page: ${page}\n    at: ${t}\n`,
  blocks: (t, page) => `FLIP CONF/1.0\r\nX-Page: ${page}\r\nX-At: ${t}\r\n\r\n`,
  rows: (t, page, index) => `${index % 3 === 0 ? 'Bo 2' : 'Anna'};${page};flip;${t}\n`,
  'what a semicolon closes': (t, page) => `FLIP N ${page} T ${t};`,
}

describe.each(Object.entries(forms))('records as %s', (_, write) => {
  const random = randomOf(5)
  const events = Array.from({ length: 24 }, (_, index) => ({ t: 0, value: 1 + index - Math.floor(index / 5) }))
  let t = 2_000
  for (const event of events) {
    event.t = t
    t += Math.round(random.exponential(40_000)) + 1_500
  }
  const text = events.map((event, index) => write(event.t, event.value, index)).join('')

  it('begin and end where the time and the value of each are together, and no other', () => {
    const records = textRecords(text)
    const own = events.map((event) => recordAt(records, text.indexOf(String(event.t))))
    expect(own.every((record) => record >= 0)).toBe(true)
    expect(new Set(own).size).toBe(events.length)
  })

  it('are read as they were written', () => {
    const found = discover({ bytes: new TextEncoder().encode(text), durationMs: t + 5_000 })
    expect(found.events.map((event) => ({ t: event.t, value: event.value }))).toEqual(events)
  })
})

it('bytes of no meaning have no records of text that anything is read from', () => {
  const bytes = randomOf(9).bytes(200_000)
  const text = Buffer.from(bytes).toString('latin1')
  const { starts, ends } = textRecords(text)
  starts.forEach((start, index) => {
    expect(ends[index]!).toBeGreaterThan(start)
    if (index > 0) expect(start).toBeGreaterThanOrEqual(ends[index - 1]!)
  })
})
