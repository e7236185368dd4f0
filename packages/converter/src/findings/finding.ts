// What was extracted and discovered: the matrix that an archive keeps, and `rushes convert --explain` shows.
import { readFile, writeFile } from 'node:fs/promises'
import type { Note } from '@rushes/pipeline'
import { z } from 'zod'
import { type BlobIndex, type IndexedResource, indexedResourceSchema } from '../blob/blob-index.ts'
import type { DiscoveredPattern } from '../discovery/discovery.ts'
import { syncFile } from '../media/media-job.ts'
import { noteSchema } from '../note.ts'

/** One file that was cut up. */
export type Extracted = {
  file: string
  /** Bytes. */
  size: number
  /** How many were found; `resources` has the first of them. */
  count: number
  resources: IndexedResource[]
}

/** One file in which events were looked for. */
export type Searched = {
  file: string
  size: number
  /** Bytes of it in which nothing is known, and how many of these were read. */
  left: number
  read: number
  /** By which learned layout it was read, if by any. */
  layout: { signature: string; name: string } | null
  patterns: DiscoveredPattern[]
}

export type Finding = { version: 1; extracted: Extracted[]; searched: Searched[]; notes: Note[] }

const most = { bytes: 2 * 2 ** 20, resources: 5000, places: 200 }

const count = z.number().int().min(0)
const numbers = z.array(z.number())

const pattern: z.ZodType<DiscoveredPattern> = z.strictObject({
  id: z.string(),
  kind: z.enum(['slide', 'speaker', 'event', 'heartbeat', 'frames', 'unclear']),
  marker: z.string(),
  ...{ count, places: numbers, values: numbers },
  confidence: z.number(),
})

export const searchedSchema: z.ZodType<Searched> = z.strictObject({
  ...{ file: z.string(), size: count, left: count, read: count },
  layout: z.strictObject({ signature: z.string(), name: z.string() }).nullable(),
  patterns: z.array(pattern),
})

const schema: z.ZodType<Finding> = z.strictObject({
  version: z.literal(1),
  extracted: z.array(
    z.strictObject({ file: z.string(), size: count, count, resources: z.array(indexedResourceSchema) }),
  ),
  searched: z.array(searchedSchema),
  notes: z.array(noteSchema),
})

/** Null where nothing was extracted, and nothing looked for. */
export function findingOf(
  indexes: readonly BlobIndex[],
  searched: readonly Searched[],
  notes: readonly Note[],
): Finding | null {
  if (indexes.length === 0 && searched.length === 0) return null
  const extracted = indexes.map(({ file, size, resources }) => ({ file, size, count: resources.length, resources }))
  const finding: Finding = { version: 1, extracted, searched: [...searched], notes: [...notes] }
  let { resources, places } = most
  for (;;) {
    const cut = bounded(finding, resources, places)
    if (JSON.stringify(cut).length <= most.bytes || resources + places === 0) return cut
    resources >>= 1
    places >>= 1
  }
}

/** All counts stay; what they count is there as far as there is room for it. */
function bounded({ extracted, searched, ...rest }: Finding, resources: number, places: number): Finding {
  let room = resources
  return {
    ...rest,
    extracted: extracted.slice(0, resources + 1).map((each) => {
      const shown = each.resources.slice(0, room)
      room -= shown.length
      return { ...each, resources: shown }
    }),
    searched: searched.map((each) => ({
      ...each,
      patterns: each.patterns.map((row) => ({
        ...row,
        places: row.places.slice(0, places),
        values: row.values.slice(0, places),
      })),
    })),
  }
}

export async function writeFinding(finding: Finding, path: string): Promise<void> {
  await writeFile(path, JSON.stringify(finding))
  await syncFile(path)
}

export async function readFinding(path: string): Promise<Finding> {
  return schema.parse(JSON.parse(await readFile(path, 'utf8')))
}
