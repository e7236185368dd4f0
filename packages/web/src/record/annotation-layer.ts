import { AnnotationPainter, type Annotations, type Capture, type Point } from '@rushes/recorder'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'
import { styled } from '../design/styled.ts'
import { currentDrawing, Gesture, noteSize, onDrawing } from './drawing.ts'

/** What arrow keys move the pencil by, a share of the picture; with Shift, finely. */
const coarse = 0.02
const fine = 0.004

const steps: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
}

/** The sheet over the preview that is drawn on: with a pointer, a finger, a pen, or the arrow keys. */
export class RushesAnnotationLayer extends PageElement {
  static override properties: PropertyDeclarations = {
    capture: { attribute: false },
    /** Where a note is being typed. */
    typingAt: { state: true },
    /** The pencil of the keyboard; null while nobody uses it. */
    cursor: { state: true },
  }
  declare capture: Capture | null
  declare private typingAt: Point | null
  declare private cursor: Point | null
  readonly #painter = new AnnotationPainter({ onPicture: false })
  #ends: (() => void)[] = []
  #following: Annotations | null = null
  #unfollow: (() => void)[] = []
  #gesture: Gesture | null = null
  #typedSince = 0
  #frame = 0
  readonly #sizes = new ResizeObserver(() => this.#repaint())

