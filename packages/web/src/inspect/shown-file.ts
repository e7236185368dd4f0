// Bytes of the file that is shown, for pictures and players: a Blob of parts of a file copies nothing.
import type { Item, Presentation } from '@rushes/umf'

export type ShownFile = { kind: 'file'; name: string; blob: Blob } | { kind: 'address'; name: string; address: string }

/** From an address, so much is held at once. */
const mostFetched = 512 * 1024 * 1024
/** E4: what stands for the slots in the main presentation alone. */
const slots = { from: 2048, to: 8192 }

/** @throws Error the address does not answer, or with too much */
export async function partsOf(
  file: ShownFile,
  ranges: readonly (readonly [offset: number, length: number])[],
  type: string,
): Promise<Blob> {
  if (file.kind === 'file') {
    return new Blob(
      ranges.map(([offset, length]) => file.blob.slice(offset, offset + length)),
      { type },
    )
  }
  if (ranges.reduce((sum, [, length]) => sum + length, 0) > mostFetched)
    throw new Error('it is too large to be held here: download the whole file, and choose it from your disk')
  const parts: Blob[] = []
  for (const [offset, length] of ranges) parts.push(await fetchRange(file.address, offset, length))
  return new Blob(parts, { type })
}

async function fetchRange(address: string, offset: number, length: number): Promise<Blob> {
  if (length === 0) return new Blob([])
  const answer = await fetch(address, { headers: { Range: `bytes=${offset}-${offset + length - 1}` } })
  if (answer.status !== 206) {
    await answer.body?.cancel()
    throw new Error(`the server answered ${answer.status}`)
  }
  const part = await answer.blob()
  if (part.size !== length) throw new Error('the server answered with another range')
  return part
}

/** Where the content of an item lies in the file; null for what lies elsewhere. */
export function rangesOf({ extents, inline, pointer }: Item, idatAt: number): (readonly [number, number])[] | null {
  if (pointer !== undefined) return null
  return inline === undefined ? (extents ?? []) : [[idatAt + inline[0], inline[1]]]
}

/** The main presentation as a file of its own. */
export async function presentationOf(file: ShownFile, { length }: Presentation, type: string): Promise<Blob> {
  const before = await partsOf(file, [[0, slots.from]], type)
  const after = await partsOf(file, [[slots.to, length - slots.to]], type)
  return new Blob([before, new Uint8Array(slots.to - slots.from), after], { type })
}
