import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { applyPatches, isPatched, type PatchTable } from '@rushes/media'
import type { StoredBytes } from '@rushes/umf'
import { digestBytes, pieceBytes } from '../body/piece-digests.ts'

export type BodyRange = { offset: number; length: number }

const readBytes = 1024 * 1024

/** A body, and the part of it that a view shows. */
export type ShownMedia = {
  path: string
  /** Of the body. */
  size: number
  range: BodyRange
  patches: PatchTable | null
}

/**
 * SHA-256 of the shown media in pieces that end at multiples of 16 MiB in the body. Those that are shown as they were
 * received have theirs in `received`; only the others are read: where patches lie, and at both ends of the range.
 */
export async function mediaDigests(
  { path, size, range, patches }: ShownMedia,
  received: Buffer | null,
): Promise<{ pieces: StoredBytes[]; isRead: boolean }> {
  const pieces: StoredBytes[] = []
  let isRead = false
  for (const piece of piecesOf(range)) {
    const known =
      patches !== null && isPatched(patches, piece.offset, piece.length) ? null : digestOf(piece, size, received)
    isRead ||= known === null
    pieces.push({ length: piece.length, digest: known ?? (await hashRanges(path, [piece], patches)) })
  }
  return { pieces, isRead }
}

/** The same pieces, whose digests were all kept; null where these are those of another range. */
export function keptDigests(range: BodyRange, digests: Buffer): StoredBytes[] | null {
  const pieces = piecesOf(range)
  if (digests.length !== pieces.length * digestBytes) return null
  return pieces.map(({ length }, index) => ({ length, digest: digestAt(digests, index) }))
}

export function joinedDigests(pieces: readonly StoredBytes[]): Buffer {
  return Buffer.from(pieces.map(({ digest }) => digest.slice('sha256:'.length)).join(''), 'hex')
}

/** SHA-256 of ranges of a body one after the other. */
export async function hashRanges(
  path: string,
  ranges: readonly BodyRange[],
  patches: PatchTable | null = null,
): Promise<string> {
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
  return `sha256:${hash.digest('hex')}`
}

function piecesOf({ offset, length }: BodyRange): BodyRange[] {
  const pieces: BodyRange[] = []
  for (let at = offset; at < offset + length; ) {
    const end = Math.min(offset + length, (Math.floor(at / pieceBytes) + 1) * pieceBytes)
    pieces.push({ offset: at, length: end - at })
    at = end
  }
  return pieces
}

/** Of a piece as it was received, where it is one of those that were hashed then. */
function digestOf({ offset, length }: BodyRange, size: number, received: Buffer | null): string | null {
  if (received === null || received.length !== Math.ceil(size / pieceBytes) * digestBytes) return null
  const isWhole = offset % pieceBytes === 0 && (length === pieceBytes || offset + length === size)
  return isWhole ? digestAt(received, offset / pieceBytes) : null
}

function digestAt(digests: Buffer, index: number): string {
  return `sha256:${digests.toString('hex', index * digestBytes, (index + 1) * digestBytes)}`
}
