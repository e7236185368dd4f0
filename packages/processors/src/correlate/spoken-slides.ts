// Which slide is spoken about: by the words that are on it and on no other, and by its number where somebody says it. Speakers
// go through their slides in order, so that the whole of what is said is laid along the whole of the deck; and where the deck would fit
// as well with its pages in any other order, what is said is about something else.
import { bestPath, isInOrder } from './page-order.ts'

/** Of a transcript. */
export type SpokenLine = { startMs: number; text: string }

/** `page`: index. `words`: of the page, how many different ones were said while it was shown. */
export type SpokenSlide = { t: number; page: number; words: number }

const mostPages = 500
const mostLines = 20_000
/** Of pages on which a word may be: what is on more of them tells none apart. */
const mostShare = 0.34
/** Of lines in which a word may be said: what is said all the time is about nothing. */
const mostSaid = 0.08
const leastLetters = 4
/** Of a page, to be named; of all pages that have words of their own, which have to be. */
const least = { words: 2, pages: 0.5 }
/** "Slide seven" is worth so many words. */
const numberWorth = 4

/**
 * When each page is first spoken about, in order; to some seconds. Empty: what is said is not about these pages, or not
 * enough of it is to be sure.
 *
 * @param pages what is written on them
 */
export function spokenSlides(lines: readonly SpokenLine[], pages: readonly string[]): SpokenSlide[] {
  if (lines.length === 0 || lines.length > mostLines || pages.length > mostPages) return []
  const vocabulary = ownWords(pages, lines)
  const scores = lines.map(({ text }) => scoresOf(text, vocabulary, pages.length))
  if (!isInOrder(scores)) return []
  const { path } = bestPath(scores, [...pages.keys()])
  const seen: SpokenSlide[] = []
  for (let from = 0; from < lines.length; ) {
    const page = path[from]!
    let to = from
    while (path[to] === page) to++
    const words = new Set(lines.slice(from, to).flatMap(({ text }) => wordsOf(text, vocabulary, page)))
    // It begins where it is first spoken about: before, nothing says so.
    const first = lines.slice(from, to).findIndex((_, index) => scores[from + index]!.has(page))
    if (words.size >= least.words && first >= 0) seen.push({ t: lines[from + first]!.startMs, page, words: words.size })
    from = to
  }
  const telling = new Set([...vocabulary.values()].flatMap((on) => [...on])).size
  return seen.length >= Math.max(2, telling * least.pages) ? seen : []
}

/** Words, and on which pages they are. */
type Vocabulary = ReadonlyMap<string, ReadonlySet<number>>

function ownWords(pages: readonly string[], lines: readonly SpokenLine[]): Vocabulary {
  const said = new Map<string, number>()
  for (const { text } of lines) for (const word of new Set(tokens(text))) said.set(word, (said.get(word) ?? 0) + 1)
  const mostOften = Math.max(3, lines.length * mostSaid)
  const found = new Map<string, Set<number>>()
  for (const [page, text] of pages.entries()) {
    for (const word of tokens(text)) found.set(word, (found.get(word) ?? new Set()).add(page))
  }
  const most = Math.max(1, Math.floor(pages.length * mostShare))
  return new Map([...found].filter(([word, on]) => on.size <= most && (said.get(word) ?? 0) <= mostOften))
}

/** Without endings that come and go (a plural's), as far as all languages allow. */
function tokens(text: string): string[] {
  const words =
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  return words.filter((word) => word.length >= leastLetters).map((word) => word.replace(/(?<=\p{L}{3})s$/u, ''))
}

function wordsOf(text: string, vocabulary: Vocabulary, page: number): string[] {
  const words = tokens(text).filter((word) => vocabulary.get(word)?.has(page))
  // Its number is as good as several.
  return numbersIn(text).includes(page + 1) ? [...words, `#${page}`, `##${page}`] : words
}

function numbersIn(text: string): number[] {
  const named =
    /\b(?:slide|page|folie|seite|diapositiv[ae]|página|lámina)\s+(?:number\s+|nummer\s+|no\.?\s+)?(\d{1,3})\b/giu
  return [...text.matchAll(named)].map(([, number]) => Number(number))
}

/** What a line says of each page; pages of which it says nothing are left out. */
function scoresOf(text: string, vocabulary: Vocabulary, count: number): Map<number, number> {
  const scores = new Map<number, number>()
  const add = (page: number, worth: number): void => void scores.set(page, (scores.get(page) ?? 0) + worth)
  for (const word of new Set(tokens(text))) {
    const on = vocabulary.get(word)
    if (on !== undefined) for (const page of on) add(page, 1 / on.size)
  }
  for (const number of numbersIn(text)) if (number >= 1 && number <= count) add(number - 1, numberWorth)
  return scores
}
