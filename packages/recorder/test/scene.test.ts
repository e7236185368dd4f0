// The picture is composed as it was arranged, at every moment of the recording: portions, bubbles, cameras, the page. The
// sources are canvases of known colours; the recording is decoded and looked at.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EncoderWish, SceneChange } from '../src/index.ts'
import { colourAt, decode, pictureUntil, pixel, probe } from './browser.ts'
import type { CanvasCaptureOptions } from './page/canvas-capture.ts'
import { openTestPage, openTestSite, type TestSite } from './site.ts'

let site: TestSite

beforeAll(async () => {
  site = await openTestSite()
})

afterAll(async () => {
  await site?.close()
})

const path = (id: string) => site.receiver.recordings.get(id)!.path
const size = { width: 640, height: 360 }

type Look = (x: number, y: number) => string

/** Records, arranging the scene anew at each step; answers how to look at the end of each step. */
async function walk(
  page: Page,
  options: CanvasCaptureOptions,
  steps: SceneChange[],
  wish: EncoderWish = {},
): Promise<Look[]> {
  const made = await page.evaluate(
    async ({ options, steps, wish }) => {
      const capture = rooms.canvasCapture(options)
      const recording = await rooms.sdk.startRecording({ server: '', capture, encoder: wish })
      const ends: number[] = []
      for (const step of steps) {
        capture.compose(step)
        await new Promise((resolve) => setTimeout(resolve, 700))
        ends.push(recording.progress.durationMs)
      }
      await new Promise((resolve) => setTimeout(resolve, 200))
      const { id } = await recording.stop()
      capture.close()
      return { id, ends }
    },
    { options, steps, wish },
  )
  expect(await decode(path(made.id))).toEqual([])
  return Promise.all(
    made.ends.map(async (end) => {
      const picture = await pictureUntil(path(made.id), end / 1000 - 0.05)
      expect(picture.length, 'the size never changes').toBe(size.width * size.height * 3)
      return (x: number, y: number) => colourAt(picture, size, x, y)
    }),
  )
}

const ways: { name: string; wish: EncoderWish; bare: boolean }[] = [
  { name: 'WebCodecs', wish: {}, bare: false },
  { name: 'MediaRecorder, composed on a canvas', wish: {}, bare: true },
]

