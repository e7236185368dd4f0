// Draws annotations on a canvas: into the recorded picture, over a preview, over a recording that is played.
import type { Point, Rect, Size } from '../capture/bubble.ts'
import type { Note, Outline, Region, Scribble, Shape } from './annotation.ts'
import type { AnnotationView, TrailPoint } from './board.ts'

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D

const darkness = 'rgb(0 0 0 / 0.6)'
const laserRed = '255 36 36'
/** A region is blurred to this many cells along the picture's shorter side: no letter can be guessed from them. */
const cells = 30
const noteFont = 'system-ui, sans-serif'

export class AnnotationPainter {
  readonly #onPicture: boolean
  #scratch: OffscreenCanvasRenderingContext2D | null = null
  #standing: OffscreenCanvasRenderingContext2D | null = null
  /** On it. */
  #drawn: readonly Shape[] = []

  /**
   * @param onPicture the canvas holds the picture itself, which can be blurred; on an empty one over something else a
   *   blurred region is frosted glass
   */
  constructor({ onPicture }: { onPicture: boolean }) {
    this.#onPicture = onPicture
  }

  paint(context: Context, frame: Size, view: AnnotationView): void {
    context.save()
    context.lineCap = context.lineJoin = 'round'
    const all = [...view.shapes, ...view.growing]
    for (const shape of all) if (shape.kind === 'blur') this.#blur(context, frame, shape)
    const spotlight = all.findLast(({ kind }) => kind === 'spotlight')
    if (spotlight?.kind === 'spotlight') darkenAround(context, frame, spotlight)
    if (this.#onPicture) this.#drawStanding(context, frame, view.shapes.filter(isInk))
    for (const shape of this.#onPicture ? view.growing : all) drawShape(context, frame, shape)
    drawTrail(context, frame, view.trail)
    context.restore()
  }

  /** What stands is drawn once, on a layer of its own: thirty times a second, a board that fills up would cost ever more. */
  #drawStanding(context: Context, { width, height }: Size, shapes: readonly Shape[]): void {
    if (shapes.length === 0) {
      this.#standing = null
      return
    }
    const drawnSize = this.#standing?.canvas
    const isFit = drawnSize?.width === width && drawnSize.height === height
    if (!isFit || this.#drawn.some((shape, index) => shape !== shapes[index])) this.#standing = null
    if (this.#standing === null) {
      this.#standing = new OffscreenCanvas(width, height).getContext('2d')
      if (this.#standing === null) throw new Error('no 2D canvas for annotations')
      this.#standing.lineCap = this.#standing.lineJoin = 'round'
      this.#drawn = []
    }
    for (const shape of shapes.slice(this.#drawn.length)) drawShape(this.#standing, { width, height }, shape)
    this.#drawn = shapes
    context.drawImage(this.#standing.canvas, 0, 0)
  }

  #blur(context: Context, frame: Size, region: Region): void {
    const { x, y, width, height } = boxOf(region, frame)
    if (width < 1 || height < 1) return
    const cell = Math.max(2, Math.min(frame.width, frame.height) / cells)
    if (!this.#onPicture) {
      context.fillStyle = 'rgb(190 195 200 / 0.85)'
      context.fillRect(x, y, width, height)
      return
    }
    const [across, down] = [Math.max(1, Math.round(width / cell)), Math.max(1, Math.round(height / cell))]
    this.#scratch ??= new OffscreenCanvas(1, 1).getContext('2d', { alpha: false })
    const scratch = this.#scratch
    if (scratch === null) throw new Error('no 2D canvas for blurring')
    if (scratch.canvas.width < across) scratch.canvas.width = across
    if (scratch.canvas.height < down) scratch.canvas.height = down
    scratch.imageSmoothingQuality = 'medium' // averages; 'low' would pick single pixels
    scratch.drawImage(context.canvas, x, y, width, height, 0, 0, across, down)
    context.drawImage(scratch.canvas, 0, 0, across, down, x, y, width, height)
  }
}

/** Lies above the picture, and changes nothing of it. */
function isInk({ kind }: Shape): boolean {
  return kind !== 'blur' && kind !== 'spotlight'
}

function drawShape(context: Context, frame: Size, shape: Shape): void {
  switch (shape.kind) {
    case 'scribble':
      return drawScribble(context, frame, shape)
    case 'note':
      return drawNote(context, frame, shape)
    case 'line':
    case 'arrow':
    case 'rectangle':
    case 'ellipse':
      return drawOutline(context, frame, shape)
    case 'spotlight':
    case 'blur': // lie below all others
  }
}

function ink(context: Context, frame: Size, { colour, width }: { colour: string; width: number }): number {
  const pixels = Math.max(1, width * Math.min(frame.width, frame.height))
  context.strokeStyle = context.fillStyle = colour
  context.lineWidth = pixels
  return pixels
}

function drawScribble(context: Context, frame: Size, shape: Scribble): void {
  const { points } = shape
  ink(context, frame, shape)
  context.beginPath()
  for (let at = 0; at + 1 < points.length; at += 2) {
    const [x, y] = [points[at]! * frame.width, points[at + 1]! * frame.height]
    if (at === 0) context.moveTo(x, y)
    context.lineTo(x, y) // also to the first: a dot is a line of no length
  }
  context.stroke()
}

function drawOutline(context: Context, frame: Size, shape: Outline): void {
  const pixels = ink(context, frame, shape)
  const { x, y, width, height } = boxOf(shape, frame)
  context.beginPath()
  if (shape.kind === 'rectangle') context.rect(x, y, width, height)
  else if (shape.kind === 'ellipse') {
    context.ellipse(x + width / 2, y + height / 2, width / 2, height / 2, 0, 0, 2 * Math.PI)
  } else {
    const from = { x: shape.from.x * frame.width, y: shape.from.y * frame.height }
    const to = { x: shape.to.x * frame.width, y: shape.to.y * frame.height }
    context.moveTo(from.x, from.y)
    context.lineTo(to.x, to.y)
    if (shape.kind === 'arrow') arrowHead(context, from, to, 5 * pixels)
  }
  context.stroke()
}

function arrowHead(context: Context, from: Point, to: Point, length: number): void {
  const angle = Math.atan2(to.y - from.y, to.x - from.x)
  for (const side of [-1, 1]) {
    const turned = angle + Math.PI + side * 0.5
    context.moveTo(to.x, to.y)
    context.lineTo(to.x + length * Math.cos(turned), to.y + length * Math.sin(turned))
  }
}

function drawNote(context: Context, frame: Size, note: Note): void {
  const size = Math.max(6, note.size * Math.min(frame.width, frame.height))
  const lines = note.text.split('\n')
  context.font = `600 ${size}px ${noteFont}`
  context.textBaseline = 'top'
  const width = Math.max(...lines.map((line) => context.measureText(line).width)) + 0.8 * size
  const height = lines.length * 1.3 * size + 0.6 * size
  const [x, y] = [note.at.x * frame.width, note.at.y * frame.height]
  context.fillStyle = note.colour
  context.beginPath()
  context.roundRect(x, y, width, height, 0.25 * size)
  context.fill()
  context.fillStyle = isDark(context.fillStyle) ? '#fff' : '#111'
  for (const [index, line] of lines.entries()) context.fillText(line, x + 0.4 * size, y + (0.4 + 1.3 * index) * size)
}

/** Of a colour as canvases give it back: `#rrggbb` where it is opaque. */
function isDark(colour: string | CanvasGradient | CanvasPattern): boolean {
  if (typeof colour !== 'string' || !/^#[\da-f]{6}$/.test(colour)) return false
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)) as [
    number,
    number,
    number,
  ]
  return 0.3 * red + 0.59 * green + 0.11 * blue < 140
}

function darkenAround(context: Context, frame: Size, region: Region): void {
  const { x, y, width, height } = boxOf(region, frame)
  context.beginPath()
  context.rect(0, 0, frame.width, frame.height)
  context.ellipse(x + width / 2, y + height / 2, width / 2, height / 2, 0, 0, 2 * Math.PI)
  context.fillStyle = darkness
  context.fill('evenodd')
}

function drawTrail(context: Context, frame: Size, trail: readonly TrailPoint[]): void {
  const radius = 0.012 * Math.min(frame.width, frame.height)
  for (const { x, y, strength } of trail) {
    context.fillStyle = `rgb(${laserRed} / ${(strength * strength).toFixed(3)})`
    context.beginPath()
    context.arc(x * frame.width, y * frame.height, radius * (0.4 + 0.6 * strength), 0, 2 * Math.PI)
    context.fill()
  }
}

function boxOf({ from, to }: { from: Point; to: Point }, frame: Size): Rect {
  return {
    x: Math.min(from.x, to.x) * frame.width,
    y: Math.min(from.y, to.y) * frame.height,
    width: Math.abs(to.x - from.x) * frame.width,
    height: Math.abs(to.y - from.y) * frame.height,
  }
}
