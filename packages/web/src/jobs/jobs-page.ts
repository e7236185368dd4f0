import type { JobView } from '@rushes/protocol'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { faultWords } from '../app/fault-words.ts'
import { PageElement } from '../app/page-element.ts'
import { server } from '../app/server.ts'
import { formatMoment } from '../figures.ts'
import { standingBadges, standingWords } from './job-words.ts'

const refreshMs = 3000

/** All jobs of this account, newest first. */
export class RushesJobsPage extends PageElement {
  static override properties: PropertyDeclarations = {
    jobs: { state: true },
    older: { state: true },
    next: { state: true },
    problem: { state: true },
  }
  /** Of the first page, which is asked for again and again; and of those behind it. */
  declare private jobs: JobView[] | null
  declare private older: JobView[]
  declare private next: string | null
  declare private problem: string
  #timer: ReturnType<typeof setInterval> | undefined

  constructor() {
    super()
    this.jobs = this.next = null
    this.older = []
    this.problem = ''
  }

  override connectedCallback(): void {
    super.connectedCallback()
    void this.#refresh()
    this.#timer = setInterval(() => {
      if (!document.hidden) void this.#refresh()
    }, refreshMs)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearInterval(this.#timer)
  }

  async #refresh(): Promise<void> {
    try {
      const { jobs, next } = await server.jobs()
      this.jobs = jobs
      if (this.older.length === 0) this.next = next
      this.problem = ''
    } catch (fault) {
      this.problem = faultWords(fault)
    }
  }

  async #more(): Promise<void> {
    if (this.next === null) return
    try {
      const { jobs, next } = await server.jobs(this.next)
      this.older = [...this.older, ...jobs]
      this.next = next
    } catch (fault) {
      this.problem = faultWords(fault)
    }
  }

  protected override render(): TemplateResult {
    const { jobs, problem } = this
    return html`<div class="page-head"><h1 tabindex="-1">Jobs</h1></div>
      ${problem === '' ? '' : html`<div class="notice notice-problem" role="alert"><span>${problem}</span></div>`}
      ${
        jobs === null
          ? html`<div class="waiting" role="status">${problem === '' ? 'Loading …' : ''}</div>`
          : jobs.length === 0
            ? html`<div class="card empty"><h2>No jobs</h2><p>Work that goes on behind shows up here: archives that are converted.</p></div>`
            : this.#list([...jobs, ...this.older.filter(({ id }) => jobs.every((job) => job.id !== id))])
      }`
  }

  #list(jobs: readonly JobView[]): TemplateResult {
    return html`<div class="card stack">
      <ul role="list" class="lines">
        ${jobs.map(
          (job) => html`<li class="line">
            <div>
              <a href="/jobs/${job.id}"><strong>${job.title}</strong></a>
              <div class="soft small">${formatMoment(new Date(job.createdAt))} · ${countsOf(job)}</div>
            </div>
            <span class=${standingBadges[job.state]}>${standingWords[job.state]}</span>
          </li>`,
        )}
      </ul>
      ${this.next === null ? '' : html`<button class="button" type="button" @click=${this.#more}>Older ones</button>`}
    </div>`
  }
}
customElements.define('rushes-jobs-page', RushesJobsPage)

function countsOf({ tasks: { waiting, running, done, failed } }: JobView): string {
  const all = waiting + running + done + failed
  const counted = `${done} of ${all} tasks done`
  return failed === 0 ? counted : `${counted}, ${failed} failed`
}
