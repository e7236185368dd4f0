// Composes what is captured into one picture of a constant size: a source that changes its size, comes late or ends never
// changes the encoded stream.
import type { Size } from '../capture/bubble.ts'
import { layOut, type PictureSource, type PlacedSource, type Scene, type SourceSizes } from '../capture/scene.ts'

/** What can be drawn, with its natural size. */
export type Drawable = { image: CanvasImageSource; size: Size }

export type PictureContext = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D

export type Layers = ReadonlyMap<PictureSource, Drawable>

/** @param pixels of the whole picture, where they are known already: what fills it is not drawn then */
export function drawScene(
  context: PictureContext,
  frame: Size,
  scene: Scene,
  layers: Layers,
  pixels: ImageData | null = null,
): void {
  const placed = layOut(scene, sizesOf(layers), frame)
  const [main] = placed
  if (pixels !== null) context.putImageData(pixels, 0, 0)
  else if (main?.main !== true || !sameSize(main.place, frame)) {
    context.fillStyle = scene.main === 'page' ? '#fff' : '#000'
    context.fillRect(0, 0, frame.width, frame.height)
  }
  for (const one of placed) {
    if (!one.main || pixels === null) drawSource(context, layers.get(one.source)!.image, one)
  }
}

export function sizesOf(layers: Layers): SourceSizes {
  return Object.fromEntries([...layers].map(([source, { size }]) => [source, size]))
}

export function sameSize(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height
}

function drawSource(context: PictureContext, image: CanvasImageSource, placed: PlacedSource): void {
  const { part, place, radius, mirrored } = placed
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
  context.drawImage(image, part.x, part.y, part.width, part.height, 0, 0, place.width, place.height)
  context.restore()
}
