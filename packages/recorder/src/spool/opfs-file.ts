// In the worker: one recording's folder in the origin private file system.
//
//   meta-0, meta-1     the metadata, written in turn, so that one of them is whole whatever happens
//   head               the body's first bytes (headers), kept when their segment was released
//   events             what happened besides: records as in segments, from the first event on
//   s-<offset>         segments of about 4 MiB: records of [length u32][CRC-32 of the payload, seeded u32][payload]
//
// A record counts when flush() returned. After a crash records are read until one is torn; what follows was never
// acknowledged to the encoder's side as spooled.
import { crc32 } from '@rushes/protocol'
import { OpfsEvents, type SyncHandle } from './opfs-events.ts'
import { SpoolError, storageError } from './spool-error.ts'
import { parseMeta } from './spool-meta.ts'
import type { SpoolFile, SpoolMeta } from './spool-store.ts'

type SyncFileHandle = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncHandle> }
type Folder = FileSystemDirectoryHandle & { entries(): AsyncIterable<[string, FileSystemHandle]> }

const segmentBytes = 4 * 1024 * 1024
const recordHeader = 8
const eventsName = 'events'
const segmentName = /^s-(\d{16})$/

type Segment = {
  name: string
  handle: SyncHandle
  /** Body offsets at which records begin, and where their payloads lie in the file; `end` is that of the last. */
  offsets: number[]
  places: number[]
  end: number
  fileBytes: number
}

export class OpfsFile implements SpoolFile {
  meta: SpoolMeta
  readonly #folder: Folder
  readonly #slots: [SyncHandle, SyncHandle]
  #sequence: number
  #segments: Segment[] = []
  #head: Uint8Array<ArrayBuffer> = new Uint8Array(0)
  /** Where the next segment begins while there is none. */
  #base = 0
  #events: OpfsEvents | null = null

  private constructor(folder: Folder, slots: [SyncHandle, SyncHandle], sequence: number, meta: SpoolMeta) {
    this.#folder = folder
    this.#slots = slots
    this.#sequence = sequence
    this.meta = meta
  }

  static async create(folder: FileSystemDirectoryHandle, meta: SpoolMeta): Promise<OpfsFile> {
    const slots = await openSlots(folder as Folder)
    const file = new OpfsFile(folder as Folder, slots, 0, meta)
    await file.describe(meta)
    return file
  }

  /** @throws SpoolError `damaged` where no metadata is whole */
  static async open(folder: FileSystemDirectoryHandle): Promise<OpfsFile> {
    const slots = await openSlots(folder as Folder)
    const newest = newestSlot(slots.map(readWhole))
    if (newest === null) {
      for (const slot of slots) slot.close()
      throw new SpoolError('damaged', `the metadata of ${folder.name} cannot be read`)
    }
    const file = new OpfsFile(folder as Folder, slots, newest.sequence, newest.meta)
    await file.#scan()
    return file
  }

  get start(): number {
    return this.#segments[0]?.offsets[0] ?? this.#base
  }

  get size(): number {
    return this.#segments.at(-1)?.end ?? this.#base
  }

  get events(): number {
    return this.#events?.count ?? 0
  }

  async appendEvents(events: readonly string[]): Promise<void> {
    this.#events ??= new OpfsEvents(await openHandle(this.#folder, eventsName, true))
    this.#events.append(events)
  }

  async readEvents(first: number, most: number): Promise<string[]> {
    return this.#events?.read(first, most) ?? []
  }

