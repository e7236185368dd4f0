// PresentationML (ECMA-376 part 1, §13, §19): which slides there are in which order, what is written on them and in their notes.
import { posix } from 'node:path'
import { parseXml, type XmlElement } from '../captions/xml-tree.ts'
import { ConversionError } from '../conversion-error.ts'
import { type DeckContent, type DeckSlide, fontFamilies, MOST_SLIDES, PPTX, tidyText } from './deck.ts'
import { pictureParts } from './deck-pictures.ts'
import type { OfficePart, OfficeZip } from './office-zip.ts'
import { attributeOf, childOf, childrenOf, elementsIn, textOf } from './xml-walk.ts'

type Relation = { id: string; type: string; target: string }

/** What stands on every slide and says nothing of it (ST_PlaceholderType). */
const furniture = new Set(['sldNum', 'dt', 'ftr', 'hdr', 'sldImg'])

/** @throws ConversionError `input-refused`, `input-too-large` */
export async function readPptx(zip: OfficeZip): Promise<DeckContent> {
  const top = await relationsOf(zip, '')
  const slides: DeckSlide[] = []
  const fonts: (string | undefined)[] = []
  for (const name of (await slideParts(zip)).slice(0, MOST_SLIDES)) slides.push(await readSlide(zip, name, fonts))
  for (const name of zip.names.filter((each) => /^ppt\/theme\/theme1\.xml$/.test(each))) {
    const theme = await tree(zip, name)
    const latin = theme === null ? [] : [...elementsIn(theme, 'latin')]
    fonts.push(...latin.map((each) => attributeOf(each, 'typeface')))
  }
  const small = top.find(({ type }) => type === 'thumbnail')
  const core = top.find(({ type }) => type === 'core-properties')
  const properties = core === undefined ? null : await tree(zip, core.target)
  const title = properties === null ? undefined : childOf(properties, 'title')
  return {
    ...{ kind: PPTX, title: title === undefined ? '' : tidyText([textOf(title)]).slice(0, 500), slides },
    fonts: fontFamilies(fonts),
    pictures: pictureParts(zip).length,
    thumbnail: thumbnailOf(small === undefined ? null : await zip.read(small.target)),
  }
}

/**
 * Names of the parts that are slides, in the order in which they are shown. Where the list of them is damaged, by their numbers.
 *
 * @throws ConversionError `input-refused`: there are none
 */
export async function slideParts(zip: OfficeZip): Promise<string[]> {
  const top = await relationsOf(zip, '')
  const main = top.find(({ type }) => type === 'officeDocument')?.target ?? 'ppt/presentation.xml'
  const presentation = await tree(zip, main)
  const targets = new Map((await relationsOf(zip, main)).map(({ id, target }) => [id, target]))
  const list = presentation === null ? undefined : childOf(presentation, 'sldIdLst')
  const listed = list === undefined ? [] : childrenOf(list, 'sldId').map((each) => targets.get(relationId(each) ?? ''))
  const found = listed.filter((name): name is string => name !== undefined && zip.has(name))
  if (found.length > 0 && found.length === listed.length) return found
  const number = (name: string): number => Number(/(\d+)\.xml$/.exec(name)?.[1])
  const named = zip.names.filter((name) => /^ppt\/slides\/slide\d+\.xml$/.test(name))
  const rest = named.filter((name) => !found.includes(name)).sort((left, right) => number(left) - number(right))
  // A presentation that says it has none has none.
  if (presentation !== null && listed.length === 0) return []
  if (found.length + rest.length === 0) throw new ConversionError('input-refused', 'there are no slides in it')
  return found.length > 0 ? found : rest
}

/** `r:id`, beside an `id` of its own. */
function relationId({ attributes }: XmlElement): string | undefined {
  for (const [key, value] of attributes) if (key.endsWith('/relationships id')) return value
  return undefined
}

