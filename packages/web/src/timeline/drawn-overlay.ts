import type { RushesArchive } from '@rushes/player/archive'
import { AnnotationPainter, type TimedOperation, viewAt } from '@rushes/recorder'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'

/** Drawings that were kept beside the picture, over it at their times; lies in the slot `overlay` of a player, or of an archive's. */
export class RushesDrawnOverlay extends PageElement {
  static override properties: PropertyDeclarations = { operations: { attribute: false } }
  declare operations: readonly TimedOperation[]
  readonly #painter = new AnnotationPainter({ onPicture: false })
  #frame = 0
  #painted = ''

  constructor() {
    super()
    this.operations = []
  }

  override connectedCallback(): void {
    super.connectedCallback()
    const draw = () => {
      this.#frame = requestAnimationFrame(draw)
      this.#paint()
    }
    draw()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    cancelAnimationFrame(this.#frame)
  }

  #paint(): void {
    const canvas = this.querySelector('canvas')
    const media = (this.closest('rushes-player') ?? this.closest<RushesArchive>('rushes-archive')?.player)?.media
    const context = canvas?.getContext('2d')
    if (canvas == null || context == null || media == null || media.videoWidth === 0) return
    const [width, height] = [this.clientWidth, this.clientHeight]
    const density = window.devicePixelRatio
    const now = `${media.currentTime} ${width} ${height} ${density} ${this.operations.length}`
    if (now === this.#painted) return // nothing moved
    this.#painted = now
    canvas.width = Math.round(width * density)
    canvas.height = Math.round(height * density)
    // As the player fits the picture into its box: `object-fit: contain`.
    const scale = Math.min(width / media.videoWidth, height / media.videoHeight)
    const frame = { width: media.videoWidth * scale, height: media.videoHeight * scale }
    context.setTransform(
      density,
      0,
      0,
      density,
      ((width - frame.width) / 2) * density,
      ((height - frame.height) / 2) * density,
    )
    this.#painter.paint(context, frame, viewAt(this.operations, media.currentTime * 1000))
  }

  protected override render(): TemplateResult {
    return html`<canvas></canvas>`
  }
}
customElements.define('rushes-drawn-overlay', RushesDrawnOverlay)
