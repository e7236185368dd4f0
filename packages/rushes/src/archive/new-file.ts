// Files that are there as a whole or not at all.
import { randomBytes } from 'node:crypto'
import { type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { CommandError } from '../output.ts'

/** Takes bytes in order; with {@link NewFile.patch}, what is at the beginning is written again. */
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
/** Written, but not on their way to the disk yet: more of them wait, so that memory stays bounded. */
const mostWaitingBytes = 8 * pieceBytes
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
  // A name that is at its longest already leaves no room for an addition.
  const temporary = join(folder, `.rushes-${randomBytes(8).toString('hex')}.part`)
  using stopping = listenForStop()
  const handle = await open(temporary, 'wx', mode)
  const behind = new WriteBehind(handle, durable, stopping.signal)
  try {
    let result: Result
    try {
      result = await write(behind)
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

function listenForStop(): Disposable & { signal: AbortSignal } {
  const controller = new AbortController()
  const stop = (): void => controller.abort(new CommandError('stopped', 'stopped: nothing was written'))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    },
  }
}

/** Lets whoever makes the bytes go on while they are written. The first fault is kept, and told with the next call. */
class WriteBehind implements NewFile {
  readonly #handle: FileHandle
  readonly #durable: boolean
  readonly #signal: AbortSignal
  readonly #writing = new Set<Promise<void>>()
  #at = 0
  #waiting = 0
  #unsynced = 0
  #fault: unknown = null
  #syncing: Promise<void> | null = null
  /** Small pieces are gathered here. */
  #gathered: Uint8Array = new Uint8Array(pieceBytes)
  #gatheredBytes = 0

  constructor(handle: FileHandle, durable: boolean, signal: AbortSignal) {
    this.#handle = handle
    this.#durable = durable
    this.#signal = signal
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#signal.throwIfAborted()
    if (this.#gatheredBytes + bytes.length > pieceBytes) this.#flush()
    if (bytes.length >= pieceBytes / 4) {
      this.#flush()
      this.#start(bytes)
    } else {
      this.#gathered.set(bytes, this.#gatheredBytes)
      this.#gatheredBytes += bytes.length
    }
    while (this.#waiting > mostWaitingBytes) await Promise.race(this.#writing)
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
    if (this.#gatheredBytes === 0) return
    this.#start(this.#gathered.subarray(0, this.#gatheredBytes))
    this.#gathered = new Uint8Array(pieceBytes)
    this.#gatheredBytes = 0
  }

  #start(bytes: Uint8Array): void {
    const writing = this.#put(this.#at, bytes)
      .catch((fault: unknown) => {
        this.#fault ??= fault
      })
      .finally(() => {
        this.#writing.delete(writing)
        this.#waiting -= bytes.length
      })
    this.#writing.add(writing)
    this.#at += bytes.length
    this.#waiting += bytes.length
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
