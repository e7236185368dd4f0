// The network is dead for as long as it likes, and the spool lies on the disk that everything else uses: what is recorded has
// every picture. 720p at 30 pictures a second, on one core for the encoder and its ffmpeg together.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readSpool } from '@rushes/encoder'
import { readFragment, readInit } from '@rushes/media'
import { newRecordingId } from '../../packages/server/src/catalog/identifiers.ts'
import { emptyReport, type Fault } from '../fault.ts'
import { serverKey, startServer } from '../server-process.ts'
import { openCutProxy } from './cut-proxy.ts'
import { openEncoderProcess } from './encoder-process.ts'
import { judgeDelivered, judgeHoles, judgeWaiting } from './spool-oracle.ts'

const rate = 30
/** Of one kind of death, before the other comes. */
const kindMs = 20_000

export const deadNetwork: Fault = {
  name: 'dead network while a source is recorded',
  programs: ['taskset'],
  async run(context) {
    const { scene, scale } = context
    const report = emptyReport()
    const deadMs = scale === 'full' ? 600_000 : 10_000
    const server = await startServer(context)
    const proxy = await openCutProxy(scene, server.url)
    const id = newRecordingId()
    const folder = join(scene.folder, 'spool')
    const encoder = await openEncoderProcess(
      scene,
      {
        ...{
          folder,
          key: serverKey,
          spoolBytes: 4e9,
          source: 'test:?size=1280x720&rate=30',
          rendition: '1280x720@2500k',
        },
        head: { id, title: 'Dead', server: proxy.url, segmentMs: 2000, epochMs: Date.now() },
      },
      [...(scale === 'full' ? servedFirst() : []), 'taskset', '-c', firstCore()],
    )
    await encoder.until('delivering', ({ counts }) => counts.delivered >= 3, 60_000)
    const began = { at: performance.now(), cpu: cpuSecondsOf(encoder.pid), media: await recorded(folder) }
    const until = began.at + deadMs
    for (let kind = 0; performance.now() < until; kind++) {
      proxy.become(kind % 2 === 0 ? 'silent' : 'reset')
      await sleep(Math.max(0, Math.min(kindMs, until - performance.now())))
    }
    const seconds = (performance.now() - began.at) / 1000
    const cpu = cpuSecondsOf(encoder.pid) - began.cpu
    const { counts, speed } = encoder.stands.at(-1)!
    report.problems.push(...(await judgeWaiting(folder)))
    const media = await recorded(folder)
    proxy.become('open')
    const certificate = await encoder.finish(180_000)
    report.problems.push(
      ...(await judgeDelivered(folder, certificate, { url: server.url, id, key: serverKey })).problems,
    )
    const whole = await recorded(folder)
    const { problems: holes, lostMs } = await judgeHoles(folder)
    report.problems.push(...holes)
    const { dropped, lost } = encoder.stands.at(-1)!
    if (dropped > 0) report.problems.push(`${dropped} pictures were dropped`)
    if (lost + whole.gaps > 0 || lostMs > 0)
      report.problems.push(`${lost} segments lost, ${whole.gaps} gaps, ${lostMs} ms`)
    if (whole.frames !== Math.round(whole.seconds * rate)) {
      report.problems.push(`${whole.frames} pictures in ${whole.seconds} s of segments`)
    }
    // A machine with other work makes the short form slow, which is no fault of the network's.
    const pace = (media.seconds - began.media.seconds) / seconds
    if (scale === 'full' && pace < 1 - 3 / seconds) report.problems.push(`${pace.toFixed(3)} s recorded a second`)
    report.trials = 1
    report.acknowledgedBytes = counts.pendingBytes
    report.note =
      `${Math.round(seconds)} s dead, ${counts.pending} files waited; ${whole.frames} pictures in ${whole.seconds.toFixed(2)} s, ` +
      `${dropped} dropped, pace ${pace.toFixed(3)}, ffmpeg's speed ${speed}, ${(cpu / seconds).toFixed(2)} of a core`
    await server.stop()
    return report
  },
}

function firstCore(): string {
  return /^Cpus_allowed_list:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
}

/**
 * Where the system lets us: before all else on its core, so that the network's death is measured and not what else the machine
 * does. Niceness would not do: it counts within a session, and sessions share a core evenly (sched(7), autogroup).
 */
function servedFirst(): string[] {
  const before = ['chrt', '--rr', '1']
  return spawnSync(before[0]!, [...before.slice(1), 'true']).status === 0 ? before : []
}

/** What the spool has of the picture: segments' length, and the pictures in them, counted in the files. */
async function recorded(folder: string): Promise<{ seconds: number; frames: number; gaps: number }> {
  const spool = await readSpool(folder)
  const entries = spool.entries(0, 1_000_000)
  spool.close()
  const init = readInit(readFileSync(join(folder, 'files', 'main-v1-init.mp4')))
  let [seconds, frames] = [0, 0]
  for (const entry of entries) {
    if (entry.type !== 'segment' || entry.representation !== 'main-v1') continue
    const [summary] = readFragment(readFileSync(join(folder, 'files', entry.file.name)), init)
    seconds += entry.duration / init.tracks[0]!.timescale
    frames += summary!.samples
  }
  return { seconds, frames, gaps: entries.filter(({ type }) => type === 'gap').length }
}

/** Of a process and those that it started (proc(5), /proc/PID/stat). */
function cpuSecondsOf(pid: number): number {
  let ticks = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')
      if (Number(name) === pid || Number(fields[1]) === pid) ticks += Number(fields[11]) + Number(fields[12])
    } catch {
      // Gone meanwhile.
    }
  }
  return ticks / 100
}
