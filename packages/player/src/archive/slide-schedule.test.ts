import type { Item, TimelineEvent } from '@rushes/umf'
import { describe, expect, it } from 'vitest'
import { conversationOf, marksOf } from './conversation.ts'
import { slideAt, slideSchedule } from './slide-schedule.ts'

const slide = (name: string, more: Partial<Item> = {}): Item => {
  return { name, type: 'slide', contentType: 'image/png', length: 0, digest: '', extents: [], ...more }
}
const turn = (t: number, data: unknown, resource?: string): TimelineEvent => ({ t, kind: 'slide', data, resource })
const shownAt = (items: Item[], events: TimelineEvent[], t: number) => {
  const { shown } = slideSchedule(items, events)
  return shown[slideAt(shown, t)]?.item?.name ?? null
}

describe('slideSchedule', () => {
  it('finds what an event means: its resource, deck and index in metadata, the deck’s folder, else the only deck', () => {
    const items = [
      slide('a/1'),
      slide('a/2'),
      slide('b/1'),
      slide('loose', { metadata: { deck: 'c', index: 4 } }),
      slide('named'),
    ]
    const events = [
      turn(0, { deck: 'b', index: 0 }),
      turn(1000, { deck: 'a', index: 1 }),
      turn(2000, { deck: 'c', index: 4 }),
      turn(3000, { deck: 'a', index: 0 }, 'named'),
      turn(4000, { deck: 'a', index: 7 }),
      turn(5000, 'nonsense'),
    ]
    expect([0, 1500, 2000, 3999, 4000, 5000].map((t) => shownAt(items, events, t))).toEqual([
      'b/1',
      'a/2',
      'loose',
      'named',
      null,
      null,
    ])
    expect(shownAt(items, [turn(0, { deck: 'talk.pdf', index: 2 })], 0)).toBe('b/1')
  })

  it('at any time shows the slide that began last of those that have not ended; random spans', () => {
    let seed = Date.now() % 2_147_483_647
    const first = seed
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % below
    }
    for (let round = 0; round < 300; round++) {
      const items = Array.from({ length: random(12) }, (_, index) => {
        const startMs = random(50) * 10
        return slide(String(index), { startMs, ...(random(3) > 0 && { endMs: startMs + random(20) * 10 }) })
      })
      for (let t = 0; t < 600; t += 7) {
        const begun = items.filter(({ startMs = 0, endMs = Infinity }) => startMs <= t && t < endMs)
        // Of two that begin at once, the later one in the archive.
        const latest = begun.reduce<Item | null>((last, item) => {
          return last !== null && last.startMs! > item.startMs! ? last : item
        }, null)
        expect(shownAt(items, [], t), `seed ${first}, round ${round}, ${t} ms`).toBe(latest?.name ?? null)
      }
    }
  })

  it('leaves slides untimed only where nothing gives any of them a time', () => {
    expect(slideSchedule([slide('a'), slide('b')], []).untimed.length).toBe(2)
    expect(slideSchedule([slide('a'), slide('b', { startMs: 5 })], []).untimed).toEqual([])
  })
})

describe('what people wrote', () => {
  it('is taken from data of any shape, and bounded', () => {
    const shapes = [null, 7, 'text', [], { text: 5 }, { text: ' ' }, JSON.parse('{"__proto__": {"text": "x"}}')]
    const events = [...shapes, { text: 'x'.repeat(20_000), sender: {} }].map((data, t) => ({ t, kind: 'chat', data }))
    expect(conversationOf(events)).toEqual([{ t: 7, kind: 'chat', sender: '', text: 'x'.repeat(10_000) }])
    const marks = Array.from({ length: 2000 }, (_, t) => ({ t, kind: 'mark', data: { label: 'here' } }))
    expect(marksOf(marks).length).toBe(1000)
  })
})
