import type { RecordingProgress } from '@rushes/recorder'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'
import { formatBytes } from '../figures.ts'
import { deliveryWords } from './delivery-words.ts'

const nothingYet: RecordingProgress = {
  recordedBytes: 0,
  safeBytes: 0,
  waitingBytes: 0,
  unspooledBytes: 0,
  durationMs: 0,
  connection: 'creating',
  events: 0,
  safeEvents: 0,
}

/** The three figures that are always there: recorded, safe on the server, waiting. */
export class RushesDeliveryFigures extends PageElement {
  static override properties: PropertyDeclarations = { progress: { attribute: false }, ended: { attribute: false } }
  declare progress: RecordingProgress | null
  declare ended: boolean

  constructor() {
    super()
    this.progress = null
    this.ended = false
  }

  protected override render(): TemplateResult {
    const progress = this.progress ?? nothingYet
    const { words, tone, spoken } = deliveryWords(progress, this.ended)
    const figure = (name: string, bytes: number) =>
      html`<div><dt>${name}</dt><dd class="figures">${formatBytes(bytes)}</dd></div>`
    return html`<section class="delivery delivery-${tone}" aria-label="Delivery">
      <dl class="delivery-figures">
        ${figure('Recorded', progress.recordedBytes)} ${figure('Safe on the server', progress.safeBytes)}
        ${figure('Waiting', progress.waitingBytes)}
      </dl>
      <progress class=${tone === 'caution' ? 'bar-caution' : 'bar-safe'} max=${Math.max(1, progress.recordedBytes)}
        .value=${progress.safeBytes} aria-label="Safe on the server"></progress>
      <p class="delivery-words figures">${words}</p>
      <span class="visually-hidden" role="status">${spoken}</span>
    </section>`
  }
}
customElements.define('rushes-delivery-figures', RushesDeliveryFigures)
