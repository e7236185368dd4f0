// What an encoder has made and not yet proved delivered. SQLite keeps the manifest and the queue in one file that survives
// kill -9 and power cuts (WAL, synchronous=FULL); the media lie beside it.
//
//   a file:  written ── listed (committed) ──> pending ── proved by the receiver ──> delivered ──> removed, when room is needed
//                                                 └── withdrawn, when room is needed and somebody allowed it ──> removed
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { ListedFile, ManifestEntry, SegmentEntry, WithdrawnEntry } from '@rushes/protocol'
import { SpoolError, spoolError } from './spool-error.ts'
import { openSpoolFiles, type SpoolFiles, syncFolder } from './spool-files.ts'

export type SpoolHead = {
  /** Of the delivery, UUIDv7. */
  id: string
  title: string
  /** Origin of the server. */
  server: string
  segmentMs: number
  /** Wall clock of media time 0, ms since 1970. */
  epochMs: number
}

export type PendingFile = ListedFile & {
  /** Of its entry. */
  number: number
  attempts: number
}

export type SpoolCounts = {
  pending: number
  pendingBytes: number
  delivered: number
  /** Files that were refused at least once and are still pending. */
  failed: number
  /** Files that were given up before they were delivered. */
  withdrawn: number
  /** Bytes of the files that lie here. */
  heldBytes: number
  entries: number
  /** When the oldest pending file was listed, ms since 1970. */
  oldestPendingAt: number | null
}

export interface Spool {
  readonly folder: string
  readonly head: SpoolHead
  readonly files: SpoolFiles
  readonly ended: boolean
  /** Appends an entry, and with it queues its file, which lies there already. Resolved means: on disk. */
  list(entry: ManifestEntry): void
  /** Entries from number `from` on. */
  entries(from: number, limit: number): ManifestEntry[]
  /** Pending files, oldest or newest first, that are not in `except`. */
  pending(order: 'oldest' | 'newest', limit: number, except: ReadonlySet<string>): PendingFile[]
  markDelivered(name: string): void
  noteRefusal(name: string, code: string, message: string): void
  counts(): SpoolCounts
  /** Gives up the newest segment of a representation that is pending, and lists that; its file may then be removed. */
  withdrawNewest(representation: string, reason: string): { entry: WithdrawnEntry; name: string } | null
  /** Lists a segment for which there is no file, and that it is given up. */
  listWithdrawn(entry: SegmentEntry, reason: string): WithdrawnEntry
  /** Every listed file that was not withdrawn, in the order of its entry. */
  listedFiles(): ListedFile[]
  /** Whether a listed file lies here. */
  holds(name: string): boolean
  /** Delivered segments that still lie here, oldest first; headers stay. */
  removable(limit: number): ListedFile[]
  markRemoved(name: string): void
  close(): void
}

const schema = `
  create table if not exists head (value text not null);
  create table if not exists entries (
    number integer primary key,
    entry text not null,
    listed_at integer not null,
    name text unique,
    size integer not null default 0,
    digest text,
    pending integer not null default 0,
    held integer not null default 0,
    attempts integer not null default 0
  ) strict;
  create index if not exists entries_pending on entries (number) where pending = 1;
  create index if not exists entries_removable on entries (number) where pending = 0 and held = 1;
  create index if not exists entries_refused on entries (number) where pending = 1 and attempts > 0;
  create index if not exists entries_withdrawn on entries (number) where pending = -1;
  create table if not exists refusals (at integer not null, name text not null, code text not null, message text not null) strict;
  create table if not exists totals (pending integer, pending_bytes integer, delivered integer, held_bytes integer) strict;
`

/** What `pending` says of a file; 0: it is delivered. */
const [isPending, isWithdrawn] = [1, -1]

const databaseName = 'spool.sqlite'
/** The latest, which are kept. */
const mostRefusals = 10_000

/** Opens the spool in `folder` for writing; `head` makes a new one where there is none. @throws SpoolError */
export async function openSpool(folder: string, head?: SpoolHead): Promise<Spool> {
  if (head === undefined && !existsSync(join(folder, databaseName)))
    throw new SpoolError('no-spool', `${folder} has no spool`)
  try {
    // Folders that are new have to outlive a power cut as much as what will lie in them.
    const first = await mkdir(folder, { recursive: true, mode: 0o750 })
    if (first !== undefined) {
      for (let made = resolve(folder); made.length >= first.length; made = dirname(made))
        await syncFolder(dirname(made))
    }
  } catch (cause) {
    throw spoolError(cause)
  }
  const lock = lockFolder(folder)
  try {
    const database = openDatabase(join(folder, databaseName), false)
    database.exec(schema)
    const stored = database.prepare('select value from head').get() as { value: string } | undefined
    if (stored === undefined) {
      if (head === undefined) throw new SpoolError('no-spool', `${folder} has no spool`)
      // Together: a spool that a crash left with one of them would be none.
      database.exec('begin immediate; insert into totals values (0, 0, 0, 0)')
      database.prepare('insert into head values (?)').run(JSON.stringify(head))
      database.exec('commit')
    }
    return spoolOver(folder, database, await openSpoolFiles(folder), () => lock.close())
  } catch (error) {
    lock.close()
    throw error instanceof SpoolError ? error : spoolError(error)
  }
}

