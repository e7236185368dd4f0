import type { Capture, Corner } from '@rushes/recorder'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { confirmWith } from '../app/confirm-dialog.ts'
import { PageElement } from '../app/page-element.ts'
import { pauseIcon, resumeIcon } from '../design/icons.ts'
import { formatLength } from '../figures.ts'
import './delivery-figures.ts'
import './level-meter.ts'
import './mark-buttons.ts'
import { discard, onRecord, pauseOrResume, recordNotice, recordProgress, recordState, stop } from './record-session.ts'
import './source-preview.ts'

const corners: { corner: Corner; words: string }[] = [
  { corner: 'bottom-left', words: 'Bottom left' },
  { corner: 'bottom-right', words: 'Bottom right' },
  { corner: 'top-left', words: 'Top left' },
  { corner: 'top-right', words: 'Top right' },
]

/** While it records: the time, the two buttons that matter, and where the bytes are. */
export class RushesLivePanel extends PageElement {
  static override properties: PropertyDeclarations = { muted: { state: true } }
  declare private muted: boolean
  #endListening: (() => void) | null = null

  constructor() {
    super()
    this.muted = false
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#endListening = onRecord(() => this.requestUpdate())
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#endListening?.()
  }

  #mute(capture: Capture): void {
    this.muted = !this.muted
    capture.mute('microphone', this.muted)
  }

  async #discard(): Promise<void> {
    const sure = await confirmWith({
      heading: 'Discard this recording?',
      words: 'It goes on until you decide. What was recorded is deleted here and on the server.',
      action: 'Discard',
    })
    if (sure) await discard()
  }

  #arrange(capture: Capture, value: string): void {
    if (value === 'hidden') capture.arrange({ visible: false })
    else capture.arrange({ visible: true, corner: value as Corner })
    this.requestUpdate()
  }

  protected override render(): TemplateResult {
    const now = recordState()
    if (now.step !== 'live') return html``
    const { capture, paused } = now
    const notice = recordNotice()
    const open = (kind: string) => capture.sources.some((source) => source.kind === kind && source.live)
    const { bubble } = capture
    return html`<div class="recorder">
      <div class="recorder-stage"><rushes-source-preview .capture=${capture} .bubble=${{ ...bubble }}></rushes-source-preview></div>
      <div class="recorder-side stack stack-wide">
        <div class="live-time">
          <span class="live-light ${paused ? 'is-paused' : ''}" aria-hidden="true"></span>
          <span class="live-clock figures" role="timer">${formatLength(recordProgress()?.durationMs ?? 0)}</span>
          <span class="soft" role="status">${paused ? 'Paused' : 'Recording'}</span>
        </div>
        <div class="buttons">
          <button class="button button-record button-stop" type="button" @click=${stop}>Stop</button>
          <button class="button button-pause" type="button" @click=${pauseOrResume}>
            ${paused ? resumeIcon : pauseIcon}${paused ? 'Resume' : 'Pause'}
          </button>
        </div>
        <rushes-mark-buttons .recording=${now.recording}></rushes-mark-buttons>
        <rushes-delivery-figures .progress=${recordProgress()}></rushes-delivery-figures>
        <div role="alert">${notice === '' ? '' : html`<p class="notice notice-caution">${notice}</p>`}</div>
        ${
          open('microphone')
            ? html`<div class="stack stack-tight">
                <label class="check">
                  <input type="checkbox" .checked=${!this.muted} @change=${() => this.#mute(capture)} />
                  Microphone on
                </label>
                <rushes-level-meter .capture=${capture}></rushes-level-meter>
              </div>`
            : ''
        }
        ${
          open('camera') && open('screen')
            ? html`<div class="field">
                <label for="bubble">Camera bubble</label>
                <select class="select" id="bubble"
                  @change=${(event: Event) => this.#arrange(capture, (event.target as HTMLSelectElement).value)}>
                  ${corners.map(
                    ({ corner, words }) =>
                      html`<option value=${corner} ?selected=${bubble.visible && bubble.corner === corner}>${words}</option>`,
                  )}
                  <option value="hidden" ?selected=${!bubble.visible}>Hidden</option>
                </select>
              </div>`
            : ''
        }
        <div>
          <button class="button button-quiet is-danger live-discard" type="button" @click=${this.#discard}>Discard</button>
        </div>
      </div>
    </div>`
  }
}
customElements.define('rushes-live-panel', RushesLivePanel)
