import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { killNow, type Scene } from '../scene.ts'
import { repositoryRoot } from '../server-process.ts'
import type { EncoderJob, EncoderReport } from './encoder-main.ts'
import type { NetworkLab } from './network-lab.ts'

type Progress = Extract<EncoderReport, { type: 'progress' }>

/** The encoder's process in its namespace; what it said is kept over all of its lives. */
export interface EncoderProcess {
  readonly pid: number | undefined
  /** Digests of the files that it called listed, by name. */
  readonly listed: ReadonlyMap<string, string>
  readonly progress: Progress
  /** Bytes that its lives until now handed to connections, as they last said. */
  readonly bytesSent: number
  readonly lastErrors: ReadonlySet<string>
  /** The certificate's path. @throws Error when it failed, or took longer */
  done(ms: number): Promise<string>
  /** Settles when more files are delivered than when called; how long that took, ms. @throws Error after `ms` */
  nextDelivery(ms: number): Promise<number>
  kill(): Promise<void>
  start(): void
}

const none: Progress = { type: 'progress', delivered: 0, pending: 0, bytesSent: 0, retransmitted: 0, lastError: null }

export function openEncoderProcess(scene: Scene, lab: NetworkLab, job: EncoderJob): EncoderProcess {
  const listed = new Map<string, string>()
  const lastErrors = new Set<string>()
  let child: ChildProcess
  let progress = none
  let sentBefore = 0
  let certificate: string | null = null
  let failure: Error | null = null

  function hear(report: EncoderReport): void {
    if (report.type === 'listed') listed.set(report.name, report.digest)
    else if (report.type === 'progress') {
      progress = report
      if (report.lastError !== null) lastErrors.add(report.lastError)
    } else if (report.type === 'done') certificate = report.certificate
    else failure = new Error(`the encoder failed: ${report.message}`)
  }

  function start(): void {
    const [program, ...args] = [...lab.inside('enc'), process.execPath]
    child = spawn(program!, [...args, join(repositoryRoot, 'drill/delivery/encoder-main.ts')], {
      cwd: scene.folder,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: join(scene.folder, 'compile-cache') },
    })
    child.on('message', hear)
    child.on('error', () => {})
    child.send(job)
  }

  async function until<Value>(ms: number, ready: () => Value | undefined, what: string): Promise<Value> {
    const end = performance.now() + ms
    for (;;) {
      const value = ready()
      if (value !== undefined) return value
      if (failure !== null) throw failure
      if (performance.now() > end) {
        const { delivered, pending } = progress
        const why = [...lastErrors].at(-1) ?? 'no error'
        throw new Error(`${what} within ${ms} ms: ${delivered} delivered, ${pending} pending, last: ${why}`)
      }
      await sleep(20)
    }
  }

  scene.onEnd(() => killNow(child.pid))
  start()
  return {
    listed,
    lastErrors,
    get pid() {
      return child.pid
    },
    get progress() {
      return progress
    },
    get bytesSent() {
      return sentBefore + progress.bytesSent
    },
    done: (ms) => until(ms, () => certificate ?? undefined, 'not certified'),
    async nextDelivery(ms) {
      const { delivered } = progress
      const from = performance.now()
      await until(ms, () => (progress.delivered > delivered ? true : undefined), 'nothing was delivered')
      return performance.now() - from
    },
    async kill() {
      killNow(child.pid)
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      sentBefore += progress.bytesSent
      progress = { ...progress, bytesSent: 0, retransmitted: 0 }
    },
    start,
  }
}
