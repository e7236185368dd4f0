import {
  type BubbleSource,
  type Capture,
  layOut,
  mainSource,
  type PictureSource,
  type PlacedSource,
  type Rect,
  type Size,
  shownPart,
} from '@rushes/recorder'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { guard } from 'lit/directives/guard.js'
import { repeat } from 'lit/directives/repeat.js'
import { PageElement } from '../app/page-element.ts'
import { styled } from '../design/styled.ts'
import './annotation-layer.ts'
import { bubbleKey } from './bubble-keys.ts'

const emptySize: Size = { width: 1280, height: 720 }

/** What is being captured, as it will be recorded; its bubbles can be moved and resized in their places. */
export class RushesScenePreview extends PageElement {
  static override properties: PropertyDeclarations = {
    capture: { attribute: false },
    picture: { attribute: false },
    editable: { attribute: false },
  }
  declare capture: Capture | null
  /** Size of the recorded picture, once it is known. */
  declare picture: Size | null
  declare editable: boolean
  #following: Capture | null = null
  #unfollow: (() => void)[] = []
  readonly #known = new WeakMap<object, Size>()
  /** Drags one bubble: from where in it, or its size. */
  #drag: { source: BubbleSource; resize: boolean; dx: number; dy: number } | null = null

  constructor() {
    super()
    this.capture = this.picture = null
    this.editable = false
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#follow(null)
  }

  #follow(capture: Capture | null): void {
    if (capture === this.#following) return
    for (const end of this.#unfollow) end()
    this.#following = capture
    const update = () => this.requestUpdate()
    this.#unfollow =
      capture === null
        ? []
        : [capture.on('arranged', update), capture.on('source-changed', update), capture.on('source-ended', update)]
  }

  /** Of the videos; of the one that fills the picture a guess, until it has one: nothing else may take its place. */
  #sizes(capture: Capture): Partial<Record<PictureSource, Size>> {
    for (const video of this.querySelectorAll('video')) {
      const { videoWidth: width, videoHeight: height } = video
      if (width > 0 && video.srcObject !== null) this.#known.set(video.srcObject, { width, height })
    }
    const open = capture.sources.filter(({ kind, live }) => kind !== 'microphone' && live)
    const main = mainSource(capture.scene, (source) => open.some(({ kind }) => kind === source))
    return Object.fromEntries(
      open.flatMap(({ kind, stream }) => {
        const size = this.#known.get(stream) ?? (kind === main ? (this.picture ?? emptySize) : undefined)
        return size === undefined ? [] : [[kind, size]]
      }),
    )
  }

