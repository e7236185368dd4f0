import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { z } from 'zod'
import { entrySchema, type JobEntry } from './job-entry.ts'
import { PipelineError } from './pipeline-error.ts'

/** Where a job keeps what happened to it. */
export interface Journal {
  /** All that was kept, in order; before the first {@link append}. @throws PipelineError `journal-damaged` */
  read(): Promise<JobEntry[]>
  /** Settles when they are durable; after a crash before that, all of them are there or none. One call at a time. */
  append(entries: readonly JobEntry[]): Promise<void>
  close(): Promise<void>
}

const batchSchema = z.array(entrySchema)
const mostBytes = 1024 * 1024 * 1024

/**
 * A journal in a file: what was appended at once is one line of its CRC-32 (8 hex digits), a space, and an array in JSON. A last
 * line that is not right is what a crash left, and cut off.
 *
 * @throws PipelineError `journal-damaged` where the file is something else
 */
export async function openFileJournal(path: string): Promise<Journal> {
  const file = await open(path, 'a+')
  const folder = await open(dirname(path), 'r')
  await folder.sync().finally(() => folder.close())
  let isRead = false
  return {
    async read() {
      isRead = true
      const { entries, bytes } = await readEntries(file)
      await file.truncate(bytes)
      return entries
    },
    async append(entries) {
      if (!isRead) throw new Error('a journal is read before it is written: its end may be torn')
      const json = JSON.stringify(entries)
      await file.appendFile(`${checksum(json)} ${json}\n`)
      await file.datasync()
    },
    close: () => file.close(),
  }
}

async function readEntries(file: FileHandle): Promise<{ entries: JobEntry[]; bytes: number }> {
  const { size } = await file.stat()
  if (size > mostBytes) throw damaged('is too large')
  const text = (await file.readFile()).toString('latin1')
  const entries: JobEntry[] = []
  let at = 0
  for (;;) {
    const end = text.indexOf('\n', at)
    const line = Buffer.from(text.slice(at, end < 0 ? undefined : end), 'latin1').toString()
    const batch = end < 0 ? null : entriesOf(line)
    if (batch === null) {
      // Only the last write may be torn, and writes go on where the one before ended.
      if (end >= 0 && end + 1 < text.length) throw damaged(`is broken at byte ${at}`)
      return { entries, bytes: at }
    }
    for (const entry of batch) entries.push(entry)
    at = end + 1
  }
}

function entriesOf(line: string): JobEntry[] | null {
  const json = line.slice(9)
  if (line.slice(0, 9) !== `${checksum(json)} `) return null
  const parsed = batchSchema.safeParse(JSON.parse(json))
  return parsed.success ? parsed.data : null
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0')
}

function damaged(what: string): PipelineError {
  return new PipelineError('journal-damaged', `the journal ${what}`)
}
