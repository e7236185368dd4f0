// When things were drawn, as the recorded picture has it. Whoever puts drawings into the picture hears of drafts, of the
// laser and of operations in one order, and notes here when each came into it. What the page measured while it drew was
// on its way for some time, and has pauses in it, which are no time of the media.
import type { Point } from '../capture/bubble.ts'
import type { AnnotationOperation, Shape, TimedOperation } from './annotation.ts'

/** All times are ms of media. */
export class OperationTimes {
  /** Since when the shape that is being drawn has been seen. */
  #draftSince: number | null = null
  /** When the points were seen that no operation has told yet; as many as the laser tells at once. */
  #points: number[] = []
  #pointing = false

  draft(shape: Shape | null, t: number): void {
    this.#draftSince = shape === null ? null : (this.#draftSince ?? t)
  }

  laser(at: Point | null, t: number): void {
    this.#pointing = at !== null
    if (at !== null) this.#points.push(t)
  }

  /** The operation, which took place at `t`, with the times at which its beginnings were seen. */
  timed(operation: AnnotationOperation, t: number): TimedOperation {
    if (operation.op === 'laser') return { ...operation, t, trail: this.#seenTrail(operation.trail, t) }
    if (operation.op !== 'add') return { ...operation, t }
    const since = this.#draftSince
    this.#draftSince = null
    return { ...operation, t, drawnMs: since === null ? operation.drawnMs : Math.round(t - since) }
  }

  #seenTrail(trail: readonly number[], t: number): number[] {
    const points = this.#points
    const unseen = trail.length / 3 - points.length // pointed at before the recording began
    // A laser that stays on goes on from its last point.
    this.#points = this.#pointing ? points.slice(-1) : []
    return trail.map((value, at) => (at % 3 === 2 ? Math.round(t - (points[(at - 2) / 3 - unseen] ?? 0)) : value))
  }
}
