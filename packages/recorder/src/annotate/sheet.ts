// The transparent sheet over the picture, now: what stands on it, what is just being drawn, the laser's trail. One is in
// the page, for the preview, and one where the picture is composed.
import type { Point } from '../capture/bubble.ts'
import type { AnnotationOperation, Shape } from './annotation.ts'
import { type AnnotationView, applied, type Board, emptyBoard, trailMs } from './board.ts'

export class Sheet {
  board: Board = emptyBoard
  draft: Shape | null = null
  #laser: Point | null = null
  #trail: (Point & { at: number })[] = []

  apply(operation: AnnotationOperation): void {
    this.board = applied(this.board, operation)
    if (operation.op === 'add') this.draft = null
  }

  /** The laser points here, or no longer (null). */
  point(at: Point | null, nowMs: number): void {
    this.#laser = at
    this.#fade(nowMs)
    if (at !== null) this.#trail.push({ ...at, at: nowMs })
  }

  isEmpty(nowMs: number): boolean {
    this.#fade(nowMs)
    return this.board.shapes.length === 0 && this.draft === null && this.#laser === null && this.#trail.length === 0
  }

  view(nowMs: number): AnnotationView {
    this.#fade(nowMs)
    const shapes = this.board.shapes.map(({ shape }) => shape)
    const trail = this.#trail.map(({ x, y, at }) => ({ x, y, strength: 1 - (nowMs - at) / trailMs }))
    return {
      shapes,
      growing: this.draft === null ? [] : [this.draft],
      trail: this.#laser === null ? trail : [...trail, { ...this.#laser, strength: 1 }],
    }
  }

  #fade(nowMs: number): void {
    if (this.#trail.length > 0) this.#trail = this.#trail.filter(({ at }) => nowMs - at < trailMs)
  }
}
