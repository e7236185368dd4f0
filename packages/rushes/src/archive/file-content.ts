import { open, readFile } from 'node:fs/promises'
import { CommandError } from '../output.ts'
import type { FoundFile } from './found-files.ts'
import type { WorkProgress } from './work-progress.ts'

const pieceBytes = 1024 * 1024

/**
 * The bytes of a file, opened when they are asked for; the next piece is read while one is used. A piece holds until the
 * next one is asked for: two buffers serve in turn.
 *
 * @throws CommandError `changed`: it is not as long any more as when it was found
 */
export async function* fileContent({ path, size }: FoundFile, progress: WorkProgress): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r')
  try {
    const buffers = [new Uint8Array(Math.min(pieceBytes, size)), new Uint8Array(Math.min(pieceBytes, size))]
    const read = (at: number): Promise<Uint8Array> | null => {
      if (at >= size) return null
      const wanted = Math.min(pieceBytes, size - at)
      buffers.reverse()
      const piece = handle.read(buffers[0]!, 0, wanted, at).then(({ buffer, bytesRead }) => {
        if (bytesRead < wanted) throw changed(path)
        return buffer.subarray(0, wanted)
      })
      piece.catch(() => {})
      return piece
    }
    let next = read(0)
    for (let at = 0; next !== null; ) {
      const piece: Uint8Array = await next
      at += piece.length
      next = read(at)
      yield piece
      progress.add(piece.length)
    }
    if ((await handle.stat()).size !== size) throw changed(path)
  } finally {
    await handle.close()
  }
}

/** All of a small file's bytes. @throws CommandError `changed` */
export async function wholeContent(file: FoundFile, progress: WorkProgress): Promise<Uint8Array> {
  const bytes = await readFile(file.path)
  if (bytes.length !== file.size) throw changed(file.path)
  progress.add(bytes.length)
  return bytes
}

function changed(path: string): CommandError {
  return new CommandError('changed', `${path} was changed while it was read: try again when it is at rest`)
}
