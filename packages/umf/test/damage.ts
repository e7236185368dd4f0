import { bytesSource, checkArchive } from '../src/index.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'
import { openState } from '../src/state.ts'
import { UmfError } from '../src/umf-error.ts'

/** An item's content: where it lies in the file. */
export type Place = { name: string; from: number; to: number }

export async function placesOf(bytes: Uint8Array): Promise<Place[]> {
  const { description, idat } = await openState(bytesSource(bytes), sha256)
  const { items, presentation, cover } = description
  const places = items.flatMap(({ name, extents = [], inline }) => [
    ...extents.map(([offset, length]) => ({ name, from: offset, to: offset + length })),
    ...(inline ? [{ name, from: idat.at + inline[0], to: idat.at + inline[0] + inline[1] }] : []),
  ])
  const media = cover.filter(([, , kind]) => kind === 'media')
  return [
    ...places,
    ...media.map(([offset, length]) => ({ name: presentation!.name, from: offset, to: offset + length })),
  ]
}

/** What the check says of a file: null where it is intact, else the items and structures that it names. */
export async function found(bytes: Uint8Array): Promise<{ items: string[]; words: string } | null> {
  try {
    const { ok, problems } = await checkArchive(bytesSource(bytes), { sha256 })
    if (ok) return null
    return {
      items: problems.flatMap(({ item }) => item ?? []),
      words: problems.map(({ message }) => message).join('; '),
    }
  } catch (fault) {
    if (!(fault instanceof UmfError)) throw fault
    return { items: [], words: fault.message }
  }
}

/** What is wrong with what the check says of one altered bit; null where it is found, and in an item its name is told. */
export async function flipProblem(bytes: Uint8Array, bit: number, places: readonly Place[]): Promise<string | null> {
  const at = bit >> 3
  bytes[at]! ^= 1 << (bit & 7)
  const told = await found(bytes).catch((fault: unknown) => fault as Error)
  bytes[at]! ^= 1 << (bit & 7)
  if (told instanceof Error) return `bit ${bit}: ${told.stack}`
  if (told === null) return `bit ${bit} is not found`
  const place = places.find(({ from, to }) => at >= from && at < to)
  if (place === undefined || told.items.includes(place.name)) return null
  return `bit ${bit} is in ${place.name}, and not told to be: ${told.words}`
}
