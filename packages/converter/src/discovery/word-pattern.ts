// In text it is whole words that mark records, with what stands right before and behind them; parts of words mark nothing.

import type { Pattern } from './pattern.ts'

const words = /[A-Za-z_]{2,40}/g
const leastCount = 4
const mostCount = 6_000
const mostWords = 200_000
const mostPatterns = 1_500

/** Words that come again, alone and with the character before them, behind them, or both, where that makes a difference. */
export function wordPatterns(text: string): Pattern[] {
  const places = new Map<string, number[]>()
  let read = 0
  for (const match of text.matchAll(words)) {
    if (++read > mostWords) break
    const word = match[0]
    const place = match.index
    // Two letters are in all noise: only between what else is text are they a word.
    if (word.length < 3 && !(isText(text.charCodeAt(place - 1)) && isText(text.charCodeAt(place + word.length))))
      continue
    const list = places.get(word)
    if (list === undefined) places.set(word, [place])
    else list.push(place)
  }
  const patterns: Pattern[] = []
  for (const [word, list] of [...places].sort((a, b) => a[1].length - b[1].length)) {
    if (list.length < leastCount || patterns.length >= mostPatterns) continue
    patterns.push(...variants(text, word, list))
  }
  return patterns
}

/** Longest first: of those with the same places it says the most. */
function variants(text: string, word: string, list: readonly number[]): Pattern[] {
  const end = (place: number) => place + word.length
  const seen = new Set<string>()
  const patterns: Pattern[] = []
  for (const [before, behind] of [
    [1, 1],
    [1, 0],
    [0, 1],
    [0, 0],
  ] as const) {
    const groups = new Map<string, number[]>()
    for (const place of list) {
      const key = text.slice(place - before, end(place) + behind)
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [place - before])
      else group.push(place - before)
    }
    for (const [key, group] of groups) {
      const sign = `${group.length} ${group[0]! + before} ${group.at(-1)! + before}`
      if (group.length < leastCount || group.length > mostCount || seen.has(sign) || group[0]! < 0) continue
      seen.add(sign)
      patterns.push({ start: group[0]!, length: key.length, places: Int32Array.from(group) })
    }
  }
  return patterns
}

function isText(code: number): boolean {
  return (code >= 32 && code < 127) || code === 9 || code === 10 || code === 13
}
