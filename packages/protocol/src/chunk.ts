import { ProtocolError } from './protocol-error.ts'

/** Bytes before the payload of every chunk (SPEC.md, Chunks). */
export const chunkHeaderBytes = 24

/** One run of body bytes, as it travels. */
export type Chunk = {
  epoch: number
  /** Of the first payload byte in the body. */
  offset: number
  /** Chain: CRC-32 of the body from 0 to the end of this payload. */
  crc: number
  payload: Uint8Array
}

export type Crc32 = (bytes: Uint8Array, previous?: number) => number

/** The header of a chunk; the payload follows it in the same message. */
export function encodeChunkHeader(chunk: Omit<Chunk, 'payload'>, crc32: Crc32): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(chunkHeaderBytes)
  writeChunkHeader(header, chunk, crc32)
  return header
}

/** Writes the header into the first 24 bytes of `message`, whose payload is in its place already. */
export function writeChunkHeader(message: Uint8Array, chunk: Omit<Chunk, 'payload'>, crc32: Crc32): void {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  view.setUint32(0, 0x01000000)
  view.setUint32(4, chunk.epoch)
  view.setUint32(8, Math.floor(chunk.offset / 2 ** 32))
  view.setUint32(12, chunk.offset >>> 0)
  view.setUint32(16, chunk.crc)
  view.setUint32(20, crc32(message.subarray(0, 20)))
}

/**
 * Reads one binary message (SPEC.md K2: the header's checksum first). The payload is a view of `message`, not a copy.
 *
 * @throws ProtocolError `bad-message` where the form is wrong, `checksum-mismatch` where the header was altered
 */
export function parseChunk(message: Uint8Array, crc32: Crc32): Chunk {
  if (message.length <= chunkHeaderBytes) throw new ProtocolError('bad-message', `a chunk of ${message.length} bytes`)
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  if (crc32(message.subarray(0, 20)) !== view.getUint32(20)) {
    throw new ProtocolError('checksum-mismatch', 'the chunk header does not have its checksum')
  }
  if (view.getUint32(0) !== 0x01000000) throw new ProtocolError('bad-message', 'not a chunk of version 1')
  const high = view.getUint32(8)
  if (high >= 2 ** 21) throw new ProtocolError('bad-message', 'an offset over 2^53')
  return {
    epoch: view.getUint32(4),
    offset: high * 2 ** 32 + view.getUint32(12),
    crc: view.getUint32(16),
    payload: message.subarray(chunkHeaderBytes),
  }
}
