// What is on the picture after some operations: a value that each operation makes a new one of.
import { type AnnotationOperation, partlyDrawn, type Shape, type TimedOperation } from './annotation.ts'

export type BoardShape = { id: string; shape: Shape }

export type Board = {
  /** From the back to the front. */
  shapes: readonly BoardShape[]
  past: readonly (readonly BoardShape[])[]
  future: readonly (readonly BoardShape[])[]
}

export const emptyBoard: Board = { shapes: [], past: [], future: [] }

const mostShapes = 1000
const mostSteps = 200

export function applied(board: Board, operation: AnnotationOperation): Board {
  const { shapes, past, future } = board
  switch (operation.op) {
    case 'add':
      return stepped(board, [...shapes.slice(1 - mostShapes), { id: operation.id, shape: operation.shape }])
    case 'erase': {
      const left = shapes.filter(({ id }) => !operation.ids.includes(id))
      return left.length === shapes.length ? board : stepped(board, left)
    }
    case 'clear':
      return shapes.length === 0 ? board : stepped(board, [])
    case 'undo': {
      const before = past.at(-1)
      return before === undefined ? board : { shapes: before, past: past.slice(0, -1), future: [shapes, ...future] }
    }
    case 'redo': {
      const [after, ...rest] = future
      return after === undefined ? board : { shapes: after, past: [...past, shapes], future: rest }
    }
    case 'laser':
      return board
  }
}

function stepped(board: Board, shapes: readonly BoardShape[]): Board {
  return { shapes, past: [...board.past.slice(1 - mostSteps), board.shapes], future: [] }
}

/** The operations that make this board from an empty one. */
export function restated(board: Board): AnnotationOperation[] {
  return board.shapes.map(({ id, shape }) => ({ op: 'add', id, shape, drawnMs: 0 }))
}

/** A point of the laser's trail; `strength` fades from 1 to 0. */
export type TrailPoint = { x: number; y: number; strength: number }

/** All that is to be painted at one moment. */
export type AnnotationView = {
  shapes: readonly Shape[]
  /** Just being drawn, in front of the others. */
  growing: readonly Shape[]
  trail: readonly TrailPoint[]
}

/** How long the laser's trail is seen, ms. */
export const trailMs = 700

/**
 * What was seen at `t` ms of media, from all operations of a recording in the order of their times: also what was just
 * being drawn.
 */
export function viewAt(operations: readonly TimedOperation[], t: number): AnnotationView {
  let board = emptyBoard
  const growing: Shape[] = []
  const trail: TrailPoint[] = []
  for (const operation of operations) {
    if (operation.t <= t) board = applied(board, operation)
    if (operation.op === 'laser') trail.push(...trailAt(operation, t))
    if (operation.op === 'add' && operation.t > t && operation.t - operation.drawnMs <= t) {
      growing.push(partlyDrawn(operation.shape, 1 - (operation.t - t) / operation.drawnMs))
    }
  }
  return { shapes: board.shapes.map(({ shape }) => shape), growing, trail }
}

function trailAt({ trail, t: end }: { trail: readonly number[]; t: number }, t: number): TrailPoint[] {
  const points: TrailPoint[] = []
  for (let at = 0; at + 2 < trail.length; at += 3) {
    const age = t - (end - trail[at + 2]!)
    if (age < 0) break
    const next = end - (trail[at + 5] ?? 0)
    const isHeld = t < next
    if (isHeld || age < trailMs)
      points.push({ x: trail[at]!, y: trail[at + 1]!, strength: isHeld ? 1 : 1 - age / trailMs })
  }
  return points
}
