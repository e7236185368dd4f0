import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { PipelineError } from './pipeline-error.ts'

export type JournalLock = {
  /** Takes away what was beside the journal, too. */
  release(): void
}

/** Somebody may hold it only to find out that it is not the file any more, or may not have said yet who it is. */
const patience = { attempts: 10, pauseMs: 20 }

const holderSchema = z.object({ pid: z.number(), host: z.string().max(300), since: z.string().max(40) })

/**
 * Makes this process the one that works on a journal. Node has no flock (nodejs/node#122), but the SQLite inside it takes an
 * fcntl lock, which the kernel gives back however the process ends: nothing is left to guess about after a kill -9 or a
 * power cut, and no pid that another process has got since. Who holds it stands beside it for the message only.
 *
 * @throws PipelineError `job-running`, `journal-unusable`
 */
export async function lockJournal(path: string): Promise<JournalLock> {
  const file = `${path}.lock`
  const holder = `${path}.holder`
  for (let attempt = 1; ; attempt++) {
    const before = made(file)
    const database = claim(file)
    if (database !== null) {
      // Whoever had it takes the file away when it is done: a lock on one that is gone keeps nobody out.
      if (before !== null && before === identityOf(file)) return held(database, [holder, file])
      database.close()
    } else if (existsSync(holder) || attempt === patience.attempts) {
      throw new PipelineError('job-running', `this job is being run ${whoOf(holder)}; wait for it, or stop it`)
    } else await sleep(patience.pauseMs)
  }
}

function held(database: DatabaseSync, [holder, file]: [string, string]): JournalLock {
  try {
    writeFileSync(holder, JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() }))
  } catch {
    // The lock holds without it; only the other's message is poorer.
  }
  return {
    release() {
      if (!database.isOpen) return
      try {
        rmSync(holder, { force: true })
        rmSync(file, { force: true })
      } finally {
        database.close()
      }
    },
  }
}

/** Null: another has it. */
function claim(file: string): DatabaseSync | null {
  let database: DatabaseSync
  try {
    database = new DatabaseSync(file, { timeout: 0 })
  } catch (error) {
    throw unusable(file, error)
  }
  try {
    // Nothing is ever written: a journal of SQLite's own would only lie about.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    // SQLITE_BUSY: https://sqlite.org/rescode.html#busy
    if ((error as { errcode?: unknown }).errcode === 5) return null
    throw unusable(file, error)
  }
}

/** The file, made where there was none; what is locked is this one or one that came later. */
function made(file: string): string | null {
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(file, error)
  }
  return identityOf(file)
}

/** A number may come round again, together with the time of its making it does not. */
function identityOf(file: string): string | null {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false })
  return stats === undefined ? null : `${stats.dev} ${stats.ino} ${stats.birthtimeNs}`
}

function whoOf(holder: string): string {
  try {
    const { pid, host, since } = holderSchema.parse(JSON.parse(readFileSync(holder, 'utf8')))
    return `by process ${pid} on ${host}, since ${since}`
  } catch {
    return 'by another process'
  }
}

function unusable(file: string, cause: unknown): PipelineError {
  return new PipelineError('journal-unusable', `the journal can't be locked by ${file}: ${cause}`, { cause })
}
