// What is drawn on top of the picture, as vectors. All coordinates are shares of the picture's width and height, 0 to 1;
// widths and sizes are shares of its shorter side. Plain values: they go through JSON and back.
import type { Point } from '../capture/bubble.ts'

type Inked = {
  /** Any CSS colour. */
  colour: string
  width: number
}

export type Scribble = Inked & {
  kind: 'scribble'
  /** x, y, x, y … */
  points: readonly number[]
}
export type Outline = Inked & { kind: 'line' | 'arrow' | 'rectangle' | 'ellipse'; from: Point; to: Point }
/** Typed words; `at` is the left upper corner of the paper they stand on, `size` the height of the letters. */
export type Note = { kind: 'note'; colour: string; size: number; at: Point; text: string }
/** All but this ellipse is darkened (the newest one counts), or this rectangle can't be read any more. */
export type Region = { kind: 'spotlight' | 'blur'; from: Point; to: Point }

export type Shape = Scribble | Outline | Note | Region

/** What somebody did. `add` came to its end after it had been drawn for `drawnMs`; in recordings that is ms of media. */
export type AnnotationOperation =
  | { op: 'add'; id: string; shape: Shape; drawnMs: number }
  | { op: 'erase'; ids: readonly string[] }
  | { op: 'clear' }
  | { op: 'undo' }
  | { op: 'redo' }
  /** Where the laser pointer was: x, y, ms before this operation; x, y, ms … the oldest first. It stays at each until the next. */
  | { op: 'laser'; trail: readonly number[] }

/** `t`: ms of media, without pauses, at which the operation was complete. */
export type TimedOperation = AnnotationOperation & { t: number }

/** More is not kept: of a longer scribble every second point goes, a longer text is cut. */
export const mostPoints = 2000
export const mostLetters = 1000
const mostColour = 100

/** A shape as it may be kept: inside of the picture, four decimals, no longer than an event may be. */
export function bounded(shape: Shape): Shape {
  return 'colour' in shape ? { ...placed(shape), colour: shape.colour.slice(0, mostColour) } : placed(shape)
}

function placed<Kind extends Shape>(shape: Kind): Kind
function placed(shape: Shape): Shape {
  switch (shape.kind) {
    case 'scribble':
      return { ...shape, points: thinned(shape.points).map(share) }
    case 'note':
      return { ...shape, at: boundedPoint(shape.at), text: shape.text.slice(0, mostLetters) }
    default:
      return { ...shape, from: boundedPoint(shape.from), to: boundedPoint(shape.to) }
  }
}

export function boundedPoint({ x, y }: Point): Point {
  return { x: share(x), y: share(y) }
}

function share(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * 1e4) / 1e4
}

/** Every second point left out, ends kept, until they are few enough. */
function thinned(points: readonly number[]): readonly number[] {
  let kept = points
  while (kept.length > 2 * mostPoints) {
    const last = kept.length / 2 - 1
    kept = kept.filter((_, index) => Math.floor(index / 2) % 2 === 0 || Math.floor(index / 2) === last)
  }
  return kept
}

/** As much of a shape as was there after `part` of the time it took, 0 to 1. */
export function partlyDrawn(shape: Shape, part: number): Shape {
  switch (shape.kind) {
    case 'scribble':
      return { ...shape, points: shape.points.slice(0, 2 * Math.max(1, Math.ceil((shape.points.length / 2) * part))) }
    case 'note':
      return { ...shape, text: shape.text.slice(0, Math.ceil(shape.text.length * part)) }
    default: {
      const toward = (from: number, to: number) => from + (to - from) * part
      const { from, to } = shape
      return { ...shape, to: { x: toward(from.x, to.x), y: toward(from.y, to.y) } }
    }
  }
}
