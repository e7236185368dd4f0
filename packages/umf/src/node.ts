// The edges of Node: files, and its SHA-256.
import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import type { MakeSha256 } from './sha256.ts'
import { checkRange, type EditableFile } from './source.ts'
import { UmfError } from './umf-error.ts'

export { folderRegistry } from './folder-registry.ts'

export const nodeSha256: MakeSha256 = () => {
  const hash = createHash('sha256')
  return {
    update(bytes) {
      hash.update(bytes)
    },
    digest: () => hash.digest(),
  }
}

export interface OpenedFile extends EditableFile, AsyncDisposable {
  close(): Promise<void>
}

/** A file on disk. @param mode `r` to read, `r+` to edit. @throws UmfError `source` */
export async function openFile(path: string, mode: 'r' | 'r+' = 'r'): Promise<OpenedFile> {
  const handle = await open(path, mode).catch(refuse('opened'))
  let { size } = await handle.stat()
  return {
    get size() {
      return size
    },
    async read(offset, length, into) {
      checkRange(offset, length, size)
      // Filled to its end below: zeroing it first took a tenth of the time of reading a large file.
      const bytes = into?.subarray(0, length) ?? new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
      for (let at = 0; at < length; ) {
        const { bytesRead } = await handle.read(bytes, at, length - at, offset + at).catch(refuse('read'))
        if (bytesRead === 0) throw new UmfError('source', 'the file became shorter while it was read')
        at += bytesRead
      }
      return bytes
    },
    async write(offset, bytes) {
      await writeAll(handle, offset, bytes).catch(refuse('written'))
      size = Math.max(size, offset + bytes.length)
    },
    async truncate(length) {
      await handle.truncate(length).catch(refuse('cut'))
      size = length
    },
    sync: () => handle.datasync().catch(refuse('synced')),
    close: () => handle.close(),
    [Symbol.asyncDispose]: () => handle.close(),
  }
}

function refuse(what: string): (cause: Error) => never {
  return (cause) => {
    throw new UmfError('source', `the file can't be ${what}: ${cause.message}`)
  }
}

async function writeAll(handle: FileHandle, offset: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, offset + at)
    at += bytesWritten
  }
}
