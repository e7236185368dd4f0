// `rushes backup` and `rushes restore` as their users run them: processes, beside the server's own.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { killNow, type Scene } from '../scene.ts'
import { repositoryRoot, type ServerProcess } from '../server-process.ts'

export type CommandAnswer = { status: number | null; answer: Record<string, unknown> & { error?: { code: string } } }
export type DataPlace = Pick<ServerProcess, 'dataDir' | 'blobsDir'>

export interface BackupCommands {
  backup(source: DataPlace, folder: string): Promise<CommandAnswer>
  verify(folder: string): Promise<CommandAnswer>
  restore(folder: string, target: DataPlace): Promise<CommandAnswer>
  /** Begins a backup, and kills it -9 after so many ms. True: it was done before. */
  killedBackup(source: DataPlace, folder: string, afterMs: number): Promise<boolean>
}

export function backupCommands({ scene, build }: { scene: Scene; build?: string }): BackupCommands {
  const main = join(build ?? repositoryRoot, 'packages', 'rushes', 'src', 'main.ts')

  function start(args: readonly string[], place?: DataPlace): ChildProcess {
    const child = spawn(process.execPath, [main, ...args, '--json'], {
      cwd: scene.folder,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env['PATH'],
        NODE_COMPILE_CACHE: join(scene.folder, 'compile-cache'),
        ...(place !== undefined && { RUSHES_DATA: place.dataDir, RUSHES_BLOBS: `file:${place.blobsDir}` }),
      },
    })
    scene.onEnd(() => killNow(child.pid))
    return child
  }

  async function answerOf(child: ChildProcess): Promise<CommandAnswer> {
    let said = ''
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const [status] = (await once(child, 'close')) as [number | null]
    return { status, answer: said === '' ? {} : JSON.parse(said) }
  }

  return {
    backup: (source, folder) => answerOf(start(['backup', folder], source)),
    verify: (folder) => answerOf(start(['backup', folder, '--verify'])),
    restore: (folder, target) => answerOf(start(['restore', folder], target)),
    async killedBackup(source, folder, afterMs) {
      const child = start(['backup', folder], source)
      const answer = answerOf(child).catch(() => ({ status: null }))
      await Promise.race([sleep(afterMs), answer])
      killNow(child.pid)
      return (await answer).status === 0
    },
  }
}
