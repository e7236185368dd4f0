// A camera gives its frames as large as the bubble that shows them: to turn all of its pixels into colours thirty times a
// second, for a few of them, costs more than all the rest of the picture. The browser scales them, and no preview is touched.
import { bubbleRect, type Size } from '../capture/bubble.ts'
import { mainSource, type PictureSource, type Scene } from '../capture/scene.ts'

/** Each is so much of what the camera gives: a bubble that is being resized does not change it all the time. */
const steps = [0.25, 0.5, 1] as const

/** How much of a camera's height is needed, as a share of it: 1 for all, also where it fills the picture. */
export function neededShare(
  scene: Scene,
  source: PictureSource,
  isThere: (source: PictureSource) => boolean,
  frame: Size,
  camera: Size,
): number {
  if (source === 'screen' || mainSource(scene, isThere) === source) return 1
  const { height } = bubbleRect(scene.bubbles[source], frame, camera)
  return steps.find((step) => Math.round(camera.height * step) >= height) ?? 1
}

/** Of the track's frames from now on; where the browser cannot, they stay as they are. */
export async function scaleTrack(track: MediaStreamTrack, camera: Size, share: number): Promise<void> {
  const [width, height] = [camera.width, camera.height].map((side) => Math.round(side * share))
  await track.applyConstraints({ width: { ideal: width! }, height: { ideal: height! } }).catch(() => {})
}
