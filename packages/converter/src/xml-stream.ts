// XML as it comes, for files of any length: what is in it is told, nothing is kept.
import { createReadStream } from 'node:fs'
import { type SaxesAttributeNS, SaxesParser } from 'saxes'
import { ConvertError } from './convert-error.ts'

export interface XmlListener {
  /** @param attributes by local name. @param depth 0: the root */
  open(name: string, attributes: ReadonlyMap<string, string>, depth: number): void
  text(text: string): void
  close(name: string, depth: number): void
}

const MOST_DEPTH = 64
const MOST_TEXT = 4 * 1024 * 1024

export type XmlOptions = {
  /** Of a file of which it is usual: a document type that declares nothing here. Nothing is ever fetched. */
  allowsNamedType?: boolean
}

/** Well-formed XML in pieces. A document type is refused: no entity is ever declared. */
export class XmlStream {
  readonly #parser: SaxesParser<{ xmlns: true }>
  #depth = 0
  /** Of text between two tags. */
  #held = 0
  /** Letters since the parser has told of anything: it holds them until a text, tag, comment or document type ends. */
  #silent = 0

  constructor(listener: XmlListener, { allowsNamedType = false }: XmlOptions = {}) {
    const parser = new SaxesParser({ xmlns: true })
    this.#parser = parser
    parser.on('error', (error) => {
      throw new ConvertError('unreadable', `it is not well-formed XML: ${error.message.slice(0, 200)}`)
    })
    parser.on('doctype', (text) => {
      if (allowsNamedType && !text.includes('[')) return
      throw new ConvertError('unreadable', 'XML with a document type is not read')
    })
    const heard = (): void => {
      this.#silent = 0
    }
    parser.on('comment', heard)
    parser.on('processinginstruction', heard)
    parser.on('opentag', ({ local, attributes }) => {
      heard()
      if (this.#depth === MOST_DEPTH) throw new ConvertError('too-large', `XML is over ${MOST_DEPTH} deep`)
      this.#held = 0
      listener.open(local, attributesOf(attributes), this.#depth++)
    })
    parser.on('closetag', ({ local }) => {
      heard()
      this.#held = 0
      listener.close(local, --this.#depth)
    })
    const text = (piece: string): void => {
      heard()
      this.#held += piece.length
      if (this.#held > MOST_TEXT)
        throw new ConvertError('too-large', `XML has over ${MOST_TEXT} letters of text in one place`)
      listener.text(piece)
    }
    parser.on('text', text)
    parser.on('cdata', text)
  }

  /** @throws ConvertError `unreadable`, `too-large` */
  push(text: string): void {
    this.#silent += text.length
    this.#parser.write(text)
    if (this.#silent > MOST_TEXT)
      throw new ConvertError('too-large', `XML has a tag, comment or text of over ${MOST_TEXT} letters`)
  }

  /** @throws ConvertError `unreadable`: it isn't whole */
  end(): void {
    this.#parser.close()
  }
}

function attributesOf(attributes: Readonly<Record<string, SaxesAttributeNS>>): Map<string, string> {
  return new Map(Object.values(attributes).map(({ local, value }) => [local, value]))
}

/** Text and tags that no element is ever as long as: a parser would hold them. */
const MOST_FILE_BYTES = 2 * 1024 * 1024 * 1024

/**
 * Reads a file through.
 *
 * @param until no more of it is needed
 * @throws ConvertError `unreadable`, `too-large`
 */
export async function readXml(
  { name, path, size }: { name: string; path: string; size: number },
  listener: XmlListener,
  until: () => boolean = () => false,
  options: XmlOptions = {},
): Promise<void> {
  if (size > MOST_FILE_BYTES) throw new ConvertError('too-large', `${name} has ${size} bytes: too many for XML`)
  const stream = new XmlStream(listener, options)
  let decoder: TextDecoder | null = null
  for await (const bytes of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    decoder ??= xmlDecoder(bytes as Buffer)
    stream.push(decoder.decode(bytes as Buffer, { stream: true }))
    if (until()) return
  }
  stream.push(decoder?.decode() ?? '')
  stream.end()
}

/** XML 1.0 appendix F.1: what its first bytes are in, then what it declares, else UTF-8. */
export function xmlDecoder(start: Uint8Array): TextDecoder {
  const [first = 0, second = 0, third = 0] = start
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return new TextDecoder('utf-16le')
  if ((first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)) return new TextDecoder('utf-16be')
  const isMarked = first === 0xef && second === 0xbb && third === 0xbf
  const head = isMarked ? '' : Buffer.from(start.subarray(0, 200)).toString('latin1')
  const declared = /^<\?xml\s[^>]*\bencoding\s*=\s*["']([\w.:-]{1,40})["']/.exec(head)?.[1] ?? 'utf-8'
  // Whoever has changed the encoding may have left what it was.
  if (/^(?:utf|ucs)-?(?:16|32)/i.test(declared)) return new TextDecoder('utf-8')
  try {
    return new TextDecoder(declared)
  } catch {
    return new TextDecoder('utf-8')
  }
}
