// Composes what is captured into one picture of a constant size: a source that changes its size, comes late or ends never
// changes the encoded stream.
import type { Size } from '../capture/bubble.ts'
import { layOut, type PictureSource, type PlacedSource, type Scene, type SourceSizes } from '../capture/scene.ts'
import type { FrameColours } from './frame-colours.ts'

/** What can be drawn, with its natural size; `colours`: those of the part that is shown, where they were read already. */
export type Drawable = { image: CanvasImageSource; size: Size; colours?: FrameColours }

export type PictureContext = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D

export type Layers = ReadonlyMap<PictureSource, Drawable>

export function drawScene(context: PictureContext, frame: Size, scene: Scene, layers: Layers): void {
  const placed = layOut(scene, sizesOf(layers), frame)
  const [main] = placed
  if (main?.main !== true || !sameSize(main.place, frame)) {
    context.fillStyle = scene.main === 'page' ? '#fff' : '#000'
    context.fillRect(0, 0, frame.width, frame.height)
  }
  for (const one of placed) drawSource(context, frame, layers.get(one.source)!, one)
}

export function sizesOf(layers: Layers): SourceSizes {
  return Object.fromEntries([...layers].map(([source, { size }]) => [source, size]))
}

export function sameSize(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height
}

function drawSource(context: PictureContext, frame: Size, { image, colours }: Drawable, placed: PlacedSource): void {
  const { part, place, radius, mirrored } = placed
  const isRead = colours?.isOf(part) === true
  if (isRead && placed.main && !mirrored && sameSize(place, frame) && sameSize(colours.pixels, frame)) {
    context.putImageData(colours.pixels, 0, 0)
    return
  }
  context.save()
  if (radius > 0) {
    context.beginPath()
    context.roundRect(place.x, place.y, place.width, place.height, radius)
    context.clip()
  }
  context.translate(place.x, place.y)
  if (mirrored) {
    context.translate(place.width, 0)
    context.scale(-1, 1)
  }
  const from = isRead ? colours.from : { x: 0, y: 0 }
  context.drawImage(
    isRead ? colours.canvas : image,
    ...([part.x - from.x, part.y - from.y, part.width, part.height] as const),
    ...([0, 0, place.width, place.height] as const),
  )
  context.restore()
}
