// Drawings as they come from a timeline: whoever recorded may have sent anything as one.
import type { TimelineView } from '@rushes/protocol'
import type { Shape, TimedOperation } from '@rushes/recorder'

/** What was drawn beside the picture, not into it; null where it is something else. */
export function operationOf({ t, kind, data }: TimelineView['events'][number]): TimedOperation | null {
  if (kind !== 'annotation' || data['clean'] !== true) return null
  const { op, id, ids, shape, drawnMs, trail } = data
  switch (op) {
    case 'add': {
      const drawn = shapeOf(shape)
      if (typeof id !== 'string' || drawn === null) return null
      return { op, t, id, shape: drawn, drawnMs: isNumber(drawnMs) ? Math.max(0, drawnMs) : 0 }
    }
    case 'erase':
      return Array.isArray(ids) ? { op, t, ids: ids.filter((each) => typeof each === 'string') } : null
    case 'laser':
      return isNumbers(trail) ? { op, t, trail } : null
    case 'clear':
    case 'undo':
    case 'redo':
      return { op, t }
    default:
      return null
  }
}

const outlines = ['line', 'arrow', 'rectangle', 'ellipse'] as const
const regions = ['spotlight', 'blur'] as const

function shapeOf(value: unknown): Shape | null {
  if (typeof value !== 'object' || value === null) return null
  const { kind, colour, width, points, from, to, size, at, text } = value as Record<string, unknown>
  const ends = isPoint(from) && isPoint(to) ? { from, to } : null
  const region = regions.find((each) => each === kind)
  if (region !== undefined) return ends === null ? null : { kind: region, ...ends }
  if (typeof colour !== 'string') return null
  if (kind === 'note') {
    return isNumber(size) && isPoint(at) && typeof text === 'string' ? { kind, colour, size, at, text } : null
  }
  if (!isNumber(width)) return null
  if (kind === 'scribble') return isNumbers(points) ? { kind, colour, width, points } : null
  const outline = outlines.find((each) => each === kind)
  return outline === undefined || ends === null ? null : { kind: outline, colour, width, ...ends }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isNumber)
}

function isPoint(value: unknown): value is { x: number; y: number } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'x' in value &&
    'y' in value &&
    isNumber(value.x) &&
    isNumber(value.y)
  )
}
