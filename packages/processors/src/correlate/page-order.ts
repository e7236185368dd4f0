// Whether pages are spoken about in their order, and where each is. Any deck fits any speech a little: in its own order it has to
// fit better than it would by chance in any other.
import { seededNumbers } from './seeded-numbers.ts'

/** What each line says of which pages; pages of which it says nothing are left out. */
export type PageScores = readonly ReadonlyMap<number, number>[]

/** What it takes to leave a page behind: words that are said in passing are no reason. */
const turn = 1.5
/** Pages of which something is said. Of fewer there are so few orders that one in 24 fits best by chance. */
const leastPages = 5
/**
 * Of so few pages the orders that fit better or as well are counted: measured in deviations, the best of all 5040 of seven
 * pages may be 2.9 above them. Of more it is further above (8 pages: 4 to 5, 12: 6 to 8, 24: 12), and is not among a few that are drawn.
 */
const fewPages = 7
/** All orders of six pages; so many are drawn of seven. Of them, how many may fit as well, the pages' own included. */
const countedOrders = 720
const mostByChance = 0.01
/** Orders that are drawn of more pages: 30 tell a deviation to an eighth, and more of them cost little where pages are few. */
const leastDrawn = 30
const pagesDrawn = 1200
const leastDeviations = 3

/** Whether what is said fits the order of the pages better than it fits others, by far. */
export function isInOrder(scores: PageScores): boolean {
  // What nothing is said of, and who says nothing, fits any order.
  const lines = scores.filter(({ size }) => size > 0)
  const pages = [...new Set(lines.flatMap((line) => [...line.keys()]))].sort((left, right) => left - right)
  if (pages.length < leastPages) return false
  const { total } = bestPath(lines, pages)
  const totals = otherOrders(pages).map((order) => bestPath(lines, order).total)
  // Sums of the same numbers in another order differ in their last digits.
  const asGood = totals.filter((other) => other > total - 1e-6).length
  if (pages.length <= fewPages) return (asGood + 1) / (totals.length + 1) <= mostByChance
  const mean = totals.reduce((sum, each) => sum + each, 0) / totals.length
  const deviation = Math.sqrt(totals.reduce((sum, each) => sum + (each - mean) ** 2, 0) / totals.length)
  return asGood === 0 && total - mean >= leastDeviations * deviation
}

function otherOrders(pages: readonly number[]): number[][] {
  if (pages.length < fewPages) return [...ordersOf(pages)].slice(1)
  const count = pages.length > fewPages ? Math.max(leastDrawn, Math.ceil(pagesDrawn / pages.length)) : countedOrders
  const random = seededNumbers(pages.length)
  return Array.from({ length: count }, () => {
    const order = [...pages]
    for (let at = order.length - 1; at > 0; at--) {
      const other = Math.floor(random() * (at + 1))
      ;[order[at], order[other]] = [order[other]!, order[at]!]
    }
    return order
  })
}

/** All, the given one first. */
function* ordersOf(pages: readonly number[]): Generator<number[]> {
  if (pages.length === 0) yield []
  for (const [at, first] of pages.entries()) {
    for (const rest of ordersOf(pages.toSpliced(at, 1))) yield [first, ...rest]
  }
}

/** Forward through the pages, so that most of what is said is about the page that is shown (Viterbi). */
export function bestPath(scores: PageScores, order: readonly number[]): { path: number[]; total: number } {
  const count = order.length
  const from = new Uint16Array(scores.length * count)
  const worth = (line: number, place: number): number => scores[line]!.get(order[place]!) ?? 0
  let totals = Float64Array.from(order, (_, place) => worth(0, place) - (place === 0 ? 0 : turn))
  let next = new Float64Array(count)
  for (let line = 1; line < scores.length; line++) {
    let [most, mostPlace] = [Number.NEGATIVE_INFINITY, 0]
    for (let place = 0; place < count; place++) {
      const stayed = totals[place]!
      const isTurned = most - turn > stayed
      next[place] = (isTurned ? most - turn : stayed) + worth(line, place)
      from[line * count + place] = isTurned ? mostPlace : place
      if (stayed <= most) continue
      most = stayed
      mostPlace = place
    }
    ;[totals, next] = [next, totals]
  }
  let place = totals.reduce((best, total, index) => (total > totals[best]! ? index : best), 0)
  const total = totals[place]!
  const path = new Array<number>(scores.length)
  for (let line = scores.length - 1; line >= 0; line--) {
    path[line] = order[place]!
    place = from[line * count + place]!
  }
  return { path, total }
}
