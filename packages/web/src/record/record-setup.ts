import { type Capture, type Device, listDevices, openCapture } from '@rushes/recorder'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'
import { cameraIcon, pageIcon, screenCameraIcon, screenIcon } from '../design/icons.ts'
import { captureOptions, checkOptions, wantsCheck } from './capture-options.ts'
import { captureWords, insecureWords } from './capture-words.ts'
import { deviceSelect } from './device-select.ts'
import './level-meter.ts'
import { type BeginOptions, begin, type Instead, onRecord, recordState } from './record-session.ts'
import {
  loadPreferences,
  type RecorderPreferences,
  type SourceChoice,
  savePreferences,
} from './recorder-preferences.ts'
import { recorderSettings } from './recorder-settings.ts'
import './scene-preview.ts'

const countdownSeconds = 3

/** Preferences that name what is opened. */
const opened = new Set([
  'source',
  'microphone',
  'cameraId',
  'facing',
  'secondCamera',
  'secondCameraId',
  'microphoneId',
  'noiseSuppression',
])

const choices: { value: SourceChoice; name: string; words: string; icon: TemplateResult }[] = [
  { value: 'screen', name: 'Screen', words: 'A screen, a window or a tab', icon: screenIcon },
  { value: 'screen-camera', name: 'Screen and camera', words: 'You in a bubble in the corner', icon: screenCameraIcon },
  { value: 'camera', name: 'Camera', words: 'Only you', icon: cameraIcon },
  { value: 'page', name: 'White page', words: 'An empty sheet to draw on', icon: pageIcon },
]

/** What to record, with which devices, and the button. */
export class RushesRecordSetup extends PageElement {
  static override properties: PropertyDeclarations = {
    preferences: { state: true },
    devices: { state: true },
    check: { state: true },
    checkProblem: { state: true },
    problem: { state: true },
    instead: { state: true },
    busy: { state: true },
  }
  declare private preferences: RecorderPreferences
  declare private devices: Device[]
  /** Camera and microphone, opened to be looked at before the recording. */
  declare private check: Capture | null
  declare private checkProblem: string
  declare private problem: string
  /** Offered beside the problem. */
  declare private instead: Instead | null
  declare private busy: boolean
  #checks = 0
  #endListening: (() => void) | null = null

  constructor() {
    super()
    this.preferences = loadPreferences(localStorage)
    const { source } = this.preferences
    if (!canShareScreen() && needsScreen(source)) this.preferences = { ...this.preferences, source: 'camera' }
    this.devices = []
    this.check = null
    this.checkProblem = this.problem = ''
    this.instead = null
    this.busy = false
  }

  override connectedCallback(): void {
    super.connectedCallback()
    const read = () => {
      const now = recordState()
      this.busy = now.step === 'opening'
      this.problem = now.step === 'setup' ? now.problem : ''
      this.instead = (now.step === 'setup' && now.instead) || null
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
    if (wantsCheck(this.preferences) && (await this.#allowedAlready())) await this.#openCheck()
  }

  async #list(): Promise<void> {
    try {
      this.devices = await listDevices()
    } catch {
      this.devices = [] // insecure page: said below
    }
  }

  async #allowedAlready(): Promise<boolean> {
    const wanted = [
      ...(this.preferences.microphone ? ['microphone'] : []),
      ...(usesCamera(this.preferences.source) ? ['camera'] : []),
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
    if (!wantsCheck(this.preferences)) return
    const turn = this.#checks
    try {
      const capture = await openCapture(checkOptions(this.preferences))
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
    const matters = Object.keys(change).some((name) => opened.has(name))
    if (!matters) return
    if (this.check !== null) void this.#openCheck()
    else void this.#start()
  }

  async #begin(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    await this.#open({
      capture: captureOptions(this.preferences),
      countdownSeconds: this.preferences.countdown ? countdownSeconds : 0,
    })
  }

