// Many files as one that is sent: a stored zip, made while it is read, of which nothing is ever whole in memory.
import type { SourceFile } from '@rushes/uploader'
import { makeZip, predictLength } from 'client-zip'
import type { PlacedFile } from '../upload/dropped-files.ts'

/** A zip of these files; its bytes are the same each time. It is read from front to back; going back begins anew. */
export function folderZip(name: string, placed: readonly PlacedFile[]): SourceFile {
  const sorted = placed.toSorted((left, right) => (left.path < right.path ? -1 : 1))
  const entries = () =>
    sorted.map(({ path, file }) => ({
      name: path,
      lastModified: new Date(file.lastModified),
      input: file,
      size: file.size,
    }))
  const size = Number(predictLength(entries().map(({ name: path, size: bytes }) => ({ name: path, size: bytes }))))
  let at = 0
  let rest: Uint8Array = new Uint8Array()
  let reader: ReadableStreamDefaultReader<Uint8Array> | null = null
  /** Whoever asks next waits until this one is read. */
  let turn: Promise<unknown> = Promise.resolve()

  async function more(): Promise<boolean> {
    reader ??= makeZip(entries()).getReader()
    const { done, value } = await reader.read()
    if (!done) rest = value
    return !done
  }

  async function begin(): Promise<void> {
    await reader?.cancel()
    reader = null
    rest = new Uint8Array()
    at = 0
  }

  async function read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (offset < at) await begin()
    const bytes = new Uint8Array(length)
    let filled = 0
    while (filled < length) {
      if (rest.length === 0 && !(await more())) break
      // What was sent by an earlier visit is read, and passed over.
      const skipped = Math.min(rest.length, Math.max(0, offset - at))
      const taken = rest.subarray(skipped, skipped + (skipped === rest.length ? 0 : length - filled))
      bytes.set(taken, filled)
      filled += taken.length
      at += skipped + taken.length
      rest = rest.subarray(skipped + taken.length)
    }
    return bytes.subarray(0, filled)
  }

  return {
    ...{ name, size, type: 'application/zip' },
    read(offset, length) {
      const done = turn.then(() => read(offset, length))
      turn = done.catch(() => {})
      return done
    },
  }
}
