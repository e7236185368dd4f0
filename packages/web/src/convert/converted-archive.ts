// A converted archive as its page shows it: read from the server by ranges, only what is needed.
import { httpSource, type Item, openArchive, type Presentation, type TimelineEvent } from '@rushes/umf'
import { z } from 'zod/mini'
import { dataWords } from '../inspect/archive-events.ts'
import { browserSha256 } from '../inspect/browser-sha256.ts'
import { type TimelineLanes, timelineLanes } from '../inspect/timeline-lanes.ts'
import { type Finding, findingName, mostFindingBytes, parseFinding } from './finding.ts'
import type { ShownNote } from './notes-card.ts'

export type ConvertedArchive = {
  address: string
  generation: number
  title: string | null
  format: string | null
  presentation: Presentation | null
  items: Item[]
  /** By time: their place in here is their number to the server. */
  events: TimelineEvent[]
  notes: ShownNote[]
  lanes: TimelineLanes | null
  finding: Finding | null
  isMended: boolean
}

const noteSchema = z.object({
  severity: z.enum(['info', 'warning', 'critical']),
  message: z.string(),
  resource: z.optional(z.string()),
})

/** @throws UmfError, HttpSourceError */
export async function readConverted(address: string): Promise<ConvertedArchive> {
  const archive = await openArchive(await httpSource(address), { sha256: await browserSha256() })
  const { presentation, metadata } = archive
  const items = archive.items()
  const events = await archive.events()
  const rows = events.map(({ t, kind, resource, data }, number) => ({
    ...{ t, kind, resource: resource ?? null, words: dataWords(number, t, kind, data) },
  }))
  const found = items.some(({ name }) => name === findingName)
    ? await archive.bytes(findingName, mostFindingBytes).catch(() => null)
    : null
  const notes = Array.isArray(metadata['notes']) ? metadata['notes'] : []
  return {
    ...{ address, presentation, items, events, generation: archive.generation },
    title: typeof metadata['title'] === 'string' ? metadata['title'] : null,
    format: typeof metadata['format'] === 'string' ? metadata['format'] : null,
    notes: notes.flatMap((each) => noteSchema.safeParse(each).data ?? []),
    lanes: timelineLanes({ presentation, items: items.filter(({ type }) => type !== 'events'), events: rows }),
    finding: found === null ? null : parseFinding(found),
    isMended: items.some(({ name }) => name === 'mended.json'),
  }
}
