import { type SaxesAttributeNS, SaxesParser } from 'saxes'
import { ConversionError } from '../conversion-error.ts'

export type XmlElement = {
  /** Namespace. */
  uri: string
  name: string
  attributes: ReadonlyMap<string, string>
  children: (XmlElement | string)[]
}

const mostDepth = 64
const mostElements = 1_000_000

/** A key of {@link XmlElement.attributes}. */
export function attributeKey(uri: string, name: string): string {
  return uri === '' ? name : `${uri} ${name}`
}

/**
 * Well-formed XML as a tree. A document type is refused, whatever it says: no entity is ever declared, and nothing is fetched.
 *
 * @throws ConversionError `input-refused`, `input-too-large`
 */
export function parseXml(text: string): XmlElement {
  const parser = new SaxesParser({ xmlns: true })
  const open: XmlElement[] = []
  let root: XmlElement | null = null
  let count = 0
  parser.on('error', (error) => {
    throw new ConversionError('input-refused', `it is not well-formed XML: ${error.message.slice(0, 200)}`)
  })
  parser.on('doctype', () => {
    throw new ConversionError('input-refused', 'XML with a document type is not read')
  })
  parser.on('opentag', ({ uri, local, attributes }) => {
    const element: XmlElement = { uri, name: local, attributes: attributesOf(attributes), children: [] }
    if (open.length === mostDepth || ++count > mostElements) {
      throw new ConversionError('input-too-large', `XML may be ${mostDepth} deep, with ${mostElements} elements`)
    }
    if (open.length === 0) root = element
    else open.at(-1)!.children.push(element)
    open.push(element)
  })
  parser.on('closetag', () => {
    open.pop()
  })
  const addText = (piece: string): void => {
    open.at(-1)?.children.push(piece)
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.write(text).close()
  if (root === null) throw new ConversionError('input-refused', 'there is no XML in it')
  return root
}

function attributesOf(attributes: Readonly<Record<string, SaxesAttributeNS>>): Map<string, string> {
  return new Map(Object.values(attributes).map(({ uri, local, value }) => [attributeKey(uri, local), value]))
}
