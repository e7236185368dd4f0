import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../log.ts'
import { StoreError } from '../store-error.ts'
import type { Binaries } from './binaries.ts'
import { clusterArgument, clusterEnvironment } from './cluster.ts'
import { clearLeftovers } from './leftovers.ts'
import type { PostgresUser } from './postgres-user.ts'

/**
 * starting ──ready──▶ ready ──postmaster dies──▶ restarting ──ready──▶ ready
 *    └──dies──▶ stopped            stop() from any state ──▶ stopped
 */
export type PostgresState =
  | { state: 'starting' }
  | { state: 'ready'; pid: number; restarts: number }
  | { state: 'restarting'; attempt: number; lastProblem: string }
  | { state: 'stopped' }

export type PostgresOptions = {
  clusterDir: string
  binaries: Binaries
  user: PostgresUser
  settings: Readonly<Record<string, string>>
  log: Log
}

/** Waits before the n-th restart in a row, in ms: at once, then with patience, for a full disk needs time. */
const restartDelays = [0, 100, 250, 500, 1000, 2000, 5000]
/** A Postgres that lived this long died of something new. */
const soundAfterMs = 30_000

/** Starts a postmaster as our child, starts it again whenever it dies, and takes it along when we end. */
export class PostgresSupervisor {
  state: PostgresState = { state: 'stopped' }
  readonly #options: PostgresOptions
  #child: ChildProcess | undefined
  #stopping: AbortController | undefined
  #restarting: Promise<void> | undefined
  #restarts = 0
  /** When Node ends without close(), for example by process.exit: SIGINT asks for a fast, clean shutdown. */
  readonly #onExit = (): void => {
    this.#child?.kill('SIGINT')
  }

  constructor(options: PostgresOptions) {
    this.#options = options
  }

  /** @throws StoreError `database-start-failed` */
  async start(): Promise<void> {
    this.#stopping = new AbortController()
    this.state = { state: 'starting' }
    process.on('exit', this.#onExit)
    try {
      await this.#run()
    } catch (error) {
      process.off('exit', this.#onExit)
      this.state = { state: 'stopped' }
      throw error
    }
  }

  /** Ends Postgres and waits until it is gone. */
  async stop(): Promise<void> {
    this.#stopping?.abort()
    if (this.#child) await endChild(this.#child)
    await this.#restarting
    process.off('exit', this.#onExit)
    // Backends of a postmaster that had to be killed.
    await clearLeftovers(this.#options.clusterDir, this.#options.log)
    this.state = { state: 'stopped' }
  }

  async #run(): Promise<void> {
    const { clusterDir, binaries, user, settings, log } = this.#options
    await clearLeftovers(clusterDir, log)
    if (this.#stopping?.signal.aborted) throw startFailed('was stopped while it started')
    const child = spawn(
      binaries.postgres,
      [
        '-D',
        clusterArgument(clusterDir),
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      {
        ...user.spawn,
        cwd: clusterDir,
        env: clusterEnvironment(),
        stdio: ['ignore', 'ignore', 'pipe'],
        // A session of its own: ^C in the terminal goes to us alone, who end Postgres when all else is done.
        detached: true,
      },
    )
    this.#child = child
    const bornAt = performance.now()
    const said: string[] = []
    await new Promise<void>((ready, failed) => {
      onLines(child, (line) => {
        said.push(line)
        if (said.length > 20) said.shift()
        logLine(log, line, this.#stopping?.signal.aborted === true)
        // What it said before it died may be read after: nothing would start it again.
        if (line.includes('database system is ready to accept connections') && isAlive(child)) {
          this.state = { state: 'ready', pid: child.pid!, restarts: this.#restarts }
          ready()
        }
      })
      child.once('error', (error) => failed(startFailed(error.message)))
      child.once('exit', (code, signal) => {
        const problem = () => `ended with ${code ?? signal}: ${said.join(' | ').slice(-1500)}`
        const wasReady = this.state.state === 'ready'
        // Its last words may come after it is gone; the pipe stays open as long as a backend of it lives.
        void Promise.race([once(child, 'close'), sleep(200)]).then(() => failed(startFailed(problem())))
        if (wasReady && !this.#stopping?.signal.aborted) {
          if (performance.now() - bornAt > soundAfterMs) this.#restarts = 0
          log.error({ problem: problem() }, 'Postgres ended and is started again')
          this.state = { state: 'restarting', attempt: 0, lastProblem: problem() }
          this.#restarting = this.#restart()
        }
      })
    })
  }

  async #restart(): Promise<void> {
    const stopping = this.#stopping!.signal
    for (let attempt = 0; !stopping.aborted; attempt += 1) {
      const delay = restartDelays[Math.min(attempt + this.#restarts, restartDelays.length - 1)]!
      await sleep(delay, undefined, { signal: stopping }).catch(() => undefined)
      if (stopping.aborted) return
      this.#restarts += 1
      try {
        await this.#run()
        this.#options.log.info({ attempt }, 'Postgres serves again')
        return
      } catch (error) {
        const lastProblem = error instanceof Error ? error.message : String(error)
        this.#options.log.error({ attempt, lastProblem }, 'Postgres does not start')
        this.state = { state: 'restarting', attempt: attempt + 1, lastProblem }
      }
    }
  }
}

/** Fast shutdown; when its checkpoint takes too long, immediate: the WAL has everything. */
async function endChild(child: ChildProcess): Promise<void> {
  const gone = new AbortController()
  child.once('exit', () => gone.abort())
  for (const [name, patienceMs] of [
    ['SIGINT', 5000],
    ['SIGQUIT', 2000],
    ['SIGKILL', 5000],
  ] as const) {
    if (!isAlive(child)) return
    child.kill(name)
    await sleep(patienceMs, undefined, { signal: gone.signal }).catch(() => undefined)
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null
}

function startFailed(problem: string): StoreError {
  return new StoreError('database-start-failed', `Postgres ${problem}`)
}

function onLines(child: ChildProcess, take: (line: string) => void): void {
  let rest = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!.slice(-10_000)
    for (const line of lines) if (line.trim() !== '') take(line.trim())
  })
}

/**
 * Failed statements (ERROR) are reported where they were made, so here they are for debugging only; so is what
 * Postgres says about connections that are cut off by our stopping it.
 */
function logLine(log: Log, line: string, stopping: boolean): void {
  const severity = /^([A-Z]+\d?): /.exec(line)?.[1] ?? ''
  if (severity === 'PANIC') log.error({ postgres: line }, 'Postgres panicked')
  else if (!stopping && (severity === 'WARNING' || severity === 'FATAL')) log.warn({ postgres: line }, 'Postgres warns')
  else log.debug({ postgres: line }, 'Postgres says')
}
