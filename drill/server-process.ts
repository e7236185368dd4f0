// The server under drill: a process of its own, so that kill -9 means what it means in life.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, existsSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type ApiClient, apiClient } from '@rushes/protocol'
import type { ReceiveLimits } from '@rushes/server'
import { killNow, processesIn, runProgram, type Scene } from './scene.ts'

export type ServerProcessOptions = {
  scene: Scene
  dataDir: string
  /** Folder of the bodies; left out, below the data folder. */
  blobsDir?: string
  /** Root of the build; left out, this repository. */
  build?: string
  limits?: Partial<ReceiveLimits>
  environment?: Record<string, string>
  port?: number
  /** Data folder of a server that ran once and was stopped: copied where there is none yet, to save making a database. */
  template?: string
  /** Where it runs, if not here: what its command line begins with, where it listens, and how the drill reaches it. */
  place?: { inside: readonly string[]; listen: string; address: string }
}

export const repositoryRoot: string = join(import.meta.dirname, '..')
/** The owner's API key. */
export const serverKey = 'drill-owner-key-that-is-not-a-secret-at-all'
const startMs = 60_000

export interface ServerProcess {
  readonly url: string
  readonly dataDir: string
  readonly blobsDir: string
  readonly pid: number | undefined
  readonly client: ApiClient
  /**
   * Resolves when it says that it is ready. Where a lock of a Postgres that is no more names a process that is somebody
   * else's by now, it is removed, as an operator would have to, and counted.
   */
  start(): Promise<void>
  /** As start, but returns at once. */
  launch(): void
  /** kill -9: of the server alone, which leaves its Postgres running, or of both. */
  kill(postgres: boolean): Promise<void>
  /** SIGTERM, and waits. */
  stop(): Promise<void>
  /** The processes of its embedded Postgres, the postmaster first. */
  postgresProcesses(): number[]
}

export async function openServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { scene, dataDir } = options
  const root = options.build ?? repositoryRoot
  const port = options.port ?? (await freePort())
  const { inside, listen, address } = options.place ?? { inside: [], listen: '127.0.0.1', address: '127.0.0.1' }
  const url = `http://${address}:${port}`
  const blobsDir = options.blobsDir ?? join(dataDir, 'blobs')
  const clusterDir = join(dataDir, 'postgres')
  await mkdir(dataDir, { recursive: true })
  // -a: Postgres insists that its files are its own user's.
  if (options.template !== undefined && !existsSync(clusterDir))
    runProgram('cp', ['-a', `${options.template}/.`, dataDir])
  const log = createWriteStream(join(scene.folder, `server-${port}.log`), { flags: 'a' })
  await once(log, 'open')
  let child: ChildProcess | null = null
  let said = ''
  scene.onEnd(() => killNow(child?.pid))

  function launch(): void {
    const limited = options.limits !== undefined
    const program = limited
      ? [join(root, 'drill', 'limited-server.ts'), JSON.stringify(options.limits)]
      : [join(root, 'packages', 'rushes', 'src', 'main.ts'), 'serve']
    said = ''
    const [command, ...args] = [...inside, process.execPath, ...program]
    child = spawn(command!, args, {
      cwd: scene.folder,
      stdio: ['ignore', 'pipe', log],
      env: {
        PATH: process.env['PATH'],
        HOST: listen,
        PORT: String(port),
        RUSHES_DATA: dataDir,
        RUSHES_BLOBS: `file:${blobsDir}`,
        RUSHES_OWNER_KEY: serverKey,
        UV_THREADPOOL_SIZE: '16',
        // Hundreds of starts of the same program: compiled once.
        NODE_COMPILE_CACHE: join(scene.folder, 'compile-cache'),
        ...options.environment,
      },
    })
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }

  async function ready(): Promise<void> {
    const started = child!
    const until = performance.now() + startMs
    while (!said.includes('rushes ready')) {
      if (started.exitCode !== null || started.signalCode !== null) {
        throw new Error(`the server ended with ${started.exitCode ?? started.signalCode}: ${lastLines(scene, port)}`)
      }
      if (performance.now() > until) throw new Error(`the server was not ready within ${startMs} ms`)
      await new Promise((resolve) => setTimeout(resolve, 15))
    }
  }

  async function ended(process: ChildProcess): Promise<void> {
    if (process.exitCode === null && process.signalCode === null) await once(process, 'exit')
  }

  const postgresProcesses = (): number[] => {
    const all = processesIn(clusterDir)
    const postmaster = postmasterOf(clusterDir)
    return postmaster !== null && all.includes(postmaster)
      ? [postmaster, ...all.filter((pid) => pid !== postmaster)]
      : all
  }

  return {
    url,
    dataDir,
    blobsDir,
    client: apiClient({ server: url, key: serverKey }),
    get pid() {
      return child?.pid
    },
    launch,
    async start() {
      launch()
      await ready()
    },
    async kill(postgres) {
      const victim = child
      if (victim === null) return
      killNow(victim.pid)
      if (postgres) for (const pid of postgresProcesses()) killNow(pid)
      await ended(victim)
      child = null
    },
    async stop() {
      const leaving = child
      if (leaving === null) return
      leaving.kill('SIGTERM')
      await ended(leaving)
      child = null
    },
    postgresProcesses,
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (typeof address !== 'object' || address === null) throw new Error('no free port')
  return address.port
}

function postmasterOf(clusterDir: string): number | null {
  try {
    return Number(readFileSync(join(clusterDir, 'postmaster.pid'), 'latin1').split('\n')[0])
  } catch {
    return null
  }
}

function lastLines(scene: Scene, port: number): string {
  return readFileSync(join(scene.folder, `server-${port}.log`), 'utf8').slice(-800)
}

/** A server that is ready, for one fault. */
export async function startServer(
  context: { scene: Scene; build?: string; template(): Promise<string> },
  options: Partial<ServerProcessOptions> = {},
): Promise<ServerProcess> {
  const { scene, build } = context
  const template = await context.template()
  const dataDir = join(scene.folder, 'data')
  const server = await openServerProcess({
    scene,
    dataDir,
    template,
    ...(build !== undefined && { build }),
    ...options,
  })
  await server.start()
  return server
}

/** Makes the template for {@link startServer} in a folder of the scene. */
export async function makeDataTemplate(scene: Scene): Promise<string> {
  const dataDir = join(scene.folder, 'template')
  const server = await openServerProcess({ scene, dataDir })
  await server.start()
  await server.stop()
  return dataDir
}
