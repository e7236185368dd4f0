// What the extractor has seen in one file, as tasks hand it to each other.
import { readFile, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import type { ByteRange } from '../discovery/leftover.ts'
import { syncFile } from '../media/media-job.ts'

/** A resource in a file: bytes from `start` up to `end`. */
export type IndexedResource = {
  start: number
  end: number
  format: string
  type: string
  contentType: string
  /** False where it was cut, or claims more than there is. */
  whole: boolean
  startMs?: number | undefined
  endMs?: number | undefined
  /** What it is called in the archive; left out where it was only seen. */
  name?: string | undefined
}

export type BlobIndex = {
  file: string
  size: number
  resources: IndexedResource[]
  /** What is between resources, and text, which may tell what happened: for discovery. */
  left: ByteRange[]
}

const place = z.number().int().min(0)

export const indexedResourceSchema: z.ZodType<IndexedResource> = z.strictObject({
  ...{ start: place, end: place, format: z.string(), type: z.string(), contentType: z.string(), whole: z.boolean() },
  startMs: z.number().optional(),
  endMs: z.number().optional(),
  name: z.string().optional(),
})

const schema: z.ZodType<BlobIndex> = z.strictObject({
  ...{ file: z.string(), size: place, resources: z.array(indexedResourceSchema) },
  left: z.array(z.strictObject({ offset: place, length: place })),
})

export async function writeBlobIndex(index: BlobIndex, path: string): Promise<void> {
  await writeFile(path, JSON.stringify(index))
  await syncFile(path)
}

export async function readBlobIndex(path: string): Promise<BlobIndex> {
  return schema.parse(JSON.parse(await readFile(path, 'utf8')))
}
