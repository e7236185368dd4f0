// Ways through a tree of XML, by local names: of one format, namespaces differ between its editions.
import type { XmlElement } from '../captions/xml-tree.ts'

export function childrenOf({ children }: XmlElement, name?: string): XmlElement[] {
  return children.filter((child): child is XmlElement => {
    return typeof child !== 'string' && (name === undefined || child.name === name)
  })
}

export function childOf(element: XmlElement | undefined, ...path: string[]): XmlElement | undefined {
  let at = element
  for (const name of path) at = at === undefined ? undefined : childrenOf(at, name)[0]
  return at
}

/** Every such element, however deep, in their order; of those that `skips` names nothing. */
export function* elementsIn(
  element: XmlElement,
  name: string,
  skips: (element: XmlElement) => boolean = () => false,
): Generator<XmlElement> {
  for (const child of childrenOf(element)) {
    if (skips(child)) continue
    if (child.name === name) yield child
    else yield* elementsIn(child, name, skips)
  }
}

/** By its local name, whatever its namespace. */
export function attributeOf({ attributes }: XmlElement, name: string): string | undefined {
  const found = attributes.get(name)
  if (found !== undefined) return found
  for (const [key, value] of attributes) if (key.endsWith(` ${name}`)) return value
  return undefined
}

export function textOf(element: XmlElement): string {
  return element.children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('')
}
