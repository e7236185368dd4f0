import type { JobTask } from '@rushes/protocol'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'
import { type FollowedJob, followJob } from './job-feed.ts'
import { jobTable } from './job-table.ts'
import './rushes-job-chart.ts'

/** What runs grows on the screen so often, ms. */
const growMs = 250
const tasksAtOnce = 100

/**
 * A job as it goes on: chart, the task that was chosen, table. A part for pages.
 *
 * @fires job the job's view, whenever it changes
 */
export class RushesJob extends PageElement {
  static override properties: PropertyDeclarations = {
    jobId: { attribute: 'job-id' },
    followed: { state: true },
    silent: { state: true },
    chosen: { state: true },
    shown: { state: true },
  }
  declare jobId: string
  declare private followed: FollowedJob | null
  declare private silent: boolean
  declare private chosen: string | null
  declare private shown: number
  #feed: { close(): void } | null = null
  #growing: ReturnType<typeof setInterval> | undefined

  constructor() {
    super()
    this.jobId = ''
    this.followed = null
    this.silent = false
    this.chosen = null
    this.shown = tasksAtOnce
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#feed?.close()
    clearInterval(this.#growing)
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('jobId') || this.jobId === '') return
    this.#feed?.close()
    clearInterval(this.#growing)
    this.followed = null
    this.#feed = followJob(this.jobId, {
      onChange: (followed) => {
        this.followed = followed
        this.silent = false
        this.dispatchEvent(new CustomEvent('job', { detail: followed.job, bubbles: true }))
      },
      onSilence: () => {
        this.silent = true
      },
    })
    this.#growing = setInterval(() => {
      if (this.followed?.job.state === 'running' && !document.hidden) this.requestUpdate()
    }, growMs)
  }

  #choose(id: string): void {
    this.chosen = this.chosen === id ? null : id
  }

  protected override render(): TemplateResult {
    const { followed, chosen } = this
    if (followed === null) {
      return html`<div class="waiting" role="status">${this.silent ? 'The server does not answer; trying again …' : 'Loading …'}</div>`
    }
    const now = followed.now()
    const task = chosen === null ? undefined : followed.tasks.get(chosen)
    const hasEnded = followed.job.endedAt !== null
    return html`${
      this.silent && !hasEnded
        ? html`<div class="notice notice-caution" role="status">The server does not answer. What stands here may be old.</div>`
        : ''
    }
      <section class="card stack" aria-label="Chart">
        <rushes-job-chart .tasks=${followed.tasks} .now=${now} .chosen=${chosen}
          @choose=${(event: CustomEvent<string>) => this.#choose(event.detail)}></rushes-job-chart>
        ${task === undefined ? '' : chosenTask(task)}
      </section>
      <section class="card stack" aria-labelledby="job-tasks-heading">
        <h2 id="job-tasks-heading">Tasks</h2>
        ${jobTable({
          ...{ tasks: [...followed.tasks.values()], shown: this.shown, now, chosen },
          onChoose: (id) => this.#choose(id),
          onMore: () => {
            this.shown += tasksAtOnce
          },
        })}
      </section>`
  }
}
customElements.define('rushes-job', RushesJob)

function chosenTask({ id, takes, takesCount, gave, gaveCount, attempts, notes }: JobTask): TemplateResult {
  const named = (names: readonly string[], count: number) =>
    count === 0 ? 'nothing' : `${names.join(', ')}${count > names.length ? ` and ${count - names.length} more` : ''}`
  return html`<div class="job-chosen stack stack-tight" role="status">
    <h3>${id}</h3>
    <dl class="job-facts">
      <div><dt>takes</dt><dd>${named(takes, takesCount)}</dd></div>
      <div><dt>gave</dt><dd>${named(gave, gaveCount)}</dd></div>
      <div><dt>tried by</dt><dd>${attempts.map(({ processor }) => processor).join(', then ') || 'nobody yet'}</dd></div>
    </dl>
    ${notes.map(({ severity, message }) => html`<div class="notice ${severity === 'critical' ? 'notice-problem' : severity === 'warning' ? 'notice-caution' : ''}">${message}</div>`)}
  </div>`
}
