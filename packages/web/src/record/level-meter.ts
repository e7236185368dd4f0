import type { Capture, SoundSource } from '@rushes/recorder'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'

/** 60 dB are shown: below that, a room sounds silent. */
const floorDb = -60

/** How loud what is captured is, now. */
export class RushesLevelMeter extends PageElement {
  static override properties: PropertyDeclarations = { capture: { attribute: false }, of: { attribute: false } }
  declare capture: Capture | null
  /** One source; null for all that is heard. */
  declare of: SoundSource | null
  #frame = 0
  #shown = 0

  constructor() {
    super()
    this.capture = this.of = null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    const draw = () => {
      this.#frame = requestAnimationFrame(draw)
      const bar = this.querySelector('progress')
      if (bar === null) return
      const peak = this.capture?.level(this.of ?? undefined) ?? 0
      const loudness = peak > 0 ? Math.max(0, 1 - (20 * Math.log10(peak)) / floorDb) : 0
      // Up at once, down slowly, as meters do: a peak can be seen.
      this.#shown = Math.max(loudness, this.#shown - 0.02)
      bar.value = this.#shown
    }
    draw()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    cancelAnimationFrame(this.#frame)
  }

  protected override render(): TemplateResult {
    return html`<progress class="bar-safe bar-level" max="1" aria-label="Sound level"></progress>`
  }
}
customElements.define('rushes-level-meter', RushesLevelMeter)
