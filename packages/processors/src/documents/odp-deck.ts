// OpenDocument presentations (ODF 1.3 part 3, §10.2, §16): all slides are in one part.
import { parseXml, type XmlElement } from '../captions/xml-tree.ts'
import { ConversionError } from '../conversion-error.ts'
import { type DeckContent, type DeckSlide, fontFamilies, MOST_SLIDES, ODP, tidyText } from './deck.ts'
import { pictureParts } from './deck-pictures.ts'
import { odpPieces } from './odp-pieces.ts'
import type { OfficeZip } from './office-zip.ts'
import { thumbnailOf } from './pptx-deck.ts'
import { attributeOf, childOf, childrenOf, elementsIn, textOf } from './xml-walk.ts'

/** @throws ConversionError `input-refused`, `input-too-large` */
export async function readOdp(zip: OfficeZip): Promise<DeckContent> {
  const part = await zip.read('content.xml')
  if (part === null) throw new ConversionError('input-refused', 'there is no content in it')
  const text = new TextDecoder().decode(part.bytes)
  const manifest = await zip.read('META-INF/manifest.xml')
  if (manifest !== null && /<(?:\w+:)?encryption-data[\s>]/.test(new TextDecoder().decode(manifest.bytes)))
    throw new ConversionError('input-refused', 'it is locked by a password')
  const thumbnail = thumbnailOf(await zip.read('Thumbnails/thumbnail.png'))
  let root: XmlElement
  try {
    if (part.problem !== null) throw new ConversionError('input-refused', part.problem)
    root = parseXml(text)
  } catch (error) {
    if (!(error instanceof ConversionError) || error.code !== 'input-refused') throw error
    return {
      ...{ kind: ODP, title: '', fonts: [], pictures: pictureParts(zip).length, thumbnail },
      slides: eachForItself(text, error),
    }
  }
  const presentation = childOf(root, 'body', 'presentation')
  if (presentation === undefined) throw new ConversionError('input-refused', 'it is no presentation')
  const slides = childrenOf(presentation, 'page').slice(0, MOST_SLIDES).map(readPage)
  const faces = [...elementsIn(root, 'font-face')].map((each) => attributeOf(each, 'font-family'))
  return {
    ...{ kind: ODP, title: '', slides, pictures: pictureParts(zip).length, thumbnail },
    fonts: fontFamilies(faces),
  }
}

/** Where one is damaged, the others are whole all the same. */
function eachForItself(text: string, error: ConversionError): DeckSlide[] {
  const pieces = odpPieces(text)
  if (pieces === null) throw error
  return pieces.pages.slice(0, MOST_SLIDES).map((page) => {
    try {
      const root = parseXml(`${pieces.root}${page}${pieces.end}`)
      return readPage(childOf(root, 'body', 'presentation', 'page')!)
    } catch (fault) {
      if (!(fault instanceof ConversionError)) throw fault
      return { text: '', notes: '', problem: fault.message }
    }
  })
}

function readPage(page: XmlElement): DeckSlide {
  const skips = (element: XmlElement): boolean => element.name === 'notes'
  const notes = childrenOf(page, 'notes')[0]
  return {
    text: tidyText(linesIn(page, skips)),
    notes: notes === undefined ? '' : tidyText(linesIn(notes, () => false)),
    problem: null,
  }
}

function linesIn(element: XmlElement, skips: (element: XmlElement) => boolean): string[] {
  const lines: string[] = []
  const visit = (at: XmlElement): void => {
    for (const child of childrenOf(at)) {
      if (skips(child)) continue
      if (child.name === 'p' || child.name === 'h') lines.push(written(child))
      else visit(child)
    }
  }
  visit(element)
  return lines
}

/** ODF 1.3 part 3 §6.1: spaces, tabs and breaks are elements. */
function written(paragraph: XmlElement): string {
  return paragraph.children
    .map((child) => {
      if (typeof child === 'string') return child.replaceAll(/\s+/g, ' ')
      if (child.name === 's') return ' '.repeat(Math.min(100, Number(attributeOf(child, 'c') ?? 1) || 1))
      if (child.name === 'tab') return '\t'
      if (child.name === 'line-break') return '\n'
      if (child.name === 'page-number' || child.name === 'date' || child.name === 'annotation') return ''
      return child.name === 'a' || child.name === 'span' ? written(child) : textOf(child)
    })
    .join('')
}
