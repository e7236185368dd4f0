import { describe, expect, it } from 'vitest'
import { changedScene, defaultScene, keptInside, layOut, mainSource, portionBetween } from './scene.ts'

const frame = { width: 1280, height: 720 }
const screen = { width: 1920, height: 1080 }
const camera = { width: 640, height: 480 }
const sources = (placed: ReturnType<typeof layOut>) =>
  placed.map(({ source, main }) => `${source}${main ? ' main' : ''}`)

describe('layOut', () => {
  it('draws what is there: the screen, and every camera in a bubble over it', () => {
    expect(layOut(defaultScene, {}, frame)).toEqual([])
    expect(sources(layOut(defaultScene, { camera }, frame))).toEqual(['camera main'])
    const all = { screen, camera, 'second-camera': camera }
    expect(sources(layOut(defaultScene, all, frame))).toEqual(['screen main', 'camera', 'second-camera'])
    const [, first, second] = layOut(defaultScene, all, frame)
    expect(first!.place.x).toBeLessThan(second!.place.x)
  })

  it('has the first camera fill the picture and the second in its bubble, by choice', () => {
    const scene = changedScene(defaultScene, { main: 'camera' })
    expect(sources(layOut(scene, { screen, camera, 'second-camera': camera }, frame))).toEqual([
      'camera main',
      'second-camera',
    ])
    expect(mainSource(scene, (source) => source === 'screen')).toBe('screen')
  })

  it('leaves out hidden bubbles, and has nothing but bubbles on the page', () => {
    const scene = changedScene(defaultScene, { bubbles: { camera: { visible: false } } })
    expect(sources(layOut(scene, { screen, camera }, frame))).toEqual(['screen main'])
    expect(sources(layOut(changedScene(defaultScene, { main: 'page' }), { screen, camera }, frame))).toEqual(['camera'])
  })

  it('shows the portion of the screen alone, as large as it goes', () => {
    const scene = changedScene(defaultScene, { portion: { x: 0.5, y: 0.25, width: 0.25, height: 0.5 } })
    const [placed] = layOut(scene, { screen }, frame)
    expect(placed!.part).toEqual({ x: 960, y: 270, width: 480, height: 540 })
    expect(placed!.place).toEqual({ x: 320, y: 0, width: 640, height: 720 })
    expect(layOut(scene, { camera }, frame)[0]!.part).toEqual({ x: 0, y: 0, ...camera })
  })

  it('never shows a part that the source does not have', () => {
    for (const shape of ['circle', 'rounded', 'rectangle'] as const) {
      for (const size of [camera, { width: 480, height: 640 }, { width: 1, height: 1000 }]) {
        const scene = changedScene(defaultScene, { bubbles: { camera: { shape } } })
        const part = layOut(scene, { screen, camera: size }, frame)[1]!.part
        expect(part.x).toBeGreaterThanOrEqual(-1e-9)
        expect(part.y).toBeGreaterThanOrEqual(-1e-9)
        expect(part.x + part.width).toBeLessThanOrEqual(size.width + 1e-9)
        expect(part.y + part.height).toBeLessThanOrEqual(size.height + 1e-9)
      }
    }
  })
})

describe('a portion', () => {
  it('can be drawn from any corner, over the edge, and not too small to see', () => {
    expect(portionBetween({ x: 0.75, y: 0.5 }, { x: 0.25, y: 0.25 })).toEqual({
      x: 0.25,
      y: 0.25,
      width: 0.5,
      height: 0.25,
    })
    expect(portionBetween({ x: -1, y: 0.5 }, { x: 0.5, y: 7 })).toEqual({ x: 0, y: 0.5, width: 0.5, height: 0.5 })
    expect(portionBetween({ x: 1, y: 1 }, { x: 1, y: 1 })).toEqual({ x: 0.98, y: 0.98, width: 0.02, height: 0.02 })
    expect(portionBetween({ x: 0, y: 0 }, { x: 1, y: 1 })).toBeNull()
    expect(keptInside({ x: 0.9, y: -1, width: 0.5, height: 2 })).toEqual({ x: 0.5, y: 0, width: 0.5, height: 1 })
  })

  it('stays until it is changed, and null means all', () => {
    const scene = changedScene(defaultScene, { portion: { x: 0, y: 0, width: 0.5, height: 0.5 } })
    expect(changedScene(scene, { clean: true }).portion).toEqual({ x: 0, y: 0, width: 0.5, height: 0.5 })
    expect(changedScene(scene, { portion: null }).portion).toBeNull()
  })
})
