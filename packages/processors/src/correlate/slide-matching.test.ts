import { describe, expect, it } from 'vitest'
import { runSeed as seed, seededRandom } from '../../../media/test/seeded-random.ts'
import type { GrayPicture } from './gray-picture.ts'
import { FRAME, type StillStretch } from './slide-changes.ts'
import { seenSlides } from './slide-matching.ts'

const { width, height } = FRAME

/** A head, a line of words, and below it as many strokes as the page's number: nothing else tells it from the others. */
function numbered(number: number): GrayPicture {
  const pixels = new Uint8Array(width * height).fill(250)
  const fill = (x: number, y: number, across: number, down: number, gray: number): void => {
    for (let row = y; row < y + down; row++) pixels.fill(gray, row * width + x, row * width + x + across)
  }
  fill(0, 0, width, 25, 60)
  for (let word = 0; word < 6; word++) fill(30 + word * 35, 50, 25, 8, 30)
  for (let stroke = 0; stroke < number; stroke++) fill(60 + stroke * 6, 90, 3, 13, 20)
  return { width, height, pixels }
}

function stretches(pictures: readonly Uint8Array[]): StillStretch[] {
  const moving = new Uint8Array((width / 10) * (height / 10))
  return pictures.map((pixels, index) => ({ startMs: index * 4000, endMs: (index + 1) * 4000, pixels, moving }))
}

describe('pages that differ in a number alone', () => {
  const pages = [1, 2, 3, 4].map(numbered)

  it('are told apart, through noise and a loss of contrast', () => {
    const random = seededRandom(seed)
    const order = [0, 1, 2, 1, 3]
    const seen = order.map((page) => pages[page]!.pixels.map((gray) => gray * 0.9 + 10 + (random() - 0.5) * 16))
    const found = seenSlides(stretches(seen), pages, width / height)
    expect(
      found.map(({ t, page }) => [t, page]),
      `seed ${seed}`,
    ).toEqual(order.map((page, index) => [index * 4000, page]))
  })

  it('are not seen in what is something else', () => {
    const waves = (index: number) =>
      Uint8Array.from({ length: width * height }, (_, at) => {
        return 128 + 100 * Math.sin((at % width) / (9 + index)) * Math.cos(Math.floor(at / width) / (7 + index))
      })
    expect(seenSlides(stretches([0, 1, 2, 3, 4, 5].map(waves)), pages, width / height)).toEqual([])
  })
})
