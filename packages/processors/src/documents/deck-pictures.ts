// Pictures that were put into a deck, as they lie in it: what is left to be seen of one that nobody here can draw.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConversionError } from '../conversion-error.ts'
import type { DeckPicture } from './deck.ts'
import type { OfficeZip } from './office-zip.ts'

/** Of one deck, all together. */
const mostPictures = 2000
const mostBytes = 256 * 2 ** 20

/** ECMA-376 and ODF name their parts as they like; by their content they are known. */
const kinds: readonly [contentType: string, is: (bytes: Uint8Array, text: string) => boolean][] = [
  ['image/png', (_, text) => text.startsWith('\x89PNG')],
  ['image/jpeg', ([first, second]) => first === 0xff && second === 0xd8],
  ['image/gif', (_, text) => text.startsWith('GIF8')],
  ['image/webp', (_, text) => text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP'],
  ['image/tiff', (_, text) => text.startsWith('II*\0') || text.startsWith('MM\0*')],
  ['image/bmp', (_, text) => text.startsWith('BM')],
  ['image/emf', ([first], text) => first === 1 && text.slice(40, 44) === ' EMF'],
  ['image/wmf', (_, text) => text.startsWith('\xd7\xcd\xc6\x9a') || text.startsWith('\x01\0\x09\0')],
  ['image/svg+xml', (_, text) => /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<svg[\s>]/s.test(text)],
]

export function pictureType(bytes: Uint8Array): string | null {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1024)).toString('latin1')
  return kinds.find(([, is]) => is(bytes, text))?.[0] ?? null
}

/** Names of the parts that are pictures, in the order of their numbers. */
export function pictureParts(zip: OfficeZip): string[] {
  return zip.names
    .filter((name) => /^(?:ppt\/media|Pictures)\/[^/]+\.(?:png|jpe?g|gif|webp|tiff?|bmp|emf|wmf|svg)$/i.test(name))
    .sort(new Intl.Collator('en', { numeric: true }).compare)
    .slice(0, mostPictures)
}

/** @throws ConversionError `input-too-large` */
export async function* zippedPictures(zip: OfficeZip): AsyncGenerator<{ contentType: string; bytes: Uint8Array }> {
  for (const name of pictureParts(zip)) {
    const part = await zip.read(name)
    const contentType = part === null || part.problem !== null ? null : pictureType(part.bytes)
    if (part !== null && contentType !== null) yield { contentType, bytes: part.bytes }
  }
}

/**
 * Writes them into a folder, numbered.
 *
 * @throws ConversionError `input-too-large`
 */
export async function writePictures(
  pictures: AsyncIterable<{ contentType: string; bytes: Uint8Array }>,
  folder: string,
): Promise<DeckPicture[]> {
  const written: DeckPicture[] = []
  let size = 0
  for await (const { contentType, bytes } of pictures) {
    if (written.length === mostPictures) break
    size += bytes.length
    if (size > mostBytes) throw new ConversionError('input-too-large', 'its pictures become too large')
    const path = join(folder, `picture-${written.length + 1}`)
    await writeFile(path, bytes)
    written.push({ contentType, path, length: bytes.length })
  }
  return written
}
