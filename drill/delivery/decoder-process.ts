import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { DecodeResult } from '@rushes/decoder'
import { killNow, type Scene } from '../scene.ts'
import { repositoryRoot } from '../server-process.ts'
import type { NetworkLab } from './network-lab.ts'

/** `rushes decode` in its namespace. */
export interface DecoderProcess {
  readonly output: string
  /** Digests of the whole files in its cache. */
  cached(): ReadonlySet<string>
  /** What it printed in the end. @throws Error where it ended otherwise */
  readonly done: Promise<DecodeResult>
  /** kill -9. */
  kill(): Promise<void>
}

let decoders = 0

export function openDecoderProcess(
  scene: Scene,
  lab: NetworkLab,
  { id, server, key, flags = [] }: { id: string; server: string; key: string; flags?: readonly string[] },
): DecoderProcess {
  const number = ++decoders
  const output = join(scene.folder, `decoded-${number}.mp4`)
  const [program, ...args] = [
    ...lab.inside('dec'),
    process.execPath,
    join(repositoryRoot, 'packages/rushes/src/main.ts'),
  ]
  const command = ['decode', id, '--server', server, '--key', key, '--output', output, '--json']
  const cacheFolder = join(scene.folder, `decoder-cache-${number}`)
  const child: ChildProcess = spawn(program!, [...args, ...command, '--cache', cacheFolder, ...flags], {
    cwd: scene.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: scene.folder, NODE_COMPILE_CACHE: join(scene.folder, 'compile-cache') },
  })
  scene.onEnd(() => killNow(child.pid))
  let [said, complained] = ['', '']
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    complained = (complained + text).slice(-2000)
  })
  const ended = once(child, 'close') as Promise<[number | null]>
  const done = ended.then(([code]): DecodeResult => {
    if (code !== 0) throw new Error(`rushes decode ended with ${code}: ${said.slice(-500)} ${complained}`)
    return JSON.parse(said.trim().split('\n').at(-1)!) as DecodeResult
  })
  done.catch(() => {})
  return {
    output,
    done,
    cached() {
      try {
        const files = readdirSync(cacheFolder, { recursive: true }) as string[]
        return new Set(files.map((path) => basename(path)).filter((name) => /^[0-9a-f]{64}$/.test(name)))
      } catch {
        return new Set()
      }
    },
    async kill() {
      killNow(child.pid)
      await ended
    },
  }
}
