// Where things stand in the picture: pure geometry, in pixels of the encoded picture.

export type Corner = 'bottom-left' | 'bottom-right' | 'top-left' | 'top-right'

export type BubbleShape = 'circle' | 'rounded' | 'rectangle'

/** In shares of a picture's width and height, 0 to 1. */
export type Point = { x: number; y: number }

/** A camera's own small picture over the main one. */
export type Bubble = {
  /** Where it stands while `at` is null. */
  corner: Corner
  /** Its centre; it is kept inside of the picture. */
  at: Point | null
  /** Height as a share of the picture's shorter side, 0.05 to 1. */
  size: number
  /** A circle and a rounded square show the camera's middle, a rectangle all of it. */
  shape: BubbleShape
  visible: boolean
  /** As in a mirror, which is how people know themselves. */
  mirrored: boolean
}

export const defaultBubble: Readonly<Bubble> = {
  corner: 'bottom-left',
  at: null,
  size: 0.25,
  shape: 'circle',
  visible: true,
  mirrored: true,
}

export type Size = { width: number; height: number }
export type Rect = Size & { x: number; y: number }

/** A corner that is named brings the bubble back from wherever it was put. */
export function rearranged(bubble: Bubble, change: Partial<Bubble>): Bubble {
  const at = change.at === undefined && change.corner !== undefined ? { at: null } : {}
  return { ...bubble, ...at, ...change }
}

/**
 * Encoders of 4:2:0 want even sides. Scaled down to fit `limit`, which turns with the source (a phone held upright), never
 * up; at least 2 × 2.
 */
export function encodedSize(source: Size, limit: Size): Size {
  const upright = source.height > source.width
  const most = upright === limit.height > limit.width ? limit : { width: limit.height, height: limit.width }
  const scale = Math.min(1, most.width / source.width, most.height / source.height)
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

/** The place of the bubble; `camera` matters where all of it is shown. */
export function bubbleRect(bubble: Bubble, frame: Size, camera: Size): Rect {
  const shorter = Math.min(frame.width, frame.height)
  let height = Math.round(shorter * Math.min(1, Math.max(0.05, bubble.size)))
  let width = height
  if (bubble.shape === 'rectangle') {
    width = Math.round((height * camera.width) / camera.height)
    if (width > frame.width) {
      height = Math.max(1, Math.round((height * frame.width) / width))
      width = frame.width
    }
  }
  const keepIn = (start: number, length: number, whole: number) => Math.max(0, Math.min(whole - length, start))
  if (bubble.at !== null) {
    const x = keepIn(Math.round(bubble.at.x * frame.width - width / 2), width, frame.width)
    return { x, y: keepIn(Math.round(bubble.at.y * frame.height - height / 2), height, frame.height), width, height }
  }
  const margin = (length: number, whole: number) =>
    Math.min(Math.round(shorter * 0.03), Math.floor((whole - length) / 2))
  const [across, down] = [margin(width, frame.width), margin(height, frame.height)]
  return {
    x: bubble.corner.endsWith('left') ? across : frame.width - width - across,
    y: bubble.corner.startsWith('top') ? down : frame.height - height - down,
    width,
    height,
  }
}

/** Of the bubble's corners, in pixels. */
export function bubbleRadius(shape: BubbleShape, place: Size): number {
  const shorter = Math.min(place.width, place.height)
  return shape === 'circle' ? shorter / 2 : shape === 'rounded' ? shorter * 0.18 : 0
}

/** The part of `source` that fills `aspect`: the middle. */
export function middleOf(source: Size, aspect: Size): Rect {
  const scale = Math.min(source.width / aspect.width, source.height / aspect.height)
  const [width, height] = [aspect.width * scale, aspect.height * scale]
  return { x: (source.width - width) / 2, y: (source.height - height) / 2, width, height }
}
