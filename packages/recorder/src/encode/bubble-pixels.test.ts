import { expect, it } from 'vitest'
import { changedScene, defaultScene, type SceneChange } from '../capture/scene.ts'
import { neededShare } from './bubble-pixels.ts'

const frame = { width: 1280, height: 720 }
const share = (change: SceneChange, camera = frame, there: readonly string[] = ['screen', 'camera', 'second-camera']) =>
  neededShare(changedScene(defaultScene, change), 'camera', (source) => there.includes(source), frame, camera)

it('a bubble never gets fewer pixels than it shows', () => {
  for (let size = 0.05; size <= 1; size += 0.01) {
    const camera = { width: 1920, height: 1080 }
    const rows = share({ bubbles: { camera: { size } } }, camera) * camera.height
    expect(rows).toBeGreaterThanOrEqual(Math.round(frame.height * size))
  }
  expect(share({})).toBe(0.25)
  expect(share({ bubbles: { camera: { size: 0.26 } } })).toBe(0.5)
  expect(share({}, { width: 160, height: 120 }), 'never asked for more than there is').toBe(1)
})

it('what fills the picture is taken whole', () => {
  expect(share({ main: 'camera' })).toBe(1)
  expect(share({}, frame, ['camera']), 'the screen ended').toBe(1)
})
