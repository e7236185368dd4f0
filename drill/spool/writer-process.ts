import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { killNow, type Scene } from '../scene.ts'
import { repositoryRoot } from '../server-process.ts'
import type { WriterJob, WriterReport } from './spool-writer.ts'

/** A process that fills a spool and delivers it; killed, it is started again on whatever is left. */
export interface WriterProcess {
  readonly pid: number | undefined
  /** Resolves when the spool is open. @throws Error where it can't be opened */
  start(job: WriterJob): Promise<void>
  /** kill -9. */
  kill(): Promise<void>
  /** Ends the event; the path of the certificate when all is delivered. */
  finish(withinMs: number): Promise<string>
}

export async function openWriterProcess(scene: Scene): Promise<WriterProcess> {
  const logPath = join(scene.folder, 'writer.log')
  const log = createWriteStream(logPath, { flags: 'a' })
  await once(log, 'open')
  let child: ChildProcess | null = null
  let reports: WriterReport[] = []
  scene.onEnd(() => killNow(child?.pid))

  async function reported<State extends WriterReport['state']>(
    state: State,
    withinMs: number,
  ): Promise<Extract<WriterReport, { state: State }>> {
    const until = performance.now() + withinMs
    for (;;) {
      const failed = reports.find((each) => each.state === 'failed')
      if (failed !== undefined) throw new Error(`the encoder failed: ${failed.why}`)
      const found = reports.find((each): each is Extract<WriterReport, { state: State }> => each.state === state)
      if (found !== undefined) return found
      if (child?.exitCode !== null || child.signalCode !== null) {
        const said = readFileSync(logPath, 'utf8').slice(-800)
        throw new Error(`the encoder ended with ${child?.exitCode ?? child?.signalCode}: ${said}`)
      }
      if (performance.now() > until) {
        const last = JSON.stringify(reports.findLast((each) => each.state === 'going') ?? null)
        throw new Error(`the encoder did not say ${state} within ${withinMs} ms; last ${last}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  return {
    get pid() {
      return child?.pid
    },
    async start(job) {
      reports = []
      child = spawn(process.execPath, [join(repositoryRoot, 'drill/spool/spool-writer.ts'), JSON.stringify(job)], {
        cwd: scene.folder,
        stdio: ['ignore', log, log, 'ipc'],
        env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: join(scene.folder, 'compile-cache') },
      })
      child.on('message', (message: WriterReport) => reports.push(message))
      child.on('error', () => {}) // a process that was just killed
      await reported('open', 60_000)
    },
    async kill() {
      const victim = child
      if (victim === null) return
      killNow(victim.pid)
      if (victim.exitCode === null && victim.signalCode === null) await once(victim, 'exit')
    },
    async finish(withinMs) {
      child!.send('end')
      const done = await reported('done', withinMs)
      if (child!.exitCode === null) await once(child!, 'exit')
      return done.certificate
    },
  }
}
