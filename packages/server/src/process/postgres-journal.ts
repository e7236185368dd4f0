import { setTimeout as sleep } from 'node:timers/promises'
import {
  decodeBatch,
  encodeBatch,
  type JobEntry,
  type Journal,
  type JournalLimits,
  journalLimits,
  PipelineError,
} from '@rushes/pipeline'
import type { Kysely } from 'kysely'
import { appendEntries, getJob, type Held, readEntriesAfter } from '../catalog/jobs.ts'
import type { Schema } from '../catalog/schema.ts'
import { StoreError } from '../store/store-error.ts'

export type PostgresJournalOptions = {
  limits?: JournalLimits | undefined
  /** So long an append waits for a database that is away, ms: what runs meanwhile need not be done again for that. */
  patienceMs?: number | undefined
}

const pageLength = 50
const retryMs = 100

/**
 * The journal of a job of which `held` has the lease. Its epoch fences: once another has claimed the job nothing more is
 * appended by this one. Closing it leaves the lease as it is.
 */
export function openPostgresJournal(
  db: Kysely<Schema>,
  held: Held,
  { limits = journalLimits, patienceMs = 60_000 }: PostgresJournalOptions = {},
): Journal {
  /** Of the last batch; null: not read yet. */
  let last: number | null = null
  let bytes = 0

  /** Appends once, however often that has to be tried: whether a commit that was cut off took place shows in the number. */
  async function append(number: number, entries: Buffer, hasGotOn: boolean): Promise<void> {
    const until = performance.now() + patienceMs
    for (let isFirst = true; ; isFirst = false) {
      try {
        if (await appendEntries(db, held, { number, entries, hasGotOn })) return
        const job = await getJob(db, held.id)
        if (job === undefined || job.epoch !== held.epoch || job.ended_at !== null) throw takenOver(job?.runner)
        if (!isFirst && job.batches === number) return
        throw new PipelineError('journal-damaged', `the journal has ${job.batches} batches, not ${number - 1}`)
      } catch (error) {
        const isAway = error instanceof StoreError && error.code === 'database-unavailable'
        if (!isAway || performance.now() > until) throw error
        await sleep(retryMs)
      }
    }
  }

  return {
    async read() {
      const entries: JobEntry[] = []
      last = 0
      bytes = 0
      for (;;) {
        const rows = await readEntriesAfter(db, held.id, last, pageLength)
        for (const row of rows) {
          const batch = decodeBatch(row.entries)
          if (batch === null || row.number !== last + 1) {
            throw new PipelineError('journal-damaged', `the journal is broken at batch ${last + 1}`)
          }
          for (const entry of batch) entries.push(entry)
          bytes += Buffer.byteLength(row.entries)
          last = row.number
        }
        if (rows.length < pageLength) return entries
      }
    },

    async append(entries) {
      if (last === null) throw new Error('a journal is read before it is written')
      const batch = encodeBatch(entries, limits, bytes)
      await append(
        last + 1,
        batch,
        entries.some(({ type }) => type === 'answered'),
      )
      last++
      bytes += batch.length
    },

    async close() {},
  }
}

function takenOver(runner: string | null | undefined): PipelineError {
  return new PipelineError('job-running', `this job is ${runner ? `being run by ${runner}` : 'no more this process’s'}`)
}
