// The durable spool of a sender under drill. Like a recorder's it forgets what was acknowledged: whoever asks for such a
// byte again would have lost it in life, and that is written down as a violation.
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { eventText, type Spool } from '@rushes/protocol'
import { lastRelied, openAcknowledgementLog, readAcknowledgementLog, type Witness } from './acknowledgement-log.ts'

export interface DrillSpool extends Spool {
  /** More was recorded, and an event with it. */
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
  const eventsFd = openSync(join(folder, 'events'), 'a+')
  const texts = drillEvents(folder)
  // A line that a kill cut short was never noted.
  ftruncateSync(
    eventsFd,
    texts.reduce((sum, text) => sum + text.length + 1, 0),
  )
  return {
    acknowledged,
    get size() {
      return size
    },
    events: {
      get count() {
        return texts.length
      },
      read: async (first, most) => texts.slice(first, first + most),
    },
    record(bytes) {
      if (bytes.length > 0) {
        const text = eventText({ t: texts.length * 40, kind: 'annotation', data: { number: texts.length, at: size } })
        writeSync(eventsFd, `${text}\n`)
        texts.push(text)
      }
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
      closeSync(eventsFd)
    },
  }
}

/** What the sender of `folder` noted, as JSON. */
export function drillEvents(folder: string): string[] {
  return readFileSync(join(folder, 'events'), 'utf8').split('\n').slice(0, -1)
}
