// The worker that holds sync access handles: browsers give them to dedicated workers alone.
import { newestSlot, OpfsFile } from './opfs-file.ts'
import { SpoolError, storageError } from './spool-error.ts'
import type { SpoolMeta } from './spool-store.ts'

/** Every call names its spool; answers carry the call's number. */
export type OpfsCall =
  | { name: 'probe' }
  | { name: 'list' }
  | { name: 'create'; meta: SpoolMeta }
  | { name: 'open'; id: string }
  | { name: 'append'; id: string; bytes: Uint8Array }
  | { name: 'append-events'; id: string; events: readonly string[] }
  | { name: 'read-events'; id: string; first: number; most: number }
  | { name: 'read'; id: string; offset: number; length: number }
  | { name: 'release'; id: string; offset: number }
  | { name: 'describe'; id: string; meta: SpoolMeta }
  | { name: 'close'; id: string }
  | { name: 'remove'; id: string }

export type OpfsExtent = { meta: SpoolMeta; start: number; size: number; events: number }
export type OpfsAnswer =
  | { call: number; value: unknown }
  | { call: number; error: { code: SpoolError['code']; message: string } }

const files = new Map<string, OpfsFile>()

async function root(): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle('rushes-spool', { create: true })
}

function held(id: string): OpfsFile {
  const file = files.get(id)
  if (file === undefined) throw new SpoolError('closed', `spool ${id} is not open`)
  return file
}

function extent(file: OpfsFile): OpfsExtent {
  return { meta: file.meta, start: file.start, size: file.size, events: file.events }
}

const calls: { [Name in OpfsCall['name']]: (call: Extract<OpfsCall, { name: Name }>) => Promise<unknown> } = {
  async probe() {
    // Safari had getDirectory long before handles that could be used; try the whole way.
    const folder = await root()
    const name = `probe-${crypto.randomUUID()}`
    const file = (await folder.getFileHandle(name, { create: true })) as FileSystemFileHandle & {
      createSyncAccessHandle(): Promise<{ write(bytes: Uint8Array): number; flush(): void; close(): void }>
    }
    try {
      const handle = await file.createSyncAccessHandle()
      try {
        handle.write(new Uint8Array(1))
        handle.flush()
      } finally {
        handle.close()
      }
    } finally {
      await folder.removeEntry(name)
    }
  },
  async list() {
    const found: { meta: SpoolMeta; heldBytes: number }[] = []
    const folders = (await root()) as FileSystemDirectoryHandle & {
      values(): AsyncIterable<FileSystemHandle>
    }
    for await (const folder of folders.values()) {
      if (folder.kind !== 'directory') continue
      const entry = await readFolder(folder as FileSystemDirectoryHandle).catch(() => null) // removed meanwhile
      if (entry !== null) found.push(entry)
    }
    return found
  },
  async create({ meta }) {
    const file = await OpfsFile.create(await (await root()).getDirectoryHandle(meta.id, { create: true }), meta)
    files.set(meta.id, file)
    return extent(file)
  },
  async open({ id }) {
    if (files.has(id)) throw new SpoolError('busy', 'this tab holds the recording already')
    const file = await OpfsFile.open(await (await root()).getDirectoryHandle(id))
    files.set(id, file)
    return extent(file)
  },
  async append({ id, bytes }) {
    await held(id).append(bytes)
    letGo(bytes)
    return extent(held(id))
  },
  async 'append-events'({ id, events }) {
    await held(id).appendEvents(events)
    return extent(held(id))
  },
  'read-events': ({ id, first, most }) => held(id).readEvents(first, most),
  read: ({ id, offset, length }) => held(id).read(offset, length),
  async release({ id, offset }) {
    await held(id).release(offset)
    return extent(held(id))
  },
  async describe({ id, meta }) {
    await held(id).describe(meta)
    return extent(held(id))
  },
  async close({ id }) {
    await files.get(id)?.close()
    files.delete(id)
  },
  async remove({ id }) {
    await files.get(id)?.close()
    files.delete(id)
    await (await root()).removeEntry(id, { recursive: true }).catch((cause: unknown) => {
      const error = storageError(cause)
      if (error.code !== 'missing') throw error
    })
  },
}

/**
 * Nothing else is allocated here, so the collector hardly ever comes: what was written would pile up, 10 MB a minute. Browsers
 * before 2024 have no `transfer`.
 */
function letGo(bytes: Uint8Array): void {
  const buffer = bytes.buffer as Partial<Pick<ArrayBuffer, 'transfer'>>
  buffer.transfer?.(0)
}

/** Reads what another tab may be writing: files, not handles, which are exclusive. */
async function readFolder(folder: FileSystemDirectoryHandle): Promise<{ meta: SpoolMeta; heldBytes: number } | null> {
  const slots: Uint8Array[] = []
  let heldBytes = 0
  const entries = (
    folder as FileSystemDirectoryHandle & { entries(): AsyncIterable<[string, FileSystemHandle]> }
  ).entries()
  for await (const [name, handle] of entries) {
    const file = await (handle as FileSystemFileHandle).getFile()
    if (name.startsWith('s-')) heldBytes += file.size
    if (name.startsWith('meta-')) slots.push(new Uint8Array(await file.arrayBuffer()))
  }
  const newest = newestSlot(slots)
  return newest === null ? null : { meta: newest.meta, heldBytes }
}

// One after the other: appends are ordered, and a read sees what was appended before it.
let turn: Promise<unknown> = Promise.resolve()
self.onmessage = (event: MessageEvent<{ call: number } & OpfsCall>) => {
  const { call } = event.data
  turn = turn.then(async () => {
    let answer: OpfsAnswer
    try {
      answer = { call, value: await (calls[event.data.name] as (call: OpfsCall) => Promise<unknown>)(event.data) }
    } catch (cause) {
      const { code, message } = storageError(cause)
      answer = { call, error: { code, message } }
    }
    const scope = self as unknown as { postMessage(message: OpfsAnswer, transfer: Transferable[]): void }
    const bytes = 'value' in answer && answer.value instanceof Uint8Array ? [answer.value.buffer as ArrayBuffer] : []
    scope.postMessage(answer, bytes)
  })
}
