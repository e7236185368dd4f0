import type { JobAttempt, JobTask } from '@rushes/protocol'
import { describe, expect, it } from 'vitest'
import { runSeed as seed, seededRandom } from '../../../media/test/seeded-random.ts'
import { barBeside, formatSpan, layoutJob, ticksOf } from './job-chart-layout.ts'

const begin = 1_700_000_000_000

function task(id: string, rule: string, attempts: Partial<JobAttempt>[]): JobTask {
  const whole = attempts.map((attempt) => ({
    ...{ processor: 'p', startedAt: begin, endedAt: null, outcome: 'gave' as const, slot: 0 },
    ...attempt,
  }))
  const none = { takes: [], takesCount: 0, gave: [], gaveCount: 0, notes: [], progress: null }
  return { id, rule, state: 'done', plannedAt: begin, attempts: whole, ...none }
}
const span = (from: number, to: number | null, more: Partial<JobAttempt> = {}): Partial<JobAttempt> => {
  return { startedAt: begin + from, endedAt: to === null ? null : begin + to, ...more }
}

describe('the chart of a job', () => {
  it('has a row for each place of each rule, bars from its first task on, and how many ran at once', () => {
    const layout = layoutJob(
      [
        task('draw-2', 'draw', [span(100, 300)]),
        task('draw-3', 'draw', [span(150, 250, { slot: 1 })]),
        task('split-1', 'split', [span(0, 100)]),
        task('draw-4', 'draw', [span(300, null, { outcome: 'running' })]),
      ],
      begin + 500,
    )
    expect(layout.rows.map(({ rule, slot, bars }) => [rule, slot, bars.map(({ from, to }) => [from, to])])).toEqual([
      ['split', 0, [[0, 100]]],
      [
        'draw',
        0,
        [
          [100, 300],
          [300, 500],
        ],
      ],
      ['draw', 1, [[150, 250]]],
    ])
    expect([layout.lengthMs, layout.most]).toEqual([500, 2])
  })

  it('ends what was interrupted where it was begun again', () => {
    const tries = [span(0, null, { outcome: 'interrupted' }), span(400, 600)]
    const { rows } = layoutJob([task('a-1', 'a', tries)], begin + 1000)
    expect(rows[0]!.bars.map(({ from, to }) => [from, to])).toEqual([
      [0, 400],
      [400, 600],
    ])
  })

  it('has no more bars than can be seen, however many tasks there are, and loses none of them', () => {
    const random = seededRandom(seed)
    const count = 20_000
    let t = 0
    const tasks = Array.from({ length: count }, (_, index) => {
      const from = t
      t += random() * 3
      return task(`a-${index}`, 'a', [span(from, t, { slot: 0 })])
    })
    const { rows } = layoutJob(tasks, begin + t)
    expect(rows[0]!.bars.length).toBeLessThan(3000)
    expect(rows[0]!.bars.reduce((sum, bar) => sum + bar.tasks, 0)).toBe(count)
  })

  it('is led through by keys to every bar, and never out of it', () => {
    const random = seededRandom(seed)
    const keys = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End'] as const
    for (let round = 0; round < 50; round++) {
      const tasks = Array.from({ length: 1 + Math.floor(random() * 12) }, (_, index) => {
        const from = index * 100
        return task(`t-${index}`, `r${Math.floor(random() * 3)}`, [
          span(from, from + 10 + random() * 80, { slot: index % 2 }),
        ])
      })
      const layout = layoutJob(tasks, begin + 5000)
      const label = `seed ${seed}, round ${round}`
      const seen = new Set<string>()
      let place = { row: 0, bar: 0 }
      const press = (key: (typeof keys)[number]): boolean => {
        const before = place
        place = barBeside(layout, place, key)
        expect(layout.rows[place.row]?.bars[place.bar], label).toBeDefined()
        seen.add(`${place.row} ${place.bar}`)
        return place.row !== before.row || place.bar !== before.bar
      }
      for (let step = 0; step < 20; step++) press(keys[Math.floor(random() * keys.length)]!)
      while (press('ArrowUp'));
      do {
        press('Home')
        while (press('ArrowRight'));
      } while (press('ArrowDown'))
      expect(seen.size, label).toBe(layout.rows.reduce((sum, { bars }) => sum + bars.length, 0))
    }
  })

  it('says times as finely as they are short', () => {
    expect([0, 850, 3400, 59_900, 59_960, 125_000, 3_725_000].map(formatSpan)).toEqual([
      ...['0 ms', '850 ms', '3.4 s', '59.9 s', '1:00', '2:05', '1:02:05'],
    ])
    expect(ticksOf(5300, 6)).toEqual([0, 1000, 2000, 3000, 4000, 5000])
  })
})
