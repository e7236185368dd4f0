/** XML 1.0 §2.2: characters that it can't have at all, escaped or not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const impossible = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Of text and of values in quotation marks. */
export function xmlText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(impossible, '')
    .replaceAll(/[&<>"]/g, (each) => entities[each]!)
}

export type XmlNode = string | { readonly tag: string }

/** One element; what is in it is elements, or text that is escaped here. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | undefined>>,
  ...children: readonly (XmlNode | null)[]
): { tag: string } {
  const given = Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([key, value]) => ` ${key}="${xmlText(value!)}"`)
    .join('')
  const inside = children
    .map((each) => (each === null ? '' : typeof each === 'string' ? xmlText(each) : each.tag))
    .join('')
  return { tag: inside === '' ? `<${name}${given}/>` : `<${name}${given}>${inside}</${name}>` }
}

export function xmlDocument(root: { readonly tag: string }): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root.tag}\n`
}
