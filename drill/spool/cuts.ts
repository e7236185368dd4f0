// An encoder's machine that dies again and again in the middle of its work: kill -9, which leaves what the kernel has in
// memory, and power cuts, which leave what the disk has. Each time the same delivery goes on from what is left.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { newRecordingId } from '../../packages/server/src/catalog/identifiers.ts'
import { emptyReport, type Fault, type FaultContext, type FaultReport } from '../fault.ts'
import { diskPrograms, type LoopDisk, makeExt4, makeXfs, mountImage } from '../loop-disk.ts'
import { runProgram } from '../scene.ts'
import { repositoryRoot, type ServerProcess, serverKey, startServer } from '../server-process.ts'
import { openCutProxy } from './cut-proxy.ts'
import { countPackets } from './published-event.ts'
import { judgeDelivered, judgeSpool, readWitness } from './spool-oracle.ts'
import type { WriterJob } from './spool-writer.ts'
import { openWriterProcess, type WriterProcess } from './writer-process.ts'

/** Where a spool is, and what happens to it. */
type Ground = {
  /** Folder of the spool as it is now. */
  folder(): string
  /** The machine dies. Nothing was sent since `known` was read. */
  strike(writer: WriterProcess): Promise<void>
  close(): void
}

type Plan = { events: number; cutsPerEvent: number; openGround(event: number): Ground }

const framesOfSegment = 50
const mebibyte = 1024 * 1024

async function underCuts(context: FaultContext, { events, cutsPerEvent, openGround }: Plan): Promise<FaultReport> {
  const report = emptyReport()
  const server = await startServer({ ...context, build: repositoryRoot })
  const notes = { files: 0, gaps: 0, bytes: 0 }
  for (let event = 0; event < events && report.problems.length === 0; event++) {
    const ground = openGround(event)
    try {
      const done = await oneEvent(context, server, ground, cutsPerEvent, report)
      notes.files += done.files
      notes.gaps += done.gaps
    } finally {
      ground.close()
    }
    context.say(`event ${event + 1} of ${events}, ${report.trials} cuts`)
  }
  report.note = `${events} events, ${notes.files} files certified, ${notes.gaps} gaps`
  await server.stop()
  return report
}

async function oneEvent(
  context: FaultContext,
  server: ServerProcess,
  ground: Ground,
  cuts: number,
  report: FaultReport,
): Promise<{ files: number; gaps: number }> {
  const { scene, random, build } = context
  const proxy = await openCutProxy(scene, server.url)
  const id = newRecordingId()
  const atServer = { url: server.url, id, key: serverKey }
  const witness = join(scene.folder, `witness-${id}`)
  const proved = new Set<string>()
  const job = (): WriterJob => ({
    root: build ?? repositoryRoot,
    folder: ground.folder(),
    head: { id, title: 'Cut', server: proxy.url, segmentMs: 2000, epochMs: 1_800_000_000_000 },
    ...{ key: serverKey, spoolBytes: 3 * mebibyte, paceMs: 15, witness },
  })
  const writer = await openWriterProcess(scene)
  for (let cut = 0; cut < cuts; cut++) {
    const opened = writer.start(job())
    // Sometimes while it still opens what the cut before left.
    if (random.chance(0.15)) opened.catch(() => {})
    else await opened
    await sleep(random.integer(0, 2500))
    // What reaches the server from here on would not be the machine's that died.
    proxy.become(random.chance(0.5) ? 'silent' : 'reset')
    const known = readWitness(witness)
    await ground.strike(writer)
    report.trials++
    const verdict = await judgeSpool(ground.folder(), witness, atServer, known, proved)
    report.acknowledgedBytes = Math.max(report.acknowledgedBytes, verdict.listedBytes)
    report.lostBytes += verdict.lostBytes
    report.problems.push(...verdict.problems.map((problem) => `cut ${report.trials}: ${problem}`))
    // A build that fails has shown what it is; the rest would only take time.
    if (report.problems.length > 0) return { files: 0, gaps: 0 }
    proxy.become('open')
  }
  await writer.start(job())
  const certificate = await writer.finish(60_000)
  const { problems, files, gaps, segments } = await judgeDelivered(ground.folder(), certificate, atServer)
  report.problems.push(...problems)
  const view = await server.client.recording(id)
  if (view.state !== 'published') report.problems.push(`the recording is ${view.state}`)
  const frames = await countPackets(view)
  const expected = (segments.get('main-v1') ?? 0) * framesOfSegment
  if (frames !== expected) report.problems.push(`${frames} pictures are published, ${expected} were listed`)
  return { files, gaps }
}

export const killedEncoder: Fault = {
  name: 'kill -9 of the encoder',
  run(context) {
    const full = context.scale === 'full'
    return underCuts(context, {
      ...(full ? { events: 5, cutsPerEvent: 20 } : { events: 1, cutsPerEvent: 2 }),
      openGround(event) {
        const folder = join(context.scene.folder, `spool-${event}`)
        return { folder: () => folder, strike: (writer) => writer.kill(), close() {} }
      },
    })
  },
}

/**
 * The spool lies on an ext4 whose image is a file on XFS. A copy of that file by reference is the disk as it is at one instant,
 * without anything that was only in memory; the encoder goes on from the copy.
 */
export const powerCutOfEncoder: Fault = {
  name: 'power cut of the encoder',
  needsRoot: true,
  programs: [...diskPrograms, 'mkfs.xfs', 'cp'],
  run(context) {
    const { scene, scale } = context
    const xfs = makeXfs(scene, 2048)
    return underCuts(context, {
      ...(scale === 'full' ? { events: 10, cutsPerEvent: 20 } : { events: 1, cutsPerEvent: 3 }),
      openGround(event) {
        const folder = join(xfs.path, `event-${event}`)
        mkdirSync(folder)
        let disk: LoopDisk = makeExt4(scene, folder, 48)
        runProgram('sync', ['-f', disk.path])
        let copies = 0
        return {
          folder: () => join(disk.path, 'spool'),
          async strike(writer) {
            const copy = join(folder, `cut-${++copies}.img`)
            runProgram('cp', ['--reflink=always', disk.image, copy])
            await writer.kill()
            disk.unmount()
            rmSync(disk.image)
            disk = mountImage(scene, copy)
          },
          close: () => {
            disk.unmount()
            rmSync(folder, { recursive: true, force: true })
          },
        }
      },
    })
  },
}
