// Where nothing on disk can be had: what is not delivered is lost with the tab, and the recording says so.
import { SpoolError } from './spool-error.ts'
import type { SpoolFile, SpoolMeta, SpoolStore } from './spool-store.ts'

/** @param limitBytes of all spools together; beyond it `append` refuses with `quota` */
export function openMemoryStore(limitBytes: number = 512 * 1024 * 1024): SpoolStore {
  const spools = new Map<string, MemoryFile>()
  const room = { left: limitBytes }
  return {
    kind: 'memory',
    list: async () => [...spools.values()].map((file) => ({ meta: file.meta, heldBytes: file.size - file.start })),
    async create(meta) {
      const file = new MemoryFile(meta, room)
      spools.set(meta.id, file)
      return file
    },
    async open(id) {
      const file = spools.get(id)
      if (file === undefined) throw new SpoolError('missing', 'no such recording in the spool')
      return file
    },
    async remove(id) {
      spools.get(id)?.drop()
      spools.delete(id)
    },
  }
}

class MemoryFile implements SpoolFile {
  meta: SpoolMeta
  start = 0
  size = 0
  #events: string[] = []
  #chunks: { offset: number; bytes: Uint8Array }[] = []
  #head: Uint8Array = new Uint8Array(0)
  readonly #room: { left: number }

  constructor(meta: SpoolMeta, room: { left: number }) {
    this.meta = meta
    this.#room = room
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (bytes.length > this.#room.left) throw new SpoolError('quota', 'the memory set aside for recordings is full')
    this.#room.left -= bytes.length
    this.#chunks.push({ offset: this.size, bytes: bytes.slice() })
    this.size += bytes.length
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const until = Math.min(offset + length, this.size)
    const out = new Uint8Array(Math.max(0, until - offset))
    let filled = 0
    if (offset < this.start) {
      const part = this.#head.subarray(offset, until)
      if (part.length === 0 && out.length > 0) {
        throw new SpoolError('out-of-range', `byte ${offset} was released; the spool begins at ${this.start}`)
      }
      out.set(part)
      filled = part.length
      if (offset + filled < this.start) return out.subarray(0, filled)
    }
    for (const chunk of this.#chunks) {
      const at = offset + filled
      if (chunk.offset + chunk.bytes.length <= at) continue
      if (filled === out.length) break
      const part = chunk.bytes.subarray(at - chunk.offset, until - chunk.offset)
      out.set(part, filled)
      filled += part.length
    }
    return out
  }

  async release(offset: number): Promise<void> {
    while (this.#chunks[0] && this.#chunks[0].offset + this.#chunks[0].bytes.length <= offset) {
      this.#room.left += this.#chunks.shift()!.bytes.length
    }
    this.size = Math.max(this.size, offset)
    this.start = this.#chunks[0]?.offset ?? this.size
  }

  get events(): number {
    return this.#events.length
  }

  async appendEvents(events: readonly string[]): Promise<void> {
    const letters = lettersOf(events)
    if (letters > this.#room.left) throw new SpoolError('quota', 'the memory set aside for recordings is full')
    this.#room.left -= letters
    this.#events.push(...events)
  }

  async readEvents(first: number, most: number): Promise<string[]> {
    return this.#events.slice(first, first + most)
  }

  async describe(meta: SpoolMeta): Promise<void> {
    if (meta.headBytes > this.#head.length) this.#head = await this.read(0, meta.headBytes)
    this.meta = meta
  }

  async close(): Promise<void> {}

  drop(): void {
    for (const chunk of this.#chunks) this.#room.left += chunk.bytes.length
    this.#chunks = []
    this.#room.left += lettersOf(this.#events)
    this.#events = []
  }
}

function lettersOf(events: readonly string[]): number {
  return events.reduce((sum, { length }) => sum + length, 0)
}
