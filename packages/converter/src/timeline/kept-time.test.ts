import { describe, expect, it } from 'vitest'
import { runSeed as seed, seededRandom } from '../../../media/test/seeded-random.ts'
import { KeptTime, type Span } from './kept-time.ts'

function drawnSpans(random: () => number): Span[] {
  const spans: Span[] = []
  let at = Math.floor(random() * 3) * 500
  for (let count = 1 + Math.floor(random() * 4); count > 0; count--) {
    const endMs = at + Math.floor(random() * 4000)
    spans.push({ startMs: at, endMs })
    at = endMs + 1 + Math.floor(random() * 3000)
  }
  return spans
}

describe('what was recorded of an event', () => {
  it('is its spans one behind the other: every ms of it has its place, and none besides', () => {
    const random = seededRandom(seed)
    for (let round = 0; round < 50; round++) {
      const spans = drawnSpans(random)
      const kept = new KeptTime(spans)
      const places: number[] = []
      for (const { startMs, endMs } of spans) for (let t = startMs; t < endMs; t++) places.push(kept.moment(t)!)
      expect(places, `seed ${seed}, round ${round}`).toEqual([...places.keys()])
      expect(kept.durationMs).toBe(places.length)
      // What holds from a time on holds from the next recorded ms on.
      const last = spans.findLast(({ startMs, endMs }) => endMs > startMs)
      for (let t = 0; t < (last?.endMs ?? 0); t += 37) {
        let next = t
        while (!spans.some(({ startMs, endMs }) => next >= startMs && next < endMs)) next++
        expect(kept.state(t), `seed ${seed}, round ${round}, ${t}`).toBe(kept.moment(next))
      }
      if (last !== undefined) expect(kept.state(last.endMs + 1)).toBeNull()
    }
  })

  it('takes of a medium what is within it, each part in its place', () => {
    const random = seededRandom(seed)
    for (let round = 0; round < 50; round++) {
      const kept = new KeptTime(drawnSpans(random))
      const startMs = Math.floor(random() * 4000)
      const medium = { startMs, endMs: startMs + Math.floor(random() * 9000) }
      for (const { fromMs, toMs, atMs } of kept.pieces(medium)) {
        for (const ms of [fromMs, (fromMs + toMs) / 2]) {
          expect(kept.state(startMs + ms), `seed ${seed}, round ${round}`).toBeCloseTo(atMs + ms - fromMs, 6)
        }
      }
      const covered = kept.pieces(medium).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)
      const within = kept.spans.reduce((sum, { startMs: from, endMs: to }) => {
        return sum + Math.max(0, Math.min(to, medium.endMs) - Math.max(from, medium.startMs))
      }, 0)
      expect(covered, `seed ${seed}, round ${round}`).toBe(within)
    }
  })
})
