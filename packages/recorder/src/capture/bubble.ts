// Where things stand in the picture: pure geometry, in pixels of the encoded picture.

export type Corner = 'bottom-left' | 'bottom-right' | 'top-left' | 'top-right'

/** The round picture of the camera over the screen. */
export type Bubble = {
  corner: Corner
  /** Diameter as a share of the picture's shorter side, 0.05 to 1. */
  size: number
  visible: boolean
  /** As in a mirror, which is how people know themselves. */
  mirrored: boolean
}

export const defaultBubble: Readonly<Bubble> = { corner: 'bottom-left', size: 0.25, visible: true, mirrored: true }

export type Size = { width: number; height: number }
export type Rect = Size & { x: number; y: number }

/** Encoders of 4:2:0 want even sides. Scaled down to fit `limit`, never up; at least 2 × 2. */
export function encodedSize(source: Size, limit: Size): Size {
  const scale = Math.min(1, limit.width / source.width, limit.height / source.height)
  const even = (side: number) => Math.max(2, Math.floor((side * scale) / 2) * 2)
  return { width: even(source.width), height: even(source.height) }
}

/** The largest place for `source` inside of `frame` that keeps its aspect, centred. */
export function letterbox(source: Size, frame: Size): Rect {
  const scale = Math.min(frame.width / source.width, frame.height / source.height)
  const width = Math.round(source.width * scale)
  const height = Math.round(source.height * scale)
  return { x: Math.floor((frame.width - width) / 2), y: Math.floor((frame.height - height) / 2), width, height }
}

/** The square around the bubble. */
export function bubbleRect(bubble: Bubble, frame: Size): Rect {
  const shorter = Math.min(frame.width, frame.height)
  const side = Math.round(shorter * Math.min(1, Math.max(0.05, bubble.size)))
  const margin = Math.min(Math.round(shorter * 0.03), Math.floor((shorter - side) / 2))
  return {
    x: bubble.corner.endsWith('left') ? margin : frame.width - side - margin,
    y: bubble.corner.startsWith('top') ? margin : frame.height - side - margin,
    width: side,
    height: side,
  }
}

/** The part of `source` that fills a square: the middle. */
export function squareCrop(source: Size): Rect {
  const side = Math.min(source.width, source.height)
  return { x: (source.width - side) / 2, y: (source.height - side) / 2, width: side, height: side }
}
