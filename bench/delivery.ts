// npm run bench -- delivery: the same segments over the same bad link, by Rushes' encoder and by tus-js-client to @tus/server:
// 20 Mbit/s, 20 ms and jitter each way, 2 % of the packets lost, and an outage of 10 s. Root only, for the network's sake.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { judgeDelivery } from '../drill/delivery/judge.ts'
import { whyNoLab } from '../drill/delivery/network-lab.ts'
import { openRelay, type RelayProcess } from '../drill/delivery/relay-process.ts'
import { openSegmentSource } from '../drill/delivery/segment-source.ts'
import { openSite, type Site } from '../drill/delivery/site.ts'
import { randomSource } from '../drill/random-source.ts'
import { killNow, openScene, type Scene } from '../drill/scene.ts'
import { makeDataTemplate } from '../drill/server-process.ts'
import { type ProgressLine, plotProgress } from './delivery-plot.ts'
import { figure, table } from './figures.ts'

const link = { delayMs: 20, jitterMs: 10, rate: 20e6 }
const loss = 0.02
const outage = { fromSeconds: 5, seconds: 10 }
const connections = 4
const tusPort = 1080
const patienceSeconds = 300

type Sent = ProgressLine & { seconds: number | null; bytesSent: number; wrong: number; lost: number }

export async function benchDelivery(args: readonly string[]): Promise<string> {
  const why = whyNoLab()
  if (why !== null) throw new Error(why)
  const segments = args.includes('--short') ? 10 : 30
  const scene = openScene()
  try {
    const context = {
      ...{ scene, media: [], scale: 'full' as const, random: randomSource(1), say: () => {} },
      template: () => makeDataTemplate(scene),
    }
    const site = await openSite(context, link)
    const files = makeFiles(join(scene.folder, 'segments'), segments)
    const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0)
    const sent = [await sendByRushes(site, segments), await sendByTus(scene, site, files)]
    await site.server.stop()
    writeFileSync(picturePath, await plotProgress(sent, files.length, outage))
    const rows = sent.map(({ name, seconds, bytesSent, wrong, lost }) => {
      const time = seconds === null ? `not within ${patienceSeconds}` : figure(seconds)
      return [name, time, figure(bytesSent / 1e6), (bytesSent / bytes).toFixed(3), wrong, lost]
    })
    return [
      `${files.length} files, ${figure(bytes / 1e6)} MB, ${connections} connections, over ${link.rate / 1e6} Mbit/s, ${link.delayMs} to ${link.delayMs + link.jitterMs} ms each way, ${loss * 100} % of the packets lost, cut off from second ${outage.fromSeconds} to ${outage.fromSeconds + outage.seconds}`,
      '',
      table(['sent by', 'complete after, s', 'MB sent', 'of the files', 'files wrong', 'files lost'], rows),
    ].join('\n')
  } finally {
    scene.close()
  }
}

const picturePath = join(import.meta.dirname, '..', 'docs', 'pictures', 'delivery-beside-tus.svg')

type MadeFile = { name: string; bytes: Buffer }

/** The files that the encoder lists, in a folder for the peer. */
function makeFiles(folder: string, segments: number): MadeFile[] {
  mkdirSync(folder)
  const source = openSegmentSource('large')
  const files: MadeFile[] = []
  for (let number = 0; number < source.entriesOf(segments) - 1; number++) {
    const { entry, bytes } = source.entryAt(number, segments, 0)
    const file = entry.type === 'segment' ? entry.file : entry.type === 'representation' ? entry.init : null
    if (file === null || bytes === null) continue
    writeFileSync(join(folder, file.name), bytes)
    files.push({ name: file.name, bytes })
  }
  return files
}

