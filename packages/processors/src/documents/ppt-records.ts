// Records of the PowerPoint binary format ([MS-PPT] §2.3.1): a head of 8 bytes, and what it is of or more records.
import { ConversionError } from '../conversion-error.ts'

export type PptRecord = {
  type: number
  /** The 12 bits above its version. */
  instance: number
  isContainer: boolean
  /** Without its head. */
  bytes: Uint8Array
}

const mostRecords = 1_000_000
export const MOST_DEPTH = 32

/** Reads within a stream; a length that leads out of it is a damage. */
export class PptStream {
  readonly #view: DataView
  readonly #bytes: Uint8Array
  #count = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** @throws ConversionError `input-refused`, `input-too-large` */
  at(offset: number): PptRecord {
    if (++this.#count > mostRecords) throw new ConversionError('input-too-large', `it has over ${mostRecords} records`)
    if (offset < 0 || offset + 8 > this.#bytes.length) throw damaged(offset)
    const head = this.#view.getUint16(offset, true)
    const length = this.#view.getUint32(offset + 4, true)
    const end = offset + 8 + length
    if (end > this.#bytes.length) throw damaged(offset)
    return {
      ...{ type: this.#view.getUint16(offset + 2, true), instance: head >> 4, isContainer: (head & 15) === 15 },
      bytes: this.#bytes.subarray(offset + 8, end),
    }
  }

  /** Of a container or of the whole stream. @throws as {@link at} */
  *within(bytes: Uint8Array = this.#bytes): Generator<PptRecord> {
    const from = bytes.byteOffset - this.#bytes.byteOffset
    for (let at = from; at + 8 <= from + bytes.length; ) {
      const record = this.at(at)
      if (at + 8 + record.bytes.length > from + bytes.length) throw damaged(at)
      yield record
      at += 8 + record.bytes.length
    }
  }
}

export function uint32(bytes: Uint8Array, offset: number): number {
  if (offset + 4 > bytes.length) throw damaged(offset)
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset, true)
}

function damaged(offset: number): ConversionError {
  return new ConversionError('input-refused', `it is damaged: a record at ${offset} leads nowhere`)
}
