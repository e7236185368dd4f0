import type { JobTask } from '@rushes/protocol'
import { html, nothing, type PropertyDeclarations, svg, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'
import { styled } from '../design/styled.ts'
import { barBeside, type ChartBar, formatSpan, type JobChartLayout, layoutJob, ticksOf } from './job-chart-layout.ts'
import { outcomeWords } from './job-words.ts'

const keys = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End'] as const
type Key = (typeof keys)[number]
const outcomes = Object.keys(outcomeWords) as (keyof typeof outcomeWords)[]

/**
 * What ran when, rule by rule: a Gantt chart that grows with its job.
 *
 * @fires choose a task's id, which was chosen in it
 */
export class RushesJobChart extends PageElement {
  static override properties: PropertyDeclarations = {
    tasks: { attribute: false },
    now: { attribute: false },
    chosen: { attribute: false },
    place: { state: true },
  }
  /** By their ids, as they were planned. */
  declare tasks: ReadonlyMap<string, JobTask>
  /** The server's clock, ms since 1970. */
  declare now: number
  /** Id of the task that is shown elsewhere. */
  declare chosen: string | null
  /** The bar that Tab leads to. */
  declare private place: { row: number; bar: number }
  #layout: JobChartLayout = { rows: [], lengthMs: 1, atOnce: [], most: 0 }

  constructor() {
    super()
    this.tasks = new Map()
    this.now = 0
    this.chosen = null
    this.place = { row: 0, bar: 0 }
  }

  protected override willUpdate(): void {
    this.#layout = layoutJob(this.tasks.values(), this.now)
    const row = this.#layout.rows[this.place.row]
    if (row === undefined) this.place = { row: 0, bar: 0 }
    else if (this.place.bar >= row.bars.length) this.place = { ...this.place, bar: row.bars.length - 1 }
  }

  #onKey(event: KeyboardEvent): void {
    const key = keys.find((each) => each === event.key)
    if (key === undefined || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    this.#go(key)
  }

  async #go(key: Key): Promise<void> {
    this.place = barBeside(this.#layout, this.place, key)
    await this.updateComplete
    this.querySelector<HTMLElement>('.job-bar[tabindex="0"]')?.focus()
  }

  #choose(place: { row: number; bar: number }, { task }: ChartBar): void {
    this.place = place
    this.dispatchEvent(new CustomEvent<string>('choose', { detail: task.id, bubbles: true }))
  }

  protected override render(): TemplateResult {
    const layout = this.#layout
    const { rows, lengthMs, most } = layout
    if (rows.length === 0) return html`<p class="soft">No task has begun yet.</p>`
    const shown = outcomes.filter((outcome) =>
      rows.some(({ bars }) => bars.some(({ attempt }) => attempt.outcome === outcome)),
    )
    const words = `${formatSpan(lengthMs)}; at most ${most} ${most === 1 ? 'task' : 'tasks'} at once`
    return html`<figure class="job-chart" aria-labelledby="job-chart-words">
      <figcaption class="row row-apart small">
        <span id="job-chart-words" class="soft">What ran when: ${words}.</span>
        <ul role="list" class="job-legend" aria-label="Colours">
          ${shown.map((outcome) => html`<li><span class="job-swatch is-${outcome}"></span>${outcomeWords[outcome]}</li>`)}
        </ul>
      </figcaption>
      <div class="job-rows" role="group" aria-label="Tasks by rule and time; arrow keys lead from one to the next"
        @keydown=${this.#onKey}>
        <div class="job-axis" aria-hidden="true">
          ${ticksOf(lengthMs, 6).map(
            (t) => html`<span ${styled({ 'inset-inline-start': percent(t / lengthMs) })}>${formatSpan(t)}</span>`,
          )}
        </div>
        ${rows.map(({ rule, slot, bars }, row) => {
          const isFirst = rows[row - 1]?.rule !== rule
          return html`<div class="job-row ${isFirst ? 'is-first' : ''}">
            <span class="job-rule">${isFirst ? rule : nothing}</span>
            <div class="job-lane" data-slot=${slot}>
              ${bars.map((bar, index) => this.#bar(bar, { row, bar: index }))}
            </div>
          </div>`
        })}
        ${atOncePicture(layout)}
      </div>
    </figure>`
  }

  #bar(bar: ChartBar, place: { row: number; bar: number }): TemplateResult {
    const { lengthMs } = this.#layout
    const { task, attempt, from, to, tasks } = bar
    const at = `${attempt.processor}, ${outcomeWords[attempt.outcome]}, from ${formatSpan(from)} to ${formatSpan(to)}`
    const words = tasks > 1 ? `${task.id} and ${tasks - 1} more, ${at}` : `${task.id}, ${at}`
    const isHere = place.row === this.place.row && place.bar === this.place.bar
    const progress = attempt.outcome === 'running' ? task.progress : null
    return html`<button type="button" class="job-bar is-${attempt.outcome}" title=${words} aria-label=${words}
      aria-pressed=${task.id === this.chosen ? 'true' : 'false'} tabindex=${isHere ? 0 : -1}
      @click=${() => this.#choose(place, bar)}
      ${styled({ 'inset-inline-start': percent(from / lengthMs), 'inline-size': percent((to - from) / lengthMs) })}
    >${
      progress === null
        ? nothing
        : html`<span class="job-progress" ${styled({ 'inline-size': percent(progress) })}></span>`
    }</button>`
  }
}
customElements.define('rushes-job-chart', RushesJobChart)

const pictureHeight = 36

/** How many ran at once, below the rows; the words above say the most. */
function atOncePicture({ atOnce, most, lengthMs }: JobChartLayout): TemplateResult {
  const y = (count: number) => pictureHeight - (count / Math.max(1, most)) * (pictureHeight - 2)
  let path = `M0 ${pictureHeight}`
  let before = 0
  for (const { t, count } of atOnce) {
    const x = ((t / lengthMs) * 1000).toFixed(1)
    path += `L${x} ${y(before).toFixed(1)}L${x} ${y(count).toFixed(1)}`
    before = count
  }
  return html`<div class="job-row is-first job-at-once">
    <span class="job-rule soft">at once, up to ${most}</span>
    <div class="job-lane">
      <svg viewBox="0 0 1000 ${pictureHeight}" preserveAspectRatio="none" aria-hidden="true">
        ${svg`<path d="${path}L1000 ${pictureHeight}Z"></path>`}
      </svg>
    </div>
  </div>`
}

function percent(part: number): string {
  return `${(Math.min(1, Math.max(0, part)) * 100).toFixed(3)}%`
}
