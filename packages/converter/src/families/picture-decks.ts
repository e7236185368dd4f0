import { baseName, type FoundFile } from '../input/found-file.ts'
import type { Deck } from './family.ts'

const fewest = 3
const isPicture = ({ kind }: FoundFile): boolean => /^image\/(png|jpeg|webp|gif)$/.test(kind)

/**
 * Slides that were kept as pictures: in one folder, called alike but for a number, and numbered from 0 or 1 without a gap. What a
 * camera takes is numbered too, but from where it was.
 */
export function pictureDecks(files: readonly FoundFile[]): Deck[] {
  const series = new Map<string, { title: string; byNumber: Map<number, string> }>()
  for (const { name } of files.filter(isPicture)) {
    const found = /^(.*?)(\d{1,5})(\D*)$/s.exec(name)
    if (found === null) continue
    const [, before = '', digits = '', behind = ''] = found
    const key = `${before}#${behind}`
    const { title, byNumber } = series.get(key) ?? { title: titleOf(before), byNumber: new Map<number, string>() }
    // `1.png` and `01.png`: no series.
    if (byNumber.has(Number(digits))) byNumber.set(-1, name)
    byNumber.set(Number(digits), name)
    series.set(key, { title, byNumber })
  }
  return [...series].flatMap(([name, { title, byNumber }]) => {
    const numbers = [...byNumber.keys()].sort((left, right) => left - right)
    const isWhole = (numbers[0] === 0 || numbers[0] === 1) && numbers.at(-1)! - numbers[0] === numbers.length - 1
    if (!isWhole || numbers.length < fewest) return []
    return [{ name, title, pages: numbers.map((number) => byNumber.get(number)!) }]
  })
}

/** `week 3/slide-` is of `slide`, `slides/` of `slides`. */
function titleOf(before: string): string {
  const stem = (text: string): string => baseName(text).replace(/[\s._-]+$/, '')
  return stem(before) || stem(before.replace(/\/[^/]*$/, '')) || 'slides'
}
