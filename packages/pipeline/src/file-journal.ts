import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import type { JobEntry } from './job-entry.ts'
import { decodeBatch, encodeBatch, type Journal, type JournalLimits, journalLimits } from './journal.ts'
import { lockJournal } from './journal-lock.ts'
import { PipelineError } from './pipeline-error.ts'

/** A CRC-32 in 8 hex digits, a space, and a line feed. */
const frameBytes = 10
const readBytes = 1024 * 1024

/**
 * A journal in a file: what was appended at once is one line of its CRC-32 (8 hex digits), a space, and an array in JSON. A last
 * line that is not right is what a crash left, and cut off. While it is open, `PATH.lock` and `PATH.holder` lie beside it.
 *
 * @throws PipelineError `job-running` where another process, or this one, has it open; `journal-unusable`; on reading
 *   `journal-damaged` where the file is something else
 */
export async function openFileJournal(path: string, limits: JournalLimits = journalLimits): Promise<Journal> {
  const lock = await lockJournal(path)
  let file: FileHandle | undefined
  try {
    file = await open(path, 'a+')
    const folder = await open(dirname(path), 'r')
    await folder.sync().finally(() => folder.close())
    return journalOf(file, lock.release, limits)
  } catch (error) {
    await file?.close()
    lock.release()
    throw error
  }
}

function journalOf(file: FileHandle, release: () => void, limits: JournalLimits): Journal {
  /** Of what is right; null: not read yet. */
  let size: number | null = null
  /** What is behind a write that failed is not known, so that nothing can be put behind that. */
  let failed: unknown = null
  return {
    async read() {
      const { entries, bytes } = await readEntries(file, limits)
      await file.truncate(bytes)
      size = bytes
      return entries
    },
    async append(entries) {
      if (size === null) throw new Error('a journal is read before it is written: its end may be torn')
      if (failed !== null) throw failed
      const json = encodeBatch(entries, limits, size)
      const line = Buffer.concat([Buffer.from(`${checksum(json)} `), json, Buffer.from('\n')])
      try {
        await file.appendFile(line)
        await file.datasync()
      } catch (error) {
        failed = error
        throw error
      }
      size += line.length
    },
    async close() {
      await file.close()
      release()
    },
  }
}

/** One line after the other, so that a long journal is never in memory as text. */
async function readEntries(file: FileHandle, limits: JournalLimits): Promise<{ entries: JobEntry[]; bytes: number }> {
  const { size } = await file.stat()
  if (size > limits.totalBytes + limits.batchBytes + frameBytes) throw damaged('is too large')
  const entries: JobEntry[] = []
  let parts: Buffer[] = []
  let lineStart = 0
  let at = 0
  while (at < size) {
    const room = Buffer.allocUnsafe(Math.min(readBytes, size - at))
    const { bytesRead } = await file.read(room, 0, room.length, at)
    if (bytesRead === 0) break
    const chunk = room.subarray(0, bytesRead)
    let from = 0
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      const batch = entriesOf(Buffer.concat([...parts, chunk.subarray(from, end)]))
      parts = []
      from = end + 1
      if (batch === null) {
        // Only the last write may be torn, and writes go on where the one before ended.
        if (at + from < size) throw damaged(`is broken at byte ${lineStart}`)
        return { entries, bytes: lineStart }
      }
      for (const entry of batch) entries.push(entry)
      lineStart = at + from
    }
    parts.push(chunk.subarray(from))
    at += bytesRead
  }
  return { entries, bytes: lineStart }
}

function entriesOf(line: Buffer): JobEntry[] | null {
  const json = line.subarray(9)
  return line.toString('latin1', 0, 9) === `${checksum(json)} ` ? decodeBatch(json.toString()) : null
}

function checksum(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(8, '0')
}

function damaged(what: string): PipelineError {
  return new PipelineError('journal-damaged', `the journal ${what}`)
}
