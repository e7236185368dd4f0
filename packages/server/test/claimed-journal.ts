// A journal as whoever runs a job has it: claimed, its lease renewed, and released when it is closed.
import { type Journal, type JournalLimits, PipelineError } from '@rushes/pipeline'
import type { Kysely } from 'kysely'
import type { JobId } from '../src/catalog/identifiers.ts'
import { claimJob, getJob, releaseJob, renewJob } from '../src/catalog/jobs.ts'
import type { Schema } from '../src/catalog/schema.ts'
import { openPostgresJournal } from '../src/process/postgres-journal.ts'

export const leaseMs = 2000

/** @throws PipelineError `job-running` */
export async function claimedJournal(db: Kysely<Schema>, id: JobId, limits?: JournalLimits): Promise<Journal> {
  const job = await claimJob(db, { runner: `process ${process.pid}`, leaseMs }, { id })
  if (job === undefined) {
    const other = await getJob(db, id)
    throw new PipelineError('job-running', `this job is being run by ${other?.runner}`)
  }
  const renewing = setInterval(() => renewJob(db, job, leaseMs, {}).catch(() => {}), leaseMs / 4)
  const journal = openPostgresJournal(db, job, { limits })
  return {
    ...journal,
    async close() {
      clearInterval(renewing)
      await journal.close()
      await releaseJob(db, job)
    },
  }
}
