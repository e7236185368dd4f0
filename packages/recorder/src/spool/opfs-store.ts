// The page's side of the origin private file system.
import type { OpfsAnswer, OpfsCall, OpfsExtent } from './opfs-worker.ts'
import { SpoolError } from './spool-error.ts'
import type { SpoolFile, SpoolMeta, SpoolStore } from './spool-store.ts'

/** @throws SpoolError `unavailable` where this browser has no such file system, or keeps it from this page */
export async function openOpfsStore(): Promise<SpoolStore & { close(): void }> {
  if (typeof navigator.storage?.getDirectory !== 'function' || typeof Worker !== 'function') {
    throw new SpoolError('unavailable', 'this browser has no origin private file system')
  }
  const door = openDoor()
  try {
    await door.call({ name: 'probe' })
  } catch (cause) {
    door.close()
    throw new SpoolError('unavailable', `the origin private file system cannot be used: ${(cause as Error).message}`, {
      cause,
    })
  }
  return {
    kind: 'opfs',
    list: () => door.call<{ meta: SpoolMeta; heldBytes: number }[]>({ name: 'list' }),
    create: async (meta) => opfsFile(door, await door.call<OpfsExtent>({ name: 'create', meta })),
    open: async (id) => opfsFile(door, await door.call<OpfsExtent>({ name: 'open', id })),
    remove: (id) => door.call<void>({ name: 'remove', id }),
    close: () => door.close(),
  }
}

function opfsFile(door: Door, opened: OpfsExtent): SpoolFile {
  let now = opened
  const { id } = opened.meta
  const follow = async (call: OpfsCall) => {
    now = await door.call<OpfsExtent>(call)
  }
  return {
    get meta() {
      return now.meta
    },
    get start() {
      return now.start
    },
    get size() {
      return now.size
    },
    get events() {
      return now.events
    },
    appendEvents: (events) => follow({ name: 'append-events', id, events }),
    readEvents: (first, most) => door.call<string[]>({ name: 'read-events', id, first, most }),
    append: (bytes) => follow({ name: 'append', id, bytes }),
    read: (offset, length) => door.call<Uint8Array>({ name: 'read', id, offset, length }),
    release: (offset) => follow({ name: 'release', id, offset }),
    describe: (meta) => follow({ name: 'describe', id, meta }),
    close: () => door.call<void>({ name: 'close', id }),
  }
}

type Door = { call<Value>(call: OpfsCall): Promise<Value>; close(): void }

function openDoor(): Door {
  const worker = new Worker(new URL('./opfs-worker.ts', import.meta.url), { type: 'module', name: 'rushes-spool' })
  const waiting = new Map<number, { resolve(value: never): void; reject(error: SpoolError): void }>()
  let calls = 0
  let broken: SpoolError | null = null

  const breakDown = (message: string) => {
    broken = new SpoolError('unavailable', message)
    for (const { reject } of waiting.values()) reject(broken)
    waiting.clear()
  }
  worker.onmessage = (event: MessageEvent<OpfsAnswer>) => {
    const answer = event.data
    const waiter = waiting.get(answer.call)
    waiting.delete(answer.call)
    if ('error' in answer) waiter?.reject(new SpoolError(answer.error.code, answer.error.message))
    else waiter?.resolve(answer.value as never)
  }
  worker.onerror = (event) => breakDown(event.message || 'the spool worker did not load')
  return {
    call: (call) =>
      new Promise((resolve, reject) => {
        if (broken !== null) {
          reject(broken)
          return
        }
        const number = calls++
        waiting.set(number, { resolve, reject })
        worker.postMessage({ call: number, ...call })
      }),
    close() {
      worker.terminate()
      breakDown('the store was closed')
    },
  }
}
