import { readSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'

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

/** Others in the process have their turn after so many bytes: some 20 ms of scanning. */
const TURN = 4 * 2 ** 20
let sinceTurn = 0

/**
 * Reads in this thread: what is scanned next is in this core's cache then. Through the pool of threads reading and
 * scanning cost twice the CPU (docs/benchmarks.md).
 */
async function readFully(file: FileHandle, at: number, into: Uint8Array): Promise<number> {
  let done = 0
  while (done < into.length) {
    const read = readSync(file.fd, into, done, into.length - done, at + done)
    if (read === 0) break
    done += read
  }
  sinceTurn += done
  if (sinceTurn > TURN) {
    sinceTurn = 0
    await setImmediate()
  }
  return done
}
