import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
export const ownerKey = 'bench-owner-key-of-at-least-32-characters'

/** A Rushes server in a process of its own, as `rushes serve` runs it. */
export type ServerProcess = {
  url: string
  pid: number
  /** From spawning to the ready line, ms. */
  readyMs: number
  stop(): Promise<void>
}

export async function startServerProcess(dataDir: string, environment: NodeJS.ProcessEnv = {}): Promise<ServerProcess> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, [join(root, 'packages/rushes/src/main.ts'), 'serve'], {
    cwd: root,
    env: { ...process.env, PORT: '0', RUSHES_DATA: dataDir, RUSHES_OWNER_KEY: ownerKey, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await readyUrl(child)
  return {
    url,
    pid: child.pid!,
    readyMs: performance.now() - startedAt,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
    },
  }
}

function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout!.on('data', (data: Buffer) => {
      text += data.toString()
      const url = /^rushes ready (\S+)$/m.exec(text)?.[1]
      if (url !== undefined) resolve(url)
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it was ready`)))
  })
}

/** CPU seconds that a process has used, in user and system mode, all threads (proc(5), /proc/PID/stat). */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  const ticksPerSecond = 100
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** Resident memory of a process, bytes. */
export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}