describe('the scene', { timeout: 30_000 }, () => {
  it.each(ways)('shows the portion and the bubbles as they are at each moment: $name', async ({ wish, bare }) => {
    const page = await openTestPage(site, { bare })
    const [all, lower, moved, mirrored, hidden] = await walk(
      page,
      { quarters: true, cameras: ['#f0f', '#0ff'], audio: false, scene: { bubbles: { camera: { mirrored: false } } } },
      [
        {},
        { portion: { x: 0.5, y: 0.5, width: 0.5, height: 0.5 } },
        { portion: null, bubbles: { camera: { at: { x: 0.5, y: 0.5 }, size: 0.4, shape: 'rectangle' } } },
        { bubbles: { camera: { mirrored: true, shape: 'circle' } } },
        { bubbles: { camera: { visible: false }, 'second-camera': { visible: false } } },
      ],
      wish,
    )
    await page.close()
    const quarters = (look: Look) => [look(0.2, 0.1), look(0.8, 0.1), look(0.1, 0.6), look(0.9, 0.6)]
    expect(quarters(all!)).toEqual(['red', 'green', 'blue', 'yellow'])
    // Diameter 0.25 of the height, margin 0.03: the centre is at 0.155 of the height, 0.087 of the width; black is the
    // camera's right half. The second one is a mirror.
    expect([all!(0.06, 0.85), all!(0.11, 0.85)]).toEqual(['magenta', 'black'])
    expect([all!(0.89, 0.85), all!(0.94, 0.85)]).toEqual(['black', 'cyan'])
    expect(all!(0.021, 0.965), 'a circle has no corner').toBe('blue')
    expect(quarters(lower!)).toEqual(['yellow', 'yellow', 'yellow', 'yellow'])
    expect(lower!(0.06, 0.85)).toBe('magenta')
    // 144 px high and, as the camera is 4:3, 192 px wide, in the middle.
    expect([moved!(0.36, 0.32), moved!(0.64, 0.68), moved!(0.34, 0.4)]).toEqual(['magenta', 'black', 'red'])
    expect(moved!(0.06, 0.85)).toBe('blue')
    expect([mirrored!(0.45, 0.5), mirrored!(0.55, 0.5), mirrored!(0.37, 0.32)]).toEqual(['black', 'magenta', 'red'])
    expect(quarters(hidden!)).toEqual(['red', 'green', 'blue', 'yellow'])
    expect([hidden!(0.5, 0.52), hidden!(0.9, 0.85)]).toEqual(['yellow', 'yellow'])
  })

  it('has a camera fill the picture with the other in a bubble, and a page to draw on', async () => {
    const page = await openTestPage(site)
    const [first, second, empty] = await walk(page, { quarters: true, cameras: ['#f0f', '#0ff'], audio: false }, [
      { main: 'camera' },
      { main: 'second-camera', mirrorMain: true, bubbles: { camera: { mirrored: false } } },
      { main: 'page', bubbles: { camera: { visible: false } } },
    ])
    await page.close()
    // 4:3 in 16:9: black at both sides.
    expect([first!(0.05, 0.1), first!(0.3, 0.1), first!(0.6, 0.1)]).toEqual(['black', 'magenta', 'black'])
    expect([first!(0.89, 0.85), first!(0.94, 0.85)]).toEqual(['black', 'cyan'])
    expect([second!(0.3, 0.1), second!(0.7, 0.1), second!(0.06, 0.85)]).toEqual(['black', 'cyan', 'magenta'])
    expect([empty!(0.1, 0.1), empty!(0.5, 0.5), empty!(0.94, 0.85)]).toEqual(['white', 'white', 'cyan'])
  })

  it('goes on with another camera, and without one, while recording', async () => {
    const page = await openTestPage(site)
    const made = await page.evaluate(async () => {
      const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
      const asked: unknown[] = []
      let busy = false
      navigator.mediaDevices.getUserMedia = async (constraints) => {
        const { facingMode } = constraints!.video as MediaTrackConstraints
        asked.push(facingMode)
        if (busy) {
          busy = false
          throw new DOMException('one at a time', 'NotReadableError')
        }
        return rooms.colourCamera(facingMode === undefined ? '#f0f' : '#0ff').stream
      }
      const capture = await rooms.sdk.openCapture({ camera: true, bubble: { mirrored: false } })
      const recording = await rooms.sdk.startRecording({ server: '', capture })
      const ends: number[] = []
      const step = async () => {
        await wait(700)
        ends.push(recording.progress.durationMs)
      }
      await step()
      busy = true // as phones are
      await capture.change('camera', { facing: 'back' })
      await step()
      await capture.change('second-camera', {})
      await step()
      await capture.change('camera', null)
      await step()
      const { id } = await recording.stop()
      const lives = capture.sources.map(({ kind, live }) => `${kind} ${live}`)
      capture.close()
      return { id, ends, asked, lives, state: recording.state.state }
    })
    await page.close()
    expect(made.asked).toEqual([undefined, { ideal: 'environment' }, { ideal: 'environment' }, undefined])
    expect(made.lives).toEqual(['camera false', 'second-camera true'])
    expect(await decode(path(made.id))).toEqual([])
    const frame = { width: 320, height: 240 }
    const looks = await Promise.all(made.ends.map((end) => pictureUntil(path(made.id), end / 1000 - 0.05)))
    expect(looks.map((picture) => colourAt(picture, frame, 0.2, 0.5))).toEqual(['magenta', 'cyan', 'cyan', 'magenta'])
    expect(colourAt(looks[2]!, frame, 0.94, 0.85), 'the second one in its bubble, mirrored').toBe('magenta')
  })

  it('takes an upright camera as it is held, and a page without any source', async () => {
    const page = await openTestPage(site)
    const ids = await page.evaluate(async () => {
      const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
      const upright = rooms.canvasCapture({ width: 720, height: 1280, audio: false })
      const sheet = await rooms.sdk.openCapture({ page: true })
      const ids: string[] = []
      for (const capture of [upright, sheet]) {
        const recording = await rooms.sdk.startRecording({ server: '', capture })
        await wait(700)
        ids.push((await recording.stop()).id)
        capture.close()
      }
      return ids
    })
    await page.close()
    const sizes = await Promise.all(ids.map(async (id) => (await probe(path(id))).streams[0]))
    expect(sizes.map((stream) => [stream!.width, stream!.height])).toEqual([
      [720, 1280],
      [1280, 720],
    ])
    const sheet = await pictureUntil(path(ids[1]!), 0.4)
    expect(pixel(sheet, { width: 1280, height: 720 }, 0.5, 0.5).every((value) => value > 250)).toBe(true)
  })

  it('captures one element of its own tab, wherever that is moved', async () => {
    const page = await openTestPage(site)
    const made = await page.evaluate(async () => {
      const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
      const element = document.createElement('div')
      Object.assign(element.style, { position: 'fixed', left: '400px', top: '300px', width: '320px', height: '180px' })
      element.style.background = 'linear-gradient(90deg, #f0f 50%, #0ff 50%)'
      document.body.append(element)
      const capture = await rooms.sdk.openCapture({ screen: { thisTab: true, element } })
      const recording = await rooms.sdk.startRecording({ server: '', capture })
      await wait(900)
      element.style.left = '100px'
      await wait(900)
      const { durationMs } = recording.progress
      const { id } = await recording.stop()
      capture.close()
      element.remove()
      return { id, durationMs, size: recording.picture! }
    })
    await page.close()
    expect(made.size).toEqual({ width: 320, height: 180 })
    const looks = await Promise.all([0.5, made.durationMs / 1000 - 0.05].map((at) => pictureUntil(path(made.id), at)))
    for (const picture of looks) {
      expect(colourAt(picture, made.size, 0.25, 0.5)).toBe('magenta')
      expect(colourAt(picture, made.size, 0.75, 0.5)).toBe('cyan')
    }
  })
})

describe('frames whose colours are read into memory', () => {
  it('look as if they had been drawn: whole, in part, mirrored, in a bubble, of odd sizes', async () => {
    const page = await openTestPage(site)
    const small = { width: 640, height: 360 }
    const odd = { width: 645, height: 363 }
    const arranged: [SceneChange, typeof size, typeof size, typeof size][] = [
      [{}, small, small, small],
      [{ bubbles: { camera: { shape: 'rectangle', size: 0.6, mirrored: false } } }, small, small, odd],
      [{ portion: { x: 0.131, y: 0.273, width: 0.511, height: 0.417 } }, { width: 326, height: 150 }, small, small],
      [{ main: 'camera', mirrorMain: true }, small, odd, small],
      [{}, small, { width: 1280, height: 800 }, { width: 320, height: 240 }],
      [{}, { width: 644, height: 362 }, odd, odd],
    ]
    for (const [index, scene] of arranged.entries()) {
      const difference = await page.evaluate((scene) => rooms.twoWays(...scene), scene)
      expect(difference, `scene ${index}`).toBeLessThan(0.6)
    }
    await page.close()
  })
})
