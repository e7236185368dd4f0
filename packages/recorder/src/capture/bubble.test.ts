import { describe, expect, it } from 'vitest'
import { type Bubble, bubbleRect, type Corner, defaultBubble, encodedSize, letterbox, rearranged } from './bubble.ts'

const corners: Corner[] = ['bottom-left', 'bottom-right', 'top-left', 'top-right']
const limit = { width: 1920, height: 1080 }
const camera = { width: 1280, height: 720 }

describe('encodedSize', () => {
  it('is even, fits, and is never larger than the source', () => {
    for (let width = 1; width < 4000; width += 137) {
      for (let height = 1; height < 3000; height += 113) {
        const size = encodedSize({ width, height }, limit)
        expect(size.width % 2 === 0 && size.height % 2 === 0).toBe(true)
        expect(size.width).toBeLessThanOrEqual(Math.max(2, width))
        expect(size.height).toBeLessThanOrEqual(Math.max(2, height))
        expect(Math.max(size.width, size.height)).toBeLessThanOrEqual(1920)
        expect(Math.min(size.width, size.height)).toBeLessThanOrEqual(1080)
        expect(Math.min(size.width, size.height)).toBeGreaterThanOrEqual(2)
      }
    }
    expect(encodedSize({ width: 2560, height: 1440 }, limit)).toEqual({ width: 1920, height: 1080 })
    expect(encodedSize({ width: 1281, height: 721 }, limit)).toEqual({ width: 1280, height: 720 })
  })

  it('takes a phone that is held upright as it is', () => {
    expect(encodedSize({ width: 720, height: 1280 }, limit)).toEqual({ width: 720, height: 1280 })
    expect(encodedSize({ width: 2160, height: 3840 }, limit)).toEqual({ width: 1080, height: 1920 })
  })
})

describe('letterbox', () => {
  it('keeps the aspect and stays inside, centred', () => {
    expect(letterbox({ width: 400, height: 400 }, { width: 1280, height: 720 })).toEqual({
      x: 280,
      y: 0,
      width: 720,
      height: 720,
    })
    expect(letterbox({ width: 100, height: 10 }, { width: 1280, height: 720 })).toEqual({
      x: 0,
      y: 296,
      width: 1280,
      height: 128,
    })
  })
})

describe('bubbleRect', () => {
  it('is inside the picture, whatever its size, shape and place; square but for the rectangle', () => {
    const places = [
      ...corners.map((corner) => ({ corner })),
      ...[-1, 0, 0.5, 1, 9].map((x) => ({ at: { x, y: 1 - x } })),
    ]
    for (const shape of ['circle', 'rounded', 'rectangle'] as const) {
      for (const place of places) {
        for (const size of [-1, 0.01, 0.25, 0.5, 1, 7]) {
          for (const frame of [
            { width: 1280, height: 720 },
            { width: 300, height: 900 },
            { width: 2, height: 2 },
          ]) {
            const bubble: Bubble = rearranged(defaultBubble, { ...place, size, shape })
            const rect = bubbleRect(bubble, frame, camera)
            if (shape !== 'rectangle') expect(rect.width).toBe(rect.height)
            expect(rect.x).toBeGreaterThanOrEqual(0)
            expect(rect.y).toBeGreaterThanOrEqual(0)
            expect(rect.x + rect.width).toBeLessThanOrEqual(frame.width)
            expect(rect.y + rect.height).toBeLessThanOrEqual(frame.height)
          }
        }
      }
    }
    const frame = { width: 1280, height: 720 }
    expect(bubbleRect(defaultBubble, frame, camera)).toEqual({ x: 22, y: 518, width: 180, height: 180 })
    const rectangle = rearranged(defaultBubble, { shape: 'rectangle', at: { x: 0.5, y: 0.5 } })
    expect(bubbleRect(rectangle, frame, camera)).toEqual({ x: 480, y: 270, width: 320, height: 180 })
  })

  it('goes back to a corner that is named', () => {
    const moved = rearranged(defaultBubble, { at: { x: 0.5, y: 0.5 } })
    expect(rearranged(moved, { size: 0.4 }).at).toEqual({ x: 0.5, y: 0.5 })
    expect(rearranged(moved, { corner: 'top-left' })).toEqual({ ...defaultBubble, corner: 'top-left' })
  })
})