/** Looks at a spool that another process may be writing. @throws SpoolError `no-spool` */
export async function readSpool(folder: string): Promise<Spool> {
  const path = join(folder, databaseName)
  if (!existsSync(path)) throw new SpoolError('no-spool', `${folder} has no spool`)
  return spoolOver(folder, openDatabase(path, true), await openSpoolFilesToRead(folder), () => {})
}

function openDatabase(path: string, readOnly: boolean): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly, timeout: 5000 })
  if (!readOnly) database.exec('pragma journal_mode = wal; pragma synchronous = full')
  return database
}

/**
 * Holds the folder until it is closed, or the process ends: the system takes the lock back, however it dies.
 *
 * @throws SpoolError `spool-in-use`
 */
export function lockFolder(folder: string): { close(): void } {
  const lock = new DatabaseSync(join(folder, 'lock.sqlite'))
  try {
    lock.exec('begin exclusive')
    return lock
  } catch (cause) {
    lock.close()
    throw new SpoolError('spool-in-use', `another process writes to the spool ${folder}`, { cause })
  }
}

async function openSpoolFilesToRead(folder: string): Promise<SpoolFiles> {
  const refuse = (): never => {
    throw new SpoolError('spool-in-use', 'this spool was opened to be looked at')
  }
  const { readFile, readdir } = await import('node:fs/promises')
  const pathOf = (name: string): string => join(folder, 'files', name)
  return {
    pathOf,
    read: (name) => readFile(pathOf(name)),
    names: async () => (await readdir(join(folder, 'files'))).filter((name) => !name.startsWith('.')),
    write: refuse,
    remove: refuse,
    freeBytes: refuse,
  }
}

