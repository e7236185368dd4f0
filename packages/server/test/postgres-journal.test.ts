import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runJob } from '@rushes/pipeline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { journalContract } from '../../pipeline/test/journal-contract.ts'
import { numberedBatch } from '../../pipeline/test/numbered-batches.ts'
import { type JobId, newUserId, type UserId } from '../src/catalog/identifiers.ts'
import { claimJob, createJob, getJob } from '../src/catalog/jobs.ts'
import type { Schema } from '../src/catalog/schema.ts'
import { openPostgresJournal } from '../src/process/postgres-journal.ts'
import { type Database, openDatabase } from '../src/store/database.ts'
import { silentLog } from '../src/store/log.ts'
import { claimedJournal } from './claimed-journal.ts'
import { newTestDataFolder } from './postgres-for-tests.ts'

let database: Database<Schema>
let dataDir: string
let ownerId: UserId
// As in production, synced: what is killed here has to be there again.
beforeAll(async () => {
  dataDir = await newTestDataFolder()
  database = await openDatabase<Schema>({ dataDir, log: silentLog })
  ownerId = newUserId()
  await database.kysely.insertInto('users').values({ id: ownerId, role: 'owner' }).execute()
})
afterAll(async () => {
  await database.close()
  rmSync(dataDir, { recursive: true, force: true })
})

const program = fileURLToPath(new URL('./postgres-journal-process.ts', import.meta.url))

async function newJob(): Promise<JobId> {
  await postgresIsBack()
  const job = await createJob(database.kysely, { ownerId, kind: 'test', title: 'a job', request: '{}' }, 1e6)
  return job!.id
}

let killed: number | undefined
function killPostgres(): void {
  const { state } = database
  if (state.state !== 'ready') return
  killed = state.pid
  process.kill(killed, 'SIGKILL')
}

/**
 * Its supervisor starts it again; what a runner does meanwhile is wait, as the last test here shows. A backend
 * outlives a killed postmaster for a moment and still answers, so another one has to be there first.
 */
async function postgresIsBack(): Promise<void> {
  let fault: unknown
  for (const deadline = Date.now() + 50_000; Date.now() < deadline; await sleep(50)) {
    const { state } = database
    if (state.state !== 'ready' || state.pid === killed) continue
    try {
      await database.kysely.selectFrom('users').select('id').limit(1).execute()
      return
    } catch (error) {
      fault = error
    }
  }
  throw new Error(`Postgres did not come back: ${JSON.stringify(database.state)}`, { cause: fault })
}

journalContract('Postgres', async () => {
  const id = await newJob()
  return {
    open: (limits) => claimedJournal(database.kysely, id, limits),
    writer: [program, database.url, id],
    async tear(journal, next, random) {
      const appending = journal.append(next).catch(() => {})
      await sleep(random() * 5)
      killPostgres()
      await appending
      await journal.close().catch(() => {})
      await postgresIsBack()
    },
  }
})

describe('a journal in Postgres', () => {
  it('[one writer] takes nothing more of one whose lease has run out, once another has the job', async () => {
    const id = await newJob()
    const db = database.kysely
    const first = (await claimJob(db, { runner: 'the first', leaseMs: 50 }, { id }))!
    const slow = openPostgresJournal(db, first)
    await slow.read()
    await slow.append(numberedBatch(0))
    await sleep(100)
    // Nobody else came: it is still the one writer.
    await slow.append(numberedBatch(1))
    const second = (await claimJob(db, { runner: 'the second', leaseMs: 10_000 }, { id }))!
    expect(second.epoch).toBe(first.epoch + 1)
    const refused = { code: 'job-running', message: expect.stringContaining('the second') }
    await expect(slow.append(numberedBatch(2))).rejects.toMatchObject(refused)
    const journal = openPostgresJournal(db, second)
    expect((await journal.read()).length).toBe(2 * numberedBatch(0).length)
    await journal.append(numberedBatch(2))
    await expect(slow.append(numberedBatch(3))).rejects.toMatchObject(refused)
  })

  it('[durable] goes on by itself when Postgres comes back, and what runs meanwhile is not done again', async () => {
    const id = await newJob()
    const held = (await claimJob(database.kysely, { runner: 'us', leaseMs: 60_000 }, { id }))!
    let runs = 0
    const result = await runJob({
      ruleset: [
        { name: 'work', each: 'in', gives: ['out'], candidates: [{ processor: 'slow', seconds: 1, memoryBytes: 0 }] },
      ],
      processors: [
        {
          name: 'slow',
          async run({ task }) {
            runs++
            killPostgres()
            return { severity: 'info', gave: [{ name: task, kind: 'out', data: null }] }
          },
        },
      ],
      journal: openPostgresJournal(database.kysely, held),
      inputs: ['a', 'b'].map((name) => ({ name, kind: 'in', data: null })),
      wants: ['out'],
      monitor: { read: async () => ({ memoryBytes: 1e9, cores: 1, load: 0, ioPressure: 0 }) },
    })
    expect([result.outcome, result.resources.length, runs]).toEqual(['done', 2, 2])
    await expect.poll(async () => (await getJob(database.kysely, id))?.batches, { timeout: 20_000 }).toBeGreaterThan(4)
  })
})
