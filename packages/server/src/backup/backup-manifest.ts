import { z } from 'zod'

export type TableCopy = { name: string; columns: string[]; rows: number; size: number; sha256: string }
export type SequenceValue = { name: string; value: string; isCalled: boolean }

export type BackupManifest = {
  format: 1
  /** When the rows were as they are here. */
  takenAt: string
  /** Of Rushes, and of the Postgres that the rows come from: for people. */
  version: string
  postgres: string
  /** The owner's id says whose backup it is; null before there is one. */
  owner: string | null
  migrations: { number: number; name: string; checksum: string }[]
  /** Folder of the rows and the list of files. */
  snapshot: string
  tables: TableCopy[]
  sequences: SequenceValue[]
  recordings: number
  files: { count: number; bytes: number; sha256: string }
  /** Recordings that were deleted while their bytes were being copied. */
  gone: string[]
}

export type CopiedFile = {
  /** Below `recordings`. */
  path: string
  size: number
  sha256: string
  /** Where it lies in the backup, if not under its own name. */
  at?: string | undefined
}

const digest = z.string().regex(/^[0-9a-f]{64}$/)
const count = z.number().int().nonnegative()
// One segment of a path: a manifest is data, and must not name a file outside of its folder.
const segment = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,200}$/
const fileName = z.string().regex(segment)
const filePath = z
  .string()
  .max(1000)
  .refine((path) => path.split('/').every((name) => segment.test(name)))

export const backupManifest: z.ZodType<BackupManifest> = z.object({
  format: z.literal(1),
  takenAt: z.iso.datetime(),
  version: z.string(),
  postgres: z.string(),
  owner: z.string().nullable(),
  migrations: z.array(z.object({ number: count, name: z.string(), checksum: digest })),
  snapshot: fileName,
  tables: z.array(z.object({ name: fileName, columns: z.array(z.string()), rows: count, size: count, sha256: digest })),
  sequences: z.array(z.object({ name: fileName, value: z.string(), isCalled: z.boolean() })),
  recordings: count,
  files: z.object({ count, bytes: count, sha256: digest }),
  gone: z.array(z.uuid()),
})

export const copiedFile: z.ZodType<CopiedFile> = z.object({
  path: filePath,
  size: count,
  sha256: digest,
  at: filePath.optional(),
})

/** 0 where it is none. */
export function formatOf(value: unknown): number {
  return z.object({ format: z.number() }).safeParse(value).data?.format ?? 0
}
