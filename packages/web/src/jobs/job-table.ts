import type { JobTask } from '@rushes/protocol'
import { html, type TemplateResult } from 'lit'
import { formatSpan } from './job-chart-layout.ts'
import { taskWords } from './job-words.ts'

export type JobTableOptions = {
  tasks: readonly JobTask[]
  /** As many as are shown; and of all. */
  shown: number
  now: number
  chosen: string | null
  onChoose(id: string): void
  onMore(): void
}

/** The same as the chart in words: every task with what was tried, how long it took, and what was said of it. */
export function jobTable({ tasks, shown, now, chosen, onChoose, onMore }: JobTableOptions): TemplateResult {
  return html`<div class="job-table-frame">
    <table class="job-table">
      <caption class="visually-hidden">Tasks of this job</caption>
      <thead>
        <tr><th scope="col">Task</th><th scope="col">State</th><th scope="col">Tried by</th><th scope="col">Took</th><th scope="col">Notes</th></tr>
      </thead>
      <tbody>
        ${tasks.slice(0, shown).map(
          (task) => html`<tr class=${task.id === chosen ? 'is-chosen' : ''}>
            <th scope="row">
              <button type="button" class="job-task" aria-pressed=${task.id === chosen ? 'true' : 'false'}
                @click=${() => onChoose(task.id)}>${task.id}</button>
            </th>
            <td data-head="State">${stateOf(task)}</td>
            <td data-head="Tried by">${task.attempts.map(({ processor }) => processor).join(', then ') || '–'}</td>
            <td data-head="Took" class="figures">${tookOf(task, now)}</td>
            <td data-head="Notes">${task.notes.length === 0 ? '–' : task.notes.map(({ message, resource }) => html`<div>${resource === undefined ? '' : `${resource}: `}${message}</div>`)}</td>
          </tr>`,
        )}
      </tbody>
    </table>
    ${
      tasks.length > shown
        ? html`<button class="button" type="button" @click=${onMore}>Show more of ${tasks.length} tasks</button>`
        : ''
    }
  </div>`
}

function stateOf({ state, progress }: JobTask): string {
  return progress === null ? taskWords[state] : `${taskWords[state]}, ${Math.round(progress * 100)} %`
}

function tookOf({ attempts }: JobTask, now: number): string {
  let ms = 0
  for (const { startedAt, endedAt, outcome } of attempts) {
    if (endedAt !== null) ms += endedAt - startedAt
    else if (outcome === 'running') ms += now - startedAt
  }
  return attempts.length === 0 ? '–' : formatSpan(Math.max(0, ms))
}
