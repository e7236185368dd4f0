import { describe, expect, it } from 'vitest'
import type { FoundFile } from '../input/found-file.ts'
import { pictureDecks } from './picture-decks.ts'

const pictures = (...names: string[]): FoundFile[] =>
  names.map((name) => ({ name, path: `/${name}`, size: 1, kind: name.endsWith('.txt') ? 'text/plain' : 'image/png' }))
const decks = (...names: string[]) => pictureDecks(pictures(...names)).map(({ title, pages }) => [title, pages])

describe('pictures in a folder', () => {
  it('are slides where they are numbered from 0 or 1, in the order of their numbers', () => {
    expect(decks('slides/10.png', ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => `slides/${number}.png`))).toEqual([
      ['slides', Array.from({ length: 10 }, (_, index) => `slides/${index + 1}.png`)],
    ])
    expect(decks('a/Folie-02.png', 'a/Folie-00.png', 'a/Folie-01.png', 'logo.png')).toEqual([
      ['Folie', ['a/Folie-00.png', 'a/Folie-01.png', 'a/Folie-02.png']],
    ])
  })

  it('are none where there is a gap, another beginning, two of one number, or few', () => {
    expect(decks('1.png', '2.png', '4.png')).toEqual([])
    expect(decks('IMG_2031.png', 'IMG_2032.png', 'IMG_2033.png')).toEqual([])
    expect(decks('1.png', '01.png', '2.png', '3.png')).toEqual([])
    expect(decks('1.png', '2.png')).toEqual([])
    expect(decks('1.txt', '2.txt', '3.txt')).toEqual([])
  })

  it('are of one series only where all but the number is the same', () => {
    expect(decks('a/1.png', 'a/2.png', 'b/3.png', 'a/3.jpg')).toEqual([])
  })
})
