import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../src/store/database.ts'
import { silentLog } from '../src/store/log.ts'
import { findBinaries } from '../src/store/postgres/binaries.ts'
import { processesIn } from '../src/store/postgres/leftovers.ts'
import { choosePostgresUser } from '../src/store/postgres/postgres-user.ts'
import { PostgresSupervisor } from '../src/store/postgres/supervisor.ts'
import { newTestDataFolder, newTestFolder } from './postgres-for-tests.ts'

const drill = fileURLToPath(new URL('./postgres-drill-process.ts', import.meta.url))
const isRoot = process.getuid?.() === 0
const nobody = { uid: 65534, gid: 65534 }

let dataDir: string
let clusterDir: string
let children: ChildProcess[] = []
beforeEach(async () => {
  dataDir = await newTestDataFolder()
  clusterDir = join(dataDir, 'postgres')
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children = []
  // The invariant of all tests here: whatever happened, a closed database leaves no process behind.
  expect(processesIn(clusterDir)).toEqual([])
  rmSync(dataDir, { recursive: true, force: true })
})

const open = (folder = dataDir) => openDatabase({ dataDir: folder, log: silentLog, initArguments: ['--no-sync'] })

function start(mode: string, folder: string, user = {}) {
  const child = spawn(process.execPath, [drill, mode, folder], { ...user, stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  return { child, lines: createInterface({ input: child.stdout! })[Symbol.asyncIterator]() }
}

async function drillRows(kysely: Awaited<ReturnType<typeof open>>['kysely']): Promise<number[]> {
  const { rows } = await sql<{ n: number }>`select n from drill order by n`.execute(kysely)
  return rows.map(({ n }) => n)
}

describe('after kill -9 of the server', () => {
  it('the next start stops the orphaned Postgres and has every acknowledged row', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { child, lines } = start('write', dataDir)
      let acknowledged = 0
      const target = 20 + Math.floor(Math.random() * 200)
      while (acknowledged < target) acknowledged = Number((await lines.next()).value)
      child.kill('SIGKILL')
      await once(child, 'exit')
      for (let line = await lines.next(); !line.done; line = await lines.next()) acknowledged = Number(line.value)
      const orphan = Number(readFileSync(join(clusterDir, 'postmaster.pid'), 'utf8').split('\n')[0])
      expect(processesIn(clusterDir)).toContain(orphan)

      const before = performance.now()
      const database = await open()
      expect(performance.now() - before).toBeLessThan(5000)
      expect(database.state).toMatchObject({ state: 'ready' })
      expect(processesIn(clusterDir)).not.toContain(orphan)
      const rows = await drillRows(database.kysely)
      expect(rows.slice(0, acknowledged)).toEqual(Array.from({ length: acknowledged }, (_, index) => index + 1))
      await sql`drop table drill`.execute(database.kysely)
      await database.close()
    }
  })

  it('pid and lock files that name a stranger of the same user stops nobody and hinders nothing', async () => {
    const { spawn: user } = choosePostgresUser(clusterDir)
    const stranger = spawn('sleep', ['60'], { ...user, cwd: '/' })
    children.push(stranger)
    writeFileSync(join(clusterDir, 'postmaster.pid'), `${stranger.pid}\n/proc/self/cwd\n1\n5432\n.\n\n0 0\nready\n`)
    // As it is left when Postgres and its server are killed together, and the number comes round again.
    writeFileSync(join(clusterDir, '.s.PGSQL.5432.lock'), `${stranger.pid}\n/proc/self/cwd\n1\n5432\n.\n`)
    const database = await open()
    expect(database.state).toMatchObject({ state: 'ready' })
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull()
    await database.close()
  })

  it('the data folder is free at once: its lock has died with the server', async () => {
    const { child, lines } = start('hold', dataDir)
    expect((await lines.next()).value).toBe('held')
    const refused = { code: 'data-folder-in-use', message: expect.stringContaining(`pid ${child.pid}`) }
    await expect(open()).rejects.toMatchObject(refused)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await (await open()).close()
  })
})

describe('one data folder', () => {
  it('has one server: the second is refused, and the first goes on', async () => {
    const database = await open()
    await expect(open()).rejects.toMatchObject({ code: 'data-folder-in-use' })
    const { lines } = start('write', dataDir)
    expect((await lines.next()).value).toContain('error data-folder-in-use')
    expect((await sql`select 1 as one`.execute(database.kysely)).rows).toEqual([{ one: 1 }])
    await database.close()
  })

  it('made by another major version is refused', async () => {
    writeFileSync(join(clusterDir, 'PG_VERSION'), '17\n')
    await expect(open()).rejects.toMatchObject({
      code: 'database-version',
      advice: expect.stringContaining('Postgres 17'),
    })
  })

  it('with files that are no database is refused, and they stay', async () => {
    const folder = newTestFolder()
    mkdirSync(join(folder, 'postgres'))
    writeFileSync(join(folder, 'postgres', 'diary.txt'), 'mine')
    await expect(open(folder)).rejects.toMatchObject({ code: 'data-folder-unusable' })
    expect(readFileSync(join(folder, 'postgres', 'diary.txt'), 'utf8')).toBe('mine')
    rmSync(folder, { recursive: true })
  })

  it('with a damaged database fails with Postgres’s own words, and holds no lock', async () => {
    rmSync(join(clusterDir, 'global', 'pg_control'))
    const damaged = { code: 'database-start-failed', message: expect.stringContaining('pg_control') }
    await expect(open()).rejects.toMatchObject(damaged)
    await expect(open()).rejects.toMatchObject(damaged)
  })
})

