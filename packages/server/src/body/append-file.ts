// A file that only grows, whose end is known to be on disk.
//
//   open ── append ──> open        a write or sync that fails ──> failed ── reopen ──> open
//
// A failed fdatasync is never retried: the kernel marks the pages clean all the same, and the next call says "done" of
// bytes that are nowhere. Instead the unsynced tail is cut off, which drops its pages too, and the sender sends it again.
import { close, constants, fdatasync, fsync, ftruncate, open, writev } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { BodyError, storageError } from './body-error.ts'

const openFile = promisify(open)
const closeFile = promisify(close)
const syncData = promisify(fdatasync)
const syncAll = promisify(fsync)
const truncateFile = promisify(ftruncate)

export interface AppendFile {
  /** Bytes that are on disk. */
  readonly size: number
  /**
   * Appends and syncs; when it resolves, the bytes are safe. One call at a time.
   *
   * @throws BodyError `storage-full` or `storage-failed`; the file is unusable from then on
   */
  append(buffers: Uint8Array[]): Promise<void>
  /** Cuts the file at `size` and syncs that. */
  truncate(size: number): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the file at `path`, made when missing, to go on at `size`: whatever lies behind it was never acknowledged and
 * is cut off.
 */
export async function openAppendFile(path: string, size: number): Promise<AppendFile> {
  let fd: number
  try {
    fd = await openFile(path, constants.O_RDWR | constants.O_CREAT, 0o640)
  } catch (cause) {
    throw storageError(cause)
  }
  const file = new FolderAppendFile(fd, size)
  try {
    await file.truncate(size)
    await syncFolder(dirname(path))
  } catch (cause) {
    await file.close()
    throw cause instanceof BodyError ? cause : storageError(cause)
  }
  return file
}

/** Makes a folder's entries durable: a synced file whose name is lost is lost. */
export async function syncFolder(path: string): Promise<void> {
  const fd = await openFile(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await syncAll(fd)
  } finally {
    await closeFile(fd)
  }
}

class FolderAppendFile implements AppendFile {
  readonly #fd: number
  #size: number
  #failure: BodyError | null = null
  #closed = false

  constructor(fd: number, size: number) {
    this.#fd = fd
    this.#size = size
  }

  get size(): number {
    return this.#size
  }

  async append(buffers: Uint8Array[]): Promise<void> {
    if (this.#failure !== null) throw this.#failure
    try {
      const end = await writeAll(this.#fd, buffers, this.#size)
      await syncData(this.#fd)
      this.#size = end
    } catch (cause) {
      this.#failure = storageError(cause)
      // Best effort: it drops the pages that were never written, so that nobody reads them back as if they were safe.
      await truncateFile(this.#fd, this.#size).catch(() => {})
      throw this.#failure
    }
  }

  async truncate(size: number): Promise<void> {
    if (this.#failure !== null) throw this.#failure
    try {
      await truncateFile(this.#fd, size)
      await syncData(this.#fd)
      this.#size = size
    } catch (cause) {
      this.#failure = storageError(cause)
      throw this.#failure
    }
  }

  /**
   * Once: the number of a closed descriptor belongs to the next file that is opened, so that closing or writing by it again
   * would hit another recording.
   */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#failure ??= new BodyError('storage-failed', 'the file is closed')
    await closeFile(this.#fd)
  }
}

/** Writes all of `buffers` at `position`, however little each call takes; resolves to the end. */
function writeAll(fd: number, buffers: Uint8Array[], position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const step = (rest: Uint8Array[], at: number): void => {
      // IOV_MAX is 1024 on Linux.
      const some = rest.slice(0, 1024)
      writev(fd, some, at, (error, written) => {
        if (error !== null) return reject(error)
        if (written === 0) return reject(new Error('the disk took no bytes'))
        const left = dropBytes(rest, written)
        if (left.length === 0) resolve(at + written)
        else step(left, at + written)
      })
    }
    step(buffers, position)
  })
}

function dropBytes(buffers: Uint8Array[], count: number): Uint8Array[] {
  let index = 0
  let left = count
  while (index < buffers.length && left >= buffers[index]!.length) left -= buffers[index++]!.length
  const rest = buffers.slice(index)
  if (left > 0) rest[0] = rest[0]!.subarray(left)
  return rest
}
