// A job as a picture that stands alone: what ran when, rule by rule, what beside what.
import type { JobAttempt, JobTask, JobView } from '@rushes/protocol'
import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'

type Bar = { rule: string; slot: number; from: number; to: number; outcome: JobAttempt['outcome']; tasks: number }

const words: Record<JobAttempt['outcome'], string> = {
  gave: 'done',
  running: 'runs',
  nothing: 'gave nothing',
  critical: 'critical',
  interrupted: 'interrupted',
}
/** On white and on black: WCAG 2.2 asks for 3:1 of what has to be seen. */
const colours: Record<JobAttempt['outcome'], [light: string, dark: string]> = {
  gave: ['#0d6e75', '#6fc7cf'],
  running: ['#8a5a00', '#f0b95a'],
  nothing: ['#6b6f76', '#a7adb5'],
  critical: ['#b3261e', '#ff8a80'],
  interrupted: ['#8e4fa8', '#d3a4e6'],
}
const ink: [light: string, dark: string] = ['#1f1b16', '#ece7df']
const line: [light: string, dark: string] = ['#cfc8bd', '#4a463f']
const ground: [light: string, dark: string] = ['#fdfcfa', '#24211c']
/** Of a bar that would be narrower, and gaps that nobody sees: parts of all of the time. */
const finest = 1 / 1000

/** @param now ms since 1970: what runs has run until then */
export async function jobChart(job: JobView, tasks: readonly JobTask[], now: number): Promise<string> {
  let begin = Number.POSITIVE_INFINITY
  for (const { attempts } of tasks) for (const { startedAt } of attempts) begin = Math.min(begin, startedAt)
  const bars = merged(barsOf(tasks, begin, now))
  const { spec } = compile(specOf(bars, Math.max(1, lengthOf(bars))))
  const drawn = await new View(parse(spec), { renderer: 'none' }).toSVG()
  return themed(drawn, `Tasks of “${job.title}”`, descriptionOf(job, tasks, bars))
}

function barsOf(tasks: readonly JobTask[], begin: number, now: number): Bar[] {
  return tasks.flatMap(({ rule, attempts }) =>
    attempts.map(({ slot, startedAt, endedAt, outcome }, index) => {
      // Nobody knows when it was interrupted; it was over when it was begun again.
      const end = endedAt ?? (outcome === 'running' ? now : (attempts[index + 1]?.startedAt ?? startedAt))
      const [from, to] = [startedAt, Math.max(startedAt, end)].map((at) => (at - begin) / 1000) as [number, number]
      return { rule, slot, outcome, tasks: 1, from, to }
    }),
  )
}

/** s */
function lengthOf(bars: readonly Bar[]): number {
  return bars.reduce((length, { to }) => Math.max(length, to), 0)
}

/** Many short ones behind each other are one, else a picture of 100,000 tasks would be one of 100 MB. */
function merged(bars: readonly Bar[]): Bar[] {
  const fine = lengthOf(bars) * finest
  const last = new Map<string, Bar>()
  const kept: Bar[] = []
  for (const bar of bars.toSorted((one, other) => one.from - other.from)) {
    const key = `${bar.rule} ${bar.slot} ${bar.outcome}`
    const before = last.get(key)
    if (before !== undefined && bar.from - before.to < fine && bar.to - bar.from < fine) {
      before.to = Math.max(before.to, bar.to)
      before.tasks++
      continue
    }
    const added = { ...bar }
    last.set(key, added)
    kept.push(added)
  }
  return kept
}

/** How many ran at once, at each change. */
function overlap(bars: readonly Bar[]): { t: number; count: number }[] {
  const changes = bars.flatMap(({ from, to, tasks }) =>
    tasks > 1
      ? []
      : [
          { t: from, by: 1 },
          { t: to, by: -1 },
        ],
  )
  changes.sort((one, other) => one.t - other.t || one.by - other.by)
  let count = 0
  return changes.map(({ t, by }) => {
    count += by
    return { t, count }
  })
}