  constructor() {
    super()
    this.capture = this.typingAt = this.cursor = null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#sizes.observe(this)
    this.#ends = [
      onDrawing(() => {
        const { tool } = currentDrawing()
        if (tool === null) this.cursor = null
        if (tool !== 'note') this.#endNote(true)
        if (tool !== 'laser') this.capture?.annotations.point(null)
        this.requestUpdate()
      }),
    ]
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#endNote(true)
    this.#gesture?.cancel()
    this.#gesture = null
    this.capture?.annotations.point(null)
    this.#sizes.disconnect()
    for (const end of [...this.#ends, ...this.#unfollow]) end()
    this.#following = null
    cancelAnimationFrame(this.#frame)
  }

  protected override updated(): void {
    const annotations = this.capture?.annotations ?? null
    if (annotations !== this.#following) {
      for (const end of this.#unfollow) end()
      this.#following = annotations
      const repaint = () => this.#repaint()
      this.#unfollow =
        annotations === null
          ? []
          : [annotations.on('operation', repaint), annotations.on('draft', repaint), annotations.on('laser', repaint)]
    }
    this.#repaint()
  }

  #repaint(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = requestAnimationFrame(() => {
      const canvas = this.querySelector('canvas')
      const annotations = this.capture?.annotations
      if (canvas === null || annotations === undefined) return
      const { clientWidth, clientHeight } = canvas
      const size = {
        width: Math.round(clientWidth * devicePixelRatio),
        height: Math.round(clientHeight * devicePixelRatio),
      }
      if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size)
      const context = canvas.getContext('2d')
      if (context === null || size.width === 0) return
      context.clearRect(0, 0, size.width, size.height)
      const view = annotations.view()
      this.#painter.paint(context, size, view)
      if (view.trail.length > 0) this.#repaint() // it fades
    })
  }

  #at(event: PointerEvent): Point {
    const box = this.getBoundingClientRect()
    const share = (value: number) => Math.min(1, Math.max(0, value))
    return { x: share((event.clientX - box.x) / box.width), y: share((event.clientY - box.y) / box.height) }
  }

  #begin(at: Point): void {
    const annotations = this.capture?.annotations
    const drawing = currentDrawing()
    if (annotations === undefined || drawing.tool === null) return
    if (drawing.tool === 'note') {
      this.#endNote(true)
      this.typingAt = at
      this.#typedSince = performance.now()
      void this.updateComplete.then(() => this.querySelector('textarea')?.focus())
    } else if (drawing.tool === 'laser') annotations.point(at)
    else this.#gesture = new Gesture(annotations, drawing, this.getBoundingClientRect(), at, performance.now())
  }

  readonly #onDown = (event: PointerEvent): void => {
    if (event.button !== 0 || (event.target as Element).localName === 'textarea') return
    event.preventDefault() // the note that opens keeps the focus
    ;(event.currentTarget as Element).setPointerCapture(event.pointerId)
    this.cursor = null
    this.#begin(this.#at(event))
  }

  readonly #onMove = (event: PointerEvent): void => {
    if (currentDrawing().tool === 'laser') this.capture?.annotations.point(this.#at(event))
    // Between two pictures of the screen a pen gives several points.
    else for (const one of event.getCoalescedEvents?.() ?? [event]) this.#gesture?.move(this.#at(one))
  }

  readonly #onUp = (event: PointerEvent): void => {
    if (event.pointerType !== 'mouse') this.capture?.annotations.point(null)
    this.#endGesture()
  }

  #endGesture(): void {
    this.#gesture?.end(performance.now())
    this.#gesture = null
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    const step = steps[event.key]
    if ((event.target as Element).localName === 'textarea' || event.ctrlKey || event.metaKey || event.altKey) return
    if (step !== undefined) {
      event.preventDefault()
      event.stopPropagation()
      const by = event.shiftKey ? fine : coarse
      const from = this.cursor ?? { x: 0.5, y: 0.5 }
      const move = (value: number, change: number) => Math.min(1, Math.max(0, value + change * by))
      this.cursor = { x: move(from.x, step.x), y: move(from.y, step.y) }
      this.#gesture?.move(this.cursor)
      if (currentDrawing().tool === 'laser') this.capture?.annotations.point(this.cursor)
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      event.stopPropagation()
      if (this.#gesture !== null) this.#endGesture()
      else {
        this.cursor ??= { x: 0.5, y: 0.5 }
        this.#begin(this.cursor)
      }
    } else if (event.key === 'Escape' && this.#gesture !== null) {
      event.stopPropagation()
      this.#gesture.cancel()
      this.#gesture = null
    }
  }

  readonly #onBlur = (): void => {
    this.#endGesture()
    this.cursor = null
    if (currentDrawing().tool === 'laser') this.capture?.annotations.point(null)
  }

  #note(): { text: string; shape: Parameters<Annotations['add']>[0] } | null {
    const text = this.querySelector('textarea')?.value.trimEnd() ?? ''
    if (this.typingAt === null) return null
    const { colour, width } = currentDrawing()
    return { text, shape: { kind: 'note', colour, size: noteSize(width), at: this.typingAt, text } }
  }

  #type(): void {
    const note = this.#note()
    if (note !== null) this.capture?.annotations.draft(note.text === '' ? null : note.shape)
  }

  #endNote(keep: boolean): void {
    const note = this.#note()
    if (note === null) return
    this.typingAt = null
    if (keep && note.text !== '') this.capture?.annotations.add(note.shape, performance.now() - this.#typedSince)
    else this.capture?.annotations.draft(null)
  }

  readonly #onNoteKey = (event: KeyboardEvent): void => {
    event.stopPropagation()
    if (event.key === 'Escape' || (event.key === 'Enter' && !event.shiftKey)) {
      event.preventDefault()
      this.#endNote(event.key === 'Enter')
      this.querySelector<HTMLElement>('.annotation-surface')?.focus()
    }
  }

  protected override render(): TemplateResult {
    const { tool } = currentDrawing()
    const percent = (value: number) => `${(value * 100).toFixed(2)}%`
    const place = ({ x, y }: Point) => styled({ left: percent(x), top: percent(y) })
    return html`<canvas aria-hidden="true"></canvas>
      ${
        tool === null
          ? ''
          : html`<div class="annotation-surface annotation-${tool}-tool" tabindex="0" role="application"
              aria-label="Drawing surface: arrow keys move the pencil, Enter begins and ends a stroke"
              @pointerdown=${this.#onDown} @pointermove=${this.#onMove} @pointerup=${this.#onUp}
              @pointercancel=${this.#onUp} @pointerleave=${() => this.capture?.annotations.point(null)}
              @keydown=${this.#onKey} @blur=${this.#onBlur}></div>`
      }
      ${this.cursor === null ? '' : html`<span class="annotation-cursor" ${place(this.cursor)}></span>`}
      ${
        this.typingAt === null
          ? ''
          : html`<textarea class="annotation-note ${noteSide(this.typingAt)}" aria-label="Note" maxlength="1000" rows="2" ${place(this.typingAt)}
              placeholder="Type; Enter when done" @input=${this.#type} @keydown=${this.#onNoteKey}
              @blur=${() => this.#endNote(true)}></textarea>`
      }`
  }
}
customElements.define('rushes-annotation-layer', RushesAnnotationLayer)

/** The field stands beside the note, on the side where there is room for it. */
function noteSide({ x, y }: Point): string {
  return `${y < 0.4 ? 'is-below' : ''} ${x > 0.5 ? 'is-left' : ''}`
}