describe('while used', () => {
  it('a killed postmaster comes back; meanwhile callers get database-unavailable; nothing acknowledged is lost', async () => {
    const database = await open()
    await sql`create table drill (n int primary key)`.execute(database.kysely)
    const acknowledged: number[] = []
    const codes = new Set<unknown>()
    let running = true
    let next = 0
    const writers = Array.from({ length: 8 }, async () => {
      while (running) {
        next += 1
        const n = next
        try {
          await database.kysely.transaction().execute((tx) => sql`insert into drill values (${n})`.execute(tx))
          acknowledged.push(n)
        } catch (error) {
          codes.add((error as { code?: unknown }).code ?? error)
          await sleep(2)
        }
      }
    })
    for (let kill = 0; kill < 3; kill += 1) {
      await sleep(150)
      const { state } = database
      if (state.state === 'ready') process.kill(state.pid, 'SIGKILL')
      await expect.poll(() => database.state, { timeout: 30_000 }).toMatchObject({ state: 'ready', restarts: kill + 1 })
    }
    const atLastRestart = acknowledged.length
    await expect.poll(() => acknowledged.length, { timeout: 5000 }).toBeGreaterThan(atLastRestart)
    running = false
    await Promise.all(writers)
    expect([...codes]).toEqual(['database-unavailable'])
    const rows = new Set(await drillRows(database.kysely))
    expect(acknowledged.filter((n) => !rows.has(n))).toEqual([])
    await database.close()
  })

  it('closing during a restart ends it', async () => {
    const database = await open()
    const { state } = database
    if (state.state === 'ready') process.kill(state.pid, 'SIGKILL')
    await expect.poll(() => database.state.state, { interval: 1 }).toBe('restarting')
    await database.close()
    expect(database.state).toEqual({ state: 'stopped' })
  })

  it('closing does not wait for a query that never ends', async () => {
    const database = await open()
    const stuck = sql`select pg_sleep(600)`.execute(database.kysely).catch((error) => error.code)
    await sleep(50)
    const before = performance.now()
    await database.close()
    expect(performance.now() - before).toBeLessThan(6000)
    expect(await stuck).toBe('database-unavailable')
  })

  it('ends with a process that exits without closing', async () => {
    const { child, lines } = start('exit', dataDir)
    expect((await lines.next()).value).toMatch(/^\d+$/)
    if (child.exitCode === null) await once(child, 'exit')
    await expect.poll(() => processesIn(clusterDir), { timeout: 5000 }).toEqual([])
  })
})

it('settings for other Postgres programs in the environment do not reach it', async () => {
  const foreign = { PGPORT: '1', PGSSLMODE: 'require', PGDATA: '/nonexistent', PGOPTIONS: '-c nonsense=1', PGUSER: 'x' }
  Object.assign(process.env, foreign)
  try {
    const database = await open()
    expect((await sql`select 1 as one`.execute(database.kysely)).rows).toEqual([{ one: 1 }])
    const other = await openDatabase({ url: database.url, dataDir, log: silentLog })
    await other.close()
    await database.close()
  } finally {
    for (const name of Object.keys(foreign)) delete process.env[name]
  }
})

describe('a path', () => {
  it('that is long, not ASCII and below folders of mode 0700 works from initdb on', async () => {
    const home = join(newTestFolder(), 'hömé of "root" $x')
    const deep = join(home, 'ünïcödé 日本語 '.repeat(4), 'x'.repeat(120))
    mkdirSync(home, { mode: 0o700 })
    const database = await open(deep)
    expect(statSync(join(deep, 'postgres')).mode & 0o777).toBe(0o700)
    expect(Buffer.byteLength(`${new URL(database.url).searchParams.get('host')}/.s.PGSQL.5432`)).toBeLessThan(108)
    const { rows } = await sql`select current_setting('server_encoding') as encoding, current_setting('data_checksums')
      as checksums, current_setting('fsync') as fsync, current_setting('listen_addresses') as tcp,
      (select rolsuper from pg_roles where rolname = current_user) as superuser,
      (select datlocprovider::text || ' ' || datlocale from pg_database where datname = current_database()) as locale`.execute(
      database.kysely,
    )
    const expected = { encoding: 'UTF8', checksums: 'on', fsync: 'on', tcp: '', superuser: false, locale: 'b C.UTF-8' }
    expect(rows).toEqual([expected])
    await database.close()
    expect(processesIn(join(deep, 'postgres'))).toEqual([])
    rmSync(home, { recursive: true })
  })

  it('with what an interrupted initdb left is made anew', async () => {
    const folder = newTestFolder()
    mkdirSync(join(folder, 'postgres.new', 'base'), { recursive: true })
    writeFileSync(join(folder, 'postgres.new', 'PG_VERSION'), '18\n')
    await (await open(folder)).close()
    expect(existsSync(join(folder, 'postgres.new'))).toBe(false)
    rmSync(folder, { recursive: true })
  })
})