function specOf(bars: readonly Bar[], seconds: number): TopLevelSpec {
  const outcomes = Object.keys(words) as JobAttempt['outcome'][]
  const rules = [...new Set(bars.map(({ rule }) => rule))]
  // A row for each place of each rule, so that what ran beside each other lies beside each other.
  const rowOf = ({ rule, slot }: Bar) =>
    `${String(rules.indexOf(rule)).padStart(4, '0')} ${String(slot).padStart(5, '0')} ${rule}`
  const named = 'datum.value ? (slice(datum.value, 5, 10) == "00000" ? slice(datum.value, 11) : "") : ""'
  const clock =
    'datum.value < 120 ? datum.label + " s" : floor(datum.value / 60) + ":" + format(datum.value % 60, "02.0f")'
  const x = { type: 'quantitative' as const, scale: { domain: [0, seconds], nice: false } }
  return {
    background: ground[0],
    padding: 16,
    config: {
      font: 'system-ui, sans-serif',
      axis: {
        ...{ labelColor: ink[0], titleColor: ink[0], domainColor: line[0], tickColor: line[0], gridColor: line[0] },
        ...{ labelFontSize: 12, titleFontSize: 12, titleFontWeight: 'normal' },
      },
      legend: { labelColor: ink[0], titleColor: ink[0], labelFontSize: 12, labelLimit: 300 },
      view: { stroke: null },
    },
    vconcat: [
      {
        width: 720,
        height: { step: 22 },
        data: { values: bars.map((bar) => ({ ...bar, row: rowOf(bar), outcome: words[bar.outcome] })) },
        mark: { type: 'bar', cornerRadius: 2, height: { band: 0.8 }, minBandSize: 1 },
        encoding: {
          x: {
            ...x,
            field: 'from',
            title: null,
            axis: { orient: 'top', format: '~f', labelExpr: clock },
          },
          x2: { field: 'to' },
          y: { field: 'row', type: 'ordinal', title: null, axis: { labelExpr: named, ticks: false, labelLimit: 200 } },
          color: {
            ...{ field: 'outcome', type: 'nominal', title: null, legend: { orient: 'bottom' } },
            scale: { domain: outcomes.map((each) => words[each]), range: outcomes.map((each) => colours[each][0]) },
          },
        },
      },
      {
        width: 720,
        height: 50,
        data: { values: overlap(bars) },
        mark: { type: 'area', interpolate: 'step-after', color: colours.gave[0], opacity: 0.5 },
        encoding: {
          x: { ...x, field: 't', axis: null },
          y: { field: 'count', type: 'quantitative', title: 'at once', axis: { tickMinStep: 1, tickCount: 3 } },
        },
      },
    ],
  }
}

function descriptionOf({ state, tasks: counts }: JobView, tasks: readonly JobTask[], bars: readonly Bar[]): string {
  const attempts = tasks.reduce((sum, task) => sum + task.attempts.length, 0)
  const most = overlap(bars).reduce((greatest, { count }) => Math.max(greatest, count), 0)
  const seconds = lengthOf(bars)
  const counted = `${tasks.length} tasks, ${counts.done} done, ${counts.failed} failed, in ${attempts} attempts`
  return `The job is ${state}: ${counted} and ${seconds.toFixed(1)} seconds; at most ${most} ran at once.`
}

/** Vega draws in one set of colours: these become variables, which follow the reader's choice of light or dark. */
function themed(svg: string, title: string, description: string): string {
  const pairs = [...Object.values(colours), ink, line, ground]
  const variables = (index: 0 | 1) => pairs.map((pair, at) => `--c${at}:${pair[index]}`).join(';')
  // Of the picture alone, also where it is put into a page.
  const style = `.marks{${variables(0)}}@media(prefers-color-scheme:dark){.marks{${variables(1)}}}`
  const coloured = pairs.reduce((text, [light], at) => text.replaceAll(light, `var(--c${at})`), svg)
  const head = `<title id="t">${escaped(title)}</title><desc id="d">${escaped(description)}</desc><style>${style}</style>`
  return coloured.replace(/<svg ([^>]*)>/, (_all, attributes: string) => {
    return `<svg ${attributes} role="img" aria-labelledby="t d">${head}`
  })
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
