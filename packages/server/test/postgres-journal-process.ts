import { PipelineError } from '@rushes/pipeline'
import { Kysely, PostgresDialect } from 'kysely'
import { appendForever } from '../../pipeline/test/numbered-batches.ts'
import type { JobId } from '../src/catalog/identifiers.ts'
import type { Schema } from '../src/catalog/schema.ts'
import { createPool, kyselyPool } from '../src/store/connection-pool.ts'
import { claimedJournal } from './claimed-journal.ts'

const [url, id] = process.argv.slice(2) as [string, JobId]
const db = new Kysely<Schema>({
  dialect: new PostgresDialect({ pool: kyselyPool(createPool({ connectionString: url })) }),
})
for (;;) {
  try {
    await appendForever(await claimedJournal(db, id))
  } catch (error) {
    // A lease of whoever was killed before.
    if (!(error instanceof PipelineError) || error.code !== 'job-running') throw error
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
