import { describe, expect, it } from 'vitest'
import { type Bubble, bubbleRect, type Corner, defaultBubble, encodedSize, letterbox, squareCrop } from './bubble.ts'

const corners: Corner[] = ['bottom-left', 'bottom-right', 'top-left', 'top-right']

describe('encodedSize', () => {
  it('is even, fits, and is never larger than the source', () => {
    for (let width = 1; width < 4000; width += 137) {
      for (let height = 1; height < 3000; height += 113) {
        const size = encodedSize({ width, height }, { width: 1920, height: 1080 })
        expect(size.width % 2 === 0 && size.height % 2 === 0).toBe(true)
        expect(size.width).toBeLessThanOrEqual(Math.max(2, Math.min(1920, width)))
        expect(size.height).toBeLessThanOrEqual(Math.max(2, Math.min(1080, height)))
        expect(Math.min(size.width, size.height)).toBeGreaterThanOrEqual(2)
      }
    }
    expect(encodedSize({ width: 2560, height: 1440 }, { width: 1920, height: 1080 })).toEqual({
      width: 1920,
      height: 1080,
    })
    expect(encodedSize({ width: 1281, height: 721 }, { width: 1920, height: 1080 })).toEqual({
      width: 1280,
      height: 720,
    })
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
  it('is a square inside the picture, at its corner, whatever the size', () => {
    for (const corner of corners) {
      for (const size of [-1, 0.01, 0.25, 0.5, 1, 7]) {
        for (const frame of [
          { width: 1280, height: 720 },
          { width: 300, height: 900 },
          { width: 2, height: 2 },
        ]) {
          const bubble: Bubble = { ...defaultBubble, corner, size }
          const rect = bubbleRect(bubble, frame)
          expect(rect.width).toBe(rect.height)
          expect(rect.x).toBeGreaterThanOrEqual(0)
          expect(rect.y).toBeGreaterThanOrEqual(0)
          expect(rect.x + rect.width).toBeLessThanOrEqual(frame.width)
          expect(rect.y + rect.height).toBeLessThanOrEqual(frame.height)
        }
      }
    }
    expect(bubbleRect(defaultBubble, { width: 1280, height: 720 })).toEqual({ x: 22, y: 518, width: 180, height: 180 })
  })

  it('shows the middle of the camera', () => {
    expect(squareCrop({ width: 1280, height: 720 })).toEqual({ x: 280, y: 0, width: 720, height: 720 })
  })
})
