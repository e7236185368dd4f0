// Disks that are full, and disks that fail at the moment that counts: when told to sync.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { emptyReport, type Fault, type FaultContext, type FaultReport } from '../fault.ts'
import { type Fleet, openFleet } from '../fleet.ts'
import { diskPrograms, emptyDisk, fillDisk, fillToTheBrim, makeExt4, makeTmpfs } from '../loop-disk.ts'
import { judgeCatalog } from '../oracle.ts'
import { killNow, runProgram } from '../scene.ts'
import { type ServerProcess, startServer } from '../server-process.ts'

const mebibyte = 1024 * 1024
const patienceMs = 30_000

/** Waits until every recording under way has said one of `states` since report number `since`. */
async function allReport(
  fleet: Fleet,
  since: number,
  says: (report: { state: string; after?: string }) => boolean,
): Promise<string[]> {
  const until = performance.now() + patienceMs
  for (;;) {
    const said = new Set(
      fleet.sender.reports
        .slice(since)
        .filter(says)
        .map(({ id }) => id),
    )
    const silent = fleet.recordings.filter(({ id }) => !said.has(id) && !fleet.published.has(id))
    if (silent.length === 0) return []
    if (performance.now() > until) return silent.map(({ id }) => id)
    await sleep(50)
  }
}

async function finish(fleet: Fleet, report: FaultReport): Promise<void> {
  await fleet.settle(120_000)
  const verdict = await fleet.judgeStored()
  report.acknowledgedBytes = verdict.acknowledgedBytes
  report.lostBytes = verdict.lostBytes
  report.problems.push(...verdict.problems, ...(await fleet.judgePublished()))
}

/** Fills a disk `trials` times while recordings are sent, and makes room again; the server is never restarted. */
async function fillAgainAndAgain(
  context: FaultContext,
  server: ServerProcess,
  disk: string,
  leave: number,
): Promise<FaultReport> {
  const { scene, media, random } = context
  const report = emptyReport()
  const { pid } = server
  const fleet = openFleet({ scene, server, media, width: 4, bytesPerSecond: 60_000 })
  await fleet.start()
  for (; report.trials < 4; report.trials++) {
    await sleep(random.integer(500, 1500))
    const since = fleet.sender.reports.length
    fillDisk(disk, leave)
    const unrefused = await allReport(
      fleet,
      since,
      ({ state, after }) => state === 'waiting' && after === 'storage-full',
    )
    report.problems.push(...unrefused.map((id) => `${id}: not refused with storage-full on a full disk`))
    report.problems.push(...(await fleet.judgeStored()).problems)
    const roomAt = fleet.sender.reports.length
    emptyDisk(disk)
    const stuck = await allReport(fleet, roomAt, ({ state }) => state === 'sending')
    report.problems.push(...stuck.map((id) => `${id}: did not go on ${patienceMs} ms after there was room again`))
  }
  await finish(fleet, report)
  if (server.pid !== pid) report.problems.push('the server was restarted')
  await server.client.recordings()
  return report
}

export const fullDisk: Fault = {
  name: 'full disk of the server',
  needsRoot: true,
  programs: diskPrograms,
  async run(context) {
    const disk = makeExt4(context.scene, context.scene.folder, 600)
    const limits = { reserveBytes: 48 * mebibyte }
    const server = await startServer(context, { dataDir: join(disk.path, 'data'), limits })
    const report = await fillAgainAndAgain(context, server, disk.path, 40 * mebibyte)
    report.problems.push(...(await judgeCatalog(server)))
    await server.stop()
    return report
  },
}

export const noSpaceLeft: Fault = {
  name: 'ENOSPC while writing bodies',
  needsRoot: true,
  programs: diskPrograms,
  async run(context) {
    const disk = makeExt4(context.scene, context.scene.folder, 64)
    const blobsDir = join(disk.path, 'blobs')
    const server = await startServer(context, { blobsDir, limits: { reserveBytes: 0 } })
    const report = await fillAgainAndAgain(context, server, disk.path, 0)
    await server.stop()
    return report
  },
}

