import { html, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'
import './delivery-figures.ts'
import { keptWords } from './delivery-words.ts'
import './done-panel.ts'
import './live-panel.ts'
import {
  again,
  cancelCountdown,
  discardNow,
  onRecord,
  type RecordState,
  recordProgress,
  recordState,
  undoDiscard,
} from './record-session.ts'
import './record-setup.ts'
import './restore-panel.ts'
import { saveRecordingFile } from './restore.ts'
import './scene-preview.ts'

/** The recorder: whichever step the recording of this tab is at. */
export class RushesRecordPage extends PageElement {
  #endListening: (() => void) | null = null
  #step: RecordState['step'] | null = null
  #focused: RecordState['step'] | null = null

  override connectedCallback(): void {
    super.connectedCallback()
    this.#endListening = onRecord(() => this.#onRecord())
    window.addEventListener('keydown', this.#onKey)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#endListening?.()
    window.removeEventListener('keydown', this.#onKey)
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') cancelCountdown()
  }

  /** The focus goes with the step: not to Stop, or a held Enter on Record would end the recording. */
  protected override updated(): void {
    const { step } = recordState()
    const before = this.#focused
    this.#focused = step
    if (before === null || before === step || (before === 'setup' && step === 'opening')) return
    requestAnimationFrame(() => this.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true }))
  }

  /** Progress comes many times a second; the parts that show it listen themselves. */
  #onRecord(): void {
    const { step } = recordState()
    if (step !== this.#step || step !== 'live') this.requestUpdate()
  }

  protected override render(): TemplateResult {
    const now = recordState()
    this.#step = now.step
    switch (now.step) {
      case 'setup':
      case 'opening':
        return html`<div class="page-head"><h1 tabindex="-1">Record</h1></div>
          <rushes-restore-panel></rushes-restore-panel>
          <rushes-record-setup></rushes-record-setup>`
      case 'countdown':
        return html`<h1 class="visually-hidden" tabindex="-1">Record</h1>
          <div class="recorder">
            <div class="recorder-stage countdown-stage">
              <rushes-scene-preview .capture=${now.capture}></rushes-scene-preview>
              <div class="countdown" role="timer" aria-live="assertive">${now.left}</div>
            </div>
            <div class="recorder-side stack">
              <h2>Get ready</h2>
              <p class="soft">Recording begins in ${now.left} …</p>
              <div><button class="button" type="button" @click=${cancelCountdown}>Cancel</button></div>
            </div>
          </div>`
      case 'starting':
        return html`<h1 class="visually-hidden" tabindex="-1">Record</h1>
          <div class="recorder">
            <div class="recorder-stage"><rushes-scene-preview .capture=${now.capture}></rushes-scene-preview></div>
            <div class="recorder-side stack"><p class="soft" role="status">Recording begins …</p></div>
          </div>`
      case 'live':
        return html`<h1 class="visually-hidden" tabindex="-1">Recording</h1>
          <rushes-live-panel></rushes-live-panel>`
      case 'discarding':
        return html`<div class="page-narrow stack stack-wide">
          <h1 tabindex="-1">Discarded</h1>
          <p>Nothing is deleted yet. <span class="figures">In ${now.left} s</span> the recording is gone, here and on the server.</p>
          <div class="buttons">
            <button class="button button-main" type="button" @click=${undoDiscard}>Undo, keep recording</button>
            <button class="button button-quiet is-danger" type="button" @click=${discardNow}>Delete it now</button>
          </div>
        </div>`
      case 'stopping':
        return html`<div class="page-narrow stack stack-wide">
          <h1 tabindex="-1">Finishing</h1>
          <rushes-delivery-figures .progress=${progressNow()} .ended=${true}></rushes-delivery-figures>
        </div>`
      case 'kept':
        return html`<div class="page-narrow stack stack-wide">
          <h1 tabindex="-1">Your recording is safe on this device</h1>
          <p>${keptWords(now.reason)}</p>
          <rushes-delivery-figures .progress=${progressNow()} .ended=${true}></rushes-delivery-figures>
          <div class="buttons">
            <button class="button button-main" type="button" @click=${() => saveRecordingFile(now.recording.spoolId)}>
              Download the file
            </button>
            <button class="button" type="button" @click=${again}>Record again</button>
          </div>
        </div>`
      case 'done':
        return html`<rushes-done-panel .recording=${now.recording} .link=${now.link} .copied=${now.copied} .notice=${now.notice}></rushes-done-panel>`
    }
  }
}
customElements.define('rushes-record-page', RushesRecordPage)

/** A copy: the recorder may write into the one object it has. */
function progressNow() {
  const progress = recordProgress()
  return progress === null ? null : { ...progress }
}
