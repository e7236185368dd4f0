// The picture of a timeline, pixel by pixel: a hundred thousand marks cost no more than there are pixels.
import type { Lane, TimelineLanes, TimeView } from './timeline-lanes.ts'

/** As timeline-names of inspect.css has them. */
const axisHeight = 26
const rowHeight = 22
const gap = 8

export function laneTops({ lanes }: TimelineLanes): { tops: number[]; rows: number[]; bottom: number } {
  const rows = lanes.map((lane) => (lane.kind === 'spans' ? lane.rows : 1))
  const tops: number[] = []
  let top = axisHeight
  for (const count of rows) {
    tops.push(top)
    top += count * rowHeight + gap
  }
  return { tops, rows, bottom: top }
}

export function pictureHeight(lanes: TimelineLanes): number {
  return laneTops(lanes).bottom
}

type Pen = { context: CanvasRenderingContext2D; width: number; view: TimeView; colour: (name: string) => string }

export function drawTimeline(canvas: HTMLCanvasElement, timeline: TimelineLanes, view: TimeView, cursor: number): void {
  const context = canvas.getContext('2d')
  const [width, height] = [canvas.clientWidth, pictureHeight(timeline)]
  if (context === null || width === 0) return
  const density = window.devicePixelRatio
  canvas.width = Math.round(width * density)
  canvas.height = Math.round(height * density)
  canvas.style.setProperty('height', `${height}px`)
  context.setTransform(density, 0, 0, density, 0, 0)
  const style = getComputedStyle(canvas)
  // A variable's own value may still be light-dark(…), which no canvas takes: as a colour of an element it is decided.
  const colour = (name: string) => {
    canvas.style.setProperty('color', `var(${name})`)
    return style.color
  }
  const pen: Pen = { context, width, view, colour }
  context.clearRect(0, 0, width, height)
  const { tops, bottom } = laneTops(timeline)
  drawAxis(pen, bottom, style.fontFamily)
  timeline.lanes.forEach((lane, index) => {
    drawLane(pen, lane, tops[index]!, `--lane-${index % 6}`)
  })
  drawCursor(pen, cursor, bottom)
}

function xOf({ view, width }: Pen, t: number): number {
  return ((t - view.fromMs) / (view.toMs - view.fromMs)) * width
}

/** Steps that people count in, ms. */
const steps = [
  ...[10, 50, 100, 250, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000],
  ...[60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 86_400].map((seconds) => seconds * 1000),
]
const leastStepPixels = 70
/** A span that is narrower has no name in it. */
const leastNamePixels = 36
/** On a phone the names of the lanes lie over the picture, so wide. */
const phoneWidth = 420
const namesWidth = 92

function drawAxis(pen: Pen, bottom: number, font: string): void {
  const { context, width, view, colour } = pen
  const pixelMs = (view.toMs - view.fromMs) / width
  const step = steps.find((each) => each / pixelMs >= leastStepPixels) ?? leastStepPixels * pixelMs
  context.font = `12px ${font}`
  context.textBaseline = 'top'
  for (let t = Math.ceil(view.fromMs / step) * step; t <= view.toMs; t += step) {
    const x = Math.round(xOf(pen, t)) + 0.5
    context.strokeStyle = colour('--line')
    context.beginPath()
    context.moveTo(x, axisHeight - 6)
    context.lineTo(x, bottom)
    context.stroke()
    const words = clock(t, step)
    context.fillStyle = colour('--ink-soft')
    const left = Math.min(
      Math.max(x - context.measureText(words).width / 2, 0),
      width - context.measureText(words).width,
    )
    context.fillText(words, left, 3)
  }
}

function clock(t: number, step: number): string {
  const seconds = t / 1000
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  const rest = (seconds % 60).toFixed(step < 1000 ? (step < 100 ? 2 : 1) : 0).padStart(step < 1000 ? 4 : 2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`
}

function drawLane(pen: Pen, lane: Lane, top: number, colourName: string): void {
  const { context, width, colour } = pen
  context.fillStyle = colour(colourName)
  if (lane.kind === 'marks') {
    const counts = new Map<number, number>()
    for (const { t } of lane.marks) {
      const x = Math.round(xOf(pen, t))
      if (x >= -2 && x <= width + 2) counts.set(x, (counts.get(x) ?? 0) + 1)
    }
    const greatest = Math.max(1, ...counts.values())
    // Where many fall together, the taller the more.
    for (const [x, count] of counts) {
      const height = rowHeight * (greatest === 1 ? 1 : 0.4 + (0.6 * count) / greatest)
      context.fillRect(x - 1.5, top + rowHeight - height, 3, height)
    }
    return
  }
  context.textBaseline = 'middle'
  const drawnTo = Array.from({ length: lane.rows }, () => Number.NEGATIVE_INFINITY)
  for (const { startMs, endMs, name, row } of lane.spans) {
    const [from, to] = [xOf(pen, startMs), xOf(pen, endMs)]
    // Many to a pixel are one.
    if (to < 0 || from > width || Math.max(to, from + 1) <= drawnTo[row]!) continue
    const x = Math.max(from, -4)
    const length = Math.max(Math.min(to, width + 4) - x - 1, 2)
    context.beginPath()
    context.roundRect(x, top + row * rowHeight + 1, length, rowHeight - 3, Math.min(4, length / 2))
    context.fill()
    const left = Math.max(x, width < phoneWidth ? namesWidth : 0)
    if (x + length - left > leastNamePixels)
      spanName(pen, name, left, top + (row + 0.5) * rowHeight, x + length, colourName)
    drawnTo[row] = Math.max(to, from + 1)
  }
}

/** In the span, cut off where it ends. */
function spanName(
  { context, colour }: Pen,
  name: string,
  left: number,
  middle: number,
  end: number,
  colourName: string,
): void {
  context.save()
  context.beginPath()
  context.rect(left, middle - rowHeight / 2, end - left - 4, rowHeight)
  context.clip()
  context.fillStyle = colour('--surface')
  context.fillText(name.slice(0, 100), left + 6, middle)
  context.restore()
  context.fillStyle = colour(colourName)
}

function drawCursor(pen: Pen, cursor: number, bottom: number): void {
  const { context, colour } = pen
  const x = Math.round(xOf(pen, cursor))
  context.fillStyle = colour('--ink')
  context.fillRect(x - 1, axisHeight - 8, 2, bottom - axisHeight + 8)
  context.beginPath()
  context.arc(x, axisHeight - 8, 4, 0, 2 * Math.PI)
  context.fill()
}
