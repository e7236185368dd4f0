import { z } from 'zod'
import { entrySchema, type JobEntry } from './job-entry.ts'
import { PipelineError } from './pipeline-error.ts'

/**
 * Where a job keeps what happened to it. Whoever has it open is the job's one writer: opening it takes a lock or a lease, and
 * what is appended after that was lost is refused. `test/journal-contract.ts` holds what every implementation keeps.
 */
export interface Journal {
  /** All that was kept, in order; before the first {@link append}. @throws PipelineError `journal-damaged` */
  read(): Promise<JobEntry[]>
  /**
   * Settles when they are durable; after a crash before that, all of them are there or none. One call at a time.
   *
   * @throws PipelineError `journal-full` or `entry-refused`, when nothing of them is kept; `job-running`, when another writer has it by now
   */
  append(entries: readonly JobEntry[]): Promise<void>
  close(): Promise<void>
}

export type JournalLimits = {
  /** Of what is appended at once, bytes of its JSON. */
  batchBytes: number
  /** Of all of it. */
  totalBytes: number
}

/** A million resources with short names, and room. */
export const journalLimits: JournalLimits = { batchBytes: 128 * 2 ** 20, totalBytes: 512 * 2 ** 20 }

const batchSchema = z.array(entrySchema)

/** What is appended at once, as JSON in UTF-8. @throws PipelineError `journal-full`, `entry-refused` */
export function encodeBatch(entries: readonly JobEntry[], limits: JournalLimits, usedBytes: number): Buffer {
  const parsed = batchSchema.safeParse(entries)
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!
    throw new PipelineError('entry-refused', `what could not be read again is not kept: ${path.join('.')}: ${message}`)
  }
  const bytes = Buffer.from(JSON.stringify(entries))
  if (bytes.length > limits.batchBytes) throw full(`${bytes.length} bytes at once`)
  if (usedBytes + bytes.length > limits.totalBytes) throw full(`${usedBytes + bytes.length} bytes`)
  return bytes
}

/** Null: it is not what {@link encodeBatch} made. */
export function decodeBatch(json: string): JobEntry[] | null {
  try {
    const parsed = batchSchema.safeParse(JSON.parse(json))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

function full(what: string): PipelineError {
  return new PipelineError('journal-full', `the job would leave ${what} in its journal`)
}
