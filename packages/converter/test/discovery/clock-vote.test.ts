import { expect, it } from 'vitest'
import { clockVote } from '../../src/discovery/clock-vote.ts'
import type { Column } from '../../src/discovery/field.ts'
import { clockOf, type TimeFit, type TimeUnit } from '../../src/discovery/time-model.ts'

/** Records every 20 bytes, timed in this unit. */
function fitOf(unit: TimeUnit, count: number, from: number, evidence: number, dense = false): TimeFit {
  const column: Column = {
    field: { as: 'binary', anchor: { from: 'marker' }, offset: 4, width: 4, little: true, float: false },
    values: Float64Array.from({ length: count }, (_, at) => at * 1_000),
    base: 0n,
    form: 'binary',
    starts: Int32Array.from({ length: count }, (_, at) => from + at * 20),
  }
  const used = Array.from({ length: count }, (_, at) => at)
  return { column, unit, fromZero: true, used, bits: evidence, evidence, crossing: 0, short: 0, dense }
}

const ms = clockOf(fitOf('ms', 1, 0, 0))
const us = clockOf(fitOf('us', 1, 0, 0))

it('a clock has the bits of the records that it times, each once, between two places', () => {
  const vote = clockVote([fitOf('ms', 50, 0, 200), fitOf('ms', 50, 0, 150), fitOf('us', 50, 5, 100)])
  expect(vote(ms, 0, 1_000)).toBeCloseTo(200)
  expect(vote(ms, 0, 19)).toBeCloseTo(4)
  expect(vote(us, 0, 1_000)).toBeCloseTo(100)
  expect(vote(us, 1_000, 2_000)).toBe(0)
})

it('frames of media and chance have no vote', () => {
  const vote = clockVote([fitOf('ms', 50, 0, 200, true), fitOf('ms', 8, 0, 12)])
  expect(vote(ms, 0, 1_000)).toBe(0)
})
