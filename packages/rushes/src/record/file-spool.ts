import { createWriteStream } from 'node:fs'
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Spool } from '@rushes/protocol'

/** A spool over a file that is there already, or grows: the file itself is what is sent again. */
export interface FileSpool extends Spool {
  /** Makes bytes up to `size` available to the sender. */
  reveal(size: number): void
  close(): Promise<void>
}

export async function openFileSpool(path: string): Promise<FileSpool> {
  return spoolOver(await open(path, 'r'))
}

/** Copies a stream into a temporary file that the spool reads, since a stream cannot be read again. */
export async function spoolStream(
  input: Readable,
  grown: (spool: FileSpool) => void,
): Promise<{ spool: FileSpool; ended: Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'rushes-record-'))
  const path = join(folder, 'body')
  const output = createWriteStream(path)
  await new Promise((resolve) => output.once('open', resolve))
  const spool = spoolOver(await open(path, 'r'), () => rm(folder, { recursive: true, force: true }))
  const ended = pipeline(
    input,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        yield chunk
        spool.reveal(output.bytesWritten)
        grown(spool)
      }
    },
    output,
  ).then(() => {
    spool.reveal(output.bytesWritten)
    grown(spool)
  })
  return { spool, ended }
}

function spoolOver(file: FileHandle, remove?: () => Promise<void>): FileSpool {
  let size = 0
  const acknowledged = { offset: 0, crc: 0 }
  return {
    acknowledged,
    get size() {
      return size
    },
    reveal(revealed) {
      size = Math.max(size, revealed)
    },
    async read(offset, length) {
      const buffer = new Uint8Array(Math.min(length, size - offset))
      let filled = 0
      while (filled < buffer.length) {
        const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, offset + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return buffer.subarray(0, filled)
    },
    async acknowledge(offset, crc) {
      acknowledged.offset = offset
      acknowledged.crc = crc
    },
    async close() {
      await file.close()
      await remove?.()
    },
  }
}
