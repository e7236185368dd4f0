// Composes what is captured into one picture of a constant size: a source that changes its size, comes late or ends never
// changes the encoded stream.
import { type Bubble, bubbleRect, letterbox, type Size, squareCrop } from '../capture/bubble.ts'

/** What can be drawn, with its natural size. */
export type Drawable = { image: CanvasImageSource; size: Size }

export type PictureContext = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D

export type Layers = { screen: Drawable | null; camera: Drawable | null; bubble: Bubble }

export function drawPicture(context: PictureContext, frame: Size, layers: Layers): void {
  context.fillStyle = '#000'
  context.fillRect(0, 0, frame.width, frame.height)
  const whole = layers.screen ?? layers.camera
  if (whole === null) return
  const place = letterbox(whole.size, frame)
  context.drawImage(whole.image, place.x, place.y, place.width, place.height)
  if (layers.screen !== null && layers.camera !== null && layers.bubble.visible) {
    drawBubble(context, frame, layers.camera, layers.bubble)
  }
}

function drawBubble(context: PictureContext, frame: Size, camera: Drawable, bubble: Bubble): void {
  const place = bubbleRect(bubble, frame)
  const part = squareCrop(camera.size)
  const radius = place.width / 2
  context.save()
  context.beginPath()
  context.arc(place.x + radius, place.y + radius, radius, 0, 2 * Math.PI)
  context.clip()
  context.translate(place.x, place.y)
  if (bubble.mirrored) {
    context.translate(place.width, 0)
    context.scale(-1, 1)
  }
  context.drawImage(camera.image, part.x, part.y, part.width, part.height, 0, 0, place.width, place.height)
  context.restore()
}
