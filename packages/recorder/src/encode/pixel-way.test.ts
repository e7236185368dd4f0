import { expect, it } from 'vitest'
import { PixelWay } from './pixel-way.ts'

/** @returns whether pictures were copied at the end, and how many were at all */
function after(pictures: number, drawnMs: number, copiedMs: number): { copies: boolean; copied: number } {
  const way = new PixelWay()
  let copied = 0
  for (let picture = 0; picture < pictures; picture++) {
    if (way.copies) copied++
    way.took((way.copies ? copiedMs : drawnMs) + (picture % 7 === 0 ? 30 : 0))
  }
  return { copies: way.copies, copied }
}

it('pictures that are drawn quickly are never copied', () => {
  expect(after(200, 1, 0.5)).toEqual({ copies: false, copied: 0 })
})

it('slow ones are made the quicker way, whatever single ones took', () => {
  expect(after(200, 14, 7).copies).toBe(true)
  const slow = after(200, 14, 20)
  expect(slow.copies).toBe(false)
  expect(slow.copied).toBeLessThan(30)
})

it('what this browser cannot do is not tried again', () => {
  const way = new PixelWay()
  for (let picture = 0; picture < 20; picture++) way.took(20)
  expect(way.copies).toBe(true)
  way.refuse()
  for (let picture = 0; picture < 100; picture++) way.took(20)
  expect(way.copies).toBe(false)
})
