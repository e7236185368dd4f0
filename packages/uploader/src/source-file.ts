import type { Front } from '@rushes/media'

/** A file that is to be sent; it may be read again as often as needed. */
export interface SourceFile {
  readonly name: string
  readonly size: number
  /** Its media type, where somebody knows; empty: nobody does. */
  readonly type: string
  /** All bytes from `offset` on, `length` of them or as many as there are. @throws where the file went or changed */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
}

/** Bytes of the body in which a file is sent: its front first, then the rest. */
export async function readBody(
  file: SourceFile,
  front: Front | null,
  at: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = []
  let left = Math.min(length, file.size - at)
  for (let from = at; left > 0; ) {
    const range = placeInFile(file, front, from)
    const part = await file.read(range.offset, Math.min(left, range.length))
    if (part.length === 0) throw new Error(`${file.name} is shorter than it was`)
    parts.push(part)
    from += part.length
    left -= part.length
  }
  return parts.length === 1 ? (parts[0] as Uint8Array<ArrayBuffer>) : joined(parts)
}

/** Where a byte of the body lies in the file, and how many follow it there. */
export function placeInFile(file: SourceFile, front: Front | null, at: number): { offset: number; length: number } {
  if (front === null) return { offset: at, length: file.size - at }
  const { offset, length } = front
  if (at < length) return { offset: offset + at, length: length - at }
  if (at < length + offset) return { offset: at - length, length: length + offset - at }
  return { offset: at, length: file.size - at }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