  async #open(options: BeginOptions): Promise<void> {
    this.#closeCheck()
    this.checkProblem = '' // what is wrong with it is said at the button then
    await begin(options)
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
                  ?disabled=${needsScreen(choice.value) && !canShareScreen()}
                  @change=${() => this.#prefer({ source: choice.value })} />
                <span class="choice-name">${choice.name}</span>
                <span class="choice-words">${choice.words}</span>
              </label>`,
            )}
          </div>
          ${canShareScreen() ? '' : html`<p class="field-hint">This browser can’t share its screen; the camera works.</p>`}
        </fieldset>
        ${this.#deviceFields()}
        <div class="record-action stack stack-tight">
          <div role="alert">
            ${this.problem === '' ? '' : this.#problemNotice(this.problem, this.instead)}
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

  #problemNotice(problem: string, instead: Instead | null): TemplateResult {
    return html`<div class="notice notice-problem">
      <span>${problem}</span>
      ${
        instead === null
          ? ''
          : html`<div><button class="button" type="button" @click=${() => this.#open(instead.begin)}>${instead.words}</button></div>`
      }
    </div>`
  }

  #stage(): TemplateResult {
    const { source } = this.preferences
    if (this.check?.hasVideo && usesCamera(source)) {
      return html`<rushes-scene-preview .capture=${this.check}></rushes-scene-preview>`
    }
    const words = {
      page: 'You draw on a white page; a camera can be added while recording.',
      camera: 'Your camera is shown here once it is allowed.',
      screen: 'The browser asks which screen, window or tab when you press Record.',
      'screen-camera': 'The browser asks which screen, window or tab when you press Record.',
    }[source]
    return html`<div class="preview preview-empty">
      ${choices.find(({ value }) => value === source)?.icon}
      <p>${words}</p>
    </div>`
  }

  #deviceFields(): TemplateResult {
    const { preferences } = this
    const { source } = preferences
    const picker = (kind: Device['kind'], id: string, label: string, chosen: string, choose: (value: string) => void) =>
      deviceSelect({ id, label, kind, devices: this.devices, chosen, choose })
    return html`<fieldset class="stack stack-tight">
      <legend class="visually-hidden">Sound and devices</legend>
      <label class="check">
        <input type="checkbox" .checked=${preferences.microphone}
          @change=${(event: Event) => this.#prefer({ microphone: isChecked(event) })} />
        Microphone
      </label>
      ${
        preferences.microphone
          ? html`${picker('microphone', 'pick-microphone', 'Which microphone', preferences.microphoneId, (microphoneId) => this.#prefer({ microphoneId }))}
            <rushes-level-meter .capture=${this.check}></rushes-level-meter>`
          : ''
      }
      ${
        needsScreen(source)
          ? html`<label class="check">
              <input type="checkbox" .checked=${preferences.systemSound}
                @change=${(event: Event) => this.#prefer({ systemSound: isChecked(event) })} />
              Sound of the tab or the computer, where the browser can
            </label>`
          : ''
      }
      ${usesCamera(source) ? this.#cameraFields(picker) : ''}
      ${
        wantsCheck(this.preferences) && this.check === null
          ? html`<div>
              <button class="button" type="button" @click=${this.#openCheck}>
                ${usesCamera(source) ? 'Test camera and microphone' : 'Test the microphone'}
              </button>
            </div>`
          : ''
      }
      <div role="alert">
        ${this.checkProblem === '' ? '' : html`<p class="notice notice-caution">${this.checkProblem}</p>`}
      </div>
    </fieldset>
    ${recorderSettings(preferences, (change) => this.#prefer(change))}`
  }

  #cameraFields(
    picker: (
      kind: 'camera',
      id: string,
      label: string,
      chosen: string,
      choose: (value: string) => void,
    ) => TemplateResult,
  ): TemplateResult {
    const { cameraId, facing, secondCamera, secondCameraId } = this.preferences
    const phone = navigator.maxTouchPoints > 0
    const sides: { value: RecorderPreferences['facing']; name: string }[] = [
      { value: 'front', name: 'Front' },
      { value: 'back', name: 'Back' },
    ]
    const several = this.devices.filter(({ kind }) => kind === 'camera').length > 1
    return html`${picker('camera', 'pick-camera', 'Which camera', cameraId, (id) => this.#prefer({ cameraId: id, facing: '' }))}
      ${
        phone && several
          ? html`<div class="buttons" role="group" aria-label="Side of the camera">
              ${sides.map(
                ({
                  value,
                  name,
                }) => html`<button class="button" type="button" aria-pressed=${value === facing ? 'true' : 'false'}
                  @click=${() => this.#prefer({ facing: value, cameraId: '' })}>${name}</button>`,
              )}
            </div>`
          : ''
      }
      ${
        several
          ? html`<label class="check">
              <input type="checkbox" .checked=${secondCamera}
                @change=${(event: Event) => this.#prefer({ secondCamera: isChecked(event) })} />
              A second camera
            </label>`
          : ''
      }
      ${several && secondCamera ? picker('camera', 'pick-second-camera', 'Which second camera', secondCameraId, (id) => this.#prefer({ secondCameraId: id })) : ''}`
  }
}
customElements.define('rushes-record-setup', RushesRecordSetup)

function needsScreen(source: SourceChoice): boolean {
  return source === 'screen' || source === 'screen-camera'
}

function usesCamera(source: SourceChoice): boolean {
  return source === 'camera' || source === 'screen-camera'
}

/** Phones have cameras, but no getDisplayMedia. */
function canShareScreen(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === 'function'
}

function isChecked(event: Event): boolean {
  return (event.target as HTMLInputElement).checked
}
