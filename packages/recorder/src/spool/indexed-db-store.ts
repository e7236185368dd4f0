// Spools in IndexedDB: chunks as records, in transactions that are on disk when they complete. Events lie beside them under a
// name of their own, by their numbers: another object store would need a new version of the database, which waits until no
// tab has the old one open.

import { SpoolError, storageError } from './spool-error.ts'
import { parseMeta } from './spool-meta.ts'
import type { SpoolFile, SpoolMeta, SpoolStore } from './spool-store.ts'

type EventRow = { spool: string; offset: number; event: string }
type ChunkRow = { spool: string; offset: number; bytes: Uint8Array<ArrayBuffer> }
type SpoolRow = { id: string; meta: SpoolMeta; head: Uint8Array<ArrayBuffer> }

/** @throws SpoolError `unavailable` */
export async function openIndexedDbStore(): Promise<SpoolStore & { close(): void }> {
  if (typeof indexedDB !== 'object' || indexedDB === null) {
    throw new SpoolError('unavailable', 'this browser has no IndexedDB')
  }
  const database = await openDatabase()
  return {
    kind: 'indexeddb',
    async list() {
      const rows = await inTransaction<SpoolRow[]>(database, 'readonly', (spools) => spools.getAll())
      const found: { meta: SpoolMeta; heldBytes: number }[] = []
      for (const row of rows) {
        const meta = parseMeta(row.meta)
        if (meta !== null) found.push({ meta, heldBytes: (await extent(database, meta.id)).held })
      }
      return found
    },
    async create(meta) {
      await inTransaction(database, 'readwrite', (spools) => spools.put({ id: meta.id, meta, head: new Uint8Array(0) }))
      return new IndexedDbFile(
        database,
        { id: meta.id, meta, head: new Uint8Array(0) },
        { start: 0, size: 0, events: 0 },
      )
    },
    async open(id) {
      const row = await inTransaction<SpoolRow | undefined>(database, 'readonly', (spools) => spools.get(id))
      const meta = parseMeta(row?.meta)
      if (row === undefined) throw new SpoolError('missing', 'no such recording in the spool')
      if (meta === null) throw new SpoolError('damaged', `the metadata of ${id} cannot be read`)
      const { start, size } = await extent(database, id)
      const events = await inTransaction<number>(database, 'readonly', (_, chunks) => chunks.count(allOf(eventsOf(id))))
      const begin = start ?? row.head.length
      return new IndexedDbFile(database, { ...row, meta }, { start: begin, size: size ?? row.head.length, events })
    },
    async remove(id) {
      await inTransaction(database, 'readwrite', (spools, chunks) => {
        chunks.delete(allOf(id))
        chunks.delete(allOf(eventsOf(id)))
        return spools.delete(id)
      })
    },
    close: () => database.close(),
  }
}

class IndexedDbFile implements SpoolFile {
  #row: SpoolRow
  readonly #database: IDBDatabase
  #closed = false
  start: number
  size: number
  events: number

  constructor(database: IDBDatabase, row: SpoolRow, extent: { start: number; size: number; events: number }) {
    this.#database = database
    this.#row = row
    this.start = extent.start
    this.size = extent.size
    this.events = extent.events
  }