// What only root can do is only tried as root; the rest of this file is the other users' way.
if (isRoot) {
  describe('as root', () => {
    it('Postgres runs as another user, in a directory of its own', async () => {
      const database = await open()
      const { state } = database
      if (state.state !== 'ready') throw new Error(state.state)
      const status = readFileSync(`/proc/${state.pid}/status`, 'utf8')
      const { uid, gid } = choosePostgresUser(clusterDir)
      expect(uid).not.toBe(0)
      expect(status).toMatch(new RegExp(`^Uid:\\t${uid}\\t${uid}\\t${uid}\\t${uid}$`, 'm'))
      expect(status).toMatch(new RegExp(`^Gid:\\t${gid}\\t${gid}\\t${gid}\\t${gid}$`, 'm'))
      expect(status).toMatch(/^Groups:\s*$/m)
      expect(status).toMatch(/^CapEff:\t0+$/m)
      await database.close()
    })

    it('files of the user it ran as before stay theirs; root’s are handed over', async () => {
      chownSync(clusterDir, nobody.uid, nobody.gid)
      const first = await open()
      expect(choosePostgresUser(clusterDir).uid).toBe(nobody.uid)
      expect(statSync(join(clusterDir, 'base')).uid).toBe(nobody.uid)
      await first.close()
      chownSync(clusterDir, 0, 0)
      chmodSync(clusterDir, 0o755)
      const second = await open()
      expect(statSync(join(clusterDir, 'base')).uid).toBe(choosePostgresUser(clusterDir).uid)
      await second.close()
    })

    it('another user’s server runs as that user, and refuses a database of somebody else', async () => {
      const folder = newTestFolder()
      chownSync(folder, nobody.uid, nobody.gid)
      const { lines } = start('exit', folder, nobody)
      expect((await lines.next()).value).toMatch(/^\d+$/)
      await expect.poll(() => processesIn(join(folder, 'postgres')), { timeout: 5000 }).toEqual([])
      chownSync(join(folder, 'postgres', 'PG_VERSION'), 0, 0)
      const again = start('exit', folder, nobody)
      expect((await again.lines.next()).value).toContain('error data-folder-unusable')
      rmSync(folder, { recursive: true })
    })

    it('a user without a name can run a database but not make one, and is told so', async () => {
      const nameless = { uid: 54321, gid: 54321 }
      const folder = newTestFolder()
      chownSync(folder, nameless.uid, nameless.gid)
      const { lines } = start('exit', folder, nameless)
      expect((await lines.next()).value).toContain('error no-database-user')
      for (const path of [dataDir, join(dataDir, 'server.lock'), join(dataDir, 'server.pid')]) {
        chownSync(path, nameless.uid, nameless.gid)
      }
      spawnSync('chown', ['-R', '54321:54321', clusterDir])
      const running = start('exit', dataDir, nameless)
      expect((await running.lines.next()).value).toMatch(/^\d+$/)
      await expect.poll(() => processesIn(clusterDir), { timeout: 5000 }).toEqual([])
      rmSync(folder, { recursive: true })
    })
  })
}

it('what a Postgres said before it died, read after, does not pass for its being ready', async () => {
  const folder = newTestFolder()
  chmodSync(folder, 0o755)
  const program = join(folder, 'postgres')
  // The one that holds its standard error speaks when it is gone.
  writeFileSync(
    program,
    '#!/bin/sh\n(sleep 0.05; echo "LOG:  database system is ready to accept connections" >&2) &\nexit 1\n',
  )
  chmodSync(program, 0o755)
  const binaries = { ...findBinaries(), postgres: program }
  const user = choosePostgresUser(clusterDir)
  const supervisor = new PostgresSupervisor({ clusterDir, binaries, user, settings: {}, log: silentLog })
  await expect(supervisor.start()).rejects.toMatchObject({ code: 'database-start-failed' })
  expect(supervisor.state).toEqual({ state: 'stopped' })
  rmSync(folder, { recursive: true, force: true })
})
