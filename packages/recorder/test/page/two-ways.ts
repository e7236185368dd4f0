import type { Size } from '../../src/capture/bubble.ts'
import { changedScene, defaultScene, layOut, type SceneChange } from '../../src/capture/scene.ts'
import { FrameColours } from '../../src/encode/frame-colours.ts'
import { drawScene, type Layers, sizesOf } from '../../src/encode/picture.ts'

/** Composes a screen and a camera by drawing their frames, and by their colours. @returns the mean difference, of 255 */
export async function twoWays(change: SceneChange, size: Size, screen: Size, camera: Size): Promise<number> {
  const scene = changedScene(defaultScene, change)
  const frames = [hills(screen, 0), hills(camera, 40)] as const
  const layer = (frame: VideoFrame) => ({
    image: frame,
    size: { width: frame.displayWidth, height: frame.displayHeight },
  })
  const drawn: Layers = new Map([
    ['screen', layer(frames[0])],
    ['camera', layer(frames[1])],
  ] as const)
  const read = new Map(drawn)
  for (const { source, part } of layOut(scene, sizesOf(drawn), size)) {
    const colours = new FrameColours()
    const { image, size } = drawn.get(source)!
    await colours.read(image as VideoFrame, part)
    read.set(source, { image, size, colours })
  }
  const [one, other] = [drawn, read].map((layers) => {
    const context = new OffscreenCanvas(size.width, size.height).getContext('2d', { alpha: false })!
    drawScene(context, size, scene, layers)
    return context.getImageData(0, 0, size.width, size.height).data
  }) as [Uint8ClampedArray, Uint8ClampedArray]
  for (const frame of frames) frame.close()
  return one.reduce((sum, value, at) => sum + Math.abs(value - other[at]!), 0) / one.length
}

/** A 4:2:0 frame with soft waves of light and colour, different everywhere. */
function hills({ width, height }: Size, phase: number): VideoFrame {
  const chroma = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) }
  const wave = (x: number, y: number, length: number) =>
    128 + 90 * Math.sin((x + phase) / length) * Math.cos((y + phase) / (length * 1.3))
  const planes = [
    { width, height, length: 23 },
    { ...chroma, length: 17 },
    { ...chroma, length: 31 },
  ].map(({ width, height, length }) =>
    Uint8Array.from({ length: width * height }, (_, at) => wave(at % width, Math.floor(at / width), length)),
  )
  const bytes = new Uint8Array(planes.reduce((sum, plane) => sum + plane.length, 0))
  let at = 0
  for (const plane of planes) {
    bytes.set(plane, at)
    at += plane.length
  }
  return new VideoFrame(bytes, { format: 'I420', codedWidth: width, codedHeight: height, timestamp: 0 })
}
