// What a sender was told, kept outside the system under drill and synced record by record: the witness of every drill.
// A record has 24 bytes: kind, three zeros, epoch, offset, chain, CRC-32 of the former 20; a torn last one is ignored.
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'

/**
 * `welcome` and `ack`: as they came over the wire. `relied`: the sender took the bytes for safe and forgot them.
 * `published`: with the body's size. `violation`: the sender was asked for bytes that it had forgotten.
 */
const kinds = ['welcome', 'ack', 'relied', 'published', 'violation'] as const
export type WitnessKind = (typeof kinds)[number]
export type Witness = { kind: WitnessKind; epoch: number; offset: number; crc: number }

const recordBytes = 24

export interface AcknowledgementLog {
  /** Returns when the record is on disk. */
  write(witness: Witness): void
  close(): void
}

export function openAcknowledgementLog(path: string): AcknowledgementLog {
  const fd = openSync(path, 'a')
  return {
    write({ kind, epoch, offset, crc }) {
      const record = Buffer.alloc(recordBytes)
      record.writeUInt8(kinds.indexOf(kind), 0)
      record.writeUInt32BE(epoch, 4)
      record.writeBigUInt64BE(BigInt(offset), 8)
      record.writeUInt32BE(crc, 16)
      record.writeUInt32BE(crc32(record.subarray(0, 20)), 20)
      writeSync(fd, record)
      fdatasyncSync(fd)
    },
    close: () => closeSync(fd),
  }
}

/** All records, oldest first; none where there is no log yet. */
export function readAcknowledgementLog(path: string): Witness[] {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch {
    return []
  }
  const found: Witness[] = []
  for (let at = 0; at + recordBytes <= bytes.length; at += recordBytes) {
    const record = bytes.subarray(at, at + recordBytes)
    if (crc32(record.subarray(0, 20)) !== record.readUInt32BE(20)) break
    found.push({
      kind: kinds[record.readUInt8(0)]!,
      epoch: record.readUInt32BE(4),
      offset: Number(record.readBigUInt64BE(8)),
      crc: record.readUInt32BE(16),
    })
  }
  return found
}

/** The last thing the sender relied on: everything before it has to be stored for good. */
export function lastRelied(witnesses: readonly Witness[]): { offset: number; crc: number } {
  const found = witnesses.findLast(({ kind }) => kind === 'relied')
  return { offset: found?.offset ?? 0, crc: found?.crc ?? 0 }
}
