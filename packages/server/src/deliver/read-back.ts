import { createHash } from 'node:crypto'
import { constants, type PathLike } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

const blockBytes = 1024 * 1024
/** What O_DIRECT asks of offsets, lengths and addresses: the block of any disk there is. */
const alignment = 4096

export type ReadBack = { size: number; digest: string }

/**
 * Reads `length` bytes at `offset` of a file as its disk has them and hashes them: past the page cache (O_DIRECT, open(2))
 * where the file system can, since what was just written would otherwise come out of memory.
 *
 * @throws the system's errors
 */
export async function readBack(
  path: PathLike,
  offset: number = 0,
  length: number = Number.POSITIVE_INFINITY,
): Promise<ReadBack> {
  try {
    return await hashOf(path, offset, length, constants.O_DIRECT)
  } catch (error) {
    // EINVAL: a file system without it (tmpfs, some networks').
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error
    return await hashOf(path, offset, length, 0)
  }
}

async function hashOf(path: PathLike, offset: number, length: number, flag: number): Promise<ReadBack> {
  const hash = createHash('sha256')
  const end = offset + length
  const file = await open(path, constants.O_RDONLY | flag)
  const block = takeBlock()
  let at = offset - (offset % alignment)
  let size = 0
  try {
    while (at < end) {
      const bytesRead = await readSome(file, block, at)
      const from = Math.max(offset - at, 0)
      const to = Math.min(bytesRead, end - at)
      if (to > from) {
        hash.update(block.subarray(from, to))
        size += to - from
      }
      if (bytesRead < block.length) break
      at += bytesRead
    }
  } finally {
    blocks.push(block)
    await file.close()
  }
  return { size, digest: `sha256:${hash.digest('hex')}` }
}

/** Fills the block, or comes to the end of the file. A short read in between would leave the alignment. */
async function readSome(file: FileHandle, block: Uint8Array, at: number): Promise<number> {
  let filled = 0
  while (filled < block.length) {
    const { bytesRead } = await file.read(block, filled, block.length - filled, at + filled)
    filled += bytesRead
    if (bytesRead === 0 || bytesRead % alignment !== 0) break
  }
  return filled
}

/** WebAssembly's memory begins at a page of the system, which no Buffer promises. */
const blocks: Uint8Array[] = []
function takeBlock(): Uint8Array {
  return blocks.pop() ?? new Uint8Array(new WebAssembly.Memory({ initial: blockBytes / 65536 }).buffer)
}
