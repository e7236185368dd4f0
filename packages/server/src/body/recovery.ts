import { type FileHandle, open, stat } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import type { Front } from '@rushes/media'
import { type BodyState, emptyBodyState } from './body.ts'
import { BodyError, storageError } from './body-error.ts'

const readBytes = 1024 * 1024

/**
 * What a body on disk holds: its chain, hash and index, by reading it once (about 1 s a GB). Nothing of it is journaled;
 * all of it follows from the bytes.
 *
 * The tail that a former process may have written without a sync (at most `unsyncedBytes`) is written again: after a
 * failed sync the page cache can hold bytes that look stored and are not.
 */
export async function recoverBody(path: string, unsyncedBytes: number, front: Front | null): Promise<BodyState> {
  const state = emptyBodyState(path, front)
  if ((await sizeOf(path)) === 0) return state
  try {
    const file = await open(path, 'r+')
    try {
      const { size } = await file.stat()
      await scan(file, state, size, async (bytes, at) => {
        if (at + bytes.length > size - unsyncedBytes) await file.write(bytes, 0, bytes.length, at)
      })
      await file.datasync()
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw storageError(cause)
  }
  return state
}

/**
 * The state of the first `size` bytes of a body, whose chain must be `crc`.
 *
 * @throws BodyError `checksum-mismatch`
 */
export async function recoverPrefix(path: string, size: number, crc: number, front: Front | null): Promise<BodyState> {
  const state = emptyBodyState(path, front)
  const file = await open(path, 'r')
  try {
    await scan(file, state, size)
  } finally {
    await file.close()
  }
  if (state.size !== size || state.crc !== crc) {
    throw new BodyError('checksum-mismatch', `the stored bytes up to ${size} do not have that chain`)
  }
  return state
}

/** Reads on from the state's end to `end`, or to the end of the file. */
async function scan(
  file: FileHandle,
  state: BodyState,
  end: number,
  visit?: (bytes: Buffer, at: number) => Promise<void>,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(readBytes)
  while (state.size < end) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(readBytes, end - state.size), state.size)
    if (bytesRead === 0) return
    const bytes = buffer.subarray(0, bytesRead)
    await visit?.(bytes, state.size)
    state.crc = crc32(bytes, state.crc)
    state.index.push(bytes)
    await state.digest.update(bytes, state.index.wholeBytes)
    state.size += bytesRead
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw storageError(cause)
  }
}
