// Files that are there as a whole or not at all.
import { randomBytes } from 'node:crypto'
import { type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { CommandError } from '../output.ts'
import { listenForStop } from './stop-signal.ts'

/**
 * Takes bytes in order, which are the caller's own again when `write` comes back; with {@link NewFile.patch}, what is at the
 * beginning is written again.
 */
export interface NewFile {
  write(bytes: Uint8Array): Promise<void>
  patch(offset: number, bytes: Uint8Array): Promise<void>
}

export type NewFileOptions = {
  /** Replaces a file of that name. */
  force?: boolean
  /** Permissions; by default what the user's umask leaves. */
  mode?: number
  /** False: it is not synced, and its folder neither; for many files that can be made again. */
  durable?: boolean
}

const pieceBytes = 1024 * 1024
/** Pieces that are on their way to the disk; who makes more of them waits. */
const mostPieces = 8
/** The disk begins while the rest is still being made: one sync of everything at the end took half as long again. */
const syncEveryBytes = 64 * pieceBytes

/**
 * Writes beside `path` under another name, syncs, and gives it its name at last. Ctrl-C leaves nothing behind.
 *
 * @throws CommandError `file-exists`, `stopped`; whatever `write` throws
 */
export async function writeNewFile<Result>(
  path: string,
  { force = false, mode = 0o666, durable = true }: NewFileOptions,
  write: (file: NewFile) => Promise<Result>,
): Promise<Result> {
  const target = resolve(path)
  const folder = dirname(target)
  if (!force && (await isThere(target))) throw fileExists(path)
  const temporary = temporaryBeside(target)
  using stopping = listenForStop('nothing was written')
  const handle = await open(temporary, 'wx', mode).catch((fault: NodeJS.ErrnoException) => {
    if (fault.code === 'ENOENT' || fault.code === 'ENOTDIR')
      throw new CommandError('no-such-folder', `${folder} is no folder: make it first, or give another place`)
    throw fault
  })
  const behind = new WriteBehind(handle, durable, stopping.signal)
  try {
    let result: Result
    try {
      result = await stopping.unless(write(behind))
      await behind.end()
    } finally {
      await behind.settled()
      await handle.close()
    }
    await name(temporary, target, force)
    if (durable) await syncFolder(folder)
    return result
  } catch (fault) {
    await rm(temporary, { force: true })
    throw (fault as NodeJS.ErrnoException).code === 'EEXIST' ? fileExists(path) : fault
  }
}

export function fileExists(path: string): CommandError {
  return new CommandError('file-exists', `${path} is there already: give another place, or --force to replace it`)
}

/** Another name in the same folder; one that is at its longest already would leave no room for an addition. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.rushes-${randomBytes(8).toString('hex')}.part`)
}

/** Whatever it is; a link that leads nowhere is there too. */
export async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  )
}

async function name(temporary: string, target: string, force: boolean): Promise<void> {
  if (force) {
    await rename(temporary, target)
    return
  }
  try {
    // Unlike a renaming, a link never replaces anything.
    await link(temporary, target)
  } catch (fault) {
    // Some file systems have no links; what was not there at the beginning most likely is not now.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes((fault as NodeJS.ErrnoException).code ?? '')) throw fault
    await (await open(target, 'wx')).close()
    await rename(temporary, target)
    return
  }
  await rm(temporary)
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Lets whoever makes the bytes go on while they are written. The first fault is kept, and told with the next call. */
class WriteBehind implements NewFile {
  readonly #handle: FileHandle
  readonly #durable: boolean
  readonly #signal: AbortSignal
  readonly #writing = new Set<Promise<void>>()
  #at = 0
  #unsynced = 0
  #fault: unknown = null
  #syncing: Promise<void> | null = null
  /**
   * Bytes are copied into pieces that are used again. New ones for each megabyte took half as much CPU again: the system
   * clears their pages, and V8 collects its heap for every few of them.
   */
  #piece: Uint8Array<ArrayBuffer> = new Uint8Array(pieceBytes)
  #filled = 0
  readonly #spare: Uint8Array<ArrayBuffer>[] = []

  constructor(handle: FileHandle, durable: boolean, signal: AbortSignal) {
    this.#handle = handle
    this.#durable = durable
    this.#signal = signal
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#signal.throwIfAborted()
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + pieceBytes - this.#filled)
      this.#piece.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      if (this.#filled < pieceBytes) break
      this.#flush()
      while (this.#writing.size >= mostPieces) await Promise.race(this.#writing)
    }
    this.#tellFault()
  }

  async patch(offset: number, bytes: Uint8Array): Promise<void> {
    this.#flush()
    await Promise.all(this.#writing)
    await this.#put(offset, bytes)
  }

  /** Everything is written, and on disk if it is to be. */
  async end(): Promise<void> {
    this.#flush()
    await this.settled()
    this.#tellFault()
    if (this.#durable) await this.#handle.datasync()
  }

  /** Nothing is under way any more. */
  async settled(): Promise<void> {
    await Promise.all([...this.#writing, this.#syncing])
  }

  #flush(): void {
    if (this.#filled === 0) return
    const piece = this.#piece
    const bytes = piece.subarray(0, this.#filled)
    const writing = this.#put(this.#at, bytes)
      .catch((fault: unknown) => {
        this.#fault ??= fault
      })
      .finally(() => {
        this.#writing.delete(writing)
        this.#spare.push(piece)
      })
    this.#writing.add(writing)
    this.#piece = this.#spare.pop() ?? new Uint8Array(pieceBytes)
    this.#filled = 0
    this.#at += bytes.length
    this.#unsynced += bytes.length
    if (this.#durable && this.#unsynced >= syncEveryBytes && this.#syncing === null) this.#sync()
  }

  #sync(): void {
    this.#unsynced = 0
    this.#syncing = this.#handle
      .datasync()
      .catch((fault: unknown) => {
        this.#fault ??= fault
      })
      .finally(() => {
        this.#syncing = null
      })
  }

  async #put(offset: number, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, at, bytes.length - at, offset + at)
      at += bytesWritten
    }
  }

  #tellFault(): void {
    if (this.#fault !== null) throw this.#fault
  }
}
