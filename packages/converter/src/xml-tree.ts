import { ConvertError } from './convert-error.ts'
import type { FoundFile } from './input/found-file.ts'
import { readXml, type XmlListener, type XmlOptions } from './xml-stream.ts'

export type XmlElement = {
  /** Without its namespace: in these archives prefixes vary, and children have none at times. */
  name: string
  attributes: ReadonlyMap<string, string>
  children: (XmlElement | string)[]
}

const MOST_BYTES = 64 * 1024 * 1024
const MOST_ELEMENTS = 1_000_000

/** A small file of XML as a tree. @throws ConvertError `unreadable`, `too-large` */
export async function readXmlTree(file: FoundFile, options: XmlOptions = {}): Promise<XmlElement> {
  if (file.size > MOST_BYTES) throw new ConvertError('too-large', `${file.name} has ${file.size} bytes`)
  const open: XmlElement[] = []
  let root: XmlElement | null = null
  let count = 0
  const listener: XmlListener = {
    open(name, attributes) {
      if (++count > MOST_ELEMENTS)
        throw new ConvertError('too-large', `${file.name} has over ${MOST_ELEMENTS} elements`)
      const element: XmlElement = { name, attributes, children: [] }
      open.at(-1)?.children.push(element)
      root ??= element
      open.push(element)
    },
    text: (text) => void open.at(-1)?.children.push(text),
    close: () => void open.pop(),
  }
  await readXml(file, listener, () => false, options)
  if (root === null) throw new ConvertError('unreadable', `${file.name} has no XML in it`)
  return root
}

export function elementsOf({ children }: XmlElement, name?: string): XmlElement[] {
  return children.filter((child): child is XmlElement => {
    return typeof child !== 'string' && (name === undefined || child.name === name)
  })
}

/** Of the first such element, however deep. */
export function descendant(element: XmlElement, ...path: string[]): XmlElement | null {
  const [name, ...rest] = path
  if (name === undefined) return element
  for (const child of elementsOf(element)) {
    const found = child.name === name ? descendant(child, ...rest) : null
    if (found !== null) return found
  }
  return null
}

/** Every such element, however deep, in their order. */
export function* allElements(element: XmlElement, name: string): Generator<XmlElement> {
  for (const child of elementsOf(element)) {
    if (child.name === name) yield child
    yield* allElements(child, name)
  }
}

/** All text in it, trimmed. */
export function textIn(element: XmlElement | null): string {
  if (element === null) return ''
  const pieces: string[] = []
  const collect = ({ children }: XmlElement): void => {
    for (const child of children) {
      if (typeof child === 'string') pieces.push(child)
      else collect(child)
    }
  }
  collect(element)
  return pieces.join('').trim()
}