/** Runs `finished` over the bad link; how many files are complete, four times a second. */
async function overBadLink(
  site: Site,
  complete: () => number,
  finished: Promise<unknown>,
): Promise<{ points: ProgressLine['points']; seconds: number | null }> {
  const points: ProgressLine['points'] = []
  const from = performance.now()
  const elapsed = (): number => (performance.now() - from) / 1000
  const sampling = setInterval(() => points.push({ seconds: elapsed(), files: complete() }), 250)
  const timers = [
    setTimeout(() => site.lab.setRules({ down: true }), outage.fromSeconds * 1000),
    setTimeout(() => site.lab.setRules({ loss }), (outage.fromSeconds + outage.seconds) * 1000),
  ]
  site.lab.setRules({ loss })
  try {
    const done = await Promise.race([finished.then(() => true), sleep(patienceSeconds * 1000, false, { ref: false })])
    const seconds = elapsed()
    points.push({ seconds, files: complete() })
    return { points, seconds: done ? seconds : null }
  } finally {
    clearInterval(sampling)
    for (const timer of timers) clearTimeout(timer)
    site.lab.setRules({})
  }
}

async function sendByRushes(site: Site, segments: number): Promise<Sent> {
  // The peer's files lie there, too, before the clock runs.
  site.lab.setRules({ down: true })
  const encoder = site.encode({
    ...{ segments, clip: 'large', intervalMs: 0, startAt: Date.now() - 3_600_000 },
    workers: { least: connections, most: connections },
  })
  while (encoder.listed.size < 2 * (segments + 1)) await sleep(50)
  const finished = encoder.done(patienceSeconds * 1000)
  finished.catch(() => {})
  const { points, seconds } = await overBadLink(site, () => encoder.progress.delivered, finished)
  const { up } = await site.relay.count(site.lab.addresses.midForEnc)
  const verdict = await judgeDelivery(site, { folder: encoder.job.folder, listed: encoder.listed })
  const { problems } = verdict
  const wrong = problems.filter((problem) => problem.includes('at the server')).length
  return {
    name: 'Rushes',
    points,
    seconds,
    bytesSent: Math.max(up, encoder.bytesSent),
    wrong,
    lost: problems.length - wrong,
  }
}

async function sendByTus(scene: Scene, site: Site, files: readonly MadeFile[]): Promise<Sent> {
  const folder = join(scene.folder, 'tus')
  mkdirSync(folder)
  const serverMain = join(import.meta.dirname, 'tus-server.ts')
  const server = start(scene, [
    ...site.lab.inside('srv'),
    process.execPath,
    serverMain,
    folder,
    '0.0.0.0',
    `${tusPort}`,
  ])
  await server.line
  const to = { host: site.lab.addresses.srv, port: tusPort }
  const relay: RelayProcess = await openRelay(scene, site.lab, { port: 7072, to, ...link })
  const endpoint = `http://${site.lab.addresses.midForEnc}:${relay.port}/files`
  const senderMain = join(import.meta.dirname, 'tus-sender.ts')
  const from = join(scene.folder, 'segments')
  const command = [...site.lab.inside('enc'), process.execPath, senderMain, endpoint, from, `${connections}`]
  const sender = start(scene, command)
  const reports = (): { name: string; url: string | null; error: string | null }[] =>
    sender.lines.map((line) => JSON.parse(line))
  const complete = (): number => reports().filter(({ error }) => error === null).length
  const { points, seconds } = await overBadLink(site, complete, sender.ended)
  const { up } = await relay.count(site.lab.addresses.midForEnc)
  let [wrong, lost] = [0, 0]
  for (const { name, bytes } of files) {
    const report = reports().find((each) => each.name === name)
    if (report === undefined || report.error !== null || report.url === null) lost++
    else if (digest(readFileSync(join(folder, basename(new URL(report.url).pathname)))) !== digest(bytes)) wrong++
  }
  sender.end()
  server.end()
  return { name: 'tus-js-client, @tus/server', points, seconds: lost > 0 ? null : seconds, bytesSent: up, wrong, lost }
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** A program, and the lines that it prints. */
function start(scene: Scene, [program, ...args]: readonly string[]) {
  const child = spawn(program!, args, { cwd: scene.folder, stdio: ['ignore', 'pipe', 'inherit'] })
  scene.onEnd(() => killNow(child.pid))
  const lines: string[] = []
  const first = Promise.withResolvers<void>()
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop()!
    lines.push(...parts)
    if (lines.length > 0) first.resolve()
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  return { lines, line: first.promise, ended, end: () => killNow(child.pid) }
}
