// The annotations of one capture, as the page makes them. Whoever draws calls the methods; what the recording needs to
// know goes out as events: every finished operation, and meanwhile what is only half done.
import type { Point, Size } from '../capture/bubble.ts'
import { Emitter, type Listeners } from '../listeners.ts'
import { type AnnotationOperation, bounded, boundedPoint, type Shape } from './annotation.ts'
import { type AnnotationView, applied, type BoardShape, emptyBoard, restated } from './board.ts'
import { Sheet } from './sheet.ts'
import { touched } from './touch.ts'

export type AnnotationsEvents = {
  /** Something was drawn to its end, erased, undone … */
  operation: AnnotationOperation
  /** What is being drawn at this moment, or null. */
  draft: Shape | null
  /** Where the laser points, or null. */
  laser: Point | null
}

export interface Annotations extends Listeners<AnnotationsEvents> {
  readonly shapes: readonly BoardShape[]
  readonly canUndo: boolean
  readonly canRedo: boolean
  /** What is to be painted over a preview now. */
  view(): AnnotationView
  /** Shows a shape that is still being drawn; null lets go of it. */
  draft(shape: Shape | null): void
  /** Adds a finished shape, which took `drawnMs` to draw; answers its id. */
  add(shape: Shape, drawnMs?: number): string
  /** Erases what is within `reach` (a share of the picture's shorter side) of a point; true where there was something. */
  eraseAt(point: Point, reach: number, frame: Size): boolean
  clear(): void
  undo(): void
  redo(): void
  /** Points with the laser; null switches it off. */
  point(at: Point | null): void
  /** The operations that tell everything that stands here to a recording that begins; what was undone is forgotten. */
  restate(): AnnotationOperation[]
}

/** A laser that is held long is told in pieces of this length, ms. */
const trailPieceMs = 1000
const mostTrailPoints = 120

export class LiveAnnotations extends Emitter<AnnotationsEvents> implements Annotations {
  readonly #sheet = new Sheet()
  #trail: { x: number; y: number; at: number }[] = []
  #pointing = false
  #count = 0

  get shapes(): readonly BoardShape[] {
    return this.#sheet.board.shapes
  }

  get canUndo(): boolean {
    return this.#sheet.board.past.length > 0
  }

  get canRedo(): boolean {
    return this.#sheet.board.future.length > 0
  }

  view(): AnnotationView {
    return this.#sheet.view(performance.now())
  }

  draft(shape: Shape | null): void {
    this.#sheet.draft = shape === null ? null : bounded(shape)
    this.emit('draft', this.#sheet.draft)
  }

  add(shape: Shape, drawnMs = 0): string {
    const id = `${Date.now().toString(36)}-${this.#count++}`
    this.#do({ op: 'add', id, shape: bounded(shape), drawnMs: Math.max(0, Math.round(drawnMs)) })
    return id
  }

  eraseAt(point: Point, reach: number, frame: Size): boolean {
    const ids = touched(this.shapes, point, reach, frame)
    if (ids.length > 0) this.#do({ op: 'erase', ids })
    return ids.length > 0
  }

  clear(): void {
    if (this.shapes.length > 0) this.#do({ op: 'clear' })
  }

  undo(): void {
    if (this.canUndo) this.#do({ op: 'undo' })
  }

  redo(): void {
    if (this.canRedo) this.#do({ op: 'redo' })
  }

  point(at: Point | null): void {
    const now = performance.now()
    const spot = at === null ? null : boundedPoint(at)
    this.#sheet.point(spot, now)
    this.#pointing = spot !== null
    this.emit('laser', spot)
    if (spot !== null) this.#trail.push({ ...spot, at: now })
    const begun = this.#trail[0]?.at ?? now
    if (spot === null || now - begun >= trailPieceMs || this.#trail.length >= mostTrailPoints) this.#tellTrail(now)
  }

  restate(): AnnotationOperation[] {
    const operations = restated(this.#sheet.board)
    this.#sheet.board = operations.reduce(applied, emptyBoard)
    return operations
  }

  #do(operation: AnnotationOperation): void {
    this.#sheet.apply(operation)
    this.emit('operation', operation)
  }

  #tellTrail(now: number): void {
    if (this.#trail.length === 0) return
    const trail = this.#trail.flatMap(({ x, y, at }) => [x, y, Math.round(now - at)])
    // While it stays on, the next piece begins where this one ends.
    this.#trail = this.#pointing ? this.#trail.slice(-1) : []
    this.#do({ op: 'laser', trail })
  }
}
