// The tool in hand, and what a gesture with it makes. One for the tab, like the recording.
import type { Annotations, Point, Shape, Size } from '@rushes/recorder'

export type Tool =
  | 'pen'
  | 'line'
  | 'arrow'
  | 'rectangle'
  | 'ellipse'
  | 'note'
  | 'spotlight'
  | 'blur'
  | 'laser'
  | 'eraser'

export type Drawing = { tool: Tool | null; colour: string; width: number }

/** Seen on light and dark pictures alike. */
export const colours: readonly { value: string; name: string }[] = [
  { value: '#e5352b', name: 'Red' },
  { value: '#f5b700', name: 'Yellow' },
  { value: '#1f9d55', name: 'Green' },
  { value: '#1f6fd6', name: 'Blue' },
  { value: '#ffffff', name: 'White' },
  { value: '#16181d', name: 'Black' },
]
/** Shares of the picture's shorter side. */
export const widths: readonly { value: number; name: string }[] = [
  { value: 0.005, name: 'Thin' },
  { value: 0.01, name: 'Medium' },
  { value: 0.02, name: 'Thick' },
]

let drawing: Drawing = { tool: null, colour: colours[0]!.value, width: widths[1]!.value }
const listeners = new Set<() => void>()

export function currentDrawing(): Drawing {
  return drawing
}

export function onDrawing(listener: () => void): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

export function changeDrawing(change: Partial<Drawing>): void {
  drawing = { ...drawing, ...change }
  for (const listener of listeners) listener()
}

/** Takes the tool in the hand, or puts it away where it was there already. */
export function toggleTool(tool: Tool): void {
  changeDrawing({ tool: drawing.tool === tool ? null : tool })
}

/** Letters of a note, as a share of the picture's shorter side: they grow with the stroke. */
export function noteSize(width: number): number {
  return 0.03 + 2 * width
}

const eraserReach = 0.02
/** Of the points of one stroke, two for each. */
const mostNumbers = 3000
/** A shape with both sides below this was a slip of the hand. */
const leastSide = 0.004

/** One stroke: begun, moved, ended. Notes are typed instead, and the laser needs no stroke. */
export class Gesture {
  readonly #annotations: Annotations
  readonly #drawing: Drawing
  readonly #frame: Size
  readonly #from: Point
  readonly #beganAt: number
  #points: number[]
  #to: Point

  constructor(annotations: Annotations, drawing: Drawing, frame: Size, from: Point, nowMs: number) {
    this.#annotations = annotations
    this.#drawing = drawing
    this.#frame = frame
    this.#from = this.#to = from
    this.#beganAt = nowMs
    this.#points = [from.x, from.y]
    this.#show()
  }

  move(to: Point): void {
    this.#to = to
    this.#points.push(to.x, to.y)
    // Somebody who draws for minutes without lifting the pen: coarser, but no slower.
    if (this.#points.length > mostNumbers) this.#points = this.#points.filter((_, index) => index % 4 < 2)
    this.#show()
  }

  end(nowMs: number): void {
    const shape = this.#shape()
    const slip =
      shape !== null && 'from' in shape && Math.hypot(shape.to.x - shape.from.x, shape.to.y - shape.from.y) < leastSide
    if (shape === null || slip) this.#annotations.draft(null)
    else this.#annotations.add(shape, nowMs - this.#beganAt)
  }

  cancel(): void {
    this.#annotations.draft(null)
  }

  #show(): void {
    if (this.#drawing.tool === 'eraser') this.#annotations.eraseAt(this.#to, eraserReach, this.#frame)
    else this.#annotations.draft(this.#shape())
  }

  #shape(): Shape | null {
    const { tool, colour, width } = this.#drawing
    const [from, to] = [this.#from, this.#to]
    switch (tool) {
      case 'pen':
        return { kind: 'scribble', colour, width, points: [...this.#points] }
      case 'line':
      case 'arrow':
      case 'rectangle':
      case 'ellipse':
        return { kind: tool, colour, width, from, to }
      case 'spotlight':
      case 'blur':
        return { kind: tool, from, to }
      default:
        return null
    }
  }
}
