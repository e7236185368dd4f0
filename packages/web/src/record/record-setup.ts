import { type Capture, type CaptureOptions, type Device, listDevices, openCapture } from '@rushes/recorder'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'
import { cameraIcon, screenCameraIcon, screenIcon } from '../design/icons.ts'
import { captureWords, insecureWords } from './capture-words.ts'
import './level-meter.ts'
import { begin, onRecord, recordState } from './record-session.ts'
import {
  loadPreferences,
  type RecorderPreferences,
  type SourceChoice,
  savePreferences,
} from './recorder-preferences.ts'
import './source-preview.ts'

const countdownSeconds = 3

const choices: { value: SourceChoice; name: string; words: string; icon: TemplateResult }[] = [
  { value: 'screen', name: 'Screen', words: 'A screen, a window or a tab', icon: screenIcon },
  { value: 'screen-camera', name: 'Screen and camera', words: 'You in a bubble in the corner', icon: screenCameraIcon },
  { value: 'camera', name: 'Camera', words: 'Only you', icon: cameraIcon },
]

/** What to record, with which devices, and the button. */
export class RushesRecordSetup extends PageElement {
  static override properties: PropertyDeclarations = {
    preferences: { state: true },
    devices: { state: true },
    check: { state: true },
    checkProblem: { state: true },
    problem: { state: true },
    busy: { state: true },
  }
  declare private preferences: RecorderPreferences
  declare private devices: Device[]
  /** Camera and microphone, opened to be looked at before the recording. */
  declare private check: Capture | null
  declare private checkProblem: string
  declare private problem: string
  declare private busy: boolean
  #checks = 0
  #endListening: (() => void) | null = null

  constructor() {
    super()
    this.preferences = loadPreferences(localStorage)
    if (!canShareScreen()) this.preferences = { ...this.preferences, source: 'camera' }
    this.devices = []
    this.check = null
    this.checkProblem = this.problem = ''
    this.busy = false
  }

  override connectedCallback(): void {
    super.connectedCallback()
    const read = () => {
      const now = recordState()
      this.busy = now.step === 'opening'
      this.problem = now.step === 'setup' ? now.problem : ''
    }
    read()
    this.#endListening = onRecord(read)
    navigator.mediaDevices?.addEventListener('devicechange', this.#onDevices)
    void this.#start()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#endListening?.()
    navigator.mediaDevices?.removeEventListener('devicechange', this.#onDevices)
    this.#closeCheck()
  }

  readonly #onDevices = (): void => void this.#list()

  /** Devices that were allowed before are opened at once; nobody is asked before pressing something. */
  async #start(): Promise<void> {
    await this.#list()
    if (this.#wantsCheck() && (await this.#allowedAlready())) await this.#openCheck()
  }

  async #list(): Promise<void> {
    try {
      this.devices = await listDevices()
    } catch {
      this.devices = [] // insecure page: said below
    }
  }

  #wantsCheck(): boolean {
    return this.preferences.microphone || this.preferences.source !== 'screen'
  }

