// Folders of a few small files, as archives of other systems are laid out; media are no more than their first bytes.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { FoundFile } from '../src/input/found-file.ts'
import { foundInput } from '../src/input/input-folder.ts'

export const mp4Start: Buffer = Buffer.from('\0\0\0\x14ftypisom\0\0\0\0isom')
export const pngStart: Buffer = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10])

/** @param contents by name; what is no text and no bytes is written as JSON */
export async function smallFolder(
  place: string,
  contents: Readonly<Record<string, string | Uint8Array | object>>,
): Promise<FoundFile[]> {
  for (const [name, content] of Object.entries(contents)) {
    await mkdir(dirname(join(place, name)), { recursive: true })
    const isPlain = typeof content === 'string' || content instanceof Uint8Array
    await writeFile(join(place, name), isPlain ? content : JSON.stringify(content))
  }
  return (await foundInput(place)).files
}
