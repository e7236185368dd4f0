// Jobs on a real server: run, watched, killed, cancelled, told about.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openCapacity } from '@rushes/pipeline'
import type { JobMessage } from '@rushes/protocol'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { runSeed as seed, seededRandom } from '../../media/test/seeded-random.ts'
import { type JobId, newJobId } from '../src/catalog/identifiers.ts'
import { claimJob, createJob, deleteJobsBefore, getJob, readEntriesAfter } from '../src/catalog/jobs.ts'
import { openPostgresJournal } from '../src/process/postgres-journal.ts'
import { addTestJob, followToEnd, mostAtOnce, roomyMachine } from './followed-jobs.ts'
import { type TestKind, type TestRequest, testKind } from './job-kinds-for-tests.ts'
import { makeLiveBody } from './live-body.ts'
import { startLiveSender } from './live-sender.ts'
import { startTestDatabase, type TestDatabase } from './postgres-for-tests.ts'
import { startTestServer, type TestServer, testOwnerKey } from './server-for-tests.ts'

let database: TestDatabase
let server: TestServer
let kind: TestKind
let receiver: HttpServer
const messages: JobMessage[] = []
let isRecording = false

beforeAll(async () => {
  database = await startTestDatabase()
  kind = testKind()
  receiver = createServer((request, response) => {
    let text = ''
    request.on('data', (bytes: Buffer) => {
      text += bytes
    })
    request.on('end', () => {
      messages.push(JSON.parse(text) as JobMessage)
      response.end()
    })
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  server = await startTestServer({
    databaseUrl: database.url,
    jobKinds: { test: kind },
    jobCapacity: openCapacity({ monitor: roomyMachine(), isYielding: () => isRecording }),
    webhookHosts: ['127.0.0.1'],
  })
  await server.client.createWebhook(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`)
})
afterAll(async () => {
  await server.close()
  receiver.close()
  await database.close()
})

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

const refusal = (status: number, code: string) => ({ status, code })

describe('a job', () => {
  it('runs its tasks side by side on two cores, as its rules and the room allow, and is told task by task', async () => {
    const id = await addTestJob(database.kysely, { pages: [4, 3], pageMs: 60, brokenPage: 2 })
    const shown: number[] = []
    const { job, tasks, changes } = await followToEnd(server.url, id, (change, now) => {
      const running = [...now.values()].filter(({ state }) => state === 'running')
      shown.push(...running.flatMap(({ progress }) => (progress === null ? [] : [progress])))
      expect(running.length).toBeLessThanOrEqual(2)
      expect(change.job.id).toBe(id)
    })
    expect(job).toMatchObject({ state: 'done', problem: null, runner: null })
    expect(job.tasks).toEqual({ waiting: 0, running: 0, done: 2 + 7 + 2 + 1, failed: 0 })
    expect(tasks.size).toBe(12)
    expect(mostAtOnce(tasks.values())).toBe(2)
    expect(changes.length).toBeGreaterThan(3)
    // Two of a rule lie in different places of the picture, and each attempt is there with its time.
    const all = [...tasks.values()].flatMap(({ rule, attempts }) => attempts.map((attempt) => ({ rule, ...attempt })))
    for (const one of all) {
      const beside = all.filter((other) => other !== one && other.rule === one.rule && other.slot === one.slot)
      expect(one.endedAt).toBeGreaterThanOrEqual(one.startedAt)
      for (const other of beside) expect(other.startedAt >= one.endedAt! || other.endedAt! <= one.startedAt).toBe(true)
    }
    // The slower one only where the fast one gave nothing.
    const careful = all.filter(({ processor }) => processor === 'careful')
    expect([careful.length, careful[0]?.outcome]).toEqual([2, 'gave'])
    const mended = [...tasks.values()].filter(({ notes }) => notes.length > 0)
    expect(mended.map(({ attempts }) => attempts.map(({ outcome }) => outcome))).toEqual([
      ['nothing', 'gave'],
      ['nothing', 'gave'],
    ])
    expect(kind.finished).toContain(id)
    expect(readdirSync(join(server.dataDir, 'jobs'))).toEqual([])
  })

  it('is listed to its owner, and drawn as a picture that says what it shows', async () => {
    const id = await addTestJob(database.kysely, { pages: [2], pageMs: 10 }, 'Title with <b> & "quotes"')
    await followToEnd(server.url, id)
    const { jobs } = await server.client.jobs()
    expect(jobs.map((job) => job.id)).toContain(id)
    const response = await fetch(`${server.url}/api/v1/jobs/${id}/chart.svg`, {
      headers: { authorization: `Bearer ${testOwnerKey}` },
    })
    const chart = await response.text()
    expect(response.headers.get('content-type')).toMatch(/^image\/svg\+xml/)
    expect(chart).toContain('<title id="t">Tasks of “Title with &lt;b&gt; &amp; "quotes"”</title>')
    expect(chart).toMatch(/<desc id="d">The job is done: 5 tasks, 5 done, 0 failed, in 5 attempts and [\d.]+ seconds/)
    expect(chart).toContain('prefers-color-scheme:dark')
    for (const rule of ['split', 'draw', 'listen', 'collate']) expect(chart).toContain(`>${rule}<`)
    // No colour but those that follow the reader.
    expect(chart.match(/(?:fill|stroke)="#[0-9a-f]+"/g)).toBeNull()
  })

  it('whose process is killed at any moment goes on in the next one, and what was answered is never done again', async () => {
    const random = seededRandom(seed)
    const folder = mkdtempSync(join(tmpdir(), 'rushes-jobs-'))
    const other = await startTestDatabase()
    try {
      await sql`insert into users (id, role) values (gen_random_uuid(), 'owner')`.execute(other.kysely)
      const id = await addTestJob(other.kysely, { pages: [2], pageMs: 40 })
      const program = fileURLToPath(new URL('./job-server-process.ts', import.meta.url))
      let kills = 0
      for (;;) {
        const child = spawn(process.execPath, [program, other.url, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
        children.push(child)
        await once(createInterface({ input: child.stdout! }), 'line')
        const before = (await getJob(other.kysely, id))!.batches
        const enough = before + 2 + Math.floor(random() * 3)
        const isLast = kills === 2
        await expect
          .poll(
            async () => {
              const job = (await getJob(other.kysely, id))!
              return job.ended_at !== null || (!isLast && job.batches >= enough)
            },
            { timeout: 100_000, interval: 20 },
          )
          .toBe(true)
        child.kill('SIGKILL')
        await once(child, 'exit')
        kills++
        if ((await getJob(other.kysely, id))!.ended_at !== null) break
      }
      const job = (await getJob(other.kysely, id))!
      expect([job.state, job.epoch > 1], `seed ${seed}`).toEqual(['done', true])
      const rows = await readEntriesAfter(other.kysely, id, 0, 1000)
      const entries = rows.flatMap(({ entries: text }) => JSON.parse(text) as { type: string; task?: string }[])
      const answered = entries.filter(({ type }) => type === 'answered').map(({ task }) => task)
      expect(new Set(answered).size).toBe(answered.length)
      expect(answered.length).toBe(1 + 2 + 1 + 1)
    } finally {
      await other.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }, 300_000)

  it('that is critical says why to its owner’s webhooks, once', async () => {
    const id = await addTestJob(database.kysely, { pages: [1], pageMs: 5, end: 'critical' }, 'Broken')
    const { job } = await followToEnd(server.url, id)
    expect(job).toMatchObject({ state: 'critical', problem: 'nothing in it can be shown' })
    await expect.poll(() => messages.length, { timeout: 20_000 }).toBe(1)
    expect(messages[0]).toMatchObject({
      type: 'job.critical',
      data: {
        job: { id, kind: 'test', title: 'Broken' },
        problem: 'nothing in it can be shown',
        notes: [{ severity: 'critical', code: 'nothing-left' }],
      },
    })
  })

  it('that can’t be planned, or takes its process down over and over, has failed and is told', async () => {
    const told = messages.length
    const db = database.kysely
    const broken = await addTestJob(db, { pages: 'none' } as unknown as TestRequest)
    const unplanned = (await followToEnd(server.url, broken)).job
    expect(unplanned).toMatchObject({ state: 'failed', problem: expect.stringContaining('not a function') })
    const { owner_id } = (await getJob(db, broken))!
    const row = {
      id: newJobId(),
      owner_id,
      kind: 'test',
      title: 'Deadly',
      request: '{"pages":[1],"pageMs":1}',
      starts: 6,
    }
    await db.insertInto('jobs').values(row).execute()
    const deadly = (await followToEnd(server.url, row.id)).job
    expect(deadly).toMatchObject({ state: 'failed', problem: expect.stringContaining('6 times') })
    expect(kind.begun.has(`${row.id} split-1`)).toBe(false)
    await expect.poll(() => messages.length - told, { timeout: 20_000 }).toBe(2)
    expect(messages.slice(told).map(({ type }) => type)).toEqual(['job.failed', 'job.failed'])
  })

  it('whose rules were changed since it was begun, or whose files are gone, begins anew', async () => {
    const db = database.kysely
    const { id: ownerId } = await db.selectFrom('users').select('id').executeTakeFirstOrThrow()
    const earlier = (await createJob(
      db,
      { ownerId, kind: 'earlier', title: 'Old', request: '{"pages":[1],"pageMs":1}' },
      100,
    ))!
    const held = (await claimJob(db, { runner: 'a process that is gone', leaseMs: 1 }, { id: earlier.id }))!
    const journal = openPostgresJournal(db, held)
    await journal.read()
    const begun = { type: 'begun', at: 1, job: 'x', ruleset: 'other', wants: [], inputs: [] } as const
    await journal.append([begun, { type: 'ended', at: 2, outcome: 'critical' }])
    await mkdir(join(server.dataDir, 'jobs', 'left'), { recursive: true })
    await db.updateTable('jobs').set({ folder: 'left', kind: 'test' }).where('id', '=', earlier.id).execute()
    const { job, tasks } = await followToEnd(server.url, earlier.id)
    expect([job.state, tasks.size]).toEqual(['done', 4])
    expect(existsSync(join(server.dataDir, 'jobs', 'left'))).toBe(false)
  })

  it('is cancelled while it waits or runs, stops what runs, and can be forgotten then', async () => {
    const id = await addTestJob(database.kysely, { pages: [2], pageMs: 60_000 })
    await expect.poll(async () => (await server.client.job(id)).tasks.running, { timeout: 20_000 }).toBeGreaterThan(0)
    await expect(server.client.removeJob(id)).rejects.toMatchObject(refusal(409, 'job-not-ended'))
    expect(await server.client.cancelJob(id)).toMatchObject({ state: 'running', cancelling: true })
    const { job, tasks } = await followToEnd(server.url, id)
    expect(job.state).toBe('cancelled')
    expect([...tasks.values()].filter(({ state }) => state === 'running')).toEqual([])
    expect(await server.client.cancelJob(id)).toMatchObject({ state: 'cancelled', cancelling: false })
    await server.client.removeJob(id)
    await expect(server.client.job(id)).rejects.toMatchObject(refusal(404, 'not-found'))
    expect(await readEntriesAfter(database.kysely, id, 0, 10)).toEqual([])
  })

  it('is forgotten some time after its end, never before', async () => {
    const id = await addTestJob(database.kysely, { pages: [1], pageMs: 1 })
    await followToEnd(server.url, id)
    await deleteJobsBefore(database.kysely, 60_000)
    expect(await getJob(database.kysely, id)).toBeDefined()
    await sql`update jobs set ended_at = now() - interval '31 days' where id = ${id}`.execute(database.kysely)
    await deleteJobsBefore(database.kysely, 30 * 24 * 3600_000)
    expect(await getJob(database.kysely, id)).toBeUndefined()
  })
})

describe('many jobs', () => {
  it('are run some at once, never over the room, and each of them comes to its end', async () => {
    const request = { pages: [2], pageMs: 20, memoryBytes: 3e9 }
    const ids = await Promise.all(Array.from({ length: 5 }, () => addTestJob(database.kysely, request)))
    const ended = await Promise.all(ids.map((id) => followToEnd(server.url, id)))
    expect(ended.map(({ job }) => job.state)).toEqual(ids.map(() => 'done'))
    // Of 8 GB each takes 3, and there are two cores.
    expect(mostAtOnce(ended.flatMap(({ tasks }) => [...tasks.values()]))).toBeLessThanOrEqual(2)
    const spans = ended.map(({ job }) => [Date.parse(job.startedAt!), Date.parse(job.endedAt!)] as const)
    for (const [start] of spans) {
      expect(spans.filter(([from, to]) => from <= start && start < to).length).toBeLessThanOrEqual(2)
    }
  })

  it('wait while something is recorded, where they would take the memory that it needs, and go on after', async () => {
    isRecording = true
    try {
      const id = await addTestJob(database.kysely, { pages: [1], pageMs: 5, memoryBytes: 7.9e9 })
      await expect.poll(async () => (await server.client.job(id)).tasks.waiting, { timeout: 20_000 }).toBe(1)
      expect((await server.client.job(id)).tasks).toMatchObject({ running: 0, done: 0 })
      isRecording = false
      expect((await followToEnd(server.url, id)).job.state).toBe('done')
    } finally {
      isRecording = false
    }
  })
})

describe('roles', () => {
  it('[convert] runs the jobs that a process with the role record takes, which shows them as they run', async () => {
    const other = await startTestDatabase()
    const recording = await startTestServer({ databaseUrl: other.url, roles: ['record'] })
    const ran = testKind()
    const id = await addTestJob(other.kysely, { pages: [2], pageMs: 30 })
    const following = followToEnd(recording.url, id)
    const converting = await startTestServer({
      ...{ databaseUrl: other.url, roles: ['convert'], jobKinds: { test: ran } },
      jobCapacity: openCapacity({ monitor: roomyMachine() }),
    })
    try {
      const { job, tasks } = await following
      expect([job.state, tasks.size, ran.finished]).toEqual(['done', 5, [id]])
      // The converter alone has its jobs, and accounts, and nothing of recordings.
      expect((await converting.client.jobs()).jobs.map((each) => each.id)).toEqual([id])
      await expect(converting.client.recordings()).rejects.toMatchObject(refusal(404, 'not-found'))
      expect((await recording.client.recordings()).recordings).toEqual([])
    } finally {
      await converting.close()
      await recording.close()
      await other.close()
    }
  })

  it('[record] goes before jobs of the same process while bytes of a recording come', async () => {
    const other = await startTestDatabase()
    const memoryBytes = 1e15
    const both = await startTestServer({ databaseUrl: other.url, jobKinds: { test: testKind() } })
    const body = await makeLiveBody('mp4', 4)
    const live = await startLiveSender(both, body)
    try {
      await live.sendUpTo(Math.floor(body.length / 2))
      const id: JobId = await addTestJob(other.kysely, { pages: [1], pageMs: 5, memoryBytes })
      await expect.poll(async () => (await both.client.job(id)).tasks.waiting, { timeout: 20_000 }).toBe(1)
      for (let step = 1; step <= 5; step++) {
        await live.sendUpTo(Math.floor(body.length * (0.5 + step / 20)))
        await new Promise((resolve) => setTimeout(resolve, 300))
      }
      expect((await both.client.job(id)).tasks).toMatchObject({ running: 0, done: 0 })
      live.close()
      expect((await followToEnd(both.url, id)).job.state).toBe('done')
    } finally {
      live.close()
      await both.close()
      await other.close()
    }
  })
})
