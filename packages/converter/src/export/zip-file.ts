import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'

export type ZippedFile = { name: string; path: string; bytes: number }

/** What is compressed already is stored, so that a reader finds it by its place. */
const isDense = (name: string): boolean =>
  /\.(mp4|m4a|webm|mkv|mp3|ogg|opus|flac|png|jpe?g|gif|webp|pdf|zip)$/i.test(name)

/** Files as one zip (PKWARE APPNOTE), of any size; each has the same date, so that the same files are the same zip. */
export async function writeZip(
  path: string,
  files: readonly ZippedFile[],
  { signal, onProgress = () => {} }: { signal: AbortSignal; onProgress?: (fraction: number) => void },
): Promise<void> {
  const zip = new ZipFile()
  const mtime = new Date(1980, 0, 1)
  for (const { name, path: from } of files) zip.addFile(from, name, { mtime, mode: 0o100644, compress: !isDense(name) })
  zip.end()
  const total = Math.max(
    1,
    files.reduce((sum, { bytes }) => sum + bytes, 0),
  )
  let done = 0
  zip.outputStream.on('data', (bytes: Buffer) => {
    done += bytes.length
    onProgress(Math.min(1, done / total))
  })
  // A file that can't be read any more is told by the zip, and not by its stream.
  const broken = new Promise<never>((_, reject) => zip.on('error', reject))
  await Promise.race([pipeline(zip.outputStream, createWriteStream(path), { signal }), broken])
}
