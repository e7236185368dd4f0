// A job's tasks as bars in rows: what ran beside each other lies beside each other.
import type { JobAttempt, JobTask } from '@rushes/protocol'

export type ChartBar = {
  task: JobTask
  attempt: JobAttempt
  /** ms from the job's first task on. */
  from: number
  to: number
  /** As many short ones behind each other as this one stands for. */
  tasks: number
}

/** All tasks of a rule that had the same place among those that ran at the same time. */
export type ChartRow = { rule: string; slot: number; bars: ChartBar[] }

export type JobChartLayout = {
  /** Of a rule side by side, rules as they were first begun. */
  rows: ChartRow[]
  /** From the beginning of the first task to the end of the last one. */
  lengthMs: number
  /** How many ran at once, from each time on. */
  atOnce: { t: number; count: number }[]
  most: number
}

/** Of all of the time: bars and gaps that are narrower can't be told apart. */
const finest = 1 / 800

/** @param now the server's clock, ms since 1970: what runs has run until then */
export function layoutJob(tasks: Iterable<JobTask>, now: number): JobChartLayout {
  const bars: (ChartBar & { rule: string })[] = []
  let begin = Number.POSITIVE_INFINITY
  for (const task of tasks) {
    task.attempts.forEach((attempt, index) => {
      const { startedAt: from, endedAt, outcome } = attempt
      // Nobody knows when it was interrupted; it was over when it was begun again.
      const to = endedAt ?? (outcome === 'running' ? now : (task.attempts[index + 1]?.startedAt ?? from))
      bars.push({ rule: task.rule, task, attempt, from, to: Math.max(from, to), tasks: 1 })
      begin = Math.min(begin, from)
    })
  }
  bars.sort((one, other) => one.from - other.from)
  for (const bar of bars) {
    bar.from -= begin
    bar.to -= begin
  }
  const lengthMs = bars.reduce((length, { to }) => Math.max(length, to), 1)
  return { rows: rowsOf(bars, lengthMs * finest), lengthMs, ...overlapOf(bars, lengthMs * finest) }
}

function rowsOf(bars: readonly (ChartBar & { rule: string })[], fine: number): ChartRow[] {
  const rules = new Map<string, ChartRow[]>()
  for (const { rule, ...bar } of bars) {
    const slots = rules.get(rule) ?? []
    rules.set(rule, slots)
    const { slot } = bar.attempt
    slots[slot] ??= { rule, slot, bars: [] }
    const before = slots[slot].bars.at(-1)
    const isOne = before !== undefined && before.attempt.outcome === bar.attempt.outcome
    if (isOne && bar.from - before.to < fine && bar.to - bar.from < fine) {
      before.to = Math.max(before.to, bar.to)
      before.tasks++
    } else slots[slot].bars.push(bar)
  }
  // A place may have been taken by what is not shown.
  return [...rules.values()].flatMap((slots) => slots.filter((row) => row !== undefined))
}

/** In columns of `fine` ms, in each of which the most that ran at once counts. */
function overlapOf(bars: readonly ChartBar[], fine: number): { atOnce: JobChartLayout['atOnce']; most: number } {
  const changes = bars.flatMap(({ from, to }) => [
    { t: from, by: 1 },
    { t: to, by: -1 },
  ])
  // What ends where another begins did not run beside it.
  changes.sort((one, other) => one.t - other.t || one.by - other.by)
  const atOnce: JobChartLayout['atOnce'] = []
  const put = (column: number, count: number): void => {
    const last = atOnce.at(-1)
    if (last?.t === column * fine) last.count = Math.max(last.count, count)
    else if (last?.count !== count) atOnce.push({ t: column * fine, count })
  }
  let [count, most, column] = [0, 0, 0]
  for (const { t, by } of changes) {
    const next = Math.floor(t / fine)
    // What was running goes on through the columns between.
    if (next > column) put(column + 1, count)
    if (next > column + 1) put(next, count)
    column = next
    count += by
    most = Math.max(most, count)
    put(column, count)
  }
  put(column + 1, count)
  return { atOnce, most }
}

/** Steps that people count in, ms. */
const steps = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000],
  ...[60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400].map((seconds) => seconds * 1000),
]

/** Times for the axis, at most so many besides 0. */
export function ticksOf(lengthMs: number, most: number): number[] {
  const step = steps.find((each) => lengthMs / each <= most) ?? lengthMs / most
  const ticks: number[] = []
  for (let t = 0; t <= lengthMs; t += step) ticks.push(t)
  return ticks
}

/** `850 ms`, `3.4 s`, `2:05`: as fine as it is short. */
export function formatSpan(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const end = `${String(minutes).padStart(hours > 0 ? 2 : 1, '0')}:${String(rest).padStart(2, '0')}`
  return hours > 0 ? `${hours}:${end}` : end
}

/** Where keys lead from a bar: in its row to the one before or behind, else to the one of another row that is nearest in time. */
export function barBeside(
  { rows }: JobChartLayout,
  from: { row: number; bar: number },
  key: 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown' | 'Home' | 'End',
): { row: number; bar: number } {
  const row = rows[from.row]
  if (row === undefined) return { row: 0, bar: 0 }
  if (key === 'Home') return { row: from.row, bar: 0 }
  if (key === 'End') return { row: from.row, bar: row.bars.length - 1 }
  if (key === 'ArrowLeft') return { row: from.row, bar: Math.max(0, from.bar - 1) }
  if (key === 'ArrowRight') return { row: from.row, bar: Math.min(row.bars.length - 1, from.bar + 1) }
  const next = from.row + (key === 'ArrowUp' ? -1 : 1)
  const other = rows[next]
  if (other === undefined) return from
  const at = row.bars[from.bar]!
  const apart = (bar: ChartBar) => Math.max(0, bar.from - at.to, at.from - bar.to)
  const nearest = other.bars.reduce((one, bar, index) => (apart(bar) < apart(other.bars[one]!) ? index : one), 0)
  return { row: next, bar: nearest }
}