  async append(bytes: Uint8Array): Promise<void> {
    const segment = await this.#segmentFor()
    const header = new Uint8Array(recordHeader)
    const offset = segment.end
    const view = new DataView(header.buffer)
    view.setUint32(0, bytes.length)
    view.setUint32(4, crc32(bytes, offset >>> 0))
    const recordBytes = recordHeader + bytes.length
    try {
      let written = segment.handle.write(header, { at: segment.fileBytes })
      written += segment.handle.write(bytes, { at: segment.fileBytes + recordHeader })
      if (written < recordBytes) throw new DOMException('the file did not take all bytes', 'QuotaExceededError')
      segment.handle.flush()
    } catch (cause) {
      try {
        segment.handle.truncate(segment.fileBytes)
      } catch {
        // the torn record is found and left out when the spool is opened again
      }
      throw storageError(cause)
    }
    segment.offsets.push(offset)
    segment.places.push(segment.fileBytes + recordHeader)
    segment.fileBytes += recordBytes
    segment.end += bytes.length
  }

  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const from = Math.max(0, offset)
    const until = Math.min(from + length, this.size)
    if (from < this.start && from >= this.#head.length) {
      throw new SpoolError('out-of-range', `byte ${from} was released; the spool begins at ${this.start}`)
    }
    const out = new Uint8Array(Math.max(0, until - from))
    let at = from
    while (at < until) {
      const into = out.subarray(at - from)
      const read = at < this.start ? readHead(this.#head, at, into) : this.#readSegment(at, into)
      if (read === 0) break
      at += read
    }
    return at === until ? out : out.slice(0, at - from)
  }

  async release(offset: number): Promise<void> {
    const beyond = offset > this.size
    // Not the last one, where it is being filled; unless all of it and more is safe.
    while (this.#segments.length > (beyond ? 0 : 1) && this.#segments[0]!.end <= offset) {
      const segment = this.#segments.shift()!
      segment.handle.close()
      await this.#folder.removeEntry(segment.name)
    }
    if (beyond) this.#base = offset
  }

