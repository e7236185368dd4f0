// The spools of this browser: which store holds them, who holds which (one tab each, by Web Locks), and what the user can
// do with them without any server.
import { bodyFile } from '../deliver/rest.ts'
import { DurableSpool, type DurableSpoolOptions } from './durable-spool.ts'
import { openIndexedDbStore } from './indexed-db-store.ts'
import { openMemoryStore } from './memory-store.ts'
import { openOpfsStore } from './opfs-store.ts'
import { SpoolError } from './spool-error.ts'
import type { SpoolFile, SpoolKind, SpoolMeta, SpoolStore } from './spool-store.ts'

/** A recording that waits on this machine, as pages list it. */
export type SpoolView = {
  id: string
  title: string
  /** ms since 1970 */
  createdAt: number
  contentType: string
  heldBytes: number
  kind: SpoolKind
  /** Held by a tab (maybe this one) that is recording or delivering it. */
  busy: boolean
  /** The server's id, once it gave one. */
  recordingId: string | null
}

export type HeldSpool = {
  spool: DurableSpool
  kind: SpoolKind
  /** Lets other tabs have it. */
  release(): Promise<void>
  /** Deletes it, bytes and all. */
  remove(): Promise<void>
}

let stores: Promise<SpoolStore[]> | null = null
const heldHere = new Map<string, DurableSpool>()

/** Best first; the last one, memory, is always there. */
function openStores(): Promise<SpoolStore[]> {
  stores ??= Promise.all([openOpfsStore().catch(() => null), openIndexedDbStore().catch(() => null)]).then(
    (durable) => [...durable.filter((store) => store !== null), openMemoryStore()],
  )
  return stores
}

/** Opens the stores ahead, so that a recording begins at once. */
export function prepareSpools(): void {
  openStores().catch(() => {})
}

/** @param prefer a kind of store that is to be used, where it is there */
export async function createSpool(
  meta: Omit<SpoolMeta, 'id' | 'createdAt' | 'state' | 'target' | 'headBytes'>,
  options: DurableSpoolOptions & { prefer?: SpoolKind } = {},
): Promise<HeldSpool> {
  const whole: SpoolMeta = {
    ...meta,
    id: crypto.randomUUID(),
    createdAt: Date.now(),
    state: 'recording',
    target: null,
    headBytes: 0,
  }
  const lock = await takeLock(whole.id)
  if (lock === null) throw new SpoolError('busy', 'a new spool is held already') // a UUID twice: never
  const all = await openStores()
  const ordered = [...all.filter(({ kind }) => kind === options.prefer), ...all]
  for (const store of ordered) {
    // A store without room for an empty recording is of no use for a full one: take the next.
    const file = await store.create(whole).catch(() => null)
    if (file !== null) return hold(store, file, lock, options)
  }
  lock()
  throw new SpoolError('unavailable', 'no store takes a recording')
}

/** @throws SpoolError `busy` where a tab holds it, `missing` */
export async function holdSpool(id: string): Promise<HeldSpool> {
  const lock = await takeLock(id)
  if (lock === null) throw new SpoolError('busy', 'another tab holds this recording')
  try {
    for (const store of await openStores()) {
      const listed = (await store.list()).some(({ meta }) => meta.id === id)
      if (listed) return hold(store, await store.open(id), lock, {})
    }
    throw new SpoolError('missing', 'no such recording in the spool')
  } catch (fault) {
    lock()
    throw fault
  }
}

/** Every recording that this browser keeps, newest first. */
export async function listSpools(): Promise<SpoolView[]> {
  if (navigator.locks === undefined) return [] // an insecure page: it cannot record, and must not touch what others hold
  const names = new Set((await navigator.locks.query()).held?.map(({ name }) => name))
  const views: SpoolView[] = []
  for (const store of await openStores()) {
    for (const { meta, heldBytes } of await store.list()) {
      const { id, title, createdAt, contentType } = meta
      const recordingId = meta.target?.recordingId ?? null
      views.push({
        id,
        title,
        createdAt,
        contentType,
        heldBytes,
        kind: store.kind,
        busy: names.has(lockName(id)),
        recordingId,
      })
    }
  }
  return views.sort((a, b) => b.createdAt - a.createdAt)
}

/**
 * What is kept here, as a file that plays: all of the recording, or, where its beginning was delivered and let go, the
 * rest of it behind the head. Needs no server.
 *
 * @throws SpoolError `busy` where another tab holds it, `missing`
 */
export async function exportSpool(id: string): Promise<Blob> {
  const here = heldHere.get(id)
  if (here !== undefined) return bodyFile(here)
  const held = await holdSpool(id)
  try {
    return await bodyFile(held.spool)
  } finally {
    await held.release()
  }
}

/** Forgets a recording for good. @throws SpoolError `busy`, `missing` */
export async function deleteSpool(id: string): Promise<void> {
  await (await holdSpool(id)).remove()
}

function hold(store: SpoolStore, file: SpoolFile, unlock: () => void, options: DurableSpoolOptions): HeldSpool {
  const { id } = file.meta
  const spool = new DurableSpool(file, options)
  heldHere.set(id, spool)
  const letGo = () => {
    heldHere.delete(id)
    unlock()
  }
  return {
    spool,
    kind: store.kind,
    async release() {
      await spool.close().finally(letGo)
    },
    async remove() {
      await spool.flushed()
      await store.remove(id).finally(letGo)
    },
  }
}

function lockName(id: string): string {
  return `rushes-spool:${id}`
}

/** Held until the tab ends or the answer is called; null where another tab has it. */
function takeLock(id: string): Promise<(() => void) | null> {
  if (navigator.locks === undefined) {
    return Promise.reject(
      new SpoolError('unavailable', 'recordings are kept in secure pages alone (https or localhost)'),
    )
  }
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(lockName(id), { ifAvailable: true }, (lock) => {
        if (lock === null) {
          resolve(null)
          return undefined
        }
        return new Promise<void>((release) => resolve(release))
      })
      .catch(reject)
  })
}
