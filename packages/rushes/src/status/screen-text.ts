import { styleText } from 'node:util'
import stringWidth from 'string-width'

export type Tone = 'plain' | 'faint' | 'title' | 'good' | 'uneasy' | 'bad'
export type Span = { text: string; tone: Tone }
export type Line = readonly Span[]

const styles: Readonly<Record<Tone, Parameters<typeof styleText>[0] | null>> = {
  plain: null,
  faint: 'dim',
  title: 'bold',
  good: 'green',
  uneasy: 'yellow',
  bad: ['red', 'bold'],
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

export function span(text: string, tone: Tone = 'plain'): Span {
  return { text, tone }
}

export function widthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + stringWidth(text), 0)
}

/** What of a line fits into so many columns. */
export function cut(line: Line, columns: number): Line {
  if (widthOf(line) <= columns) return line
  const kept: Span[] = []
  let room = columns - 1
  for (const { text, tone } of line) {
    let part = ''
    for (const { segment } of segmenter.segment(text)) {
      const width = stringWidth(segment)
      if (width > room) return [...kept, { text: `${part}…`, tone }]
      part += segment
      room -= width
    }
    kept.push({ text: part, tone })
  }
  return kept
}

export function painted(line: Line, hasColours: boolean): string {
  return line
    .map(({ text, tone }) => {
      const style = styles[tone]
      return style === null || !hasColours ? text : styleText(style, text, { validateStream: false })
    })
    .join('')
}
