import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

/** A file that is coming: its bytes so far on disk, and their digest as it grows. */
export interface Part {
  /** Bytes that came so far. */
  readonly size: number
  /** Of what came so far: `sha256:HEX`. */
  digest(): string
  append(bytes: Uint8Array): Promise<void>
  /** Begins anew. */
  clear(): Promise<void>
  sync(): Promise<void>
  close(): Promise<void>
}

/** Opens what an earlier try, or an earlier process, left. `sized` is told each new size. */
export async function openPart(path: string, limit: number, sized: (size: number) => void): Promise<Part> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  let hash = createHash('sha256')
  let size = 0
  const clear = async (): Promise<void> => {
    await file.truncate(0)
    hash = createHash('sha256')
    size = 0
    sized(0)
  }
  const left = (await file.stat()).size
  if (left > limit) await clear()
  const toRead = left > limit ? 0 : left
  const buffer = new Uint8Array(Math.min(toRead, 1024 * 1024))
  while (size < toRead) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, size)
    if (bytesRead === 0) break
    hash.update(buffer.subarray(0, bytesRead))
    size += bytesRead
  }
  sized(size)
  return {
    get size() {
      return size
    },
    digest: () => `sha256:${hash.copy().digest('hex')}`,
    async append(bytes) {
      for (let written = 0; written < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, written, bytes.length - written, size + written)
        written += bytesWritten
      }
      hash.update(bytes)
      size += bytes.length
      sized(size)
    },
    clear,
    sync: () => file.datasync(),
    close: () => file.close(),
  }
}
