// What one job has discovered, in a file: an archive may have many events.
import { readFile, writeFile } from 'node:fs/promises'
import type { TimelineEvent } from '@rushes/umf'
import { z } from 'zod'
import { exportLayouts, importLayouts } from '../discovery/layout-library.ts'
import type { LearnedLayout } from '../discovery/learned-layout.ts'
import { syncFile } from '../media/media-job.ts'
import { type Searched, searchedSchema } from './finding.ts'

export type DiscoveredHere = {
  searched: Searched[]
  /** On the recording's clock. */
  events: TimelineEvent[]
  learned: LearnedLayout[]
}

const schema = z.strictObject({
  searched: z.array(searchedSchema),
  events: z.array(z.strictObject({ t: z.number(), kind: z.string(), data: z.unknown() })),
  learned: z.string(),
})

export async function writeDiscovered({ learned, ...found }: DiscoveredHere, path: string): Promise<void> {
  await writeFile(path, JSON.stringify({ ...found, learned: exportLayouts(learned) }))
  await syncFile(path)
}

export async function readDiscovered(path: string): Promise<DiscoveredHere> {
  const { learned, ...found } = schema.parse(JSON.parse(await readFile(path, 'utf8')))
  return { ...found, learned: importLayouts(learned) }
}
