// One recording's bytes while they arrive. Everything happens in the order of the body:
//
//   received (checked, in memory) ── write, fdatasync ──> durable ── after the acknowledgement ──> indexed, hashed
// Bytes that come while their proof is still to come are written and synced like all others, but neither indexed nor hashed:
// they can be taken back.
//
//   hold ── append … ──> prove: indexed, hashed        hold ── append … ──> retract: cut off
//
// One batch is on its way to the disk at a time; what arrives meanwhile makes the next, so that a slow disk makes larger
// batches instead of longer queues.
import { createReadStream } from 'node:fs'
import { type BodyIndex, type Front, openBodyIndex } from '@rushes/media'
import { type AppendFile, openAppendFile } from './append-file.ts'
import { BodyError, storageError } from './body-error.ts'
import { FileDigest } from './file-digest.ts'

const readBytes = 1024 * 1024

/** What is known of the bytes up to a place in the body. */
export type BodyState = {
  size: number
  /** CRC-32 of all of them. */
  crc: number
  index: BodyIndex
  /** SHA-256 of all of them, going on. */
  digest: FileDigest
}

export type BodyListener = {
  /** These follow what was received before; they are checked, and not yet on disk. Not told of bytes that wait to be proven. */
  received(bytes: Uint8Array, offset: number): void
  /** Bytes up to `size` are on disk. */
  durable(size: number, crc: number): void
  /** Bytes that were received and are not durable are gone. */
  failed(error: BodyError): void
}

export interface Body {
  readonly path: string
  readonly received: { size: number; crc: number }
  readonly durable: { size: number; crc: number }
  readonly index: BodyIndex
  /** Takes a run of bytes that follow what was received; `crc` is the chain at their end. */
  append(bytes: Uint8Array, crc: number): void
  /** From here on, bytes wait to be proven. Only while nothing is on its way to the disk. */
  hold(): void
  /** The bytes since `hold` are what they should be: they are indexed and hashed, behind. */
  prove(): void
  /** The bytes since `hold` never came. @throws BodyError */
  retract(): Promise<void>
  /** Settles when all that was received is durable, or lost. */
  synced(): Promise<void>
  /** Settles when nothing is on its way to the disk, to the index or to the digest. */
  drained(): Promise<void>
  /** After a failure: goes on from what is durable, on a new descriptor. */
  reopen(): Promise<void>
  listen(listener: BodyListener | null): void
  /** SHA-256 of the durable bytes in the order of their file, lowercase hex; once nothing is on its way to the disk. */
  sha256(): string
  /** SHA-256 of the body up to the end of a whole sample, where it was met on the way. */
  whole(): { size: number; sha256: Buffer } | null
  close(): Promise<void>
}

/** @param front the range of the file that the body at `path` begins with; null: the body is the file */
export function emptyBodyState(path: string, front: Front | null): BodyState {
  return { size: 0, crc: 0, index: openBodyIndex({ front }), digest: new FileDigest(path, front) }
}

/** Opens the body at `path` to go on after `state`. */
export async function openBody(path: string, state: BodyState): Promise<Body> {
  return new FileBody(path, state, await openAppendFile(path, state.size))
}

class FileBody implements Body {
  readonly path: string
  readonly received: { size: number; crc: number }
  readonly durable: { size: number; crc: number }
  readonly index: BodyIndex
  readonly #digest: FileDigest
  #file: AppendFile
  #listener: BodyListener | null = null
  #waiting: Uint8Array[] = []
  #writing: Promise<void> | null = null
  #failed = false
  /** Where the unproven bytes begin. */
  #held: { size: number; crc: number } | null = null
  #proving: Promise<void> | null = null

  constructor(path: string, state: BodyState, file: AppendFile) {
    this.path = path
    this.received = { size: state.size, crc: state.crc }
    this.durable = { size: state.size, crc: state.crc }
    this.index = state.index
    this.#digest = state.digest
    this.#file = file
  }

  listen(listener: BodyListener | null): void {
    this.#listener = listener
  }

  append(bytes: Uint8Array, crc: number): void {
    if (this.#failed) return
    this.#waiting.push(bytes)
    this.received.size += bytes.length
    this.received.crc = crc
    if (this.#held === null) this.#listener?.received(bytes, this.received.size - bytes.length)
    this.#writing ??= this.#write()
  }

  hold(): void {
    this.#held = { ...this.durable }
  }

  prove(): void {
    const held = this.#held
    if (held === null) return
    this.#held = null
    const before = this.#proving
    const proving = this.#readBack(held.size, this.durable.size, before).finally(() => {
      if (this.#proving === proving) this.#proving = null
    })
    this.#proving = proving
  }

  /** From the page cache, where it was put a moment ago: held in memory, chunks of many senders would fill it. */
  async #readBack(start: number, end: number, before: Promise<void> | null): Promise<void> {
    await before
    if (start === end) return
    try {
      for await (const bytes of createReadStream(this.path, { start, end: end - 1, highWaterMark: readBytes })) {
        await this.#read([bytes as Buffer])
      }
    } catch (error) {
      this.#failed = true
      this.#listener?.failed(storageError(error))
    }
  }

  async retract(): Promise<void> {
    await this.synced()
    const held = this.#held
    this.#held = null
    if (held === null || this.#failed) return
    await this.#file.truncate(held.size)
    for (const place of [this.durable, this.received]) Object.assign(place, { size: held.size, crc: held.crc })
  }

  async synced(): Promise<void> {
    while (this.#writing !== null) await this.#writing
  }

  async drained(): Promise<void> {
    while (this.#writing !== null || this.#proving !== null) await (this.#writing ?? this.#proving)
  }

  async #write(): Promise<void> {
    // Messages that came in the same turn of the event loop share one sync.
    await Promise.resolve()
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting
        const { size, crc } = this.received
        this.#waiting = []
        await this.#file.append(batch)
        this.durable.size = size
        this.durable.crc = crc
        this.#listener?.durable(size, crc)
        if (this.#held !== null) continue
        await this.#proving
        await this.#read(batch)
      }
    } catch (error) {
      this.#failed = true
      this.#waiting = []
      this.received.size = this.durable.size
      this.received.crc = this.durable.crc
      this.#listener?.failed(error as BodyError)
    } finally {
      this.#writing = null
    }
  }

  async #read(parts: readonly Uint8Array[]): Promise<void> {
    for (const bytes of parts) {
      this.index.push(bytes)
      await this.#digest.update(bytes, this.index.wholeBytes)
    }
  }

  async reopen(): Promise<void> {
    await this.synced()
    if (this.#failed) this.prove()
    await this.drained()
    if (!this.#failed) return
    if (this.index.bytes !== this.durable.size) {
      throw new BodyError('storage-failed', 'stored bytes could not be read back')
    }
    await this.#file.close().catch(() => {})
    this.#file = await openAppendFile(this.path, this.durable.size)
    this.#failed = false
  }

  sha256(): string {
    return this.#digest.hex()
  }

  whole(): { size: number; sha256: Buffer } | null {
    return this.#digest.whole()
  }

  async close(): Promise<void> {
    await this.drained()
    await this.#file.close()
  }
}
