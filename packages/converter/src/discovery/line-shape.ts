// Lines of numbers without a word that comes again: what repeats is their shape.

import type { Pattern } from './pattern.ts'

const mostLines = 60_000

/** Lines that are alike when every number is taken for the same, as patterns of length 0 at the beginnings of lines. */
export function lineShapes(text: string): Pattern[] {
  const shapes = new Map<string, number[]>()
  let lines = 0
  for (let start = 0; start < text.length && lines < mostLines; lines++) {
    const feed = text.indexOf('\n', start)
    const end = feed < 0 ? text.length : feed
    if (end - start > 2 && end - start < 400) {
      const shape = shapeOf(text.slice(start, end))
      if (shape !== null) {
        const places = shapes.get(shape)
        if (places === undefined) shapes.set(shape, [start])
        else places.push(start)
      }
    }
    start = end + 1
  }
  return [...shapes.values()]
    .filter((places) => places.length >= 4 && places.length <= 6_000)
    .map((places) => ({ start: places[0]!, length: 0, places: Int32Array.from(places) }))
}

function shapeOf(line: string): string | null {
  if (!/\d/.test(line) || /[^\x20-\x7e\t\r\x80-\xff]/.test(line)) return null
  return line.replaceAll(/\d+/g, '0').replaceAll(/[A-Za-z\x80-\xff]+/g, 'a')
}