  get meta(): SpoolMeta {
    return this.#row.meta
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#check()
    const row: ChunkRow = { spool: this.#row.id, offset: this.size, bytes: bytes.slice() }
    await inTransaction(this.#database, 'readwrite', (_, chunks) => chunks.add(row))
    this.size += bytes.length
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#check()
    const until = Math.min(offset + length, this.size)
    const out = new Uint8Array(Math.max(0, until - offset))
    const { head } = this.#row
    let filled = 0
    if (offset < this.start) {
      const part = head.subarray(offset, until)
      if (part.length === 0 && out.length > 0) {
        throw new SpoolError('out-of-range', `byte ${offset} was released; the spool begins at ${this.start}`)
      }
      out.set(part)
      filled = part.length
      if (offset + filled < this.start) return out.subarray(0, filled)
    }
    await walk(this.#database, this.#row.id, offset + filled, ({ offset: begin, bytes }) => {
      const at = offset + filled
      const part = bytes.subarray(Math.max(0, at - begin), Math.max(0, Math.min(bytes.length, until - begin)))
      out.set(part, filled)
      filled += part.length
      return filled < out.length
    })
    return filled === out.length ? out : out.subarray(0, filled)
  }

  async release(offset: number): Promise<void> {
    this.#check()
    let next: number | null = null
    // The chunk that holds `offset` stays; the ones before it go.
    await walk(this.#database, this.#row.id, offset, (chunk) => {
      next = chunk.offset
      return false
    })
    const beyond = offset > this.size
    const keep = beyond ? offset : (next ?? this.size)
    if (keep <= this.start) return
    await inTransaction(this.#database, 'readwrite', (_, chunks) =>
      chunks.delete(IDBKeyRange.bound([this.#row.id, 0], [this.#row.id, keep], false, true)),
    )
    this.start = keep
    this.size = Math.max(this.size, keep)
  }

  async appendEvents(events: readonly string[]): Promise<void> {
    this.#check()
    const spool = eventsOf(this.#row.id)
    const last = await inTransaction<number>(this.#database, 'readwrite', (_, chunks) => {
      for (const [index, event] of events.entries()) {
        chunks.add({ spool, offset: this.events + index, event } satisfies EventRow)
      }
      return chunks.count(allOf(spool))
    })
    this.events = last
  }

  async readEvents(first: number, most: number): Promise<string[]> {
    this.#check()
    const numbers = IDBKeyRange.bound([eventsOf(this.#row.id), first], [eventsOf(this.#row.id), first + most - 1])
    const rows = await inTransaction<EventRow[]>(this.#database, 'readonly', (_, chunks) => chunks.getAll(numbers))
    return rows.map(({ event }) => event)
  }

  async describe(meta: SpoolMeta): Promise<void> {
    this.#check()
    const head = meta.headBytes > this.#row.head.length ? (await this.read(0, meta.headBytes)).slice() : this.#row.head
    const row = { ...this.#row, meta, head }
    await inTransaction(this.#database, 'readwrite', (spools) => spools.put(row))
    this.#row = row
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  #check(): void {
    if (this.#closed) throw new SpoolError('closed', `spool ${this.#row.id} is not open`)
  }
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('rushes-spool', 1)
    request.onupgradeneeded = () => {
      request.result.createObjectStore('spools', { keyPath: 'id' })
      request.result.createObjectStore('chunks', { keyPath: ['spool', 'offset'] })
    }
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(storageError(request.error))
    request.onblocked = () => reject(new SpoolError('unavailable', 'IndexedDB is held by an older version of the page'))
  })
}

/** Runs one request and gives its result when the transaction is on disk. */
function inTransaction<Value>(
  database: IDBDatabase,
  mode: IDBTransactionMode,
  ask: (spools: IDBObjectStore, chunks: IDBObjectStore) => IDBRequest,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    try {
      const transaction = database.transaction(['spools', 'chunks'], mode, { durability: 'strict' })
      const request = ask(transaction.objectStore('spools'), transaction.objectStore('chunks'))
      transaction.oncomplete = () => resolve(request.result as Value)
      transaction.onabort = transaction.onerror = () => reject(storageError(transaction.error ?? request.error))
    } catch (cause) {
      reject(storageError(cause))
    }
  })
}

/** Visits chunks in order, from the one that holds `offset`, until `visit` says false. */
function walk(database: IDBDatabase, id: string, offset: number, visit: (chunk: ChunkRow) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const chunks = database.transaction('chunks', 'readonly').objectStore('chunks')
    const before = chunks.openKeyCursor(IDBKeyRange.bound([id, 0], [id, offset]), 'prev')
    before.onerror = () => reject(storageError(before.error))
    before.onsuccess = () => {
      const from = (before.result?.key as [string, number] | undefined)?.[1] ?? offset
      const request = chunks.openCursor(IDBKeyRange.bound([id, from], [id, Number.MAX_SAFE_INTEGER]))
      request.onerror = () => reject(storageError(request.error))
      request.onsuccess = () => {
        const cursor = request.result
        if (cursor === null || !visit(cursor.value as ChunkRow)) {
          resolve()
          return
        }
        cursor.continue()
      }
    }
  })
}

function eventsOf(id: string): string {
  return `${id} events`
}

function allOf(id: string): IDBKeyRange {
  return IDBKeyRange.bound([id, 0], [id, Number.MAX_SAFE_INTEGER])
}

async function extent(
  database: IDBDatabase,
  id: string,
): Promise<{ start: number | null; size: number | null; held: number }> {
  const keys = await inTransaction<[string, number][]>(database, 'readonly', (_, chunks) =>
    chunks.getAllKeys(allOf(id)),
  )
  const first = keys[0]
  const last = keys.at(-1)
  if (first === undefined || last === undefined) return { start: null, size: null, held: 0 }
  const tail = await inTransaction<ChunkRow>(database, 'readonly', (_, chunks) => chunks.get(last))
  const size = tail.offset + tail.bytes.length
  return { start: first[1], size, held: size - first[1] }
}
