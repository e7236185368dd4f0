import type { Capture, Device, SoundSource } from '@rushes/recorder'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'
import { type DeviceSelect, deviceSelect, usual } from './device-select.ts'
import './level-meter.ts'
import { keepPreference, keptPreferences } from './recorder-preferences.ts'

const names: Record<SoundSource, string> = { microphone: 'Microphone', screen: 'Sound of the tab or the computer' }

/** What is heard: which microphone, how loud, on or off; and a warning where nothing comes from it. */
export class RushesSoundControls extends PageElement {
  static override properties: PropertyDeclarations = {
    capture: { attribute: false },
    devices: { attribute: false },
    problem: { state: true },
  }
  declare capture: Capture | null
  declare devices: readonly Device[]
  declare private problem: string
  #ends: (() => void)[] = []

  constructor() {
    super()
    this.capture = null
    this.devices = []
    this.problem = ''
  }

  override connectedCallback(): void {
    super.connectedCallback()
    const update = () => this.requestUpdate()
    const { capture } = this
    this.#ends =
      capture === null
        ? []
        : [capture.on('silence', update), capture.on('source-changed', update), capture.on('source-ended', update)]
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    for (const end of this.#ends) end()
  }

  async #choose(capture: Capture, deviceId: string): Promise<void> {
    this.problem = ''
    if (deviceId === 'none') return
    try {
      const { noiseSuppression } = keptPreferences()
      await capture.change('microphone', { noiseSuppression, ...(deviceId !== '' && { deviceId }) })
      keepPreference({ microphoneId: deviceId })
    } catch (fault) {
      const { captureWords } = await import('./capture-words.ts')
      this.problem = captureWords(fault)
    }
  }

  protected override render(): TemplateResult {
    const { capture } = this
    if (capture === null) return html``
    const isHeard = (kind: SoundSource) =>
      capture.sources.some((source) => source.kind === kind && source.live && source.stream.getAudioTracks().length > 0)
    const microphone = isHeard('microphone')
    const lost = !microphone && capture.sources.some(({ kind }) => kind === 'microphone')
    return html`<div class="stack">
      <div role="alert">
        ${
          capture.silent && microphone
            ? html`<p class="notice notice-caution"><strong>Your microphone gives no sound</strong>
                <span>Nothing has been heard for several seconds. Is it switched off at its side, or is another one yours?</span></p>`
            : ''
        }
        ${this.problem === '' ? '' : html`<p class="notice notice-caution">${this.problem}</p>`}
      </div>
      ${(['microphone', 'screen'] as const).filter(isHeard).map((kind) => this.#source(capture, kind))}
      ${lost ? this.#microphones(capture, 'none', [{ value: 'none', name: 'None: it is gone' }, usual]) : ''}
    </div>`
  }

  #source(capture: Capture, kind: SoundSource): TemplateResult {
    const gain = capture.gain(kind)
    const preference = kind === 'microphone' ? 'microphoneGain' : 'systemGain'
    const label = kind === 'microphone' ? 'Microphone' : 'Computer sound'
    return html`<div class="stack stack-tight">
      <label class="check">
        <input type="checkbox" .checked=${!capture.isMuted(kind)} @change=${(event: Event) => {
          capture.mute(kind, !(event.target as HTMLInputElement).checked)
          this.requestUpdate()
        }} />
        ${names[kind]} on
      </label>
      <rushes-level-meter .capture=${capture} .of=${kind}></rushes-level-meter>
      <label class="gain">
        <span class="field-label">${label}: loudness</span>
        <input type="range" min="0" max="3" step="0.05" .value=${String(gain)}
          aria-valuetext=${`${Math.round(gain * 100)} %`} @input=${(event: Event) => {
            const value = Number((event.target as HTMLInputElement).value)
            capture.setGain(kind, value)
            keepPreference({ [preference]: value })
            this.requestUpdate()
          }} />
        <span class="figures small soft">${Math.round(gain * 100)} %</span>
      </label>
      ${kind === 'microphone' ? this.#microphones(capture, deviceIdOf(capture, 'microphone'), [usual]) : ''}
    </div>`
  }

  #microphones(capture: Capture, chosen: string, first: DeviceSelect['first']): TemplateResult {
    return deviceSelect({
      id: 'live-microphone',
      label: 'Which microphone',
      kind: 'microphone',
      devices: this.devices,
      chosen,
      choose: (deviceId) => void this.#choose(capture, deviceId),
      first,
    })
  }
}
customElements.define('rushes-sound-controls', RushesSoundControls)

/** Of the device that is in use. */
export function deviceIdOf(capture: Capture, kind: 'microphone' | 'camera' | 'second-camera'): string {
  const source = capture.sources.find((one) => one.kind === kind && one.live)
  return source?.stream.getTracks()[0]?.getSettings().deviceId ?? ''
}