function spoolOver(folder: string, database: DatabaseSync, files: SpoolFiles, unlock: () => void): Spool {
  const { value } = database.prepare('select value from head').get() as { value: string }
  const head = JSON.parse(value) as SpoolHead
  const last = database.prepare('select max(number) as last from entries').get() as { last: number | null }
  let next = (last.last ?? -1) + 1
  const endRow = database.prepare('select entry from entries where number = ?').get(next - 1) as
    | { entry: string }
    | undefined
  let ended = endRow !== undefined && (JSON.parse(endRow.entry) as ManifestEntry).type === 'end'

  const insert = database.prepare(
    'insert into entries (number, entry, listed_at, name, size, digest, pending, held) values (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const addTotals = database.prepare(
    'update totals set pending = pending + ?, pending_bytes = pending_bytes + ?, delivered = delivered + ?, held_bytes = held_bytes + ?',
  )
  const selectEntries = database.prepare('select entry from entries where number >= ? order by number limit ?')
  const selectByName = database.prepare('select number, size, pending, held from entries where name = ?')
  const setDelivered = database.prepare('update entries set pending = 0 where number = ?')
  const setRemoved = database.prepare('update entries set held = 0 where number = ?')
  const addAttempt = database.prepare('update entries set attempts = attempts + 1 where name = ?')
  const insertRefusal = database.prepare('insert into refusals values (?, ?, ?, ?)')
  // A server that is out of order for days refuses every few seconds.
  const dropRefusals = database.prepare(`delete from refusals where rowid <= ? - ${mostRefusals}`)
  const selectTotals = database.prepare('select * from totals')
  const selectOldest = database.prepare('select listed_at from entries where pending = 1 order by number limit 1')
  const countFailed = database.prepare('select count(*) as count from entries where pending = 1 and attempts > 0')
  const pendingRows = {
    oldest: database.prepare(
      'select number, name, size, digest, attempts from entries where pending = 1 order by number limit ?',
    ),
    newest: database.prepare(
      'select number, name, size, digest, attempts from entries where pending = 1 order by number desc limit ?',
    ),
  }
  const newestOfRepresentation = database.prepare(
    `select number, entry, name, size from entries where pending = 1 and name glob ? order by number desc limit 1`,
  )
  const setWithdrawn = database.prepare(`update entries set pending = ${isWithdrawn}, held = 0 where number = ?`)
  const countWithdrawn = database.prepare(`select count(*) as count from entries where pending = ${isWithdrawn}`)
  const removableRows = database.prepare(
    `select name, size, digest from entries where pending = 0 and held = 1 and name glob '*.m4s' order by number limit ?`,
  )

  function transact<Value>(work: () => Value): Value {
    database.exec('begin immediate')
    try {
      const value = work()
      database.exec('commit')
      return value
    } catch (cause) {
      // On a full disk SQLite has taken it back already.
      if (database.isTransaction) database.exec('rollback')
      throw spoolError(cause)
    }
  }

  function insertWithdrawn(number: number, { representation, sequence }: SegmentEntry, reason: string): WithdrawnEntry {
    const entry: WithdrawnEntry = { type: 'withdrawn', representation, sequence, reason: reason.slice(0, 500) }
    insert.run(number, JSON.stringify(entry), Date.now(), null, 0, null, 0, 0)
    return entry
  }

  type Row = { number: number; size: number; pending: number; held: number }
  const rowOf = (name: string): Row | undefined => selectByName.get(name) as Row | undefined

  return {
    folder,
    head,
    files,
    get ended() {
      return ended
    },

    list(entry) {
      const file = fileOf(entry)
      transact(() => {
        const listed = file === null ? 0 : 1
        const [name, size, digest] = file === null ? [null, 0, null] : [file.name, file.size, file.digest]
        insert.run(next, JSON.stringify(entry), Date.now(), name, size, digest, listed, listed)
        addTotals.run(listed, size, 0, size)
      })
      next++
      if (entry.type === 'end') ended = true
    },

    entries: (from, limit) =>
      selectEntries.all(from, limit).map((row) => JSON.parse(row['entry'] as string) as ManifestEntry),

    pending(order, limit, except) {
      // Only files that are on their way are left out, so there are never many more to look at than are asked for.
      const rows = pendingRows[order].all(limit + except.size) as unknown as PendingFile[]
      return rows.filter(({ name }) => !except.has(name)).slice(0, limit)
    },

    markDelivered(name) {
      const row = rowOf(name)
      if (row === undefined || row.pending !== isPending) return
      transact(() => {
        setDelivered.run(row.number)
        addTotals.run(-1, -row.size, 1, 0)
      })
    },

    withdrawNewest(representation, reason) {
      const row = newestOfRepresentation.get(`${representation}-${'[0-9]'.repeat(8)}.m4s`) as
        | { number: number; entry: string; name: string; size: number }
        | undefined
      if (row === undefined) return null
      const entry = transact(() => {
        setWithdrawn.run(row.number)
        addTotals.run(-1, -row.size, 0, -row.size)
        return insertWithdrawn(next, JSON.parse(row.entry) as SegmentEntry, reason)
      })
      next++
      return { entry, name: row.name }
    },

    listWithdrawn(segment, reason) {
      const { name, size, digest } = segment.file
      const entry = transact(() => {
        insert.run(next, JSON.stringify(segment), Date.now(), name, size, digest, isWithdrawn, 0)
        return insertWithdrawn(next + 1, segment, reason)
      })
      next += 2
      return entry
    },

    noteRefusal(name, code, message) {
      transact(() => {
        addAttempt.run(name)
        dropRefusals.run(insertRefusal.run(Date.now(), name, code, message.slice(0, 500)).lastInsertRowid)
      })
    },

    counts() {
      const totals = selectTotals.get() as Record<string, number>
      const first = selectOldest.get() as { listed_at: number } | undefined
      const failed = countFailed.get() as { count: number }
      const withdrawn = countWithdrawn.get() as { count: number }
      return {
        pending: totals['pending']!,
        pendingBytes: totals['pending_bytes']!,
        delivered: totals['delivered']!,
        failed: failed.count,
        withdrawn: withdrawn.count,
        heldBytes: totals['held_bytes']!,
        entries: next,
        oldestPendingAt: first?.listed_at ?? null,
      }
    },

    listedFiles: () =>
      database
        .prepare('select name, size, digest from entries where name is not null and pending >= 0 order by number')
        .all() as unknown as ListedFile[],

    holds: (name) => rowOf(name)?.held === 1,
    removable: (limit) => removableRows.all(limit) as unknown as ListedFile[],

    markRemoved(name) {
      const row = rowOf(name)
      if (row === undefined || row.held === 0) return
      transact(() => {
        setRemoved.run(row.number)
        addTotals.run(0, 0, 0, -row.size)
      })
    },

    close() {
      database.close()
      unlock()
    },
  }
}

function fileOf(entry: ManifestEntry): ListedFile | null {
  if (entry.type === 'segment') return entry.file
  return entry.type === 'representation' ? entry.init : null
}
