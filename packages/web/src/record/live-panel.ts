import { type Capture, type Device, listDevices } from '@rushes/recorder'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { confirmWith } from '../app/confirm-dialog.ts'
import { faultWords } from '../app/fault-words.ts'
import { PageElement } from '../app/page-element.ts'
import { toast } from '../app/toasts.ts'
import { pauseIcon, resumeIcon } from '../design/icons.ts'
import { formatLength } from '../figures.ts'
import './delivery-figures.ts'
import { changeDrawing, toggleTool } from './drawing.ts'
import './drawing-toolbar.ts'
import { canFloat, toggleFloating } from './floating-control.ts'
import type { RushesMarkButtons } from './mark-buttons.ts'
import './mark-buttons.ts'
import './picture-controls.ts'
import {
  discard,
  onRecord,
  pauseOrResume,
  recordNotice,
  recordProgress,
  recordState,
  restart,
  stop,
} from './record-session.ts'
import { showRecorderShortcuts } from './recorder-shortcut-dialog.ts'
import { commandFor, type RecorderCommand } from './recorder-shortcuts.ts'
import './scene-preview.ts'
import './sound-controls.ts'

/** While it records: the picture to draw on, the time, the buttons that matter, and where the bytes are. */
export class RushesLivePanel extends PageElement {
  static override properties: PropertyDeclarations = { devices: { state: true } }
  declare private devices: Device[]
  #endListening: (() => void) | null = null

  constructor() {
    super()
    this.devices = []
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#endListening = onRecord(() => this.requestUpdate())
    window.addEventListener('keydown', this.#onKey)
    navigator.mediaDevices?.addEventListener('devicechange', this.#list)
    void this.#list()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#endListening?.()
    window.removeEventListener('keydown', this.#onKey)
    navigator.mediaDevices?.removeEventListener('devicechange', this.#list)
    changeDrawing({ tool: null })
  }

  readonly #list = async (): Promise<void> => {
    this.devices = await listDevices().catch(() => [])
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    const now = recordState()
    if (now.step !== 'live' || event.defaultPrevented || event.repeat || isTyping(event)) return
    const command = commandFor(event)
    if (command === null) return
    event.preventDefault()
    this.#do(command, now.capture)
  }

  #do(command: RecorderCommand, capture: Capture): void {
    const { annotations, scene } = capture
    const actions: { [Name in Exclude<RecorderCommand['do'], 'tool' | 'mark'>]: () => void } = {
      pause: pauseOrResume,
      stop: () => void stop(),
      restart: () => void this.#restart(),
      discard: () => void discard(),
      mute: () => {
        capture.mute('microphone', !capture.isMuted('microphone'))
        toast(capture.isMuted('microphone') ? 'Microphone off' : 'Microphone on')
        this.querySelector<PageElement>('rushes-sound-controls')?.requestUpdate()
      },
      bubble: () => capture.arrange({ visible: !scene.bubbles.camera.visible }),
      page: () => capture.compose({ main: scene.main === 'page' ? 'screen' : 'page' }),
      shortcuts: showRecorderShortcuts,
      undo: () => annotations.undo(),
      redo: () => annotations.redo(),
      clear: () => annotations.clear(),
      'put-away': () => changeDrawing({ tool: null }),
    }
    if (command.do === 'mark') {
      this.querySelector<RushesMarkButtons>('rushes-mark-buttons')?.mark(command.label)
      return
    }
    if (command.do !== 'tool') {
      actions[command.do]()
      return
    }
    toggleTool(command.tool)
    // So that the arrow keys draw at once.
    requestAnimationFrame(() => this.querySelector<HTMLElement>('.annotation-surface')?.focus({ preventScroll: true }))
  }

  async #restart(): Promise<void> {
    const sure = await confirmWith({
      heading: 'Start over?',
      words:
        'It goes on until you decide. What was recorded is deleted here and on the server, and a new recording begins.',
      action: 'Start over',
    })
    if (sure) await restart()
  }

  readonly #float = (): void => {
    toggleFloating().catch((fault: unknown) =>
      toast(`The small window could not be opened: ${faultWords(fault)}`, 'problem'),
    )
  }

  protected override render(): TemplateResult {
    const now = recordState()
    if (now.step !== 'live') return html``
    const { capture, paused, recording } = now
    const notice = recordNotice()
    return html`<div class="recorder recorder-live">
      <div class="recorder-stage stack stack-tight">
        ${
          capture.hasVideo
            ? html`<rushes-scene-preview .capture=${capture} .picture=${recording.picture} .editable=${true}></rushes-scene-preview>
                <rushes-drawing-toolbar .capture=${capture}></rushes-drawing-toolbar>`
            : html`<div class="preview"></div>`
        }
      </div>
      <div class="recorder-side stack stack-wide">
        <div class="live-controls">
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
        </div>
        <rushes-mark-buttons .recording=${now.recording}></rushes-mark-buttons>
        <rushes-delivery-figures .progress=${recordProgress()}></rushes-delivery-figures>
        <div role="alert">${notice === '' ? '' : html`<p class="notice notice-caution">${notice}</p>`}</div>
        <rushes-sound-controls .capture=${capture} .devices=${this.devices}></rushes-sound-controls>
        ${
          capture.hasVideo
            ? html`<details class="settings" open>
                <summary>Picture and cameras</summary>
                <rushes-picture-controls .capture=${capture} .devices=${this.devices}></rushes-picture-controls>
              </details>`
            : ''
        }
        <div class="buttons live-more">
          ${canFloat() ? html`<button class="button button-quiet" type="button" @click=${this.#float}>Small window on top</button>` : ''}
          <button class="button button-quiet" type="button" @click=${showRecorderShortcuts}>Keyboard shortcuts</button>
          <button class="button button-quiet is-danger" type="button" @click=${() => this.#restart()}>Start over</button>
          <button class="button button-quiet is-danger" type="button" @click=${discard}>Discard</button>
        </div>
      </div>
    </div>`
  }
}
customElements.define('rushes-live-panel', RushesLivePanel)

/** In fields, and in dialogues, keys are theirs. */
function isTyping({ target }: KeyboardEvent): boolean {
  if (document.querySelector('dialog[open]') !== null) return true
  return (
    target instanceof Element &&
    target.closest('input:not([type="checkbox"]), textarea, select, [contenteditable]') !== null
  )
}
