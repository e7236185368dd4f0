import type { Bubble, Capture, CaptureSource } from '@rushes/recorder'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'

/** What is being captured, as it will look: the screen, or the camera, or the camera's bubble over the screen. */
export class RushesSourcePreview extends PageElement {
  static override properties: PropertyDeclarations = { capture: { attribute: false }, bubble: { attribute: false } }
  declare capture: Capture | null
  declare bubble: Readonly<Bubble> | null

  constructor() {
    super()
    this.capture = this.bubble = null
  }

  protected override render(): TemplateResult {
    const source = (kind: CaptureSource['kind']) =>
      this.capture?.sources.find((open) => open.kind === kind && open.live)
    const screen = source('screen')
    const camera = source('camera')
    const bubble = this.bubble ?? this.capture?.bubble ?? null
    const picture = (shown: CaptureSource, look: string) =>
      html`<video class=${look} muted autoplay playsinline aria-hidden="true" tabindex="-1" .muted=${true}
        .srcObject=${shown.stream}></video>`
    return html`<div class="preview">
      ${screen === undefined ? '' : picture(screen, 'preview-main')}
      ${camera !== undefined && screen === undefined ? picture(camera, `preview-main ${bubble?.mirrored === false ? '' : 'preview-mirrored'}`) : ''}
      ${
        camera !== undefined && screen !== undefined && bubble?.visible !== false
          ? picture(
              camera,
              `preview-bubble preview-${bubble?.corner ?? 'bottom-left'} ${bubble?.mirrored === false ? '' : 'preview-mirrored'}`,
            )
          : ''
      }
    </div>`
  }
}
customElements.define('rushes-source-preview', RushesSourcePreview)
