import { lstat, readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { Note } from '@rushes/pipeline'
import { ConvertError } from '../convert-error.ts'
import { contentKindOf } from './content-signature.ts'
import { type FoundFile, MOST_DEPTH, MOST_FILES } from './found-file.ts'
import { safeName } from './safe-name.ts'

export type FoundInput = { files: FoundFile[]; notes: Note[] }

/**
 * What is in a folder, or the one file, sorted by name. Hidden files are left out; links are not followed, which is told.
 *
 * @throws ConvertError `no-such-file`, `too-large`
 */
export async function foundInput(path: string): Promise<FoundInput> {
  const found: FoundInput = { files: [], notes: [] }
  // What the user names may be a link; what is in it may not.
  const standing = await stat(path).catch(() => null)
  if (standing?.isFile() === true) {
    const name = safeName(basename(resolve(path)))
    found.files.push(await fileAt(path, name, standing.size, { offset: 0 }))
  } else if (standing?.isDirectory() === true) {
    await walk(path, '', 0, found)
    found.files.sort((left, right) => (left.name < right.name ? -1 : 1))
  } else throw new ConvertError('no-such-file', `${path} is no file and no folder`)
  return found
}

async function walk(folder: string, prefix: string, depth: number, found: FoundInput): Promise<void> {
  if (depth > MOST_DEPTH) throw new ConvertError('too-large', `${folder} lies over ${MOST_DEPTH} folders deep`)
  for (const { name: own } of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, own)
    const standing = await lstat(path)
    if (own.startsWith('.') || own === '__MACOSX') continue
    const given = `${prefix}${own}`
    if (standing.isDirectory()) await walk(path, `${given}/`, depth + 1, found)
    else if (!standing.isFile()) leaveOut(found, given, standing.isSymbolicLink() ? 'is a link' : 'is no plain file')
    else if (found.files.length === MOST_FILES)
      throw new ConvertError('too-large', `there are over ${MOST_FILES} files`)
    else {
      try {
        const name = safeName(given)
        found.files.push(await fileAt(path, name, standing.size, { offset: 0, file: given }))
      } catch (error) {
        if (!(error instanceof ConvertError) || error.code !== 'hostile-name') throw error
        leaveOut(found, given, error.message)
      }
    }
  }
}

async function fileAt(path: string, name: string, size: number, origin: FoundFile['origin']): Promise<FoundFile> {
  const place = resolve(path)
  return { name, path: place, size, kind: await contentKindOf({ path: place, size }), origin }
}

function leaveOut({ notes }: FoundInput, name: string, why: string): void {
  notes.push({ severity: 'warning', code: 'left-out', message: `${name} ${why}, and is left out` })
}
