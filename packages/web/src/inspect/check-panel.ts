// Whether every byte of an archive is what it was.
//
//   none ──► running ──► done | failed
//               └──────► cancelled
import type { CheckResult, Problem } from '@rushes/umf'
import { html, type TemplateResult } from 'lit'
import { formatBytes, lengthWords } from '../figures.ts'

export type CheckState =
  | { state: 'none'; size: number }
  | { state: 'running'; done: number; total: number; sinceMs: number; rate: number }
  | { state: 'done'; result: CheckResult; ms: number }
  | { state: 'cancelled' }
  | { state: 'failed'; words: string }

export type CheckActions = { start: () => void; cancel: () => void; show: (problem: Problem) => void }

const mostShown = 20

export function checkPanel(check: CheckState, actions: CheckActions): TemplateResult {
  return html`<div class="check-panel">${content(check, actions)}</div>`
}

function content(check: CheckState, { start, cancel, show }: CheckActions): TemplateResult {
  const button = (words: string) =>
    html`<div><button class="button" type="button" @click=${start}>${words}</button></div>`
  switch (check.state) {
    case 'none':
      return html`<div class="notice"><span>Not checked yet: reading all ${formatBytes(check.size)} takes a while.</span>
        ${button('Check every byte')}</div>`
    case 'cancelled':
      return html`<div class="notice"><span>The check was cancelled.</span>${button('Check every byte')}</div>`
    case 'failed':
      return html`<div class="notice notice-caution" role="alert"><strong>It could not be checked</strong><span>${check.words}</span>
        ${button('Try again')}</div>`
    case 'running':
      return running(check, cancel)
    case 'done':
      return done(check, show)
  }
}

function running({ done, total, rate }: Extract<CheckState, { state: 'running' }>, cancel: () => void): TemplateResult {
  const left = rate > 0 ? `, about ${lengthWords(Math.max(1000, ((total - done) / rate) * 1000))} left` : ''
  return html`<div class="notice">
    <div class="row row-apart"><strong>Checking every byte</strong>
      <button class="button button-quiet" type="button" @click=${cancel}>Cancel</button></div>
    <progress max=${total} .value=${done} aria-label="Checked"></progress>
    <span class="soft small figures">${formatBytes(done)} of ${formatBytes(total)}${rate > 0 ? `, ${formatBytes(rate)} a second${left}` : ''}</span>
  </div>`
}

function done(
  { result, ms }: Extract<CheckState, { state: 'done' }>,
  show: (problem: Problem) => void,
): TemplateResult {
  const { ok, problems, bytes } = result
  const took = ms < 1000 ? 'less than a second' : lengthWords(ms)
  if (ok) {
    return html`<div class="notice notice-safe" role="status"><strong>Intact</strong>
      <span>Each of its ${formatBytes(bytes)} is as it was written: all digests are right. Checked in ${took}.</span></div>`
  }
  const more = problems.length - mostShown
  return html`<div class="notice notice-problem" role="alert">
    <strong>${problems.length === 1 ? 'One problem was found' : `${problems.length.toLocaleString('en')} problems were found`}</strong>
    <ul class="problems" role="list">
      ${problems.slice(0, mostShown).map(
        (problem, index) => html`<li><span id=${`problem-${index}`}>${sentence(problem.message)}</span>
          <button class="button button-quiet" type="button" aria-describedby=${`problem-${index}`} @click=${() => show(problem)}>Show
            byte ${problem.offset.toLocaleString('en')}</button></li>`,
      )}
    </ul>
    ${more > 0 ? html`<span class="small">And ${more.toLocaleString('en')} more; the bar shows where.</span>` : ''}
  </div>`
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
