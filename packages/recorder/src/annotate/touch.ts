// What the eraser touches.
import type { Point, Size } from '../capture/bubble.ts'
import type { Shape } from './annotation.ts'
import type { BoardShape } from './board.ts'

/** The shapes within `reach` (a share of the shorter side) of a point. `frame` gives the picture's aspect. */
export function touched(shapes: readonly BoardShape[], at: Point, reach: number, frame: Size): string[] {
  const unit = Math.min(frame.width, frame.height)
  const scale = { x: frame.width / unit, y: frame.height / unit }
  const scaled = ({ x, y }: Point): Point => ({ x: x * scale.x, y: y * scale.y })
  return shapes.filter(({ shape }) => distance(shape, scaled(at), scaled) <= reach).map(({ id }) => id)
}

/** In shorter sides; 0 inside of what is filled. */
function distance(shape: Shape, at: Point, scaled: (point: Point) => Point): number {
  switch (shape.kind) {
    case 'scribble':
      return Math.min(...segments(shape.points, scaled).map(([from, to]) => toSegment(at, from, to))) - shape.width / 2
    case 'line':
    case 'arrow':
      return toSegment(at, scaled(shape.from), scaled(shape.to)) - shape.width / 2
    case 'note': {
      const from = scaled(shape.at)
      const lines = shape.text.split('\n')
      // Letters are about half as wide as high.
      const width = shape.size * (0.55 * Math.max(...lines.map((line) => line.length)) + 0.8)
      return toBox(at, from, { x: from.x + width, y: from.y + shape.size * (1.3 * lines.length + 0.6) })
    }
    case 'rectangle':
    case 'ellipse':
    case 'spotlight':
    case 'blur':
      return toBox(at, scaled(shape.from), scaled(shape.to))
  }
}

function segments(points: readonly number[], scaled: (point: Point) => Point): [Point, Point][] {
  const corners: Point[] = []
  for (let at = 0; at + 1 < points.length; at += 2) corners.push(scaled({ x: points[at]!, y: points[at + 1]! }))
  return corners.map((corner, index) => [corners[Math.max(0, index - 1)]!, corner])
}

function toSegment(at: Point, from: Point, to: Point): number {
  const [across, down] = [to.x - from.x, to.y - from.y]
  const length = across * across + down * down
  const along = length === 0 ? 0 : ((at.x - from.x) * across + (at.y - from.y) * down) / length
  const part = Math.min(1, Math.max(0, along))
  return Math.hypot(at.x - from.x - part * across, at.y - from.y - part * down)
}

function toBox(at: Point, from: Point, to: Point): number {
  const beyond = (value: number, one: number, other: number) =>
    Math.max(0, Math.min(one, other) - value, value - Math.max(one, other))
  return Math.hypot(beyond(at.x, from.x, to.x), beyond(at.y, from.y, to.y))
}
