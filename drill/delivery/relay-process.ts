import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { killNow, type Scene } from '../scene.ts'
import { repositoryRoot } from '../server-process.ts'
import type { NetworkLab } from './network-lab.ts'
import type { RelayCount, RelayJob, RelayOrder, RelayReport } from './relay-main.ts'

export interface RelayProcess {
  readonly port: number
  /** The connections that stand say nothing more, and are not closed. New ones work. */
  silence(): void
  /** Bytes of TCP payload so far, of those who connected to this address of the middle. */
  count(address: string): Promise<RelayCount>
}

export async function openRelay(
  scene: Scene,
  lab: NetworkLab,
  job: Omit<RelayJob, 'port'> & { port?: number },
): Promise<RelayProcess> {
  const port = job.port ?? 7071
  const [program, ...args] = [
    ...lab.inside('mid'),
    process.execPath,
    join(repositoryRoot, 'drill/delivery/relay-main.ts'),
  ]
  const child = spawn(program!, [...args, JSON.stringify({ ...job, port })], {
    cwd: scene.folder,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { PATH: process.env['PATH'] },
  })
  scene.onEnd(() => killNow(child.pid))
  child.on('error', () => {})
  const [first] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [RelayReport | number]
  if (typeof first === 'number' || first === null) throw new Error(`the relay ended with ${first}`)
  const order = (what: RelayOrder): void => void child.send(what)
  return {
    port,
    silence: () => order('silence'),
    async count(address) {
      const answer = once(child, 'message') as Promise<[RelayReport]>
      order('count')
      const [report] = await answer
      if (report.type !== 'count') throw new Error('the relay did not count')
      return report.byAddress[address] ?? { up: 0, down: 0 }
    },
  }
}
