// SPEC.md, Anchor and File: the head with its two slots, the footer.
import { ascii } from './ascii.ts'
import { box, boxHeader, fourcc, HEAD_BYTES, joined, MOST_INDEX_BYTES } from './box.ts'
import { type MakeSha256, sameBytes, sha256Of } from './sha256.ts'
import { UmfError } from './umf-error.ts'

export type Anchor = {
  generation: number
  indexOffset: number
  indexSize: number
  /** Length of the file at this commit. */
  end: number
  /** 16 bytes. */
  id: Uint8Array
  /** 32 bytes. */
  root: Uint8Array
}

export const ANCHOR_BYTES = 128
export const FOOTER_BYTES = 136
/** Of the two anchors in the head. */
export const SLOTS: readonly [number, number] = [2048, 4096]

const MOST_FTYP_BYTES = 1024
const HEAD_FIELDS_BYTES = 24

export function encodeAnchor(anchor: Anchor, sha256: MakeSha256): Uint8Array {
  const bytes = new Uint8Array(ANCHOR_BYTES)
  const view = new DataView(bytes.buffer)
  bytes.set(ascii('UMFA'))
  view.setUint32(4, 1)
  view.setBigUint64(8, BigInt(anchor.generation))
  view.setBigUint64(16, BigInt(anchor.indexOffset))
  view.setBigUint64(24, BigInt(anchor.indexSize))
  view.setBigUint64(32, BigInt(anchor.end))
  bytes.set(anchor.id, 40)
  bytes.set(anchor.root, 64)
  bytes.set(sha256Of(sha256, bytes.subarray(0, 96)), 96)
  return bytes
}

/** A1, but for the id and the end of the file; null if it is not whole. */
export function decodeAnchor(bytes: Uint8Array, sha256: MakeSha256): Anchor | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length !== ANCHOR_BYTES || fourcc(bytes, 0) !== 'UMFA' || view.getUint32(4) !== 1) return null
  if (!sameBytes(sha256Of(sha256, bytes.subarray(0, 96)), bytes.subarray(96))) return null
  if (view.getBigUint64(56) !== 0n) return null
  const [generation, indexOffset, indexSize, end] = [8, 16, 24, 32].map((at) => Number(view.getBigUint64(at))) as [
    number,
    number,
    number,
    number,
  ]
  const isSound =
    Number.isSafeInteger(generation) &&
    generation >= 1 &&
    Number.isSafeInteger(end) &&
    indexOffset >= HEAD_BYTES &&
    indexSize >= 12 &&
    indexSize <= MOST_INDEX_BYTES &&
    indexOffset + indexSize + FOOTER_BYTES <= end
  if (!isSound) return null
  return { generation, indexOffset, indexSize, end, id: bytes.slice(40, 56), root: bytes.slice(64, 96) }
}

export function footer(anchor: Anchor, sha256: MakeSha256): Uint8Array {
  return box('umff', encodeAnchor(anchor, sha256))
}

/** The anchor in the 136 bytes of a footer; null if they are none. */
export function readFooter(bytes: Uint8Array, sha256: MakeSha256): Anchor | null {
  const isFooter =
    bytes.length === FOOTER_BYTES &&
    fourcc(bytes, 4) === 'umff' &&
    bytes[0] === 0 &&
    bytes[1] === 0 &&
    bytes[2] === 0 &&
    bytes[3] === FOOTER_BYTES
  return isFooter ? decodeAnchor(bytes.subarray(8), sha256) : null
}

/** F2, F3: the first 8,192 bytes of an archive, its slots empty. @param id 16 bytes */
export function head(id: Uint8Array): Uint8Array {
  const ftyp = box('ftyp', ascii('isom'), new Uint8Array([0, 0, 2, 0]), ascii('isomiso6mp41mp42umf1'))
  const umfh = boxHeader('umfh', HEAD_BYTES - ftyp.length - 8)
  const fields = joined([new Uint8Array([0, 0, 0, 1]), ascii('s256'), id])
  const bytes = new Uint8Array(HEAD_BYTES)
  bytes.set(joined([ftyp, umfh, fields]))
  return bytes
}

/**
 * What the head says.
 *
 * @param bytes the first 8,192 of the file
 * @throws UmfError `not-umf`
 */
export function readHead(bytes: Uint8Array): { id: Uint8Array; slots: readonly [Uint8Array, Uint8Array] } {
  const refuse = (reason: string) => new UmfError('not-umf', `no universal media file: ${reason}`, 0)
  if (bytes.length !== HEAD_BYTES) throw refuse('it is too short')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const ftyp = view.getUint32(0)
  if (fourcc(bytes, 4) !== 'ftyp' || ftyp < 16 || ftyp > MOST_FTYP_BYTES || ftyp % 4 !== 0)
    throw refuse('it does not begin with ftyp')
  const brands = Array.from({ length: ftyp / 4 - 4 }, (_, index) => fourcc(bytes, 16 + 4 * index))
  if (!brands.includes('umf1') || !brands.includes('iso6')) throw refuse('its brands do not include umf1 and iso6')
  if (fourcc(bytes, ftyp + 4) !== 'umfh' || ftyp + view.getUint32(ftyp) !== HEAD_BYTES)
    throw refuse('umfh does not follow')
  if (view.getUint32(ftyp + 8) !== 1 || fourcc(bytes, ftyp + 12) !== 's256')
    throw refuse('its version or digests are unknown')
  const id = bytes.slice(ftyp + 16, ftyp + 8 + HEAD_FIELDS_BYTES)
  const slot = (at: number) => bytes.subarray(at, at + ANCHOR_BYTES)
  return { id, slots: [slot(SLOTS[0]), slot(SLOTS[1])] }
}

/** Whether a file begins as an archive does. @param bytes its first ones, 8,192 of them where it has so many */
export function beginsAsArchive(bytes: Uint8Array): boolean {
  try {
    readHead(bytes)
    return true
  } catch {
    return false
  }
}