  #bubbleAt(event: PointerEvent): { x: number; y: number; box: DOMRect } {
    const box = this.querySelector('.preview')!.getBoundingClientRect()
    return { x: (event.clientX - box.x) / box.width, y: (event.clientY - box.y) / box.height, box }
  }

  #onDown(event: PointerEvent, placed: PlacedSource, frame: Size): void {
    if (event.button !== 0) return
    const grip = event.currentTarget as HTMLElement
    grip.setPointerCapture(event.pointerId)
    const { x, y } = this.#bubbleAt(event)
    const centre = centreOf(placed.place, frame)
    const resize = (event.target as Element).classList.contains('bubble-resize')
    this.#drag = { source: placed.source as BubbleSource, resize, dx: centre.x - x, dy: centre.y - y }
  }

  #onMove(event: PointerEvent, placed: PlacedSource, frame: Size): void {
    const drag = this.#drag
    if (drag === null || drag.source !== placed.source) return
    const { x, y, box } = this.#bubbleAt(event)
    if (!drag.resize) {
      this.capture?.arrange({ at: { x: x + drag.dx, y: y + drag.dy } }, drag.source)
      return
    }
    // The handle is at the lower right corner: the bubble grows around its centre.
    const centre = centreOf(placed.place, frame)
    const half = Math.max(
      0,
      (y - centre.y) * box.height,
      ((x - centre.x) * box.width * placed.place.height) / placed.place.width,
    )
    this.capture?.arrange({ size: bounded((2 * half) / Math.min(box.width, box.height)), at: centre }, drag.source)
  }

  #onKey(event: KeyboardEvent, placed: PlacedSource, frame: Size): void {
    const source = placed.source as BubbleSource
    const bubble = this.capture?.scene.bubbles[source]
    if (bubble === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    // Keys come faster than the page is drawn anew.
    const change = bubbleKey(event, bubble, bubble.at ?? centreOf(placed.place, frame))
    if (change === null) return
    event.preventDefault()
    event.stopPropagation()
    this.capture?.arrange(change, source)
  }

  protected override updated(): void {
    this.#follow(this.capture)
  }

  protected override render(): TemplateResult {
    const { capture } = this
    if (capture === null) return html`<div class="preview"></div>`
    const sizes = this.#sizes(capture)
    const main = mainSource(capture.scene, (source) => sizes[source] !== undefined)
    const frame = this.picture ?? (main === null ? emptySize : shownPart(capture.scene, main, sizes[main]!))
    const placed = layOut(capture.scene, sizes, frame)
    const aspect = frame.width / frame.height
    const open = capture.sources.filter(({ kind, live }) => kind !== 'microphone' && live)
    return html`<div class="preview ${capture.scene.main === 'page' ? 'preview-page' : ''}"
        ${styled({ 'aspect-ratio': String(aspect), 'max-width': `calc(72vh * ${aspect.toFixed(4)})` })}>
      ${repeat(
        open,
        ({ kind }) => kind,
        ({ kind, stream }) => this.#video(kind as PictureSource, stream, placed, sizes, frame),
      )}
      <rushes-annotation-layer .capture=${this.editable ? capture : null}></rushes-annotation-layer>
      ${this.editable ? placed.filter((one) => !one.main).map((one) => this.#grip(one, frame)) : ''}
    </div>`
  }

  /** Guarded: Lit gives an object to a property at every rendering, and a stream that is given again begins anew. */
  #video(
    source: PictureSource,
    stream: MediaStream,
    all: PlacedSource[],
    sizes: Partial<Record<PictureSource, Size>>,
    frame: Size,
  ): TemplateResult {
    const placed = all.find((one) => one.source === source)
    const size = sizes[source]
    const shown = placed !== undefined && size !== undefined
    return html`<div class="preview-source ${placed?.main === false ? 'preview-bubble' : 'preview-main'}" ?hidden=${!shown && size !== undefined}
      ${styled(shown ? { ...boxStyle(placed.place, frame), ...roundStyle(placed), transform: placed.mirrored ? 'scaleX(-1)' : 'none' } : {})}>
      <video data-source=${source} muted autoplay playsinline aria-hidden="true" tabindex="-1" .muted=${true}
        .srcObject=${guard([stream], () => stream)} ${styled(shown ? partStyle(placed.part, size) : {})}
        @loadedmetadata=${() => this.requestUpdate()} @resize=${() => this.requestUpdate()}></video>
    </div>`
  }

  #grip(placed: PlacedSource, frame: Size): TemplateResult {
    const name = placed.source === 'camera' ? 'Camera bubble' : 'Second camera bubble'
    const end = () => {
      this.#drag = null
    }
    return html`<button class="bubble-grip" type="button"
      aria-label=${`${name}: drag or arrow keys move it, + and − resize it, Enter changes its shape`}
      ${styled({ ...boxStyle(placed.place, frame), ...roundStyle(placed) })}
      @pointerdown=${(event: PointerEvent) => this.#onDown(event, placed, frame)}
      @pointermove=${(event: PointerEvent) => this.#onMove(event, placed, frame)}
      @pointerup=${end} @pointercancel=${end}
      @keydown=${(event: KeyboardEvent) => this.#onKey(event, placed, frame)}>
      <span class="bubble-resize" aria-hidden="true"></span>
    </button>`
  }
}
customElements.define('rushes-scene-preview', RushesScenePreview)

function bounded(size: number): number {
  return Math.min(1, Math.max(0.05, size))
}

function centreOf(place: Rect, frame: Size): { x: number; y: number } {
  return { x: (place.x + place.width / 2) / frame.width, y: (place.y + place.height / 2) / frame.height }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(3)}%`
}

function boxStyle(place: Rect, frame: Size): Record<string, string> {
  return {
    left: percent(place.x / frame.width),
    top: percent(place.y / frame.height),
    width: percent(place.width / frame.width),
    height: percent(place.height / frame.height),
  }
}

function roundStyle({ radius, place }: PlacedSource): Record<string, string> {
  return { 'border-radius': `${percent(radius / place.width)} / ${percent(radius / place.height)}` }
}

/** The whole video, so large and so placed that the part of it fills its box. */
function partStyle(part: Rect, size: Size): Record<string, string> {
  return {
    left: percent(-part.x / part.width),
    top: percent(-part.y / part.height),
    width: percent(size.width / part.width),
    height: percent(size.height / part.height),
  }
}
