// A deck of which slides are damaged, once more: what can be read of these, or nothing, in their places.
import { createWriteStream } from 'node:fs'
import { posix } from 'node:path'
import { finished } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import { parseXml } from '../captions/xml-tree.ts'
import { ConversionError } from '../conversion-error.ts'
import { odpPieces } from './odp-pieces.ts'
import type { OfficeZip } from './office-zip.ts'
import { slideParts } from './pptx-deck.ts'
import { repairXml } from './xml-repair.ts'

/** `repaired`: what could be read of it is there. `empty`: nothing could. */
export type SlideRepair = { slide: number; state: 'repaired' | 'empty' }

type Copied = { parts: ReadonlyMap<string, string>; repairs: SlideRepair[] }

const emptySlide = [
  '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>',
  '<p:sld xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"',
  ' xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"><p:cSld><p:spTree><p:nvGrpSpPr>',
  '<p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/></p:spTree></p:cSld></p:sld>',
].join('')
const emptyPage = '<draw:page/>'

/**
 * Writes a copy in which each slide is well-formed. All else is copied as it is, a damaged part of which nothing can be read is
 * left out.
 *
 * @param empty slides, from 1, that are to be empty though they seem to be whole
 * @throws ConversionError
 */
export async function repairPptx(zip: OfficeZip, output: string, empty: ReadonlySet<number>): Promise<SlideRepair[]> {
  const names = await slideParts(zip)
  const parts = new Map<string, string>()
  const repairs: SlideRepair[] = []
  for (const [index, name] of names.entries()) {
    const part = await zip.read(name)
    const text = part === null ? '' : new TextDecoder().decode(part.bytes)
    if (!empty.has(index + 1) && part?.problem === null && isSlide(text)) continue
    const repaired = empty.has(index + 1) ? null : repairXml(text)
    const isUsable = repaired !== null && isSlide(repaired.text)
    parts.set(name, isUsable ? repaired.text : emptySlide)
    repairs.push({ slide: index + 1, state: isUsable ? 'repaired' : 'empty' })
  }
  await writeCopy(zip, { parts, repairs }, output)
  return repairs
}

/** As {@link repairPptx}. */
export async function repairOdp(zip: OfficeZip, output: string, empty: ReadonlySet<number>): Promise<SlideRepair[]> {
  const part = await zip.read('content.xml')
  const pieces = part === null ? null : odpPieces(new TextDecoder().decode(part.bytes))
  if (pieces === null) throw new ConversionError('input-refused', 'there are no slides in it')
  const repairs: SlideRepair[] = []
  const pages = pieces.pages.map((page, index) => {
    const isWhole = (text: string): boolean => isWellFormed(`${pieces.root}${text}${pieces.end}`)
    if (!empty.has(index + 1) && isWhole(page)) return page
    const repaired = empty.has(index + 1) ? null : repairXml(page)
    const isUsable = repaired !== null && isWhole(repaired.text)
    repairs.push({ slide: index + 1, state: isUsable ? 'repaired' : 'empty' })
    return isUsable ? repaired.text : emptyPage
  })
  const text = `${pieces.start}${pages.join('')}${pieces.end}`
  if (!isWellFormed(text)) throw new ConversionError('input-refused', 'what all its slides share is damaged')
  await writeCopy(zip, { parts: new Map([['content.xml', text]]), repairs }, output)
  return repairs
}

function isSlide(text: string): boolean {
  try {
    return parseXml(text).name === 'sld'
  } catch (error) {
    if (error instanceof ConversionError) return false
    throw error
  }
}

function isWellFormed(text: string): boolean {
  try {
    parseXml(text)
    return true
  } catch (error) {
    if (error instanceof ConversionError) return false
    throw error
  }
}

const fixedTime = new Date(Date.UTC(1980, 0, 1, 12))

async function writeCopy(zip: OfficeZip, { parts }: Copied, output: string): Promise<void> {
  const copy = new ZipFile()
  const stream = createWriteStream(output, { flags: 'r+' })
  copy.outputStream.pipe(stream)
  copy.on('error', (error: Error) => stream.destroy(error))
  // ODF 1.3 part 2 §3.3: it comes first, uncompressed.
  const names = zip.names.sort((left, right) => Number(right === 'mimetype') - Number(left === 'mimetype'))
  for (const name of names) {
    if (name.startsWith('/') || posix.normalize(name).startsWith('..')) continue
    const text = parts.get(name)
    const content = text === undefined ? await zip.read(name) : { bytes: new TextEncoder().encode(text), problem: null }
    if (content === null || content.problem !== null) continue
    const options = { mtime: fixedTime, mode: 0o100644, compress: !zip.isStored(name) }
    copy.addBuffer(Buffer.from(content.bytes), name, options)
  }
  copy.end()
  await finished(stream)
}
