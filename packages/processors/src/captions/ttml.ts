// Timed Text Markup Language, https://www.w3.org/TR/ttml2/: text, times, bold, italic, underlined, and who speaks.
import { ConversionError } from '../conversion-error.ts'
import { type Cue, type CueSpan, type CueStyle, clock, MOST_CUES, makeCue } from './cue.ts'
import { type TtmlClock, ttmlClock, ttmlTime } from './ttml-time.ts'
import { attributeKey, parseXml, type XmlElement } from './xml-tree.ts'

const namespaces = {
  tt: 'http://www.w3.org/ns/ttml',
  style: 'http://www.w3.org/ns/ttml#styling',
  parameter: 'http://www.w3.org/ns/ttml#parameter',
  metadata: 'http://www.w3.org/ns/ttml#metadata',
  xml: 'http://www.w3.org/XML/1998/namespace',
} as const

/** Of its drafts, in which most captions of lectures are written; they differ in nothing that is read here. */
const drafts = /http:\/\/www\.w3\.org\/2006\/(?:04|10)\/ttaf1/g

type Place = {
  startMs: number
  /** Infinity: as long as what it is in. */
  endMs: number
  style: CueStyle
  /** xml:space */
  isPreserved: boolean
}

/** Text that is seen at the same time as the rest of its paragraph, or, where a span has times of its own, at those. */
type Timed = { startMs: number; endMs: number; pieces: CueSpan[] }

type Document = {
  clock: TtmlClock
  styles: ReadonlyMap<string, XmlElement>
  agents: ReadonlyMap<string, string>
  cues: Cue[]
}

/** @throws ConversionError `input-refused`, `input-too-large` */
export function parseTtml(text: string): Cue[] {
  const root = parseXml(text.replaceAll(drafts, namespaces.tt))
  if (root.uri !== namespaces.tt || root.name !== 'tt') throw new ConversionError('input-refused', 'it is no TTML')
  const head = childrenOf(root, 'head')
  const document: Document = {
    clock: ttmlClock((name) => root.attributes.get(attributeKey(namespaces.parameter, name))),
    styles: byId(head.flatMap((each) => childrenOf(each, 'styling')).flatMap((each) => childrenOf(each, 'style'))),
    agents: agentsOf(head),
    cues: [],
  }
  const isPreserved = root.attributes.get(attributeKey(namespaces.xml, 'space')) === 'preserve'
  const place: Place = { startMs: 0, endMs: Infinity, style: {}, isPreserved }
  for (const body of childrenOf(root, 'body')) readContainer(body, place, document)
  // §8.1.5: paragraphs may come in any order.
  return document.cues.sort((a, b) => a.startMs - b.startMs)
}

function childrenOf({ children }: XmlElement, name: string): XmlElement[] {
  return children.filter(
    (child) => typeof child !== 'string' && child.name === name && child.uri === namespaces.tt,
  ) as XmlElement[]
}

function byId(elements: readonly XmlElement[]): Map<string, XmlElement> {
  return new Map(elements.map((element) => [element.attributes.get(attributeKey(namespaces.xml, 'id')) ?? '', element]))
}

function agentsOf(heads: readonly XmlElement[]): Map<string, string> {
  const isAgent = (child: XmlElement | string, name: string): child is XmlElement =>
    typeof child !== 'string' && child.uri === namespaces.metadata && child.name === name
  const agents = heads
    .flatMap((head) => [head, ...childrenOf(head, 'metadata')])
    .flatMap(({ children }) => children.filter((child) => isAgent(child, 'agent')))
  return new Map(
    [...byId(agents as XmlElement[])].map(([id, { children }]) => {
      const name = children.find((child) => isAgent(child, 'name')) as XmlElement | undefined
      return [
        id,
        (name?.children ?? [])
          .filter((child) => typeof child === 'string')
          .join('')
          .trim() || id,
      ]
    }),
  )
}

/** `body` and `div`. */
function readContainer(element: XmlElement, around: Place, document: Document): void {
  const place = placeOf(element, around, document)
  for (const child of element.children) {
    if (typeof child === 'string' || child.uri !== namespaces.tt) continue
    if (child.name === 'div') readContainer(child, place, document)
    if (child.name === 'p') readParagraph(child, place, document)
  }
}

function readParagraph(element: XmlElement, around: Place, document: Document): void {
  const place = placeOf(element, around, document)
  const whole: Timed = { startMs: place.startMs, endMs: place.endMs, pieces: [] }
  const all = [whole]
  readInline(element, place, whole, all, document)
  for (const { startMs, endMs, pieces } of all) {
    // What never ends is no caption.
    if (endMs === Infinity) continue
    const cue = makeCue(startMs, endMs, collapse(pieces, place.isPreserved))
    if (cue === null) continue
    if (document.cues.length === MOST_CUES)
      throw new ConversionError('input-too-large', `there are over ${MOST_CUES} cues`)
    document.cues.push(cue)
  }
}

function readInline({ children }: XmlElement, place: Place, timed: Timed, all: Timed[], document: Document): void {
  for (const child of children) {
    // Line ends of the source are blanks, unless they are to be kept.
    if (typeof child === 'string')
      timed.pieces.push({ text: place.isPreserved ? child : child.replace(/\s+/g, ' '), ...place.style })
    else if (child.uri === namespaces.tt && child.name === 'br') timed.pieces.push({ text: '\n', ...place.style })
    else if (child.uri === namespaces.tt && child.name === 'span') {
      const inner = placeOf(child, place, document)
      const hasTimes = ['begin', 'end', 'dur'].some((name) => child.attributes.has(name))
      if (!hasTimes) readInline(child, inner, timed, all, document)
      else {
        const own: Timed = { startMs: inner.startMs, endMs: inner.endMs, pieces: [] }
        all.push(own)
        readInline(child, inner, own, all, document)
      }
    }
  }
}

