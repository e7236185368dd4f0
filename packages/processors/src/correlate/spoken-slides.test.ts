import { describe, expect, it } from 'vitest'
import { runSeed as seed, seededRandom } from '../../../media/test/seeded-random.ts'
import { spokenLecture } from '../../test/spoken-lecture.ts'
import { spokenSlides } from './spoken-slides.ts'

describe('slides that are spoken about', () => {
  it('are told in order, each when it is: nearly all, to some lines', () => {
    const random = seededRandom(seed)
    let [all, near, wrong] = [0, 0, 0]
    for (let round = 0; round < 20; round++) {
      const { pages, lines, times } = spokenLecture(random, 6 + Math.floor(30 * random()))
      const found = spokenSlides(lines, pages)
      expect(found.length, `seed ${seed}, round ${round}`).toBeGreaterThan(pages.length / 2)
      const order = found.map(({ page }) => page)
      expect(order).toEqual([...order].sort((left, right) => left - right))
      all += pages.length
      for (const { t, page } of found) {
        // Until somebody says a word of it, nothing tells that it is shown.
        const late = t - times[page]!
        if (late >= -5000 && late <= 20_000) near++
        else wrong++
      }
    }
    expect(near / all, `seed ${seed}`).toBeGreaterThan(0.9)
    expect(wrong / all, `seed ${seed}`).toBeLessThan(0.03)
  })

  it('are told by their numbers too', () => {
    const pages = ['alpha', 'bravo', 'charlie', 'delta', 'echo', 'foxtrot', 'golf', 'hotel'].map(
      (word) => `${word} words`,
    )
    const lines = pages.flatMap((_, index) => [
      { startMs: index * 60_000, text: `Let us go on to slide ${index + 1}.` },
      ...[1, 2, 3, 4].map((more) => ({ startMs: index * 60_000 + more * 9000, text: 'And so it went on and on.' })),
    ])
    expect(spokenSlides(lines, pages).map(({ t, page }) => [t, page])).toEqual(
      pages.map((_, page) => [page * 60_000, page]),
    )
  })

  it('are none where something else is spoken about, or in no order', () => {
    const random = seededRandom(seed)
    let told = 0
    for (let round = 0; round < 60; round++) {
      const [one, other] = [spokenLecture(random, 12), spokenLecture(random, 12)]
      if (spokenSlides(one.lines, other.pages).length > 0) told++
      const mixed = one.pages.map((page) => [random(), page] as const).sort(([left], [right]) => left - right)
      const [inTurn] = [
        spokenSlides(
          one.lines,
          mixed.map(([, page]) => page),
        ),
      ]
      if (inTurn!.length > 9) told++
    }
    expect(told, `seed ${seed}`).toBeLessThanOrEqual(1)
    expect(spokenSlides([], spokenLecture(random, 5).pages)).toEqual([])
  })
})