  async #allowedAlready(): Promise<boolean> {
    const wanted = [
      ...(this.preferences.microphone ? ['microphone'] : []),
      ...(this.preferences.source !== 'screen' ? ['camera'] : []),
    ]
    try {
      const answers = await Promise.all(
        wanted.map((name) => navigator.permissions.query({ name: name as PermissionName })),
      )
      return answers.every(({ state }) => state === 'granted')
    } catch {
      return false // this browser doesn't say
    }
  }

  #closeCheck(): void {
    this.#checks++
    this.check?.close()
    this.check = null
  }

  async #openCheck(): Promise<void> {
    this.#closeCheck()
    this.checkProblem = ''
    if (!this.#wantsCheck()) return
    const turn = this.#checks
    try {
      const { screen: _screen, ...devices } = captureOptions(this.preferences)
      const capture = await openCapture(devices)
      if (turn !== this.#checks || !this.isConnected) {
        capture.close()
        return
      }
      this.check = capture
      await this.#list() // with permission, devices have names
    } catch (fault) {
      if (turn === this.#checks) this.checkProblem = captureWords(fault)
    }
  }

  #prefer(change: Partial<RecorderPreferences>): void {
    this.preferences = { ...this.preferences, ...change }
    savePreferences(localStorage, this.preferences)
    const matters = ['source', 'microphone', 'cameraId', 'microphoneId'].some((name) => name in change)
    if (!matters) return
    if (this.check !== null) void this.#openCheck()
    else void this.#start()
  }

  async #begin(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    this.#closeCheck()
    await begin({
      capture: captureOptions(this.preferences),
      countdownSeconds: this.preferences.countdown ? countdownSeconds : 0,
    })
  }

  protected override render(): TemplateResult {
    if (!globalThis.isSecureContext) {
      return html`<div class="notice notice-problem" role="alert">
        <strong>Recording does not work at this address</strong><span>${insecureWords}</span>
      </div>`
    }
    const { source } = this.preferences
    return html`<form class="recorder" @submit=${this.#begin}>
      <div class="recorder-stage stack">${this.#stage()}</div>
      <div class="recorder-side stack stack-wide">
        <fieldset class="stack stack-tight">
          <legend class="field-label">What to record</legend>
          <div class="choices">
            ${choices.map(
              (choice) => html`<label class="choice">
                ${choice.icon}
                <input type="radio" name="source" .value=${choice.value} .checked=${choice.value === source}
                  ?disabled=${choice.value !== 'camera' && !canShareScreen()}
                  @change=${() => this.#prefer({ source: choice.value })} />
                <span class="choice-name">${choice.name}</span>
                <span class="choice-words">${choice.words}</span>
              </label>`,
            )}
          </div>
          ${canShareScreen() ? '' : html`<p class="field-hint">This browser can’t share its screen; the camera works.</p>`}
        </fieldset>
        ${this.#deviceFields()}
        <div class="stack stack-tight">
          <div role="alert">
            ${this.problem === '' ? '' : html`<p class="notice notice-problem">${this.problem}</p>`}
          </div>
          <div class="record-row">
            <button class="button button-record" aria-disabled=${this.busy ? 'true' : 'false'}>
              ${this.busy ? 'Opening …' : 'Record'}
            </button>
            <label class="check">
              <input type="checkbox" .checked=${this.preferences.countdown}
                @change=${(event: Event) => this.#prefer({ countdown: isChecked(event) })} />
              Count down 3-2-1
            </label>
          </div>
        </div>
      </div>
    </form>`
  }

  #stage(): TemplateResult {
    const { source } = this.preferences
    if (this.check !== null && source !== 'screen') {
      return html`<rushes-source-preview .capture=${this.check}></rushes-source-preview>`
    }
    const words =
      source === 'camera'
        ? 'Your camera is shown here once it is allowed.'
        : 'The browser asks which screen, window or tab when you press Record.'
    return html`<div class="preview preview-empty">
      ${choices.find(({ value }) => value === source)?.icon}
      <p>${words}</p>
    </div>`
  }

  #deviceFields(): TemplateResult {
    const { preferences } = this
    const picker = (kind: Device['kind'], label: string, chosen: string, choose: (deviceId: string) => void) => {
      const found = this.devices.filter(
        (device) => device.kind === kind && device.deviceId !== '' && device.label !== '',
      )
      return html`<div class="field">
        <label for=${`pick-${kind}`}>${label}</label>
        <select class="select" id=${`pick-${kind}`} @change=${(event: Event) => choose((event.target as HTMLSelectElement).value)}>
          <option value="" ?selected=${chosen === ''}>The usual one</option>
          ${found.map(
            ({ deviceId, label: name }) =>
              html`<option value=${deviceId} ?selected=${deviceId === chosen}>${name}</option>`,
          )}
        </select>
      </div>`
    }
    return html`<fieldset class="stack stack-tight">
      <legend class="visually-hidden">Sound and devices</legend>
      <label class="check">
        <input type="checkbox" .checked=${preferences.microphone}
          @change=${(event: Event) => this.#prefer({ microphone: isChecked(event) })} />
        Microphone
      </label>
      ${
        preferences.microphone
          ? html`${picker('microphone', 'Which microphone', preferences.microphoneId, (microphoneId) => this.#prefer({ microphoneId }))}
            <rushes-level-meter .capture=${this.check}></rushes-level-meter>`
          : ''
      }
      ${
        preferences.source === 'camera'
          ? ''
          : html`<label class="check">
              <input type="checkbox" .checked=${preferences.systemSound}
                @change=${(event: Event) => this.#prefer({ systemSound: isChecked(event) })} />
              Sound of the tab or the computer, where the browser can
            </label>`
      }
      ${
        preferences.source === 'screen'
          ? ''
          : picker('camera', 'Which camera', preferences.cameraId, (cameraId) => this.#prefer({ cameraId }))
      }
      ${
        this.#wantsCheck() && this.check === null
          ? html`<div>
              <button class="button" type="button" @click=${this.#openCheck}>
                ${preferences.source === 'screen' ? 'Test the microphone' : 'Test camera and microphone'}
              </button>
            </div>`
          : ''
      }
      <div role="alert">
        ${this.checkProblem === '' ? '' : html`<p class="notice notice-caution">${this.checkProblem}</p>`}
      </div>
    </fieldset>`
  }
}
customElements.define('rushes-record-setup', RushesRecordSetup)

function captureOptions(preferences: RecorderPreferences): CaptureOptions {
  const { source, microphone, systemSound, cameraId, microphoneId } = preferences
  return {
    ...(source !== 'camera' && { screen: { audio: systemSound } }),
    ...(source !== 'screen' && { camera: cameraId === '' ? true : { deviceId: cameraId } }),
    ...(microphone && { microphone: microphoneId === '' ? true : { deviceId: microphoneId } }),
  }
}

/** Phones have cameras, but no getDisplayMedia. */
function canShareScreen(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === 'function'
}

function isChecked(event: Event): boolean {
  return (event.target as HTMLInputElement).checked
}
