// What keys do to a camera's bubble that has the focus.
import type { Bubble, BubbleShape, Point } from '@rushes/recorder'

export const bubbleShapes: readonly { value: BubbleShape; name: string }[] = [
  { value: 'circle', name: 'Circle' },
  { value: 'rounded', name: 'Rounded square' },
  { value: 'rectangle', name: 'Rectangle' },
]

const steps: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
}
const growth: Record<string, number> = { '+': 0.03, '=': 0.03, '-': -0.03, _: -0.03 }

/** Null for keys that are not the bubble's. `centre` is where it stands, in shares of the picture. */
export function bubbleKey(
  press: Pick<KeyboardEvent, 'key' | 'shiftKey'>,
  bubble: Readonly<Bubble>,
  centre: Point,
): Partial<Bubble> | null {
  const step = steps[press.key]
  if (step !== undefined) {
    const by = press.shiftKey ? 0.005 : 0.02
    const move = (value: number, change: number) => Math.min(1, Math.max(0, value + change * by))
    return { at: { x: move(centre.x, step.x), y: move(centre.y, step.y) } }
  }
  const grow = growth[press.key]
  if (grow !== undefined) return { size: Math.min(1, Math.max(0.05, bubble.size + grow)) }
  if (press.key === 'Enter' || press.key === ' ') return { shape: nextShape(bubble.shape) }
  return null
}

function nextShape(shape: BubbleShape): BubbleShape {
  const index = bubbleShapes.findIndex(({ value }) => value === shape)
  return bubbleShapes[(index + 1) % bubbleShapes.length]!.value
}