  async describe(meta: SpoolMeta): Promise<void> {
    if (meta.headBytes > this.#head.length) {
      const head = await this.read(0, meta.headBytes)
      await this.#writeHead(head)
    }
    const sequence = this.#sequence + 1
    const text = new TextEncoder().encode(JSON.stringify({ sequence, meta }))
    const bytes = new Uint8Array(8 + text.length)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, text.length)
    view.setUint32(4, crc32(text))
    bytes.set(text, 8)
    const slot = this.#slots[sequence % 2]!
    try {
      if (slot.write(bytes, { at: 0 }) < bytes.length) throw new DOMException('short write', 'QuotaExceededError')
      slot.flush()
    } catch (cause) {
      throw storageError(cause)
    }
    this.#sequence = sequence
    this.meta = meta
  }

  async close(): Promise<void> {
    for (const handle of [...this.#slots, ...this.#segments.map((segment) => segment.handle)]) handle.close()
    this.#events?.close()
    this.#events = null
    this.#segments = []
  }

  async #segmentFor(): Promise<Segment> {
    const last = this.#segments.at(-1)
    if (last !== undefined && last.fileBytes < segmentBytes) return last
    const begin = this.size
    const name = `s-${String(begin).padStart(16, '0')}`
    try {
      const handle = await openHandle(this.#folder, name, true)
      handle.truncate(0) // of a name that a crash left behind
      const segment: Segment = { name, handle, offsets: [], places: [], end: begin, fileBytes: 0 }
      this.#segments.push(segment)
      return segment
    } catch (cause) {
      throw storageError(cause)
    }
  }

  #readSegment(at: number, into: Uint8Array): number {
    const segment = this.#segments.findLast(({ offsets }) => offsets.length > 0 && offsets[0]! <= at)
    if (segment === undefined || at >= segment.end) return 0
    const index = lastAtOrBefore(segment.offsets, at)
    const recordEnd = segment.offsets[index + 1] ?? segment.end
    const within = at - segment.offsets[index]!
    const length = Math.min(into.length, recordEnd - at)
    return segment.handle.read(into.subarray(0, length), { at: segment.places[index]! + within })
  }

  async #writeHead(head: Uint8Array): Promise<void> {
    const handle = await openHandle(this.#folder, 'head', true)
    try {
      handle.truncate(0)
      handle.write(head, { at: 0 })
      handle.flush()
    } catch (cause) {
      throw storageError(cause)
    } finally {
      handle.close()
    }
    this.#head = head.slice()
  }

  async #scan(): Promise<void> {
    if (this.meta.headBytes > 0) {
      const handle = await openHandle(this.#folder, 'head', true)
      this.#head = readWhole(handle)
      handle.close()
      this.#base = this.#head.length
    }
    const names: string[] = []
    for await (const [name] of this.#folder.entries()) {
      if (segmentName.test(name)) names.push(name)
      if (name === eventsName) this.#events = new OpfsEvents(await openHandle(this.#folder, name, false))
    }
    names.sort()
    for (const name of names) {
      const begin = Number(segmentName.exec(name)![1])
      const previous = this.#segments.at(-1)
      if (previous !== undefined && previous.end !== begin) {
        await this.#folder.removeEntry(name) // begins after a torn record: nothing joins it to what is whole
        continue
      }
      const handle = await openHandle(this.#folder, name, false)
      const segment = scanSegment(name, handle, begin)
      this.#segments.push(segment)
    }
  }
}

function scanSegment(name: string, handle: SyncHandle, begin: number): Segment {
  const bytes = readWhole(handle)
  const view = new DataView(bytes.buffer)
  const segment: Segment = { name, handle, offsets: [], places: [], end: begin, fileBytes: 0 }
  while (segment.fileBytes + recordHeader <= bytes.length) {
    const length = view.getUint32(segment.fileBytes)
    const place = segment.fileBytes + recordHeader
    if (length === 0 || place + length > bytes.length) break
    const crc = crc32(bytes.subarray(place, place + length), segment.end >>> 0)
    if (crc !== view.getUint32(segment.fileBytes + 4)) break
    segment.offsets.push(segment.end)
    segment.places.push(place)
    segment.end += length
    segment.fileBytes = place + length
  }
  if (segment.fileBytes < bytes.length) handle.truncate(segment.fileBytes)
  return segment
}

/** The newer of the two slots that is whole; null where neither is. */
export function newestSlot(slots: Uint8Array[]): { sequence: number; meta: SpoolMeta } | null {
  const whole = slots.flatMap((bytes) => {
    if (bytes.length < 8) return []
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const text = bytes.subarray(8, 8 + view.getUint32(0))
    if (text.length !== view.getUint32(0) || crc32(text) !== view.getUint32(4)) return []
    const value = JSON.parse(new TextDecoder().decode(text)) as { sequence: number; meta: unknown }
    const meta = parseMeta(value.meta)
    return meta === null ? [] : [{ sequence: value.sequence, meta }]
  })
  return whole.sort((a, b) => b.sequence - a.sequence)[0] ?? null
}

async function openSlots(folder: Folder): Promise<[SyncHandle, SyncHandle]> {
  const first = await openHandle(folder, 'meta-0', true)
  try {
    return [first, await openHandle(folder, 'meta-1', true)]
  } catch (cause) {
    first.close()
    throw cause
  }
}

async function openHandle(folder: Folder, name: string, create: boolean): Promise<SyncHandle> {
  const file = (await folder.getFileHandle(name, { create })) as SyncFileHandle
  try {
    return await file.createSyncAccessHandle()
  } catch (cause) {
    throw storageError(cause)
  }
}

function readWhole(handle: SyncHandle): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(handle.getSize())
  const read = handle.read(bytes, { at: 0 })
  return read === bytes.length ? bytes : bytes.slice(0, read)
}

function readHead(head: Uint8Array, at: number, into: Uint8Array): number {
  const part = head.subarray(at, at + into.length)
  into.set(part)
  return part.length
}

/** Index of the last value that is not over `at`; the values rise. */
function lastAtOrBefore(values: number[], at: number): number {
  let low = 0
  let high = values.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (values[middle]! <= at) low = middle
    else high = middle - 1
  }
  return low
}
