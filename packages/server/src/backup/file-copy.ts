import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from '../body/append-file.ts'

const readBytes = 1024 * 1024

export type FileCopy = { size: number; sha256: string; copiedBytes: number }

export type FileCopyOptions = {
  from: string
  to: string
  /** Copies this many bytes; null: as many as are there when it begins. */
  size: number | null
  /** What is known to lie at `to`; null: nothing is known of it, so it is compared. */
  known: { size: number; sha256: string } | null
  signal: AbortSignal
  /** Bytes that were looked at since the last call. */
  onBytes(count: number): void
}

/**
 * Makes `to` begin as `from` does, and says what that is. Bytes that lie there already are not written again: `from` is
 * read from its start, for the digest, but only what follows is copied. Resolves when all of it is on disk. Null: what
 * lies at `to` is something else, and was left as it is.
 *
 * @throws the system's errors; ENOENT only for `from`
 */
export async function copyFile(options: FileCopyOptions): Promise<FileCopy | null> {
  const { from, to, known } = options
  const source = await open(from, 'r')
  try {
    const size = options.size ?? (await source.stat()).size
    const lies = (await stat(to).catch(() => ({ size: 0 }))).size
    const there = known?.size ?? Math.min(lies, size)
    if (there > size || there > lies) return null
    await mkdir(dirname(to), { recursive: true, mode: 0o700 })
    const target = await open(to, there === 0 ? 'w+' : 'r+', 0o600)
    try {
      const hash = createHash('sha256')
      const prefix = await readInto(hash, source, 0, there, options)
      const expected = known?.sha256 ?? (await digestOf(target, there, options.signal))
      if (prefix !== there || hash.copy().digest('hex') !== expected) return null
      const end = await readInto(hash, source, there, size, options, target)
      await target.truncate(end)
      await target.sync()
      if (there === 0) await syncFolder(dirname(to))
      return { size: end, sha256: hash.digest('hex'), copiedBytes: end - there }
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

/** SHA-256 of the first `size` bytes of a file, lowercase hex; null where it has fewer or is missing. */
export async function digestOfFile(path: string, size: number, options: ReadOptions): Promise<string | null> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (file === null) return null
  try {
    const hash = createHash('sha256')
    return (await readInto(hash, file, 0, size, options)) === size ? hash.digest('hex') : null
  } finally {
    await file.close()
  }
}

export type ReadOptions = Pick<FileCopyOptions, 'signal' | 'onBytes'>

async function digestOf(file: FileHandle, size: number, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  await readInto(hash, file, 0, size, { signal, onBytes() {} })
  return hash.digest('hex')
}

/** Reads from `start` to `end` or to the end of the file, wherever that is by then; resolves to where it came. */
async function readInto(
  hash: Hash,
  source: FileHandle,
  start: number,
  end: number,
  { signal, onBytes }: ReadOptions,
  target?: FileHandle,
): Promise<number> {
  const buffer = Buffer.allocUnsafe(Math.min(readBytes, Math.max(end - start, 1)))
  let at = start
  while (at < end) {
    signal.throwIfAborted()
    const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, end - at), at)
    if (bytesRead === 0) break
    hash.update(buffer.subarray(0, bytesRead))
    for (let written = 0; target !== undefined && written < bytesRead; ) {
      written += (await target.write(buffer, written, bytesRead - written, at + written)).bytesWritten
    }
    at += bytesRead
    onBytes(bytesRead)
  }
  return at
}
