import type { BubbleSource, Capture, Corner, Device, Scene } from '@rushes/recorder'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'
import { bubbleShapes } from './bubble-keys.ts'
import { captureWords } from './capture-words.ts'
import { deviceSelect } from './device-select.ts'
import { choosePortion } from './portion-dialog.ts'
import { keepPreference } from './recorder-preferences.ts'
import { deviceIdOf } from './sound-controls.ts'

const corners: { value: Corner; name: string }[] = [
  { value: 'bottom-left', name: 'Bottom left' },
  { value: 'bottom-right', name: 'Bottom right' },
  { value: 'top-left', name: 'Top left' },
  { value: 'top-right', name: 'Top right' },
]
const cameraNames: Record<BubbleSource, string> = { camera: 'Camera', 'second-camera': 'Second camera' }
const facings = { front: 'Front camera', back: 'Back camera' } as const

/** What is seen: what fills the picture, which part of the screen, the cameras and their bubbles. */
export class RushesPictureControls extends PageElement {
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
        : [capture.on('arranged', update), capture.on('source-changed', update), capture.on('source-ended', update)]
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    for (const end of this.#ends) end()
  }

  async #choose(capture: Capture, of: BubbleSource, value: string): Promise<void> {
    this.problem = ''
    const facing = value === 'front' || value === 'back' ? value : undefined
    try {
      if (value === 'none') await capture.change(of, null)
      else await capture.change(of, facing === undefined ? { deviceId: value } : { facing })
      if (of === 'camera' && value !== 'none') {
        keepPreference(facing === undefined ? { cameraId: value, facing: '' } : { cameraId: '', facing })
      }
    } catch (fault) {
      this.problem = captureWords(fault)
    }
  }

  async #portion(capture: Capture): Promise<void> {
    const screen = document.querySelector<HTMLVideoElement>('video[data-source="screen"]')
    if (screen === null || screen.videoWidth === 0) return
    const portion = await choosePortion(screen, capture.scene.portion)
    if (portion !== undefined) capture.compose({ portion })
  }

  protected override render(): TemplateResult {
    const { capture } = this
    if (capture === null || !capture.hasVideo) return html``
    const live = (kind: string) => capture.sources.some((source) => source.kind === kind && source.live)
    const { scene } = capture
    const mains: { value: Scene['main']; name: string; possible: boolean }[] = [
      { value: 'screen', name: 'Screen', possible: live('screen') },
      { value: 'camera', name: 'Camera', possible: live('camera') },
      { value: 'second-camera', name: 'Second camera', possible: live('second-camera') },
      { value: 'page', name: 'White page', possible: true },
    ]
    const possible = mains.filter((one) => one.possible)
    // What fills the picture now, where what was wished for is not there.
    const main = possible.some(({ value }) => value === scene.main) ? scene.main : possible[0]!.value
    return html`<div class="stack">
      ${this.problem === '' ? '' : html`<p class="notice notice-caution" role="alert">${this.problem}</p>`}
      <div class="field">
        <label for="main-picture">Fills the picture</label>
        <select class="select" id="main-picture" @change=${(event: Event) =>
          capture.compose({ main: (event.target as HTMLSelectElement).value as Scene['main'] })}>
          ${possible.map(({ value, name }) => html`<option value=${value} ?selected=${value === main}>${name}</option>`)}
        </select>
      </div>
      ${
        main === 'screen'
          ? html`<div><button class="button" type="button" @click=${() => this.#portion(capture)}>
              ${scene.portion === null ? 'Record a part of the screen …' : 'Change the part of the screen …'}
            </button></div>`
          : ''
      }
      ${this.#camera(capture, 'camera', main)}
      ${live('camera') ? this.#camera(capture, 'second-camera', main) : ''}
    </div>`
  }

  #camera(capture: Capture, of: BubbleSource, main: Scene['main']): TemplateResult {
    const source = capture.sources.find(({ kind, live }) => kind === of && live)
    const facing = source?.stream.getVideoTracks()[0]?.getSettings().facingMode
    const none = { value: 'none', name: 'None' }
    const phone = navigator.maxTouchPoints > 0 && this.devices.filter(({ kind }) => kind === 'camera').length > 1
    const sides = Object.entries(facings).map(([value, name]) => ({ value, name }))
    return html`${deviceSelect({
      id: `live-${of}`,
      label: `Which ${cameraNames[of].toLowerCase()}`,
      kind: 'camera',
      devices: this.devices,
      chosen: source === undefined ? 'none' : phone && facing !== undefined ? sideOf(facing) : deviceIdOf(capture, of),
      choose: (value) => void this.#choose(capture, of, value),
      first: phone ? [none, ...sides] : [none],
    })}
    ${source === undefined ? '' : main === of ? this.#mirrorMain(capture) : this.#bubble(capture, of)}`
  }

  #mirrorMain(capture: Capture): TemplateResult {
    return html`<label class="check">
      <input type="checkbox" .checked=${capture.scene.mirrorMain}
        @change=${(event: Event) => capture.compose({ mirrorMain: (event.target as HTMLInputElement).checked })} />
      Mirrored
    </label>`
  }

  #bubble(capture: Capture, of: BubbleSource): TemplateResult {
    const bubble = capture.scene.bubbles[of]
    const name = `${cameraNames[of]} bubble`
    const place = !bubble.visible ? 'hidden' : bubble.at === null ? bubble.corner : 'free'
    const put = (value: string) => {
      if (value === 'hidden') capture.arrange({ visible: false }, of)
      else if (value !== 'free') capture.arrange({ visible: true, corner: value as Corner }, of)
    }
    const keep = of === 'camera' ? keepPreference : () => {}
    return html`<div class="field">
        <label for=${`bubble-${of}`}>${name}</label>
        <select class="select" id=${`bubble-${of}`} @change=${(event: Event) => put((event.target as HTMLSelectElement).value)}>
          ${place === 'free' ? html`<option value="free" selected>Where you put it</option>` : ''}
          ${corners.map(({ value, name }) => html`<option value=${value} ?selected=${place === value}>${name}</option>`)}
          <option value="hidden" ?selected=${place === 'hidden'}>Hidden</option>
        </select>
      </div>
      ${
        bubble.visible
          ? html`<div class="bubble-look">
              <div class="field">
                <label for=${`shape-${of}`}>Shape</label>
                <select class="select" id=${`shape-${of}`} @change=${(event: Event) => {
                  const shape = bubbleShapes[(event.target as HTMLSelectElement).selectedIndex]!.value
                  capture.arrange({ shape }, of)
                  keep({ bubbleShape: shape })
                }}>
                  ${bubbleShapes.map(({ value, name }) => html`<option value=${value} ?selected=${value === bubble.shape}>${name}</option>`)}
                </select>
              </div>
              <label class="field"><span class="field-label">Size</span>
                <input type="range" min="0.1" max="0.8" step="0.01" .value=${String(bubble.size)}
                  aria-valuetext=${`${Math.round(bubble.size * 100)} % of the picture`} @input=${(event: Event) => {
                    const size = Number((event.target as HTMLInputElement).value)
                    capture.arrange({ size }, of)
                    keep({ bubbleSize: size })
                  }} />
              </label>
            </div>
            <label class="check">
              <input type="checkbox" .checked=${bubble.mirrored} @change=${(event: Event) => {
                const mirrored = (event.target as HTMLInputElement).checked
                capture.arrange({ mirrored }, of)
                keep({ bubbleMirrored: mirrored })
              }} />
              Mirrored
            </label>`
          : ''
      }`
  }
}
customElements.define('rushes-picture-controls', RushesPictureControls)

function sideOf(facingMode: string): string {
  return facingMode === 'environment' ? 'back' : 'front'
}
