// A spool without room while the server is away: by its own limit, and by the end of its disk, for its files and for SQLite.
// The recording goes on, what was lost is told with its times, and what was listed arrives.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { newRecordingId } from '../../packages/server/src/catalog/identifiers.ts'
import { emptyReport, type Fault, type FaultContext, type FaultReport } from '../fault.ts'
import { diskPrograms, emptyDisk, fillDisk, fillToTheBrim, makeExt4 } from '../loop-disk.ts'
import { type ServerProcess, serverKey, startServer } from '../server-process.ts'
import { type CutProxy, openCutProxy } from './cut-proxy.ts'
import { type EncoderProcess, openEncoderProcess } from './encoder-process.ts'
import { judgeDelivered, judgeHoles, judgeWaiting } from './spool-oracle.ts'

const mebibyte = 1024 * 1024
const patienceMs = 60_000

type Scenery = { server: ServerProcess; proxy: CutProxy; encoder: EncoderProcess; folder: string; id: string }

async function openScenery(context: FaultContext, folder: string, spoolBytes: number): Promise<Scenery> {
  const { scene } = context
  const server = await startServer(context)
  const proxy = await openCutProxy(scene, server.url)
  const id = newRecordingId()
  const encoder = await openEncoderProcess(scene, {
    ...{ folder, key: serverKey, spoolBytes, source: 'test:?size=320x180&rate=25', rendition: '320x180@800k' },
    head: { id, title: 'Full', server: proxy.url, segmentMs: 1000, epochMs: Date.now() },
  })
  await encoder.until('delivering', ({ counts }) => counts.delivered >= 4, patienceMs)
  return { server, proxy, encoder, folder, id }
}

/** After the last trial: the event ends, and all of what was listed is there. */
async function settle(scenery: Scenery, report: FaultReport): Promise<void> {
  const { server, encoder, folder, id } = scenery
  const certificate = await encoder.finish(120_000)
  const { problems, files, gaps } = await judgeDelivered(folder, certificate, { url: server.url, id, key: serverKey })
  const { problems: holes, lostMs } = await judgeHoles(folder)
  report.problems.push(...problems, ...holes)
  const { lost, segments, dropped } = encoder.stands.at(-1)!
  if (gaps < report.trials) report.problems.push(`${gaps} gaps are listed after ${report.trials} times without room`)
  if (dropped > 0) report.problems.push(`${dropped} pictures were dropped by the encoder`)
  const { state } = await server.client.recording(id)
  if (state !== 'published') report.problems.push(`the recording is ${state}`)
  const errors = [...new Set(encoder.stands.flatMap(({ warning }) => warning?.replace(/\d+ %/, 'N %') ?? []))]
  const told = `${lost} segments lost in ${gaps} gaps of ${Math.round(lostMs / 1000)} s`
  report.note = `${files} files certified with ${segments} segments, ${told}; it warned: ${errors.join('; ')}`
  await server.stop()
}

/** Until `more` segments were lost. */
async function untilLost({ encoder }: Scenery, more: number): Promise<void> {
  const before = encoder.stands.at(-1)!.lost
  await encoder.until(`${more} more segments lost`, ({ lost }) => lost >= before + more, patienceMs)
}

/** Until segments are kept again, and nothing much waits. */
async function untilWell({ encoder }: Scenery): Promise<void> {
  const before = encoder.stands.at(-1)!.segments
  await encoder.until('well again', ({ counts, segments }) => segments > before + 2 && counts.pending < 6, patienceMs)
}

export const fullSpool: Fault = {
  name: "full spool, by the spool's own limit",
  async run(context) {
    const report = emptyReport()
    const spoolBytes = 512 * 1024
    const scenery = await openScenery(context, join(context.scene.folder, 'spool'), spoolBytes)
    const { proxy, encoder, folder } = scenery
    for (; report.trials < (context.scale === 'full' ? 4 : 1); report.trials++) {
      proxy.become(context.random.chance(0.5) ? 'silent' : 'reset')
      await untilLost(scenery, context.scale === 'full' ? 6 : 2)
      const { heldBytes, pendingBytes } = encoder.stands.at(-1)!.counts
      if (heldBytes > spoolBytes) report.problems.push(`${heldBytes} bytes are held, ${spoolBytes} allowed`)
      report.acknowledgedBytes = Math.max(report.acknowledgedBytes, pendingBytes)
      report.problems.push(...(await judgeWaiting(folder)))
      proxy.become('open')
      await untilWell(scenery)
    }
    await settle(scenery, report)
    return report
  },
}

export const fullDiskOfEncoder: Fault = {
  name: 'full disk of the encoder',
  needsRoot: true,
  programs: diskPrograms,
  async run(context) {
    const report = emptyReport()
    const disk = makeExt4(context.scene, context.scene.folder, 64)
    const scenery = await openScenery(context, join(disk.path, 'spool'), 1e9)
    const { proxy, encoder, folder } = scenery
    for (; report.trials < 3; report.trials++) {
      proxy.become('reset')
      // What the encoder leaves to its database, and a little more.
      fillDisk(disk.path, 10 * mebibyte)
      await untilLost(scenery, 2)
      report.problems.push(...(await judgeWaiting(folder)))
      fillToTheBrim(disk.path)
      await untilLost(scenery, 4)
      report.problems.push(...(await judgeWaiting(folder)))
      report.acknowledgedBytes = Math.max(report.acknowledgedBytes, encoder.stands.at(-1)!.counts.pendingBytes)
      // The server is back before there is room: what it proves can't be written down, perhaps.
      proxy.become('open')
      await sleep(3000)
      emptyDisk(disk.path)
      await untilWell(scenery)
    }
    // At last the event ends on a full disk, and its end waits for room.
    proxy.become('reset')
    fillDisk(disk.path, 0)
    await untilLost(scenery, 1)
    const settling = settle(scenery, report)
    await sleep(3000)
    emptyDisk(disk.path)
    proxy.become('open')
    await settling
    return report
  },
}
