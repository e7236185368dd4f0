// In the worker: what happened in one recording besides picture and sound, in one file of its folder: records of
// [length u32][CRC-32 of the payload, seeded with the event's number u32][payload], each durable when flush() returned.
import { crc32 } from '@rushes/protocol'
import { storageError } from './spool-error.ts'

/** lib.webworker's; this project is compiled against lib.dom, which lacks it. */
export interface SyncHandle {
  read(buffer: Uint8Array, options?: { at?: number }): number
  write(buffer: Uint8Array, options?: { at?: number }): number
  truncate(size: number): void
  getSize(): number
  flush(): void
  close(): void
}
const recordHeader = 8

export class OpfsEvents {
  readonly #handle: SyncHandle
  /** Where payloads begin, and the end of the last one. */
  #places: number[] = []
  #end = 0

  constructor(handle: SyncHandle) {
    this.#handle = handle
    const bytes = new Uint8Array(handle.getSize())
    const view = new DataView(bytes.buffer, 0, handle.read(bytes, { at: 0 }))
    while (this.#end + recordHeader <= view.byteLength) {
      const place = this.#end + recordHeader
      const payload = bytes.subarray(place, Math.min(place + view.getUint32(this.#end), view.byteLength))
      // What follows a torn record was never called durable.
      if (payload.length !== view.getUint32(this.#end)) break
      if (crc32(payload, this.count) !== view.getUint32(this.#end + 4)) break
      this.#places.push(place)
      this.#end = place + payload.length
    }
    if (this.#end < bytes.length) handle.truncate(this.#end)
  }

  get count(): number {
    return this.#places.length
  }

  /** @throws SpoolError `quota`, after which none of them is there */
  append(events: readonly string[]): void {
    const payloads = events.map((event) => new TextEncoder().encode(event))
    const records = new Uint8Array(payloads.reduce((sum, { length }) => sum + recordHeader + length, 0))
    const view = new DataView(records.buffer)
    const places: number[] = []
    let at = 0
    for (const [index, payload] of payloads.entries()) {
      view.setUint32(at, payload.length)
      view.setUint32(at + 4, crc32(payload, this.count + index))
      records.set(payload, at + recordHeader)
      places.push(this.#end + at + recordHeader)
      at += recordHeader + payload.length
    }
    try {
      const written = this.#handle.write(records, { at: this.#end })
      if (written < records.length) throw new DOMException('the file did not take all bytes', 'QuotaExceededError')
      this.#handle.flush()
    } catch (cause) {
      try {
        this.#handle.truncate(this.#end)
      } catch {
        // a torn record is found and left out when the spool is opened again
      }
      throw storageError(cause)
    }
    this.#places.push(...places)
    this.#end += records.length
  }

  read(first: number, most: number): string[] {
    const decoder = new TextDecoder()
    return this.#places.slice(first, first + most).map((place, index) => {
      const next = this.#places[first + index + 1]
      const payload = new Uint8Array((next === undefined ? this.#end : next - recordHeader) - place)
      this.#handle.read(payload, { at: place })
      return decoder.decode(payload)
    })
  }

  close(): void {
    this.#handle.close()
  }
}
