import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../log.ts'
import { StoreError } from '../store-error.ts'

/**
 * Removes what a killed server left behind: its Postgres, still serving, and the pid file. Only the holder
 * of the data folder's lock may call this: then any Postgres working in the folder is an orphan.
 *
 * The orphan is stopped, not adopted: one that is not our child could neither be waited for nor watched.
 * Fast shutdown first (SIGINT: rolls back, checkpoints); after 1.5 s immediate (SIGQUIT: recovery from the
 * WAL at the next start); after 1 s more SIGKILL. No acknowledged commit is lost by any of them.
 */
export async function clearLeftovers(clusterDir: string, log: Log): Promise<void> {
  const orphan = orphanOf(clusterDir)
  if (orphan !== undefined) {
    log.warn({ pid: orphan }, 'stopping the Postgres that an earlier server left behind')
    const gone =
      (await stopped(clusterDir, orphan, 'SIGINT', 1500)) ||
      (await stopped(clusterDir, orphan, 'SIGQUIT', 1000)) ||
      (await stopped(clusterDir, orphan, 'SIGKILL', 2000))
    if (!gone)
      throw new StoreError('database-start-failed', `Postgres (pid ${orphan}) of an earlier server does not end`)
  }
  // Backends of a killed postmaster notice within moments; until they are gone they hold its shared memory.
  const deadline = Date.now() + 1500
  while (processesIn(clusterDir).length > 0) {
    if (Date.now() > deadline) for (const pid of processesIn(clusterDir)) signal(pid, 'SIGKILL')
    if (Date.now() > deadline + 2000) {
      throw new StoreError('database-start-failed', `processes of an earlier Postgres stay in ${clusterDir}`)
    }
    await sleep(20)
  }
  // Now they name nobody, or a stranger that has got the number since and would keep Postgres from starting.
  for (const lock of ['postmaster.pid', '.s.PGSQL.5432.lock']) rmSync(join(clusterDir, lock), { force: true })
}

async function stopped(clusterDir: string, pid: number, name: NodeJS.Signals, withinMs: number): Promise<boolean> {
  signal(pid, name)
  const deadline = Date.now() + withinMs
  while (Date.now() < deadline) {
    if (!worksIn(clusterDir, pid)) return true
    await sleep(10)
  }
  return false
}

/** The pid in postmaster.pid, if that process really is a Postgres in this folder. */
export function orphanOf(clusterDir: string): number | undefined {
  let first: string | undefined
  try {
    first = readFileSync(join(clusterDir, 'postmaster.pid'), 'latin1').split('\n')[0]
  } catch {
    return undefined
  }
  const pid = Number(first)
  if (!Number.isInteger(pid) || pid <= 1 || pid === process.pid) return undefined
  return worksIn(clusterDir, pid) ? pid : undefined
}

/** All Postgres processes whose working directory is this folder. */
export function processesIn(clusterDir: string): number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => worksIn(clusterDir, pid))
}

function worksIn(clusterDir: string, pid: number): boolean {
  if (process.platform !== 'linux') return commandOf(pid).includes(` -D ${clusterDir} `)
  try {
    const program = basename(readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ''))
    return program === 'postgres' && readlinkSync(`/proc/${pid}/cwd`) === realpathSync(clusterDir)
  } catch {
    // Gone, a zombie, or somebody else's.
    return false
  }
}

/** Without /proc: there Postgres is started with its folder on the command line. */
function commandOf(pid: number): string {
  return spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? ''
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // Gone in between.
  }
}