/** A sparse image on a tmpfs that is full: writes go to memory and succeed, syncs fail. */
export const failingDisk: Fault = {
  name: 'disk that fails when synced',
  needsRoot: true,
  programs: diskPrograms,
  async run(context) {
    const { scene, media, random } = context
    const report = emptyReport()
    const tmpfs = makeTmpfs(scene, 24)
    const disk = makeExt4(scene, tmpfs, 200, false)
    const blobsDir = join(disk.path, 'blobs')
    const server = await startServer(context, { blobsDir, limits: { reserveBytes: 0 } })
    const fleet = openFleet({ scene, server, media, width: 4, bytesPerSecond: 60_000 })
    await fleet.start()
    // The file system's own blocks need their places before there are none left: without a journal it would lose a folder,
    // and say of files in it that they were synced.
    await allReport(fleet, 0, ({ state }) => state === 'sending')
    runProgram('sync', ['-f', disk.path])
    const refusals: Record<string, number> = {}
    for (; report.trials < 4; report.trials++) {
      await sleep(random.integer(500, 1500))
      const since = fleet.sender.reports.length
      fillToTheBrim(tmpfs)
      const unrefused = await allReport(
        fleet,
        since,
        (said) => said.state === 'waiting' && /^storage-/.test(said.after ?? ''),
      )
      report.problems.push(...unrefused.map((id) => `${id}: not refused while the disk failed`))
      const roomAt = fleet.sender.reports.length
      emptyDisk(tmpfs)
      const stuck = await allReport(fleet, roomAt, ({ state }) => state === 'sending')
      report.problems.push(...stuck.map((id) => `${id}: did not go on ${patienceMs} ms after the disk was well again`))
    }
    for (const said of fleet.sender.reports) {
      if (said.state === 'waiting') refusals[said.after] = (refusals[said.after] ?? 0) + 1
    }
    await finish(fleet, report)
    await server.stop()
    // What memory holds proves nothing here: read from the image.
    disk.remount()
    const verdict = await fleet.judgeStored()
    report.lostBytes = verdict.lostBytes
    report.problems.push(...verdict.problems)
    report.note = Object.entries(refusals)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ')
    return report
  },
}

/** strace makes fdatasync fail while recordings are sent; its own log tells whether the server did right afterwards. */
export const failingSync: Fault = {
  name: 'fdatasync says EIO',
  needsRoot: true,
  programs: ['strace'],
  async run(context) {
    const { scene, media } = context
    const report = emptyReport()
    const server = await startServer(context, { environment: { UV_THREADPOOL_SIZE: '1' } })
    const fleet = openFleet({ scene, server, media, width: 4, bytesPerSecond: 100_000 })
    await fleet.start()
    const logPath = join(scene.folder, 'strace.log')
    const tracer = await traceSyncs(server.pid!, logPath, 9)
    await sleep(12_000)
    killNow(tracer.pid, 'SIGINT')
    if (tracer.exitCode === null) await once(tracer, 'exit')
    await finish(fleet, report)
    report.problems.push(...(await judgeCatalog(server)))
    const { failures, wrongs } = judgeTrace(readFileSync(logPath, 'utf8'))
    report.trials = failures
    if (failures < 3) report.problems.push(`only ${failures} syncs failed: the drill did not reach what it is for`)
    report.problems.push(...wrongs)
    await server.stop()
    return report
  },
}

async function traceSyncs(pid: number, logPath: string, every: number): Promise<ChildProcess> {
  mkdirSync(join(logPath, '..'), { recursive: true })
  const calls = 'fdatasync,ftruncate,pwritev,pwrite64,openat,close'
  const inject = `inject=fdatasync:error=EIO:when=${every}+${every}`
  const tracer = spawn(
    'strace',
    ['-f', '-y', '-s', '0', '-e', `trace=${calls}`, '-e', inject, '-o', logPath, '-p', `${pid}`],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  let said = ''
  tracer.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  for (let waited = 0; !said.includes('attached') && waited < 200; waited++) await sleep(25)
  if (!said.includes('attached')) throw new Error(`strace could not watch the server: ${said}`)
  return tracer
}

/**
 * After a sync of a body that failed, the next one of the same file has to come behind a truncation, which drops the pages
 * that the kernel took for clean; and what was in them is written again, at or after where the truncation cut.
 */
export function judgeTrace(trace: string): { failures: number; wrongs: string[] } {
  const wrongs: string[] = []
  const broken = new Set<string>()
  const begun = new Map<string, string>()
  let failures = 0
  for (const line of trace.split('\n')) {
    const [, thread, text] = /^(\d+) +(.*)$/.exec(line) ?? []
    if (thread === undefined || text === undefined) continue
    if (text.endsWith('<unfinished ...>')) {
      begun.set(thread, text.slice(0, -'<unfinished ...>'.length))
      continue
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text)
    const whole = resumed === null ? text : `${begun.get(thread) ?? ''}${resumed[1]}`
    const [, name, path, rest] = /^(\w+)\(\d+<([^>]*\/body)>(.*)$/.exec(whole) ?? []
    if (name === undefined || path === undefined || rest === undefined) continue
    if (name === 'fdatasync' && rest.includes('(INJECTED)')) {
      failures++
      broken.add(path)
    } else if (name === 'ftruncate' && rest.includes('= 0')) broken.delete(path)
    else if ((name === 'fdatasync' || name.startsWith('pwrite')) && broken.has(path)) {
      wrongs.push(`${path.split('/').at(-2)}: ${name} after a sync that failed, without cutting off what it failed for`)
    }
  }
  return { failures, wrongs }
}