async function readSlide(zip: OfficeZip, name: string, fonts: (string | undefined)[]): Promise<DeckSlide> {
  const part = await zip.read(name)
  let slide: XmlElement
  try {
    if (part?.problem) throw new ConversionError('input-refused', part.problem)
    slide = parseXml(new TextDecoder().decode(part!.bytes))
    if (slide.name !== 'sld') throw new ConversionError('input-refused', 'it is no slide')
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return { text: '', notes: '', problem: error.message }
  }
  fonts.push(...[...elementsIn(slide, 'latin')].map((each) => attributeOf(each, 'typeface')))
  const relations = await relationsOf(zip, name)
  const lines = linesIn(slide)
  for (const { type, target } of relations) {
    // What is written in charts and drawn lists is in parts of their own.
    if (type !== 'chart' && type !== 'diagramData') continue
    const drawing = await tree(zip, target)
    if (drawing !== null) lines.push(...(type === 'chart' ? chartLines(drawing) : linesIn(drawing)))
  }
  const notes = relations.find(({ type }) => type === 'notesSlide')
  const said = notes === undefined ? null : await tree(zip, notes.target)
  return { text: tidyText(lines), notes: said === null ? '' : tidyText(linesIn(said)), problem: null }
}

/** Every paragraph, but of what is drawn twice (an alternative) and of furniture. */
function linesIn(root: XmlElement): string[] {
  const skips = (element: XmlElement): boolean => element.name === 'Fallback' || isFurniture(element)
  return [...elementsIn(root, 'p', skips)].map((paragraph) => runs(paragraph))
}

function isFurniture(element: XmlElement): boolean {
  if (element.name !== 'sp') return false
  const properties = childOf(element, 'nvSpPr', 'nvPr', 'ph')
  return properties !== undefined && furniture.has(attributeOf(properties, 'type') ?? '')
}

function runs(paragraph: XmlElement): string {
  return childrenOf(paragraph)
    .map((child) => {
      if (child.name === 'br') return '\n'
      if (child.name === 'fld' && /^slidenum|^datetime/.test(attributeOf(child, 'type') ?? '')) return ''
      const text = childOf(child, 't')
      return text === undefined ? [...elementsIn(child, 't')].map(textOf).join('') : textOf(text)
    })
    .join('')
}

/** Names of its series and categories, its title; figures say nothing by themselves. */
function chartLines(chart: XmlElement): string[] {
  const lines = linesIn(chart)
  for (const cache of elementsIn(chart, 'strCache')) lines.push(...[...elementsIn(cache, 'v')].map(textOf))
  return [...new Set(lines)]
}

async function tree(zip: OfficeZip, name: string): Promise<XmlElement | null> {
  const part = await zip.read(name)
  if (part === null || part.problem !== null) return null
  try {
    return parseXml(new TextDecoder().decode(part.bytes))
  } catch (error) {
    if (error instanceof ConversionError && error.code === 'input-refused') return null
    throw error
  }
}

/** ECMA-376 part 2 §9.3: what a part leads to, within the document; what lies elsewhere is never asked for. */
async function relationsOf(zip: OfficeZip, part: string): Promise<Relation[]> {
  const root = await tree(zip, posix.join(posix.dirname(part), '_rels', `${posix.basename(part)}.rels`))
  if (root === null) return []
  return childrenOf(root, 'Relationship').flatMap((each) => {
    const [id = '', type = '', target = ''] = ['Id', 'Type', 'Target'].map((name) => attributeOf(each, name))
    if (attributeOf(each, 'TargetMode') === 'External') return []
    const path = target.startsWith('/') ? target.slice(1) : posix.join(posix.dirname(part), target)
    return [{ id, type: type.slice(type.lastIndexOf('/') + 1), target: posix.normalize(path) }]
  })
}

export function thumbnailOf(part: OfficePart | null): DeckContent['thumbnail'] {
  if (part === null || part.problem !== null) return null
  const { bytes } = part
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return { contentType: 'image/jpeg', bytes }
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return { contentType: 'image/png', bytes }
  return null
}
