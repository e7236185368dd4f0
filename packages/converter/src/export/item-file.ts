import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { type Archive, checkedContent } from '@rushes/umf'
import { nodeSha256 } from '@rushes/umf/node'

export type ItemFile = { bytes: number; md5: string }

/**
 * Writes an item, or the main presentation, into a new file, if it is what its digest says.
 *
 * @throws UmfError `malformed`, `pointer`; errors of the system
 */
export async function writeItem(
  archive: Archive,
  name: string,
  path: string,
  { signal, onBytes = () => {} }: { signal: AbortSignal; onBytes?: (bytes: number) => void },
): Promise<ItemFile> {
  const md5 = createHash('md5')
  let at = 0
  const file = await open(path, 'wx', 0o644)
  try {
    for await (const piece of checkedContent(archive, name, nodeSha256)) {
      signal.throwIfAborted()
      md5.update(piece)
      for (let done = 0; done < piece.length; )
        done += (await file.write(piece, done, piece.length - done, at + done)).bytesWritten
      at += piece.length
      onBytes(piece.length)
    }
  } finally {
    await file.close()
  }
  return { bytes: at, md5: md5.digest('hex') }
}
