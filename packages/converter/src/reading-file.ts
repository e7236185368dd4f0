// A reading in a file of its own: it may have a million events, which a journal is no place for.
import { readFile, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import type { FileFacts, MoreItem, Reading } from './families/family.ts'
import { deckSchema, trackSchema } from './job-kinds.ts'
import { syncFile } from './media/media-job.ts'
import { noteSchema } from './note.ts'

const span = z.strictObject({ startMs: z.number(), endMs: z.number() })

const factMembers = {
  type: z.string().optional(),
  title: z.string().optional(),
  language: z.string().optional(),
  startMs: z.number().optional(),
  endMs: z.number().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  ...{ tellsAll: z.boolean().optional(), level: z.number().optional(), speed: z.number().optional() },
}
const facts: z.ZodType<FileFacts> = z.strictObject(factMembers)

const moreMembers = {
  ...{ ...factMembers, name: z.string(), type: z.string(), contentType: z.string() },
  from: z.array(z.string()).optional(),
}
const more: z.ZodType<MoreItem> = z.union([
  z.strictObject({ ...moreMembers, text: z.string() }),
  z.strictObject({ ...moreMembers, pointer: z.string() }),
])

const event = z.strictObject({ t: z.number(), kind: z.string(), resource: z.string().optional(), data: z.unknown() })

const schema = z.strictObject({
  format: z.string(),
  metadata: z.record(z.string(), z.unknown()),
  kept: z.array(span).nullable(),
  ...{ statedMs: z.number().optional(), cut: z.array(span).optional() },
  tracks: z.array(trackSchema),
  decks: z.array(deckSchema),
  unplaced: z.array(z.string()).optional(),
  files: z.array(z.tuple([z.string(), facts])),
  more: z.array(more).optional(),
  events: z.array(event),
  isCollated: z.boolean().optional(),
  notes: z.array(noteSchema),
})

export async function writeReading(reading: Reading, path: string): Promise<void> {
  await writeFile(path, JSON.stringify({ ...reading, files: [...reading.files] }))
  await syncFile(path)
}

export async function readReading(path: string): Promise<Reading> {
  const parsed = schema.parse(JSON.parse(await readFile(path, 'utf8')))
  return { ...parsed, files: new Map(parsed.files) }
}
