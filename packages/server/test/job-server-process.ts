// Runs the jobs of a database until it is killed; says what it finishes.
import { openCapacity } from '@rushes/pipeline'
import { Kysely, PostgresDialect } from 'kysely'
import type { Schema } from '../src/catalog/schema.ts'
import { openJobs } from '../src/process/jobs.ts'
import { createPool, kyselyPool } from '../src/store/connection-pool.ts'
import { silentLog } from '../src/store/log.ts'
import { roomyMachine } from './followed-jobs.ts'
import { testKind } from './job-kinds-for-tests.ts'

const [url, folder] = process.argv.slice(2) as [string, string]
const pool = createPool({ connectionString: url })
const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: kyselyPool(pool) }) })
const capacity = openCapacity({ monitor: roomyMachine() })
openJobs({
  db,
  runs: { kinds: { test: testKind() }, folder, capacity },
  leaseMs: 3000,
  log: silentLog,
  onMessages() {},
})
process.stdout.write('running\n')
