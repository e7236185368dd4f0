import { open } from 'node:fs/promises'
import { z } from 'zod'
import { ConvertError } from '../convert-error.ts'

/** A file of an input: one in a folder, an entry of a zip, or the input itself. */
export type FoundFile = {
  /** Path within the input, with `/`; unique in the job. */
  name: string
  /** Where it lies now. */
  path: string
  /** Bytes. */
  size: number
  /** What it is by its content: a media type, of XML with its root (`application/xml;root=recording`). */
  kind: string
  /** Where its bytes lie uncompressed in the input: of a folder in the file `file`. */
  origin?: { offset: number; length?: number | undefined; file?: string | undefined } | undefined
  /** In how many archives it lies. */
  depth?: number | undefined
  /** Name of the archive that it comes out of. */
  container?: string | undefined
  /** It was cut out of another file, which is kept: of which, and where in it. */
  piece?: { of: string; offset: number; length: number } | undefined
  /** Of an archive that is an input itself: what stands in front of names of what is in it. */
  within?: string | undefined
}

const place = z.number().int().min(0)

export const foundFileSchema: z.ZodType<FoundFile> = z.strictObject({
  name: z.string().min(1).max(1000),
  path: z.string().min(1),
  size: z.number().int().min(0),
  kind: z.string().min(1).max(200),
  origin: z.strictObject({ offset: place, length: place.optional(), file: z.string().optional() }).optional(),
  depth: z.number().int().min(0).optional(),
  container: z.string().optional(),
  piece: z.strictObject({ of: z.string(), offset: place, length: place }).optional(),
  within: z.string().optional(),
})

/** Of an input, files of zips within it included. */
export const MOST_FILES = 20_000
export const MOST_DEPTH = 40
/** Archives within archives, and what is cut out of files within them; of what lies deeper, nothing is taken apart. */
export const MOST_NESTED = 4

/** The first bytes of a file. */
export async function readStart({ path, size }: Pick<FoundFile, 'path' | 'size'>, length: number): Promise<Uint8Array> {
  const file = await open(path, 'r')
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(length, size)), 0, Math.min(length, size), 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** All of a small file as {@link textOfBytes} reads it. @throws ConvertError `too-large` */
export async function readText(file: FoundFile, mostBytes: number): Promise<string> {
  if (file.size > mostBytes)
    throw new ConvertError('too-large', `${file.name} has ${file.size} bytes: too many for text`)
  return textOfBytes(await readStart(file, file.size))
}

/** As text in UTF-8 or as its byte order mark says, or as older programs write western languages. */
export function textOfBytes(bytes: Uint8Array): string {
  return isUtf(bytes) ? decodeText(bytes) : new TextDecoder('windows-1252').decode(bytes)
}

/** UTF-8, which hardly any text of another kind is by chance, or what has a byte order mark. */
export function isUtf(bytes: Uint8Array): boolean {
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
  return new TextDecoder(encoding).decode(bytes)
}

/** `a/b.c` → `b.c`; both kinds of slashes, since names come from anybody's machine. */
export function baseName(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1)
}

/** Without folder and ending. */
export function stemOf(name: string): string {
  return baseName(name).replace(/\.[^.]{1,5}$/, '')
}

export function folderOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/')))
}
