import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { killNow, type Scene } from '../scene.ts'
import { repositoryRoot } from '../server-process.ts'
import type { EditorJob } from './editor-main.ts'

/** Numbers of the edits that were begun, and acknowledged, last. */
export type Witnessed = { begun: number; done: number }

export function readWitness(path: string): Witnessed {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  const last = (word: string) => Number(lines.findLast((line) => line.startsWith(word))?.split(' ')[1] ?? 0)
  const [done, begun] = [last('done'), last('begin')]
  return { done, begun: Math.max(done, begun) }
}

/** The archive was found after this edit: those that come are numbered from there. */
export function resetWitness(path: string, number: number): void {
  writeFileSync(path, `done ${number}\n`)
}

/** A process that edits an archive, and is killed. */
export interface EditorProcess {
  /** It has opened the archive, or it is about to. @throws Error where it could not */
  said(word: 'opening' | 'open'): Promise<void>
  /** kill -9. @throws Error where it had failed before */
  kill(): Promise<void>
}

export function startEditor(scene: Scene, job: EditorJob): EditorProcess {
  const child: ChildProcess = spawn(
    process.execPath,
    [join(repositoryRoot, 'drill/umf/editor-main.ts'), JSON.stringify(job)],
    {
      cwd: scene.folder,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: join(scene.folder, 'compile-cache') },
    },
  )
  const words: string[] = []
  let wake = (): void => {}
  child.on('message', (word: string) => {
    words.push(word)
    wake()
  })
  child.on('exit', () => wake())
  scene.onEnd(() => killNow(child.pid))
  const failure = () => words.find((word) => word.startsWith('failed'))
  return {
    async said(word) {
      while (!words.includes(word)) {
        if (failure() !== undefined || child.exitCode !== null)
          throw new Error(failure() ?? `it ended with ${child.exitCode}`)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    async kill() {
      killNow(child.pid)
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      const failed = failure()
      if (failed !== undefined) throw new Error(failed)
    },
  }
}
