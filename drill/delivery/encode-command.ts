// kill -9 of `rushes encode` itself, while it records and delivers: started again with the same folder it goes on with the
// event, and the gap between says when nothing was recorded.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readSpool } from '@rushes/encoder'
import type { GapEntry, ManifestEntry } from '@rushes/protocol'
import { emptyReport, type Fault, type FaultContext } from '../fault.ts'
import { killNow, type Scene } from '../scene.ts'
import { repositoryRoot, serverKey } from '../server-process.ts'
import { judgeDecoded, judgeDelivery } from './judge.ts'
import { labPrograms, type NetworkLab, whyNoLab } from './network-lab.ts'
import { openSite } from './site.ts'

/** A segment's time is the source's, that of a kill this machine's: ffmpeg takes a moment to hand over what it has. */
const toleranceMs = 1500

function startCommand(scene: Scene, lab: NetworkLab, folder: string, server: string): ChildProcess {
  const [program, ...inside] = [
    ...lab.inside('enc'),
    process.execPath,
    join(repositoryRoot, 'packages/rushes/src/main.ts'),
  ]
  const source = ['encode', '--input', 'test:?size=320x180&rate=15', '--segment', '1', '--spool', folder, '--plain']
  const child = spawn(program!, [...inside, ...source], {
    cwd: scene.folder,
    stdio: ['ignore', 'ignore', 'ignore'],
    env: {
      PATH: process.env['PATH'],
      RUSHES_KEY: serverKey,
      RUSHES_SERVER: server,
      NODE_COMPILE_CACHE: join(scene.folder, 'compile-cache'),
    },
  })
  scene.onEnd(() => killNow(child.pid))
  return child
}

/** What the spool has listed now, and in which order. */
async function spooled(folder: string): Promise<{ id: string; entries: ManifestEntry[]; listed: Map<string, string> }> {
  const spool = await readSpool(folder)
  try {
    const listed = new Map(spool.listedFiles().map(({ name, digest }) => [name, digest]))
    return { id: spool.head.id, entries: spool.entries(0, 1_000_000), listed }
  } finally {
    spool.close()
  }
}

const segments = (entries: readonly ManifestEntry[]): number => entries.filter(({ type }) => type === 'segment').length

/** Waits until the spool has so many segments more. @throws Error after a minute */
async function untilMore(folder: string, more: number): Promise<void> {
  const until = performance.now() + 60_000
  let first: number | null = null
  while (performance.now() < until) {
    const now = await spooled(folder).then(
      ({ entries }) => segments(entries),
      () => 0,
    )
    first ??= now
    if (now >= first + more) return
    await sleep(50)
  }
  throw new Error(`no ${more} segments more within a minute`)
}

/** Every instant at which it was killed lies within a gap. */
function gapProblems(entries: readonly ManifestEntry[], strikes: readonly number[]): string[] {
  const gaps = entries.filter((entry): entry is GapEntry => entry.type === 'gap')
  const covers = (at: number) => (gap: GapEntry) =>
    Date.parse(gap.from) - toleranceMs <= at && at <= Date.parse(gap.to) + toleranceMs
  return strikes
    .filter((at) => !gaps.some(covers(at)))
    .map((at) => `no gap says that it was killed at ${new Date(at).toISOString()}`)
}

async function run(context: FaultContext) {
  const { scene, random, scale, say } = context
  const report = emptyReport()
  const trials = scale === 'full' ? 100 : 3
  const site = await openSite(context, { delayMs: 5, jitterMs: 5, rate: 20e6 })
  site.lab.setRules({ loss: 0.01 })
  const folder = join(scene.folder, 'spool-of-the-command')
  const listed = new Map<string, string>()
  const strikes: number[] = []
  let child = startCommand(scene, site.lab, folder, site.forEncoder)
  await untilMore(folder, 2)
  const { id } = await spooled(folder)
  const decoder = site.decode(id)
  for (; report.trials < trials; report.trials++) {
    await untilMore(folder, 1)
    await sleep(random.integer(0, 1500))
    killNow(child.pid)
    strikes.push(Date.now())
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    for (const [name, digest] of (await spooled(folder)).listed) listed.set(name, digest)
    child = startCommand(scene, site.lab, folder, site.forEncoder)
    if (report.trials % 20 === 19) say(`${report.trials + 1} of ${trials}, ${listed.size} files listed`)
  }
  await untilMore(folder, 2)
  child.kill('SIGINT')
  const ended = await Promise.race([once(child, 'exit').then(([code]) => code as number | null), sleep(120_000)])
  if (ended !== 0) report.problems.push(`rushes encode ended with ${ended ?? 'nothing within two minutes'}`)
  const verdict = await judgeDelivery(site, { folder, listed })
  const decoded = await judgeDecoded(folder, decoder, 120_000)
  const { entries } = await spooled(folder)
  report.acknowledgedBytes = verdict.bytes
  report.lostBytes = verdict.lostBytes
  report.problems.push(...verdict.problems, ...decoded.problems, ...gapProblems(entries, strikes))
  const gaps = entries.filter(({ type }) => type === 'gap').length
  report.note = `${verdict.files} files, ${gaps} gaps, ${decoded.frames} frames decoded`
  await site.server.stop()
  return report
}

export const killCommand: Fault = {
  name: 'kill -9 of rushes encode',
  programs: labPrograms,
  whyNot: whyNoLab,
  run,
}
