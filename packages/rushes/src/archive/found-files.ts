import { readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { nameProblem } from '@rushes/umf'
import { CommandError } from '../output.ts'
import type { Note } from './resources.ts'

/** @param name as an item's: the path below the folder that was named */
export type FoundFile = { path: string; name: string; size: number }

export type Found = { files: FoundFile[]; notes: Note[] }

const mostFiles = 65_535
const mostDepth = 64

/**
 * Files that are named, and all in folders that are, by name. Hidden ones are left out; links in folders are not followed,
 * which is told.
 *
 * @param except a file that is not meant: the one that is being written
 * @throws CommandError `no-such-file`, `too-many`
 */
export async function foundFiles(paths: readonly string[], except: string | null = null): Promise<Found> {
  const found: Found = { files: [], notes: [] }
  for (const path of paths) {
    const standing = await stat(path).catch(() => null)
    if (standing?.isDirectory() === true) await walk(path, '', 0, found)
    else if (standing?.isFile() === true)
      found.files.push(named(path, basename(resolve(path)), standing.size, found.notes))
    else throw new CommandError('no-such-file', `${path} is no file and no folder`)
  }
  const files = found.files.filter(({ path }) => except === null || resolve(path) !== resolve(except))
  files.sort((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0))
  const twice = files.find(({ name }, index) => files[index + 1]?.name === name)
  if (twice !== undefined)
    throw new CommandError('name-taken', `two files would be named ${JSON.stringify(twice.name)}`)
  return { files, notes: found.notes }
}

async function walk(folder: string, prefix: string, depth: number, found: Found): Promise<void> {
  if (depth > mostDepth) throw new CommandError('too-many', `${folder} lies too deep`)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    const name = prefix + entry.name
    if (entry.isDirectory()) await walk(path, `${name}/`, depth + 1, found)
    else if (entry.isFile()) {
      if (found.files.length === mostFiles)
        throw new CommandError('too-many', `an archive takes ${mostFiles} items: this folder has more files`)
      found.files.push(named(path, name, (await stat(path)).size, found.notes))
    } else {
      const kind = entry.isSymbolicLink() ? 'a link' : 'no plain file'
      found.notes.push({ severity: 'warning', code: 'left-out', message: `${name} is ${kind}, and is left out` })
    }
  }
}

/** E1: what can't be in a name is replaced. */
function named(path: string, own: string, size: number, notes: Note[]): FoundFile {
  const composed = own.normalize('NFC')
  if (nameProblem(composed) === null) return { path, name: composed, size }
  const name = composed
    .toWellFormed()
    .split('/')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
    .map((part) => part.replaceAll(/[\u0000-\u001f\u007f\\:]/g, '_').replace(/[ .]+$/, '_'))
    .join('/')
  const problem = nameProblem(name)
  if (problem !== null)
    throw new CommandError('bad-name', `${JSON.stringify(own)} can't be the name of an item: ${problem}`)
  notes.push({
    severity: 'warning',
    code: 'renamed',
    message: `${JSON.stringify(own)} is kept as ${name}`,
    resource: name,
  })
  return { path, name, size }
}
