import { UmfError } from './umf-error.ts'

/** Bytes of a file that can be asked for anywhere. */
export interface Source {
  /** Bytes of the file. */
  readonly size: number
  /**
   * Exactly `length` bytes from `offset` on.
   *
   * @param into of at least `length` bytes, in which they may be given: the caller needs no more what is in it
   * @throws UmfError `source`, `out-of-range`
   */
  read(offset: number, length: number, into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array>
}

/** A file that is edited in place (SPEC.md, Commit). `write` past the end makes it longer. */
export interface EditableFile extends Source {
  write(offset: number, bytes: Uint8Array): Promise<void>
  truncate(size: number): Promise<void>
  /** Comes back when everything written so far survives a loss of power. */
  sync(): Promise<void>
}

export function bytesSource(bytes: Uint8Array): Source {
  return {
    size: bytes.length,
    async read(offset, length) {
      checkRange(offset, length, bytes.length)
      return bytes.subarray(offset, offset + length)
    },
  }
}

/** A browser takes about 1 ms for each read of a file, however short; for 64 KiB no longer. */
const AHEAD_BYTES = 64 * 1024

/** A `File` that was dropped on a page, or any other `Blob`. What follows a short read is read with it. */
export function blobSource(blob: Blob): Source {
  const { size } = blob
  let ahead: { from: number; to: number; bytes: Promise<Uint8Array> } | null = null
  return {
    size,
    async read(offset, length) {
      checkRange(offset, length, size)
      if (length >= AHEAD_BYTES) return await blobBytes(blob, offset, offset + length)
      if (ahead === null || offset < ahead.from || offset + length > ahead.to) {
        const to = Math.min(offset + AHEAD_BYTES, size)
        ahead = { from: offset, to, bytes: blobBytes(blob, offset, to) }
      }
      const piece = ahead
      try {
        return (await piece.bytes).subarray(offset - piece.from, offset - piece.from + length)
      } catch (fault) {
        // Whoever tries again asks the file again.
        if (ahead === piece) ahead = null
        throw fault
      }
    },
  }
}

async function blobBytes(blob: Blob, from: number, to: number): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.slice(from, to).arrayBuffer())
  } catch (cause) {
    throw new UmfError('source', `the file can't be read: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

export function checkRange(offset: number, length: number, size: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= size) return
  throw new UmfError('out-of-range', `bytes ${offset} to ${offset + length} of a file of ${size}`, offset)
}

/** How much of a file is held at once while it is read through. */
const PIECE_BYTES = 1024 * 1024

/**
 * Bytes `offset` to `offset + length`, in pieces of at most 1 MiB; the next one is read while one is used.
 *
 * @param isPassing a piece may hold only until the next one is asked for: memory that is used again takes half of the CPU
 */
export async function* readThrough(
  source: Source,
  offset: number,
  length: number,
  isPassing = false,
): AsyncGenerator<Uint8Array> {
  const end = offset + length
  const buffers = isPassing && length > PIECE_BYTES ? [new Uint8Array(PIECE_BYTES), new Uint8Array(PIECE_BYTES)] : []
  const read = (at: number): Promise<Uint8Array> | null => {
    if (at >= end) return null
    buffers.reverse()
    const piece = source.read(at, Math.min(PIECE_BYTES, end - at), buffers[0])
    // It is waited for below, if whoever reads comes that far.
    piece.catch(() => {})
    return piece
  }
  let next = read(offset)
  for (let at = offset; next !== null; ) {
    const piece: Uint8Array = await next
    at += PIECE_BYTES
    next = read(at)
    yield piece
  }
}
