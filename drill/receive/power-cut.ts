// Power cuts: Postgres and bodies lie on one ext4, whose image is a file on XFS. A copy of that file by reference is the
// disk as it is at one instant, without anything that was only in memory. It is mounted beside the running system, a second
// server starts on it, and the senders go on from what they had been told by then.
import { copyFileSync, mkdirSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readAcknowledgementLog } from '../acknowledgement-log.ts'
import { emptyReport, type Fault, type FaultContext } from '../fault.ts'
import { type Fleet, openFleet } from '../fleet.ts'
import { diskPrograms, makeExt4, makeXfs, mountImage } from '../loop-disk.ts'
import { judgeCatalog, judgePublished, judgeStored, type SentRecording, type Verdict } from '../oracle.ts'
import { endProcessesIn, openScene, runProgram } from '../scene.ts'
import { openSenderProcess } from '../sender-process.ts'
import { openServerProcess, startServer } from '../server-process.ts'

const recordBytes = 24

/** What each sender had been told before the cut. */
type Known = { recording: SentRecording; records: number }

export const powerCut: Fault = {
  name: 'power cut',
  needsRoot: true,
  programs: [...diskPrograms, 'mkfs.xfs', 'cp'],
  async run(context) {
    const { scene, media, random, say } = context
    const report = emptyReport()
    const xfs = makeXfs(scene, 4096)
    const disk = makeExt4(scene, xfs.path, 900)
    const server = await startServer(context, { dataDir: join(disk.path, 'data') })
    runProgram('sync', ['-f', disk.path])
    const fleet = openFleet({ scene, server, media, width: 4, bytesPerSecond: 120_000 })
    await fleet.start()
    while (report.trials < 12) {
      await sleep(random.integer(300, 2500))
      const known = whatIsKnown(fleet)
      report.trials++
      const copy = join(xfs.path, `cut-${report.trials}.img`)
      runProgram('cp', ['--reflink=always', disk.image, copy])
      const verdict = await afterTheCut(context, copy, known)
      report.acknowledgedBytes += verdict.acknowledgedBytes
      report.lostBytes += verdict.lostBytes
      report.problems.push(...verdict.problems)
      rmSync(copy)
      // A build that fails has shown what it is; the rest would only take time.
      if (report.problems.length > 0) break
      if (report.trials % 4 === 0) say(`${report.trials} cuts`)
    }
    await fleet.sender.kill()
    await server.kill(true)
    return report
  },
}

function whatIsKnown(fleet: Fleet): Known[] {
  return fleet.recordings.map((recording) => ({
    recording,
    records: readAcknowledgementLog(join(recording.folder, 'witness')).length,
  }))
}

async function afterTheCut(context: FaultContext, image: string, known: Known[]): Promise<Verdict> {
  const { build } = context
  const scene = openScene(context.scene.folder)
  const sum: Verdict = { acknowledgedBytes: 0, lostBytes: 0, problems: [] }
  try {
    const disk = mountImage(scene, image, 'loop')
    const dataDir = join(disk.path, 'data')
    const server = await openServerProcess({ scene, dataDir, ...(build !== undefined && { build }) })
    for (const { recording, records } of known) {
      const verdict = await judgeStored(server.blobsDir, recording, { until: records, damagedTail: true })
      sum.acknowledgedBytes += verdict.acknowledgedBytes
      sum.lostBytes += verdict.lostBytes
      sum.problems.push(...verdict.problems)
    }
    if (sum.problems.length > 0) return sum
    await server.start()
    const sender = openSenderProcess(scene)
    const again: SentRecording[] = []
    for (const { recording, records } of known) {
      const witnesses = readAcknowledgementLog(join(recording.folder, 'witness')).slice(0, records)
      if (witnesses.some(({ kind }) => kind === 'published')) {
        const view = await server.client.recording(recording.id)
        if (view.state !== 'published')
          sum.problems.push(`${recording.id}: published before the cut, ${view.state} after it`)
        if (view.sha256 !== recording.input.sha256) sum.problems.push(`${recording.id}: published with other bytes`)
        continue
      }
      const folder = join(scene.folder, recording.id)
      mkdirSync(folder)
      if (records > 0) {
        copyFileSync(join(recording.folder, 'witness'), join(folder, 'witness'))
        truncateSync(join(folder, 'witness'), records * recordBytes)
      }
      copyFileSync(join(recording.folder, 'spool'), join(folder, 'spool'))
      const url = new URL(recording.url)
      url.port = new URL(server.url).port
      const resumed = { ...recording, folder, url: url.href }
      again.push(resumed)
      sender.send({ ...resumed, input: recording.input.path, bytesPerSecond: 0, ends: true })
    }
    for (let waited = 0; waited < 600; waited++) {
      if (again.every(({ id }) => sender.reports.some((report) => report.id === id && report.state === 'published')))
        break
      await sleep(50)
    }
    for (const recording of again) {
      const report = sender.reports.findLast(({ id }) => id === recording.id)
      if (report?.state === 'published') sum.problems.push(...(await judgePublished(report.recording, recording)))
      else sum.problems.push(`${recording.id}: not published after the cut; last ${JSON.stringify(report ?? null)}`)
      sum.problems.push(...(await judgeStored(server.blobsDir, recording, { damagedTail: true })).problems)
    }
    sum.problems.push(...(await judgeCatalog(server)))
    await sender.kill()
    await server.stop()
    return sum
  } finally {
    endProcessesIn(scene.folder)
    scene.close()
  }
}
