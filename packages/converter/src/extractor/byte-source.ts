import type { FileHandle } from 'node:fs/promises'

/** Bytes that can be read anywhere: a file, memory, or what has come of a stream. */
export interface ByteSource {
  /** Bytes in all; null while nobody knows, as with a stream that has not ended. */
  readonly size: number | null
  /** Fills `into` with what begins at byte `at`. @returns how many bytes there were: fewer than asked only at the end */
  read(at: number, into: Uint8Array): Promise<number>
}

export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    async read(at, into) {
      const found = bytes.subarray(at, at + into.length)
      into.set(found)
      return found.length
    },
  }
}

/** @param size bytes of the file, as `stat` says; what grows behind it is not read */
export function fileSource(file: FileHandle, size: number): ByteSource {
  return {
    size,
    async read(at, into) {
      const wanted = Math.min(into.length, Math.max(0, size - at))
      return await readFully(file, at, into.subarray(0, wanted))
    },
  }
}

/** A part of another source, from `start` to `end`, as one of its own: what is inside of a resource. */
export function sliceSource(source: ByteSource, start: number, end: number): ByteSource {
  return {
    size: end - start,
    async read(at, into) {
      const wanted = Math.min(into.length, Math.max(0, end - start - at))
      return await source.read(start + at, into.subarray(0, wanted))
    },
  }
}

/**
 * A stream, read once and only as far as asked. What comes is written into `spool`, since structures point backwards and
 * whoever wants an index wants the bytes as well; memory holds one piece of the stream.
 *
 * @param spool open for reading and writing, empty; the caller closes it
 */
export function streamSource(stream: AsyncIterable<Uint8Array>, spool: FileHandle): ByteSource {
  const pieces = stream[Symbol.asyncIterator]()
  let spooled = 0
  let ended = false
  return {
    get size() {
      return ended ? spooled : null
    },
    async read(at, into) {
      while (!ended && spooled < at + into.length) {
        const piece = await pieces.next()
        if (piece.done === true) ended = true
        else {
          for (let done = 0; done < piece.value.length; ) {
            const { bytesWritten } = await spool.write(piece.value, done, piece.value.length - done, spooled + done)
            done += bytesWritten
          }
          spooled += piece.value.length
        }
      }
      const wanted = Math.min(into.length, Math.max(0, spooled - at))
      return await readFully(spool, at, into.subarray(0, wanted))
    },
  }
}

async function readFully(file: FileHandle, at: number, into: Uint8Array): Promise<number> {
  let done = 0
  while (done < into.length) {
    const { bytesRead } = await file.read(into, done, into.length - done, at + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done
}
