// Which page of a deck is seen in a picture: by how alike they are in what tells a page from the others of its deck.
import type { GrayPicture } from './gray-picture.ts'
import { FRAME, isMoving, type StillStretch } from './slide-changes.ts'

/** `page`: index among those that were given. `confidence`: 0 to 1. */
export type SeenSlide = { t: number; page: number; confidence: number }

/** Both are compared on so many points. */
const grid = { width: 160, height: 90 }
/** Of grays: points in which all pages are as alike as that tell none from another, whatever a codec makes of them. */
const leastSpecial = 4
/** Points, and of those that are wanted a quarter, have to be seen. */
const fewest = 4
/** Of the whole picture; of what is special to a page; how much more than of any other page. */
const least = { whole: 0.5, special: 0.5, margin: 0.1 }

/** Where pages lie in the frame, in parts of it. */
type Placement = { width: number; height: number }

/**
 * The slides that are seen one after the other; what is none of the pages is left out.
 *
 * @param aspect width by height of the video, from which frames were made that have others
 */
export function seenSlides(
  stretches: readonly StillStretch[],
  pages: readonly GrayPicture[],
  aspect: number,
): SeenSlide[] {
  if (pages.length === 0) return []
  const tries = placements(pages, aspect).map((placement) => {
    const gauge = gaugeOf(pages, placement)
    return stretches.map((stretch) => ({ t: stretch.startMs, ...best(stretch, gauge) }))
  })
  const total = (found: readonly Match[]): number => found.reduce((sum, { confidence }) => sum + confidence, 0)
  const [first, ...others] = tries
  const chosen = others.reduce((most, each) => (total(each) > total(most) ? each : most), first!)
  const seen: SeenSlide[] = []
  for (const { t, page, confidence } of chosen) {
    if (page === null) continue
    const last = seen.at(-1)
    // Something else in between, and the same again: it was there all the time, for whoever looks at the slides.
    if (last?.page === page) last.confidence = Math.max(last.confidence, confidence)
    else seen.push({ t, page, confidence })
  }
  return seen
}

type Match = { page: number | null; confidence: number }

function placements(pages: readonly GrayPicture[], aspect: number): Placement[] {
  const { width, height } = pages[0]!
  const page = width / height
  const fitted = page < aspect ? { width: page / aspect, height: 1 } : { width: 1, height: aspect / page }
  const isWhole = Math.min(fitted.width, fitted.height) > 0.98
  return isWhole ? [{ width: 1, height: 1 }] : [fitted, { width: 1, height: 1 }]
}

/** `telling`: 1 where some page differs from what all have in common. */
type Gauge = { placement: Placement; pages: Float64Array[]; common: Float64Array; telling: Uint8Array }

function gaugeOf(pages: readonly GrayPicture[], placement: Placement): Gauge {
  const sampled = pages.map((page) => sampledPage(page))
  const common = new Float64Array(grid.width * grid.height)
  for (const page of sampled) for (const [at, value] of page.entries()) common[at]! += value / sampled.length
  const telling = Uint8Array.from(common, (mean, at) =>
    sampled.some((page) => Math.abs(page[at]! - mean) > leastSpecial) ? 1 : 0,
  )
  return { placement, pages: sampled, common, telling }
}

function best(stretch: StillStretch, { placement, pages, common, telling }: Gauge): Match {
  const { values, usable } = sampledFrame(stretch, placement)
  const whole = pages.map((page) => likeness(values, page, usable))
  // Of a single page there is nothing that it shares with others.
  const isAlone = pages.length === 1
  const own = isAlone ? values : difference(fitted(values, common, usable), common)
  const count = telling.reduce((sum, each) => sum + each, 0)
  const seen = usable.map((isUsable, at) => isUsable & telling[at]!)
  const special = isAlone ? whole : pages.map((page) => likeness(own, difference(page, common), seen, count))
  let page = 0
  for (const [index, value] of special.entries()) if (value > special[page]!) page = index
  const second = special.reduce((most, value, index) => (index === page ? most : Math.max(most, value)), 0)
  const margin = special[page]! - second
  const isFound = whole[page]! >= least.whole && special[page]! >= least.special && margin >= least.margin
  const certainty = special[page]! * Math.min(1, 0.5 + margin)
  return isFound ? { page, confidence: Math.round(certainty * 100) / 100 } : { page: null, confidence: 0 }
}

