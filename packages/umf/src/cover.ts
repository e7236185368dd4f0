// SPEC.md, Digests: entries for bytes that lie in the file already.
import { ascii } from './ascii.ts'
import type { CoverEntry } from './description.ts'
import { type MakeSha256, toHex } from './sha256.ts'
import { readThrough, type Source } from './source.ts'

/** Of the head before its slots. */
const BEFORE_SLOTS_BYTES = 2048

export async function hashOf(source: Source, offset: number, length: number, sha256: MakeSha256): Promise<string> {
  const hash = sha256()
  for await (const piece of readThrough(source, offset, length, true)) hash.update(piece)
  return toHex(hash.digest())
}

export async function headEntry(source: Source, sha256: MakeSha256): Promise<CoverEntry> {
  return [0, BEFORE_SLOTS_BYTES, 'structure', await hashOf(source, 0, BEFORE_SLOTS_BYTES, sha256)]
}

/** D4: of an index box that is replaced, or of its first bytes alone. */
export async function indexEntry(
  source: Source,
  offset: number,
  length: number,
  sha256: MakeSha256,
): Promise<CoverEntry> {
  return [offset, length, 'index', await indexHash(source, offset, length, sha256)]
}

/** D4: bytes 4 to 7 count as `free`. */
export async function indexHash(source: Source, offset: number, length: number, sha256: MakeSha256): Promise<string> {
  const hash = sha256()
  hash.update(await source.read(offset, 4))
  hash.update(ascii('free'))
  for await (const piece of readThrough(source, offset + 8, length - 8, true)) hash.update(piece)
  return toHex(hash.digest())
}

/** The same cover, in which these ranges are to be zero, whatever they were; they lie within entries. */
export async function carve(
  source: Source,
  cover: readonly CoverEntry[],
  ranges: readonly (readonly [offset: number, length: number])[],
  sha256: MakeSha256,
): Promise<CoverEntry[]> {
  const sorted = ranges.toSorted(([left], [right]) => left - right)
  const carved: CoverEntry[] = []
  let next = 0
  for (const entry of cover) {
    const [offset, length, kind, digest] = entry
    while (next < sorted.length && sorted[next]![0] < offset) next++
    let at = offset
    for (; next < sorted.length && sorted[next]![0] < offset + length; next++) {
      const [from, bytes] = sorted[next]!
      if (from > at) carved.push(await remainder(source, at, from - at, kind, sha256))
      carved.push([from, bytes, 'erased', hashOfZeros(bytes, sha256)])
      at = from + bytes
    }
    if (at === offset) carved.push([offset, length, kind, digest])
    else if (at < offset + length) carved.push(await remainder(source, at, offset + length - at, kind, sha256))
  }
  return carved
}

async function remainder(
  source: Source,
  offset: number,
  length: number,
  kind: CoverEntry[2],
  sha256: MakeSha256,
): Promise<CoverEntry> {
  if (kind === 'index') return await indexEntry(source, offset, length, sha256)
  return [offset, length, kind, await hashOf(source, offset, length, sha256)]
}

export function hashOfZeros(length: number, sha256: MakeSha256): string {
  const hash = sha256()
  const zeros = new Uint8Array(Math.min(length, 1024 * 1024))
  for (let at = 0; at < length; at += zeros.length) hash.update(zeros.subarray(0, Math.min(zeros.length, length - at)))
  return toHex(hash.digest())
}
