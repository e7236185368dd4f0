// XML that is damaged somewhere, made well-formed again with as much as can be read of it.
import { SaxesParser } from 'saxes'

export type RepairedXml = {
  text: string
  /** Letters behind the damage that are not in it any more. */
  lost: number
}

const mostDepth = 64

/** Null where nothing is left of it. The text is well-formed then, and has no document type. */
export function repairXml(damaged: string): RepairedXml | null {
  const text = mended(damaged)
  const open: string[] = []
  let good = 0
  let opened = 0
  // Names with prefixes as they are: what a prefix stands for may be told in the part that is lost.
  const parser = new SaxesParser({ xmlns: false })
  const stop = new Error('damaged here')
  const fail = (): never => {
    throw stop
  }
  parser.on('error', fail)
  parser.on('doctype', fail)
  parser.on('opentag', ({ name, isSelfClosing }) => {
    if (open.length === mostDepth) fail()
    opened++
    if (!isSelfClosing) open.push(name)
    else good = parser.position
    if (!isSelfClosing) good = parser.position
  })
  parser.on('closetag', ({ isSelfClosing }) => {
    if (!isSelfClosing) open.pop()
    good = parser.position
  })
  try {
    parser.write(text).close()
    return { text, lost: damaged.length - text.length }
  } catch (error) {
    if (error !== stop) throw error
  }
  if (opened === 0 || open.length === 0) return null
  const closing = open.reverse().map((name) => `</${name}>`)
  return { text: `${text.slice(0, good)}${closing.join('')}`, lost: text.length - good }
}

/** What breaks a parser and is easily mended: letters that XML has none of, and bare ampersands (XML 1.0 §2.2, §4.1). */
function mended(text: string): string {
  return (
    text
      .replace(/^\ufeff/, '')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken away
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
      .replaceAll(/&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)/g, '&amp;')
  )
}
