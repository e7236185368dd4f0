import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'
import { styled } from '../design/styled.ts'
import { formatLength, lengthWords } from '../figures.ts'
import { drawTimeline, laneTops, pictureHeight } from './timeline-drawing.ts'
import { moved, type TimelineLanes, type TimeView, whatIsAt, zoomed } from './timeline-lanes.ts'

const zoomStep = 1.5
/** Arrow keys go so much of what is shown. */
const keyStep = 1 / 40
/** A mark counts as hit within so many pixels. */
const hitPixels = 5

/**
 * The timeline as a picture: what there is when. Wheel and keys zoom, dragging moves, a click or the arrow keys choose a
 * time. Event: `go` with the ms that were chosen.
 */
export class RushesTimelinePicture extends PageElement {
  static override properties: PropertyDeclarations = {
    lanes: { attribute: false },
    view: { state: true },
    cursor: { state: true },
  }
  declare lanes: TimelineLanes | null
  declare private view: TimeView
  declare private cursor: number
  #drag: { x: number; view: TimeView; moved: boolean } | null = null
  #frame = 0
  #observer: ResizeObserver | null = null
  readonly #dark = matchMedia('(prefers-color-scheme: dark)')
  readonly #redraw = (): void => this.requestUpdate()

  constructor() {
    super()
    this.lanes = null
    this.view = { fromMs: 0, toMs: 1000 }
    this.cursor = 0
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#observer = new ResizeObserver(this.#redraw)
    this.#observer.observe(this)
    this.#dark.addEventListener('change', this.#redraw)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#observer?.disconnect()
    this.#dark.removeEventListener('change', this.#redraw)
    cancelAnimationFrame(this.#frame)
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('lanes') || this.lanes === null) return
    this.view = { fromMs: 0, toMs: this.lanes.endMs }
    this.cursor = 0
  }

  protected override updated(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = requestAnimationFrame(() => {
      const canvas = this.querySelector('canvas')
      if (canvas !== null && this.lanes !== null) drawTimeline(canvas, this.lanes, this.view, this.cursor)
    })
  }

