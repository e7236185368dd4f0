import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { type ManifestEntry, manifestEntry } from '@rushes/protocol'
import { DecoderError } from './decoder-error.ts'
import { EventManifest } from './event-manifest.ts'

/** Longest line that can be an entry. */
const maxLine = 64 * 1024

/** The manifest as far as it is known here, one entry a line, so that playing goes on without the server. */
export interface ManifestLog {
  readonly manifest: EventManifest
  /** Takes entries that follow, and resolves when they are synced. */
  append(entries: readonly ManifestEntry[]): Promise<void>
  close(): Promise<void>
}

/** Opens the cache's `manifest.jsonl`; a line that a crash cut off, or that damage altered, ends what is known. */
export async function openManifestLog(folder: string): Promise<ManifestLog> {
  const file = await open(join(folder, 'manifest.jsonl'), 'a+', 0o600)
  const manifest = new EventManifest()
  const known = await replay(file, manifest)
  await file.truncate(known)
  return {
    manifest,
    async append(entries) {
      let text = ''
      try {
        for (const entry of entries) {
          manifest.append(entry)
          text += `${JSON.stringify(entry)}\n`
        }
      } finally {
        if (text !== '') {
          await file.appendFile(text)
          await file.datasync()
        }
      }
    },
    close: () => file.close(),
  }
}

/** Bytes of the log that are whole entries which follow each other. */
async function replay(file: FileHandle, manifest: EventManifest): Promise<number> {
  const chunk = new Uint8Array(1024 * 1024)
  let rest: Buffer = Buffer.alloc(0)
  let known = 0
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at)
    if (bytesRead === 0) return known
    at += bytesRead
    rest = Buffer.concat([rest, chunk.subarray(0, bytesRead)])
    let start = 0
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, start)) {
      if (!take(rest.toString('utf8', start, end), manifest)) return known
      known += end + 1 - start
      start = end + 1
    }
    rest = rest.subarray(start)
    if (rest.length > maxLine) return known
  }
}

function take(line: string, manifest: EventManifest): boolean {
  try {
    const entry = manifestEntry.safeParse(JSON.parse(line))
    if (!entry.success) return false
    manifest.append(entry.data)
    return true
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof DecoderError) return false
    throw error
  }
}
