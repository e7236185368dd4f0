// Presentations as small as they can be, whole and damaged.
import { crc32, deflateRawSync } from 'node:zlib'

export type MadeSlide = { lines: readonly string[]; notes?: string; font?: string; isHidden?: boolean }

export type DeckParts = Map<string, Buffer>

const office = 'http://schemas.openxmlformats.org'
const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const spaces = `xmlns:a="${office}/drawingml/2006/main" xmlns:p="${office}/presentationml/2006/main" xmlns:r="${office}/officeDocument/2006/relationships"`

/** ECMA-376: parts and what leads from one to another. */
export function pptxParts(slides: readonly MadeSlide[]): DeckParts {
  const parts: DeckParts = new Map()
  const add = (name: string, text: string): void => void parts.set(name, Buffer.from(`${head}${text}`))
  const numbers = slides.map((_, index) => index + 1)
  const type = (name: string, kind: string) =>
    `<Override PartName="/ppt/${name}" ContentType="application/vnd.openxmlformats-officedocument.presentationml.${kind}+xml"/>`
  add(
    '[Content_Types].xml',
    `<Types xmlns="${office}/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${type('presentation.xml', 'presentation.main')}${numbers.map((n) => type(`slides/slide${n}.xml`, 'slide')).join('')}${numbers.map((n) => type(`notesSlides/notesSlide${n}.xml`, 'notesSlide')).join('')}</Types>`,
  )
  add('_rels/.rels', relations([['rId1', 'officeDocument', 'ppt/presentation.xml']]))
  const ids = numbers.map((n) => `<p:sldId id="${255 + n}" r:id="rId${n}"/>`).join('')
  add(
    'ppt/presentation.xml',
    `<p:presentation ${spaces}><p:sldIdLst>${ids}</p:sldIdLst><p:sldSz cx="9144000" cy="5143500"/><p:notesSz cx="6858000" cy="9144000"/></p:presentation>`,
  )
  add('ppt/_rels/presentation.xml.rels', relations(numbers.map((n) => [`rId${n}`, 'slide', `slides/slide${n}.xml`])))
  for (const [index, { lines, notes, font, isHidden = false }] of slides.entries()) {
    const n = index + 1
    const number = `<p:sp><p:nvSpPr><p:cNvPr id="9" name="n"/><p:cNvSpPr/><p:nvPr><p:ph type="sldNum"/></p:nvPr></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/><a:p><a:fld id="{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}" type="slidenum"><a:t>${n}</a:t></a:fld></a:p></p:txBody></p:sp>`
    add(
      `ppt/slides/slide${n}.xml`,
      `<p:sld ${spaces}${isHidden ? ' show="0"' : ''}><p:cSld><p:spTree>${group}${lines.map((line, at) => shape(at, line, font)).join('')}${number}</p:spTree></p:cSld></p:sld>`,
    )
    if (notes === undefined) continue
    add(`ppt/slides/_rels/slide${n}.xml.rels`, relations([['rId1', 'notesSlide', `../notesSlides/notesSlide${n}.xml`]]))
    add(
      `ppt/notesSlides/notesSlide${n}.xml`,
      `<p:notes ${spaces}><p:cSld><p:spTree>${group}${shape(0, notes)}${number}</p:spTree></p:cSld></p:notes>`,
    )
  }
  return parts
}

const group =
  '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/><a:chOff x="0" y="0"/><a:chExt cx="0" cy="0"/></a:xfrm></p:grpSpPr>'

function shape(index: number, line: string, font?: string): string {
  const latin = font === undefined ? '' : `<a:latin typeface="${font}"/>`
  return `<p:sp><p:nvSpPr><p:cNvPr id="${index + 2}" name="s${index}"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm><a:off x="500000" y="${400000 + 900000 * index}"/><a:ext cx="8000000" cy="800000"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr><p:txBody><a:bodyPr/><a:p><a:r><a:rPr lang="en" sz="3200">${latin}</a:rPr><a:t>${line}</a:t></a:r></a:p></p:txBody></p:sp>`
}

function relations(all: readonly (readonly string[])[]): string {
  const each = all.map(([id, type, target, mode]) => {
    const more = mode === undefined ? '' : ` TargetMode="${mode}"`
    return `<Relationship Id="${id}" Type="${office}/officeDocument/2006/relationships/${type}" Target="${target}"${more}/>`
  })
  return `<Relationships xmlns="${office}/package/2006/relationships">${each.join('')}</Relationships>`
}

const odf = 'urn:oasis:names:tc:opendocument:xmlns'
const odfSpaces = ['office', 'text', 'presentation', 'style']
  .map((name) => `xmlns:${name}="${odf}:${name}:1.0"`)
  .concat([`xmlns:draw="${odf}:drawing:1.0"`, `xmlns:svg="${odf}:svg-compatible:1.0"`])
  .join(' ')

/** ODF 1.3. */
export function odpParts(slides: readonly MadeSlide[]): DeckParts {
  const mime = 'application/vnd.oasis.opendocument.presentation'
  const pages = slides.map(({ lines, notes }, index) => {
    const boxes = lines.map(
      (line, at) =>
        `<draw:frame svg:width="20cm" svg:height="2cm" svg:x="2cm" svg:y="${1 + 3 * at}cm"><draw:text-box><text:p>${line}</text:p></draw:text-box></draw:frame>`,
    )
    const said =
      notes === undefined
        ? ''
        : `<presentation:notes><draw:frame><draw:text-box><text:p>${notes}</text:p></draw:text-box></draw:frame></presentation:notes>`
    return `<draw:page draw:name="p${index + 1}">${boxes.join('')}${said}</draw:page>`
  })
  const content = `${head}<office:document-content ${odfSpaces} office:version="1.3"><office:font-face-decls/><office:body><office:presentation>${pages.join('')}</office:presentation></office:body></office:document-content>`
  const manifest = `${head}<manifest:manifest xmlns:manifest="${odf}:manifest:1.0" manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:media-type="${mime}"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>`
  return new Map([
    ['mimetype', Buffer.from(mime)],
    ['content.xml', Buffer.from(content)],
    ['META-INF/manifest.xml', Buffer.from(manifest)],
  ])
}

/**
 * A zip of parts (PKWARE APPNOTE §4.3).
 *
 * @param spoilt parts of which the compressed bytes are damaged in the middle
 * @param sizes told instead of the sizes of parts
 */
export function zipped(
  parts: ReadonlyMap<string, Buffer>,
  { spoilt = [], sizes = {} }: { spoilt?: readonly string[]; sizes?: Readonly<Record<string, number>> } = {},
): Buffer {
  const local: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const [name, content] of parts) {
    const isStored = name === 'mimetype'
    const bytes = isStored ? content : deflateRawSync(content)
    if (spoilt.includes(name)) bytes.fill(0xff, bytes.length >> 1)
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(isStored ? 0 : 8, 4)
    fields.writeUInt32LE(crc32(content), 10)
    fields.writeUInt32LE(bytes.length, 14)
    fields.writeUInt32LE(sizes[name] ?? content.length, 18)
    fields.writeUInt16LE(Buffer.byteLength(name), 22)
    const entry = Buffer.concat([Buffer.from('PK\u0003\u0004', 'latin1'), fields, Buffer.from(name), bytes])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    central.push(Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0003', 'latin1'), fields, tail, Buffer.from(name)]))
    local.push(entry)
    offset += entry.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.write('PK\u0005\u0006', 'latin1')
  end.writeUInt16LE(parts.size, 8)
  end.writeUInt16LE(parts.size, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...local, directory, end])
}
