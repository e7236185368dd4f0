// `umf.json`: what a folder of files can't say of the archive that it was, or is to be.
import type { ItemFields, TimelineEvent } from '@rushes/umf'
import { isArchiveId, nameProblem } from '@rushes/umf'
import { z } from 'zod'
import { CommandError } from '../output.ts'

export const MANIFEST = 'umf.json'

/** Where the bytes of an item are: in a file of the folder (by default that of the item's name), here, or elsewhere. */
export type ManifestItem = {
  item: ItemFields & Record<string, unknown>
  file?: string | undefined
  /** Kept in the index of the archive. */
  inline?: boolean | undefined
  /** Content of an item of events. */
  events?: TimelineEvent[] | undefined
  pointer?: string | undefined
  length?: number | undefined
  digest?: string | undefined
}

export type FolderManifest = {
  umf: 1
  id?: string | undefined
  metadata?: Record<string, unknown> | undefined
  presentation?: { item: Record<string, unknown>; file: string } | undefined
  items?: ManifestItem[] | undefined
  /** Further members of the archive's description. */
  members?: Record<string, unknown> | undefined
  /** Extension boxes; `data` in base64. */
  boxes?: { type: string; data: string }[] | undefined
}

/** A path below the folder, of the form of an item's name: it can't leave it. */
const path = z.string().refine((text) => nameProblem(text) === null, { message: 'no path below the folder' })

const itemEntry: z.ZodType<ManifestItem> = z
  .strictObject({
    // What an item may say is checked where it is written.
    item: z.looseObject({ name: z.string(), type: z.string(), contentType: z.string() }),
    file: path.optional(),
    inline: z.boolean().optional(),
    events: z.array(z.looseObject({ t: z.number(), kind: z.string() })).optional(),
    pointer: z.string().optional(),
    length: z.int().min(0).optional(),
    digest: z.string().optional(),
  })
  .refine(({ file, events, pointer }) => [file, events, pointer].filter((each) => each !== undefined).length <= 1, {
    message: 'more than one of file, events and pointer',
  }) as z.ZodType<ManifestItem>

const manifest: z.ZodType<FolderManifest> = z.strictObject({
  umf: z.literal(1),
  id: z.string().refine(isArchiveId, { message: 'no UUIDv7' }).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  presentation: z.strictObject({ item: z.record(z.string(), z.unknown()), file: path }).optional(),
  items: z.array(itemEntry).max(65_535).optional(),
  members: z.record(z.string(), z.unknown()).optional(),
  boxes: z
    .array(z.strictObject({ type: z.string().length(4), data: z.base64() }))
    .max(10_000)
    .optional(),
})

/** @throws CommandError `bad-manifest` */
export function parseManifest(text: string, place: string): FolderManifest {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (fault) {
    throw new CommandError('bad-manifest', `${place} is no JSON: ${(fault as Error).message}`)
  }
  const parsed = manifest.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw new CommandError('bad-manifest', `${place}: ${issue.path.join('.')}: ${issue.message}`)
}
