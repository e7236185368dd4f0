import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { applyPatches, type PatchTable } from '@rushes/media'

export type BodyRange = { offset: number; length: number }

const readBytes = 1024 * 1024

/** As archives write it. */
export function digestName(sha256: Buffer): string {
  return `sha256:${sha256.toString('hex')}`
}

/** SHA-256 of ranges of a body one after the other, as they are with `patches` over them. */
export async function hashRanges(
  path: string,
  ranges: readonly BodyRange[],
  patches: PatchTable | null = null,
): Promise<Buffer> {
  const hash = createHash('sha256')
  const file = await open(path, 'r')
  try {
    const buffer = Buffer.allocUnsafe(readBytes)
    for (const { offset, length } of ranges) {
      for (let at = offset; at < offset + length; ) {
        const { bytesRead } = await file.read(buffer, 0, Math.min(readBytes, offset + length - at), at)
        if (bytesRead === 0) throw new Error('the body is shorter than its layout')
        const bytes = buffer.subarray(0, bytesRead)
        applyPatches(patches, at, bytes)
        hash.update(bytes)
        at += bytesRead
      }
    }
  } finally {
    await file.close()
  }
  return hash.digest()
}