  #zoom(by: number, around: number = this.#centre()): void {
    if (this.lanes !== null) this.view = zoomed(this.view, by, around, this.lanes.endMs)
  }

  #centre(): number {
    const { fromMs, toMs } = this.view
    return this.cursor >= fromMs && this.cursor <= toMs ? this.cursor : (fromMs + toMs) / 2
  }

  #go(t: number): void {
    const { lanes, view } = this
    if (lanes === null) return
    this.cursor = Math.min(Math.max(0, t), lanes.endMs)
    if (this.cursor < view.fromMs) this.view = moved(view, this.cursor - view.fromMs, lanes.endMs)
    if (this.cursor > view.toMs) this.view = moved(view, this.cursor - view.toMs, lanes.endMs)
    this.dispatchEvent(new CustomEvent<number>('go', { detail: this.cursor, bubbles: true }))
  }

  #onKey(event: KeyboardEvent): void {
    if (this.lanes === null || event.altKey || event.ctrlKey || event.metaKey) return
    const length = this.view.toMs - this.view.fromMs
    const keys: Record<string, () => void> = {
      ArrowRight: () => this.#go(this.cursor + length * keyStep),
      ArrowLeft: () => this.#go(this.cursor - length * keyStep),
      PageDown: () => this.#go(this.cursor + length / 4),
      PageUp: () => this.#go(this.cursor - length / 4),
      Home: () => this.#go(0),
      End: () => this.#go(Number.POSITIVE_INFINITY),
      '+': () => this.#zoom(zoomStep),
      '=': () => this.#zoom(zoomStep),
      '-': () => this.#zoom(1 / zoomStep),
      '0': () => this.#showAll(),
    }
    const does = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined
    if (does === undefined) return
    event.preventDefault()
    does()
  }

  /** Whoever scrolls the page over the picture goes on scrolling the page. */
  #onWheel(event: WheelEvent): void {
    const canvas = event.currentTarget as HTMLElement
    if (document.activeElement !== canvas && !event.ctrlKey) return
    event.preventDefault()
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.#shift(event.deltaX / canvas.clientWidth)
    else this.#zoom(zoomStep ** (-event.deltaY / 100), this.#timeAt(event, canvas))
  }

  #shift(share: number): void {
    if (this.lanes === null) return
    const { fromMs, toMs } = this.view
    this.view = moved(this.view, share * (toMs - fromMs), this.lanes.endMs)
  }

  #timeAt({ clientX }: MouseEvent, canvas: HTMLElement): number {
    const { left, width } = canvas.getBoundingClientRect()
    return this.view.fromMs + ((clientX - left) / width) * (this.view.toMs - this.view.fromMs)
  }

  #onPointerDown(event: PointerEvent): void {
    if (event.button !== 0) return
    const canvas = event.currentTarget as HTMLElement
    canvas.setPointerCapture(event.pointerId)
    this.#drag = { x: event.clientX, view: this.view, moved: false }
  }

  #onPointerMove(event: PointerEvent): void {
    const drag = this.#drag
    if (drag === null || this.lanes === null) return
    const canvas = event.currentTarget as HTMLElement
    const by = event.clientX - drag.x
    if (Math.abs(by) > 4) drag.moved = true
    if (!drag.moved) return
    const { fromMs, toMs } = drag.view
    this.view = moved(drag.view, (-by / canvas.clientWidth) * (toMs - fromMs), this.lanes.endMs)
  }

  #onPointerUp(event: PointerEvent): void {
    const drag = this.#drag
    this.#drag = null
    if (drag !== null && !drag.moved) this.#go(this.#timeAt(event, event.currentTarget as HTMLElement))
  }

  #showAll(): void {
    if (this.lanes !== null) this.view = { fromMs: 0, toMs: this.lanes.endMs }
  }

  protected override render(): TemplateResult {
    const { lanes, view, cursor } = this
    if (lanes === null) return html``
    const width = this.querySelector('canvas')?.clientWidth ?? 1000
    const here = whatIsAt(lanes, cursor, (hitPixels / Math.max(width, 1)) * (view.toMs - view.fromMs))
    const words = here.map(({ lane, words }) => `${lane}: ${words}`).join('; ')
    const tops = laneTops(lanes)
    return html`<div class="timeline-tools">
        <div class="buttons" role="group" aria-label="What is shown of the timeline">
          <button class="button button-quiet" type="button" @click=${() => this.#shift(-0.5)} aria-label="Earlier">←</button>
          <button class="button button-quiet" type="button" @click=${() => this.#shift(0.5)} aria-label="Later">→</button>
          <button class="button button-quiet" type="button" @click=${() => this.#zoom(zoomStep)}>Zoom in</button>
          <button class="button button-quiet" type="button" @click=${() => this.#zoom(1 / zoomStep)}>Zoom out</button>
          <button class="button button-quiet" type="button" @click=${this.#showAll}>Show all</button>
        </div>
        <p class="soft small figures">${formatLength(view.fromMs)} to ${formatLength(view.toMs)}</p>
      </div>
      <div class="timeline-picture">
        <ul class="timeline-names" role="list" aria-label="Rows of the picture">
          ${lanes.lanes.map((lane, index) => {
            const count = lane.kind === 'spans' ? lane.spans.length : lane.marks.length
            return html`<li ${styled({ '--rows': String(tops.rows[index]) })}><span>${lane.name}</span>
              <span class="soft small figures">${count.toLocaleString('en')}</span></li>`
          })}
        </ul>
        <canvas height=${pictureHeight(lanes)} tabindex="0" role="slider" aria-label="Time" aria-describedby="timeline-keys"
          aria-valuemin="0" aria-valuemax=${Math.round(lanes.endMs / 1000)} aria-valuenow=${Math.round(cursor / 1000)}
          aria-valuetext=${`${lengthWords(cursor)}${words === '' ? '' : `: ${words}`}`}
          @keydown=${this.#onKey} @wheel=${{ handleEvent: (event: WheelEvent) => this.#onWheel(event), passive: false }}
          @pointerdown=${this.#onPointerDown} @pointermove=${this.#onPointerMove} @pointerup=${this.#onPointerUp}
          @pointercancel=${() => {
            this.#drag = null
          }}></canvas>
      </div>
      <div class="timeline-here small">
        <strong class="figures">${formatLength(cursor)}</strong>
        ${here.length === 0 ? html`<span class="soft">Nothing at this time.</span>` : ''}
        ${here.map(({ lane, words }) => html`<span><span class="soft">${lane}</span> ${words}</span>`)}
      </div>
      <p class="soft small" id="timeline-keys">
        Click a time, then <kbd>←</kbd> <kbd>→</kbd> go on from it, <kbd>+</kbd> <kbd>−</kbd> or the wheel zoom, <kbd>0</kbd> shows all.
      </p>`
  }
}
customElements.define('rushes-timeline-picture', RushesTimelinePicture)
