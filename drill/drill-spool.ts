// The durable spool of a sender under drill. Like a recorder's it forgets what was acknowledged: whoever asks for such a
// byte again would have lost it in life, and that is written down as a violation.
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Spool } from '@rushes/protocol'
import { lastRelied, openAcknowledgementLog, readAcknowledgementLog, type Witness } from './acknowledgement-log.ts'

export interface DrillSpool extends Spool {
  /** More was recorded. */
  record(bytes: Uint8Array): void
  witness(witness: Witness): void
  close(): void
}

/** Opens the spool in `folder`, new or as a killed sender left it. */
export function openDrillSpool(folder: string): DrillSpool {
  const logPath = join(folder, 'witness')
  const acknowledged = lastRelied(readAcknowledgementLog(logPath))
  const log = openAcknowledgementLog(logPath)
  const fd = openSync(join(folder, 'spool'), 'a+')
  let size = fstatSync(fd).size
  return {
    acknowledged,
    get size() {
      return size
    },
    record(bytes) {
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done)
      size += bytes.length
    },
    witness: (witness) => log.write(witness),
    async read(offset, length) {
      if (offset < acknowledged.offset) {
        log.write({ kind: 'violation', epoch: 0, offset, crc: 0 })
        throw new Error(`byte ${offset} was acknowledged and forgotten`)
      }
      const buffer = new Uint8Array(Math.min(length, size - offset))
      const count = readSync(fd, buffer, 0, buffer.length, offset)
      return buffer.subarray(0, count)
    },
    async acknowledge(offset, crc) {
      if (offset < acknowledged.offset) log.write({ kind: 'violation', epoch: 0, offset, crc })
      acknowledged.offset = offset
      acknowledged.crc = crc
      log.write({ kind: 'relied', epoch: 0, offset, crc })
    },
    close() {
      log.close()
      closeSync(fd)
    },
  }
}