/** Blanks that follow each other are one, over the borders of spans too. */
function collapse(pieces: readonly CueSpan[], isPreserved: boolean): CueSpan[] {
  if (isPreserved) return [...pieces]
  let isAfterBlank = true
  return pieces.map(({ text, ...style }) => {
    const kept = isAfterBlank ? text.replace(/^ /, '') : text
    if (kept !== '') isAfterBlank = /[ \n]$/.test(kept)
    return { text: kept, ...style }
  })
}

/** §12.2: times count from the beginning of what an element is in, and never go beyond its end. */
function placeOf(element: XmlElement, around: Place, document: Document): Place {
  const { attributes } = element
  if (attributes.get('timeContainer') === 'seq') {
    throw new ConversionError('input-refused', 'TTML with timeContainer="seq" is not read')
  }
  const time = (name: string): number | null => {
    const value = attributes.get(name)
    return value === undefined ? null : ttmlTime(value, document.clock)
  }
  const [begin, end, duration] = [time('begin'), time('end'), time('dur')]
  const startMs = Math.min(around.endMs, around.startMs + (begin ?? 0))
  const ends = [around.endMs]
  if (end !== null) ends.push(around.startMs + end)
  if (duration !== null) ends.push(startMs + duration)
  const space = attributes.get(attributeKey(namespaces.xml, 'space'))
  return {
    ...{
      startMs,
      endMs: Math.min(...ends),
      isPreserved: space === undefined ? around.isPreserved : space === 'preserve',
    },
    style: styleOf(element, around.style, document),
  }
}

const mostReferences = 20

function styleOf(element: XmlElement, around: CueStyle, { styles, agents }: Document): CueStyle {
  const own = new Map<string, string>()
  // What stands at the element itself counts before what it refers to.
  const queue: XmlElement[] = [element]
  for (let index = 0; index < queue.length && index < mostReferences; index++) {
    const { attributes } = queue[index]!
    for (const name of ['fontWeight', 'fontStyle', 'textDecoration']) {
      const value = attributes.get(attributeKey(namespaces.style, name))
      if (value !== undefined && !own.has(name)) own.set(name, value)
    }
    const references = (attributes.get('style') ?? '').split(/\s+/, mostReferences).reverse()
    queue.push(...references.map((id) => styles.get(id)).filter((each) => each !== undefined))
  }
  const { bold, italic, underline, voice } = around
  const agent = element.attributes.get(attributeKey(namespaces.metadata, 'agent'))?.trim().split(/\s+/, 1)[0]
  const decoration = own.get('textDecoration')?.split(/\s+/)
  return marks({
    bold: own.has('fontWeight') ? own.get('fontWeight') === 'bold' : bold,
    italic: own.has('fontStyle') ? own.get('fontStyle') !== 'normal' : italic,
    underline: decoration?.includes('underline')
      ? true
      : decoration?.some((each) => /^(?:none|noUnderline)$/.test(each))
        ? false
        : underline,
    voice: agent === undefined ? voice : (agents.get(agent) ?? agent),
  })
}

function marks(set: {
  bold: boolean | undefined
  italic: boolean | undefined
  underline: boolean | undefined
  voice: string | undefined
}): CueStyle {
  return {
    ...(set.bold === true && { bold: true }),
    ...(set.italic === true && { italic: true }),
    ...(set.underline === true && { underline: true }),
    ...(set.voice !== undefined && { voice: set.voice }),
  }
}

export function writeTtml(cues: readonly Cue[]): string {
  const voices = [...new Set(cues.flatMap(({ spans }) => spans.map(({ voice }) => voice)))].filter(
    (voice) => voice !== undefined,
  )
  const agents = voices.map(
    (voice, index) =>
      `    <ttm:agent xml:id="speaker-${index + 1}" type="person"><ttm:name type="full">${escaped(voice)}</ttm:name></ttm:agent>\n`,
  )
  const paragraphs = cues.map(({ startMs, endMs, spans }) => {
    const text = spans.map((span) => writeSpan(span, voices)).join('')
    return `      <p begin="${clock(startMs, '.')}" end="${clock(endMs, '.')}" xml:space="preserve">${text}</p>\n`
  })
  const { tt, metadata, style } = namespaces
  return `<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="${tt}" xmlns:ttm="${metadata}" xmlns:tts="${style}" xml:lang="">
  <head>
${agents.join('')}  </head>
  <body>
    <div>
${paragraphs.join('')}    </div>
  </body>
</tt>
`
}

function writeSpan({ text, bold, italic, underline, voice }: CueSpan, voices: readonly string[]): string {
  const attributes = [
    ...(bold ? ['tts:fontWeight="bold"'] : []),
    ...(italic ? ['tts:fontStyle="italic"'] : []),
    ...(underline ? ['tts:textDecoration="underline"'] : []),
    ...(voice === undefined ? [] : [`ttm:agent="speaker-${voices.indexOf(voice) + 1}"`]),
  ]
  const marked = escaped(text).replaceAll('\n', '<br/>')
  return attributes.length === 0 ? marked : `<span ${attributes.join(' ')}>${marked}</span>`
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (each) => `&#${each.charCodeAt(0)};`)
}
