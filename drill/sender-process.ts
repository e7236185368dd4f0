import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { join } from 'node:path'
import { killNow, type Scene } from './scene.ts'
import type { SenderJob, SenderReport } from './sender-main.ts'
import { repositoryRoot } from './server-process.ts'

/** A process that sends recordings; it can be killed and started again, and takes up its spools then. */
export interface SenderProcess {
  readonly pid: number | undefined
  send(job: SenderJob): void
  /** Every report since the start of the drill. */
  readonly reports: SenderReport[]
  onReport(listener: (report: SenderReport) => void): void
  /** kill -9; the jobs that are not done are taken up again. */
  killAndRestart(): Promise<void>
  kill(): Promise<void>
}

export function openSenderProcess(scene: Scene): SenderProcess {
  const jobs = new Map<string, SenderJob>()
  const reports: SenderReport[] = []
  const events = new EventEmitter()
  let child: ChildProcess

  function launch(): void {
    child = spawn(process.execPath, [join(repositoryRoot, 'drill', 'sender-main.ts')], {
      cwd: scene.folder,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: join(scene.folder, 'compile-cache') },
    })
    child.on('message', (report: SenderReport) => {
      reports.push(report)
      if (report.state === 'published') jobs.delete(report.id)
      events.emit('report', report)
    })
    child.on('error', () => {}) // sending to a process that was just killed
    for (const job of jobs.values()) child.send(job)
  }

  async function kill(): Promise<void> {
    killNow(child.pid)
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }

  scene.onEnd(() => killNow(child.pid))
  launch()
  return {
    reports,
    get pid() {
      return child.pid
    },
    send(job) {
      jobs.set(job.id, job)
      child.send(job)
    },
    onReport: (listener) => void events.on('report', listener),
    async killAndRestart() {
      await kill()
      launch()
    },
    kill,
  }
}
