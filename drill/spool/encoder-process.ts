import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { killNow, type Scene } from '../scene.ts'
import { repositoryRoot } from '../server-process.ts'
import type { EncoderJob, EncoderMessage, EncoderStand } from './encoder-main.ts'

export interface EncoderProcess {
  readonly pid: number
  /** All that it told, oldest first. */
  readonly stands: readonly EncoderStand[]
  /** @throws Error when it ended, or after `withinMs` */
  until(what: string, holds: (stand: EncoderStand) => boolean, withinMs: number): Promise<EncoderStand>
  /** Ends the event; the path of its certificate. */
  finish(withinMs: number): Promise<string>
}

/** `before`: a program, and its arguments, that starts it with its own ffmpeg in some other way. */
export async function openEncoderProcess(
  scene: Scene,
  job: EncoderJob,
  before: readonly string[] = [],
): Promise<EncoderProcess> {
  const logPath = join(scene.folder, 'encoder.log')
  const log = createWriteStream(logPath, { flags: 'a' })
  await once(log, 'open')
  const program = join(repositoryRoot, 'drill/spool/encoder-main.ts')
  const [command, ...args] = [...before, process.execPath, program, JSON.stringify(job)]
  const child: ChildProcess = spawn(command!, args, {
    cwd: scene.folder,
    stdio: ['ignore', log, log, 'ipc'],
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: join(scene.folder, 'compile-cache') },
  })
  scene.onEnd(() => killNow(child.pid))
  const stands: EncoderStand[] = []
  let certificate: string | null = null
  let failure: string | null = null
  child.on('message', (message: EncoderMessage) => {
    if (message.type === 'stand') stands.push(message.stand)
    else if (message.type === 'done') certificate = message.certificate
    else failure = message.why
  })

  async function waitFor<Value>(what: string, look: () => Value | null, withinMs: number): Promise<Value> {
    const until = performance.now() + withinMs
    for (;;) {
      const found = look()
      if (found !== null) return found
      if (failure !== null) throw new Error(`the encoder failed before ${what}: ${failure}`)
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`the encoder ended before ${what}: ${readFileSync(logPath, 'utf8').slice(-1000)}`)
      }
      if (performance.now() > until) {
        throw new Error(`not ${what} within ${withinMs} ms; last ${JSON.stringify(stands.at(-1) ?? null)}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  return {
    pid: child.pid!,
    stands,
    until(what, holds, withinMs) {
      return waitFor(
        what,
        () => {
          const last = stands.at(-1)
          return last !== undefined && holds(last) ? last : null
        },
        withinMs,
      )
    },
    async finish(withinMs) {
      child.send('finish')
      const path = await waitFor('delivered', () => certificate, withinMs)
      if (child.exitCode === null) await once(child, 'exit')
      return path
    },
  }
}
