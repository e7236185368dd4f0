import type { JobView } from '@rushes/protocol'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { confirmWith } from '../app/confirm-dialog.ts'
import { faultWords } from '../app/fault-words.ts'
import { goTo } from '../app/navigation.ts'
import { PageElement } from '../app/page-element.ts'
import { server } from '../app/server.ts'
import { toast } from '../app/toasts.ts'
import { formatMoment } from '../figures.ts'
import { standingBadges, standingWords } from './job-words.ts'
import './rushes-job.ts'

/** One job, while it runs and after. */
export class RushesJobPage extends PageElement {
  static override properties: PropertyDeclarations = {
    jobId: { attribute: false },
    job: { state: true },
    problem: { state: true },
  }
  declare jobId: string
  declare private job: JobView | null
  declare private problem: string

  constructor() {
    super()
    this.jobId = ''
    this.job = null
    this.problem = ''
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('jobId') && this.jobId !== '') void this.#load()
  }

  async #load(): Promise<void> {
    this.job = null
    this.problem = ''
    try {
      this.job = await server.job(this.jobId)
      document.title = `${this.job.title} · Rushes`
    } catch (fault) {
      this.problem = faultWords(fault)
    }
  }

  async #cancel({ id, title }: JobView): Promise<void> {
    const sure = await confirmWith({
      heading: `Cancel “${title}”?`,
      words: 'What it has made so far is thrown away. What it was made from stays.',
      action: 'Cancel job',
    })
    if (!sure) return
    try {
      this.job = await server.cancelJob(id)
      toast(`“${title}” is being stopped.`)
    } catch (fault) {
      toast(faultWords(fault), 'problem')
    }
  }

  async #remove({ id, title }: JobView): Promise<void> {
    try {
      await server.removeJob(id)
      toast(`“${title}” is forgotten.`)
      goTo('/jobs')
    } catch (fault) {
      toast(faultWords(fault), 'problem')
    }
  }

  protected override render(): TemplateResult {
    const { job, problem } = this
    if (problem !== '') {
      return html`<h1 tabindex="-1">Job</h1>
        <div class="notice notice-problem" role="alert"><span>${problem}</span></div>`
    }
    if (job === null) return html`<h1 tabindex="-1">Job</h1><div class="waiting" role="status">Loading …</div>`
    return html`<div class="stack stack-wide">
      <div class="page-head">
        <div class="stack stack-tight">
          <h1 tabindex="-1">${job.title}</h1>
          <p class="row">
            <span class=${standingBadges[job.state]}>${job.cancelling ? 'Stops' : standingWords[job.state]}</span>
            <span class="soft small">${timesOf(job)}</span>
          </p>
        </div>
        <div class="buttons">
          <a class="button" href="/jobs">All jobs</a>
          <a class="button" href="/api/v1/jobs/${job.id}/chart.svg" download="job-${job.id}.svg">Save the picture</a>
          ${
            job.endedAt === null
              ? html`<button class="button button-danger" type="button" ?disabled=${job.cancelling}
                  @click=${() => this.#cancel(job)}>Cancel</button>`
              : html`<button class="button button-quiet is-danger" type="button" @click=${() => this.#remove(job)}>Forget</button>`
          }
        </div>
      </div>
      ${job.problem === null ? '' : html`<div class="notice notice-problem" role="alert"><strong>It stopped.</strong><span>${job.problem}</span></div>`}
      <rushes-job job-id=${job.id} class="stack stack-wide"
        @job=${(event: CustomEvent<JobView>) => {
          this.job = event.detail
        }}></rushes-job>
    </div>`
  }
}
customElements.define('rushes-job-page', RushesJobPage)

function timesOf({ createdAt, startedAt, endedAt, runner }: JobView): string {
  if (endedAt !== null) return `Ended: ${formatMoment(new Date(endedAt))}`
  if (startedAt === null) return `Added: ${formatMoment(new Date(createdAt))}`
  const since = `Started: ${formatMoment(new Date(startedAt))}`
  return runner === null ? since : `${since}, in ${runner}`
}
