// The picture that is recorded, as a plan: what fills it, which part of that is shown, where the cameras' bubbles stand.
// Pure geometry; the same plan is drawn into the recording (encode/picture.ts) and laid out in previews.
import {
  type Bubble,
  bubbleRadius,
  bubbleRect,
  defaultBubble,
  letterbox,
  middleOf,
  type Point,
  type Rect,
  rearranged,
  type Size,
} from './bubble.ts'

export type PictureSource = 'screen' | 'camera' | 'second-camera'
export const pictureSources: readonly PictureSource[] = ['screen', 'camera', 'second-camera']
export type BubbleSource = Exclude<PictureSource, 'screen'>

export type Scene = {
  /** What fills the picture; where it is not there, the next source is. `page` is a plain white sheet to draw on. */
  main: PictureSource | 'page'
  /** The part of the screen that is recorded, in shares of it; null for all. */
  portion: Rect | null
  /** Turns a camera that fills the picture as in a mirror. */
  mirrorMain: boolean
  bubbles: Readonly<Record<BubbleSource, Bubble>>
  /** Annotations are told as events, but not drawn into the picture. */
  clean: boolean
}

export type SceneChange = Partial<Omit<Scene, 'bubbles'>> & {
  bubbles?: Partial<Record<BubbleSource, Partial<Bubble>>>
}

export const defaultScene: Readonly<Scene> = {
  main: 'screen',
  portion: null,
  mirrorMain: false,
  bubbles: { camera: defaultBubble, 'second-camera': { ...defaultBubble, corner: 'bottom-right' } },
  clean: false,
}

/** One source in the picture. */
export type PlacedSource = {
  source: PictureSource
  main: boolean
  /** What is shown of it, in its own pixels. */
  part: Rect
  /** Where, in pixels of the picture. */
  place: Rect
  /** Of its corners, pixels. */
  radius: number
  mirrored: boolean
}

/** A portion smaller than this can't be seen or grasped. */
const leastPortion = 0.02

export function changedScene(scene: Scene, change: SceneChange): Scene {
  const { bubbles: bubbleChanges = {}, portion = scene.portion, ...rest } = change
  return {
    ...scene,
    ...rest,
    portion: portion === null ? null : keptInside(portion),
    bubbles: {
      camera: rearranged(scene.bubbles.camera, bubbleChanges.camera ?? {}),
      'second-camera': rearranged(scene.bubbles['second-camera'], bubbleChanges['second-camera'] ?? {}),
    },
  }
}

/** A portion of at least 2 % that does not reach over the edge; all of it is null. */
export function keptInside(portion: Rect): Rect | null {
  const length = (value: number) => Math.min(1, Math.max(leastPortion, value))
  const [width, height] = [length(portion.width), length(portion.height)]
  if (width === 1 && height === 1) return null
  const start = (value: number, most: number) => Math.min(most, Math.max(0, value))
  return { x: start(portion.x, 1 - width), y: start(portion.y, 1 - height), width, height }
}

/** The portion between two points that were drawn, in any order. */
export function portionBetween(from: Point, to: Point): Rect | null {
  const inside = (value: number) => Math.min(1, Math.max(0, value))
  const [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)].map(inside) as [number, number]
  const [top, bottom] = [Math.min(from.y, to.y), Math.max(from.y, to.y)].map(inside) as [number, number]
  return keptInside({ x: left, y: top, width: right - left, height: bottom - top })
}

/** What fills the picture: the one that was wished for where it is there, else the next. Null: nothing, or the page. */
export function mainSource(scene: Scene, isThere: (source: PictureSource) => boolean): PictureSource | null {
  if (scene.main === 'page') return null
  const { main } = scene
  return [main, ...pictureSources.filter((source) => source !== main)].find(isThere) ?? null
}

/** What of the main source is shown, in its pixels. */
export function shownPart(scene: Scene, source: PictureSource, size: Size): Rect {
  const { portion } = scene
  if (source !== 'screen' || portion === null) return { x: 0, y: 0, ...size }
  return {
    x: portion.x * size.width,
    y: portion.y * size.height,
    width: portion.width * size.width,
    height: portion.height * size.height,
  }
}

export type SourceSizes = Readonly<Partial<Record<PictureSource, Size>>>

/** All that is seen, from the back to the front. Sources without a size have no picture yet. */
export function layOut(scene: Scene, sizes: SourceSizes, frame: Size): PlacedSource[] {
  const placed: PlacedSource[] = []
  const main = mainSource(scene, (source) => sizes[source] !== undefined)
  if (main !== null) {
    const part = shownPart(scene, main, sizes[main]!)
    const mirrored = scene.mirrorMain && main !== 'screen'
    placed.push({ source: main, main: true, part, place: letterbox(part, frame), radius: 0, mirrored })
  }
  for (const source of ['camera', 'second-camera'] as const) {
    const size = sizes[source]
    const bubble = scene.bubbles[source]
    if (source === main || size === undefined || !bubble.visible) continue
    const place = bubbleRect(bubble, frame, size)
    const part = middleOf(size, place)
    const radius = bubbleRadius(bubble.shape, place)
    placed.push({ source, main: false, part, place, radius, mirrored: bubble.mirrored })
  }
  return placed
}
