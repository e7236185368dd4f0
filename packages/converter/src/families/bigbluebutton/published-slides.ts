import type { TimelineEvent } from '@rushes/umf'
import { allElements, type XmlElement } from '../../xml-tree.ts'

export type ShownSlides = {
  /** `slide` and `screen`, by time. */
  events: TimelineEvent[]
  /** Of each deck, by index, the picture as shapes.svg names it. */
  pages: Map<string, Map<number, string>>
}

const slidePicture = /^(?:\.\/)?presentation\/([^/]+)\/(?:\w+\/)?slide-?(\d{1,5})\.\w+$/

/** The pictures of shapes.svg: each is seen from `in` to `out`, in seconds, of which there may be several. */
export function shownSlides(svg: XmlElement): ShownSlides {
  const result: ShownSlides = { events: [], pages: new Map() }
  for (const { attributes } of allElements(svg, 'image')) {
    const href = attributes.get('href') ?? ''
    const isScreen = /(?:^|\/)deskshare(?:\/slide-1)?\.png$/.test(href)
    const [, deck, page] = slidePicture.exec(href) ?? []
    if (!isScreen && deck !== undefined) {
      const pages = result.pages.get(deck) ?? new Map<number, string>()
      result.pages.set(deck, pages)
      pages.set(Number(page) - 1, href.replace(/^\.\//, ''))
    }
    const outs = timesOf(attributes.get('out'))
    for (const [index, t] of timesOf(attributes.get('in')).entries()) {
      const out = outs[index] ?? Number.NaN
      // What is taken away as it is put up was never seen.
      if (out <= t) continue
      if (isScreen) {
        result.events.push({ t, kind: 'screen', data: { on: true } })
        if (out > t) result.events.push({ t: out, kind: 'screen', data: { on: false } })
      } else if (deck !== undefined) {
        result.events.push({ t, kind: 'slide', data: { deck, index: Number(page) - 1, value: Number(page) } })
      }
    }
  }
  result.events.sort((left, right) => left.t - right.t)
  return result
}

function timesOf(text = ''): number[] {
  return text
    .split(/\s+/)
    .filter((each) => each !== '')
    .map((each) => Math.round(Number(each) * 1000))
    .filter((t) => t >= 0)
}
