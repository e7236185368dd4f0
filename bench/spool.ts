// npm run bench -- spool: a day of an event, 43,200 segments of two seconds, through an encoder's queue as fast as it goes; what
// the queue's operations take and the two processes hold at each tenth, and how soon it goes on with 40,000 waiting.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DeliveryCertificate } from '@rushes/protocol'
import { newRecordingId } from '../packages/server/src/catalog/identifiers.ts'
import { figure, spread, table } from './figures.ts'
import { ownerKey, residentBytes, type ServerProcess, startServerProcess } from './server-process.ts'
import type { EncoderJob, EncoderReport, Tenth } from './spool-encoder.ts'

const daySegments = 43_200
const waitingSegments = 40_000

/** `--segments=N`, `--waiting=N`, `--audio` (two files a segment); `--only=day` or `--only=restart`. */
export async function benchSpool(args: readonly string[]): Promise<string> {
  const value = (name: string): string | undefined =>
    args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3)
  const kinds: EncoderJob['kinds'] = args.includes('--audio') ? ['video', 'audio'] : ['video']
  const only = value('only')
  const parts: string[] = []
  if (only !== 'restart') parts.push(await day(Number(value('segments') ?? daySegments), kinds))
  if (only !== 'day') parts.push(await restart(Number(value('waiting') ?? waitingSegments), kinds))
  return parts.join('\n\n')
}

async function day(segments: number, kinds: EncoderJob['kinds']): Promise<string> {
  return inFolder(async (folder) => {
    const server = await startServerProcess(join(folder, 'data'))
    const memory: number[] = []
    try {
      const job = newJob(folder, server.url, { segments, kinds, delivers: true, ends: true, spoolBytes: 64e6 })
      const { tenths, done } = await runEncoder(job, () => void memory.push(residentBytes(server.pid)))
      const certificate = JSON.parse(readFileSync(done.certificate!, 'utf8')) as DeliveryCertificate
      return [
        `${segments} segments of ${kinds.join(' and ')} listed, delivered, proved and certified (${certificate.files.length} files)`,
        '',
        table(
          ['segments', 'files/s', 'encoder MB', 'server MB', 'handles', 'threads', 'WAL MB', ...timeHeads],
          tenths.map((tenth, index) => [
            ...[tenth.segments, rateOf(tenth, tenths[index - 1], kinds.length)],
            ...[megabytes(tenth.residentBytes), megabytes(memory[index]!), tenth.handles, tenth.threads],
            ...[megabytes(tenth.logBytes), ...timeCells(tenth)],
          ]),
        ),
        '',
        `From the last tenth to the certificate: ${figure(done.certifiedMs / 1000)} s`,
      ].join('\n')
    } finally {
      await server.stop()
    }
  })
}

/** With the server away until all waits; then three starts, each killed as soon as a worker has its first file. */
async function restart(segments: number, kinds: EncoderJob['kinds']): Promise<string> {
  return inFolder(async (folder) => {
    const server: ServerProcess = await startServerProcess(join(folder, 'data'))
    try {
      const job = newJob(folder, server.url, { segments, kinds, delivers: false, ends: false, spoolBytes: 1e12 })
      const { tenths } = await runEncoder(job)
      const starts: Extract<EncoderReport, { type: 'opened' }>[] = []
      while (starts.length < 5) starts.push(await openAgain({ ...job, delivers: true }))
      return [
        `${tenths.at(-1)!.waiting} files waiting: the queue while they are listed`,
        '',
        table(
          ['segments', 'files/s', 'encoder MB', 'waiting', 'WAL MB', ...timeHeads],
          tenths.map((tenth, index) => [
            ...[tenth.segments, rateOf(tenth, tenths[index - 1], kinds.length), megabytes(tenth.residentBytes)],
            ...[tenth.waiting, megabytes(tenth.logBytes), ...timeCells(tenth)],
          ]),
        ),
        '',
        table(
          ['restart', 'spool open ms', 'ready to record ms', 'first file with a worker ms'],
          starts.map(({ openMs, listingMs, firstMs }, index) => [
            index + 1,
            figure(openMs),
            figure(listingMs),
            figure(firstMs),
          ]),
        ),
      ].join('\n')
    } finally {
      await server.stop()
    }
  })
}

async function inFolder(work: (folder: string) => Promise<string>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'rushes-bench-spool-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function newJob(
  folder: string,
  server: string,
  job: Pick<EncoderJob, 'segments' | 'kinds' | 'delivers' | 'ends' | 'spoolBytes'>,
): EncoderJob {
  const head = { id: newRecordingId(), title: 'A day', server, segmentMs: 2000, epochMs: 1_800_000_000_000 }
  return { ...job, folder: join(folder, 'spool'), head, key: ownerKey, mostWaiting: 200 }
}

async function runEncoder(
  job: EncoderJob,
  onTenth: () => void = () => {},
): Promise<{ tenths: Tenth[]; done: Extract<EncoderReport, { type: 'done' }> }> {
  const tenths: Tenth[] = []
  let done: Extract<EncoderReport, { type: 'done' }> | undefined
  const child = startEncoder(job, (report) => {
    if (report.type === 'done') done = report
    if (report.type !== 'tenth') return
    tenths.push(report.tenth)
    onTenth()
    const { segments, seconds, waiting } = report.tenth
    console.error(`${segments} segments, the last tenth in ${figure(seconds)} s, ${waiting} files waiting`)
  })
  // What it said last may come after its exit.
  await Promise.all([once(child, 'exit'), once(child, 'disconnect')])
  if (done === undefined) throw new Error(`the encoder ended with ${child.exitCode ?? child.signalCode}`)
  return { tenths, done }
}

async function openAgain(job: EncoderJob): Promise<Extract<EncoderReport, { type: 'opened' }>> {
  const opened = Promise.withResolvers<Extract<EncoderReport, { type: 'opened' }>>()
  const child = startEncoder(job, (report) => {
    if (report.type === 'opened') opened.resolve(report)
  })
  child.once('exit', () => opened.reject(new Error('the encoder ended before it had sent anything')))
  const report = await opened.promise
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  return report
}

function startEncoder(job: EncoderJob, onReport: (report: EncoderReport) => void): ChildProcess {
  const program = join(import.meta.dirname, 'spool-encoder.ts')
  const child = spawn(process.execPath, [program, JSON.stringify(job)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  child.on('message', onReport)
  process.once('exit', () => child.kill('SIGKILL'))
  return child
}

const shown = ['list', 'pending', 'markDelivered', 'counts'] as const
const timeHeads = shown.map((name) => `${name} ms: median, p99`)
const timeCells = ({ times }: Tenth): string[] =>
  shown.map((name) => {
    const { median, p99 } = spread(times[name] ?? [])
    return `${figure(median)}, ${figure(p99)}`
  })

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)

function rateOf(tenth: Tenth, before: Tenth | undefined, filesEach: number): string {
  return figure(((tenth.segments - (before?.segments ?? 0)) * filesEach) / tenth.seconds)
}
