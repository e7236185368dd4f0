import type { EncoderReport, EncoderView } from '@rushes/protocol'
import { html, type TemplateResult } from 'lit'
import { formatBytes, formatLength, formatMoment } from '../figures.ts'
import { encoderStanding, moment, sourceName } from './encoder-standing.ts'
import { sparkline } from './sparkline.ts'

/** One encoder: how it stands, what it records, what waits; `actions` are the buttons below. */
export function encoderCard(encoder: EncoderView, actions: TemplateResult): TemplateResult {
  const { id, name, host, version, report } = encoder
  const { tone, words, problems } = encoderStanding(encoder)
  return html`<article class="card encoder stack" aria-labelledby=${`encoder-${id}`}>
    <header class="encoder-head">
      <div>
        <h2 id=${`encoder-${id}`} tabindex="-1">${name}</h2>
        <p class="soft small">${host === '' ? '' : `${host} · `}version ${version}</p>
      </div>
      <span class="badge badge-${tone}">${words}</span>
    </header>
    ${
      problems.length === 0
        ? ''
        : html`<ul role="list" class="notice notice-caution small">
            ${problems.map((problem) => html`<li>${problem}</li>`)}
          </ul>`
    }
    ${report === null ? '' : html`${eventLine(report)}${sourceLines(encoder, report)}${figures(encoder, report)}`}
    ${actions}
  </article>`
}

/** What it was asked last and has not done. */
export function orderLine({ order }: EncoderView): TemplateResult {
  if (order === null || order.state === 'taken') return html``
  const asked = order.action === 'start' ? `to start “${order.title}”` : 'to stop'
  const words =
    order.state === 'offered'
      ? `Asked ${asked}; it has not answered yet.`
      : `Asked ${asked} ${moment(order.at)}; it did not answer in time, and will not start any more.`
  return html`<p class="soft small" role="status">${words}</p>`
}

function eventLine({ event, state, nextStart }: EncoderReport): TemplateResult {
  const next = nextStart === null ? '' : html`<p class="soft small">Next by its schedule: ${moment(nextStart)}</p>`
  if (event === null) return html`${next}`
  const times =
    state === 'recording'
      ? `since ${moment(event.startedAt)}${event.endsAt === null ? '' : `, until ${moment(event.endsAt)}`}`
      : formatMoment(new Date(event.startedAt))
  return html`<div>
    <p><a href=${`/watch/${event.id}`}>${event.title}</a></p>
    <p class="soft small">${times}</p>
    ${state === 'recording' ? '' : next}
  </div>`
}

function sourceLines({ online }: EncoderView, { sources }: EncoderReport): TemplateResult {
  if (sources.length === 0 || !online) return html``
  return html`<ul role="list" class="encoder-sources small figures">
    ${sources.map(
      ({ name, state, fps, speed, dropped }) => html`<li>
        <span>${sourceName(name)}</span>
        <span class="soft">${
          state === 'running'
            ? `${Math.round(fps)} frames/s at ${speed.toFixed(2)}×${dropped > 0 ? `, ${dropped} dropped` : ''}`
            : state
        }</span>
      </li>`,
    )}
  </ul>`
}

function figures({ history, online }: EncoderView, report: EncoderReport): TemplateResult {
  const { queue, bytesPerSecond, spoolLimit, diskFree } = report
  const minutes = Math.round((history.queueBytes.length * history.everySeconds) / 60)
  const over = minutes < 1 ? 'the last minute' : `the last ${minutes} minutes`
  const most = (values: readonly (number | null)[]) => formatBytes(Math.max(0, ...values.map((value) => value ?? 0)))
  const oldest = queue.oldestSeconds === null ? '' : `, oldest ${formatLength(queue.oldestSeconds * 1000)}`
  const fill = spoolLimit > 0 ? Math.min(1, queue.bytes / spoolLimit) : 0
  return html`<dl class="encoder-figures figures">
    <div>
      <dt>Waiting</dt>
      <dd>${formatBytes(queue.bytes)}<span class="soft small">${queue.files} ${queue.files === 1 ? 'file' : 'files'}${oldest}</span></dd>
      <dd>${sparkline(history.queueBytes, `Waiting over ${over}: at most ${most(history.queueBytes)}`)}</dd>
    </div>
    <div>
      <dt>Sending</dt>
      <dd>${formatBytes(online ? bytesPerSecond : 0)}/s</dd>
      <dd>${sparkline(history.bytesPerSecond, `Sending over ${over}: at most ${most(history.bytesPerSecond)} a second`)}</dd>
    </div>
    <div>
      <dt>Room</dt>
      <dd>${Math.round(fill * 100)} %<span class="soft small">of ${formatBytes(spoolLimit)} taken</span></dd>
      <dd class="soft small">${diskFree === null ? '' : `${formatBytes(diskFree)} free on its disk`}</dd>
      <dd><progress class=${fill > 0.8 ? 'bar-caution' : ''} max="1" .value=${fill} aria-label="Room taken by what waits"></progress></dd>
    </div>
  </dl>`
}
