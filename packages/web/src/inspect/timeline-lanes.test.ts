import { describe, expect, it } from 'vitest'
import { runSeed, seededRandom } from '../../../media/test/seeded-random.ts'
import type { ArchiveView } from './inspection.ts'
import { moved, timelineLanes, whatIsAt, zoomed } from './timeline-lanes.ts'

const random = seededRandom(runSeed)
const archive = (items: object[], events: object[] = [], presentation: object | null = null) =>
  timelineLanes({ items, events, presentation } as unknown as ArchiveView)

describe('timelineLanes', () => {
  it('lays spans of one row beside each other, whatever their order', () => {
    for (let round = 0; round < 100; round++) {
      const items = Array.from({ length: 3 }, (_, index) => {
        const startMs = Math.floor(random() * 1000)
        return { name: `${index}`, type: 'slide', startMs, endMs: startMs + Math.floor(random() * 500) }
      })
      const [lane] = archive(items)!.lanes
      if (lane?.kind !== 'spans') throw new Error('no spans')
      for (const [index, span] of lane.spans.entries()) {
        const later = lane.spans.slice(index + 1).filter(({ row }) => row === span.row)
        for (const next of later)
          expect(next.startMs, `seed ${runSeed}, round ${round}`).toBeGreaterThanOrEqual(span.endMs)
      }
    }
  })

  it('has a lane of its own for few types and kinds, and one for all the rest', () => {
    const items = Array.from({ length: 500 }, (_, index) => ({
      name: `${index}`,
      type: `type-${index}`,
      startMs: index,
    }))
    const events = Array.from({ length: 500 }, (_, index) => ({
      t: index,
      kind: `kind ${index}`,
      words: '',
      resource: null,
    }))
    const names = archive(items, events)!.lanes.map(({ name }) => name)
    expect(names).toHaveLength(26)
    expect(names).toContain('other items')
    expect(names).toContain('other events')
  })

  it('is none where nothing has a time, and tells what there is at one', () => {
    expect(archive([{ name: 'a', type: 'document' }])).toBeNull()
    const lanes = archive(
      [{ name: 'a', title: 'First', type: 'slide', startMs: 0, endMs: 100 }],
      [{ t: 50, kind: 'mark', words: 'Important', resource: null }],
      { name: 'talk.mp4', type: 'video', startMs: 40, durationMs: 100 },
    )!
    expect(lanes.endMs).toBe(1000)
    expect(whatIsAt(lanes, 52, 5)).toEqual([
      { lane: 'main video', words: 'talk.mp4' },
      { lane: 'slide', words: 'First' },
      { lane: 'mark event', words: 'Important' },
    ])
    expect(whatIsAt(lanes, 500, 5)).toEqual([])
  })
})

describe('the view of a timeline', () => {
  it('stays within the whole, and what is zoomed at stays where it is', () => {
    const endMs = 60_000
    let view = { fromMs: 0, toMs: endMs }
    for (let step = 0; step < 500; step++) {
      const message = `seed ${runSeed}, step ${step}`
      const around = view.fromMs + random() * (view.toMs - view.fromMs)
      const before = (around - view.fromMs) / (view.toMs - view.fromMs)
      const by = random() * 2 + 0.3
      const next = zoomed(view, by, around, endMs)
      const isAtEdge = next.fromMs === 0 || next.toMs >= endMs - 1e-6
      if (!isAtEdge) expect((around - next.fromMs) / (next.toMs - next.fromMs), message).toBeCloseTo(before, 6)
      view = moved(next, (random() - 0.5) * endMs, endMs)
      expect(view.fromMs, message).toBeGreaterThanOrEqual(0)
      expect(view.toMs, message).toBeLessThanOrEqual(endMs + 1e-6)
      expect(view.toMs - view.fromMs, message).toBeGreaterThan(99)
    }
  })
})