/** As dark and as full of contrast as what it is compared with: cameras and codecs change both. */
function fitted(values: Float64Array, wanted: Float64Array, usable: Uint8Array): Float64Array {
  let [count, sum, other, squares, product] = [0, 0, 0, 0, 0]
  for (let at = 0; at < values.length; at++) {
    if (usable[at] === 0) continue
    count++
    sum += values[at]!
    other += wanted[at]!
  }
  const [mean, wantedMean] = [sum / Math.max(1, count), other / Math.max(1, count)]
  for (let at = 0; at < values.length; at++) {
    if (usable[at] === 0) continue
    squares += (values[at]! - mean) ** 2
    product += (values[at]! - mean) * (wanted[at]! - wantedMean)
  }
  const gain = squares === 0 || product <= 0 ? 1 : Math.min(2, Math.max(0.5, product / squares))
  return values.map((value) => (value - mean) * gain + wantedMean)
}

function difference(left: Float64Array, right: Float64Array): Float64Array {
  return left.map((value, at) => value - right[at]!)
}

/**
 * Of two pictures: 1 where they are the same but for brightness and contrast, 0 where they have nothing in common.
 *
 * @param wanted points that there are, though not all of them may be usable
 */
function likeness(left: Float64Array, right: Float64Array, usable: Uint8Array, wanted: number = left.length): number {
  let [count, leftSum, rightSum] = [0, 0, 0]
  for (let at = 0; at < left.length; at++) {
    if (usable[at] === 0) continue
    count++
    leftSum += left[at]!
    rightSum += right[at]!
  }
  if (count < Math.max(fewest, wanted / 4)) return 0
  const [leftMean, rightMean] = [leftSum / count, rightSum / count]
  let [product, leftSquares, rightSquares] = [0, 0, 0]
  for (let at = 0; at < left.length; at++) {
    if (usable[at] === 0) continue
    const [own, other] = [left[at]! - leftMean, right[at]! - rightMean]
    product += own * other
    leftSquares += own * own
    rightSquares += other * other
  }
  // A picture of one colour is like nothing.
  const scale = Math.sqrt(leftSquares * rightSquares)
  return scale < count ? 0 : product / scale
}

function sampledPage({ pixels, width, height }: GrayPicture): Float64Array {
  return sampled((x, y) => pixels[y * width + x]!, { left: 0, top: 0, width, height })
}

function sampledFrame(
  stretch: StillStretch,
  { width, height }: Placement,
): { values: Float64Array; usable: Uint8Array } {
  const box = {
    left: ((1 - width) / 2) * FRAME.width,
    top: ((1 - height) / 2) * FRAME.height,
    ...{ width: width * FRAME.width, height: height * FRAME.height },
  }
  const values = sampled((x, y) => stretch.pixels[y * FRAME.width + x]!, box)
  const masked = sampled((x, y) => (isMoving(stretch, x, y) ? 1 : 0), box)
  return { values, usable: Uint8Array.from(masked, (value) => (value > 0 ? 0 : 1)) }
}

type Box = { left: number; top: number; width: number; height: number }

/** Means over the cells of the grid. */
function sampled(at: (x: number, y: number) => number, box: Box): Float64Array {
  const values = new Float64Array(grid.width * grid.height)
  for (let row = 0; row < grid.height; row++) {
    const [top, bottom] = cells(box.top, box.height, row, grid.height)
    for (let column = 0; column < grid.width; column++) {
      const [left, right] = cells(box.left, box.width, column, grid.width)
      let sum = 0
      for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += at(x, y)
      values[row * grid.width + column] = sum / ((bottom - top) * (right - left))
    }
  }
  return values
}

function cells(start: number, length: number, index: number, count: number): [number, number] {
  const from = Math.floor(start + (length * index) / count)
  const most = Math.ceil(start + length)
  return [
    Math.min(from, most - 1),
    Math.min(most, Math.max(from + 1, Math.floor(start + (length * (index + 1)) / count))),
  ]
}
