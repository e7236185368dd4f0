// Archives where a command finds them: on disk, or on a server that answers ranges.
import { realpath, stat } from 'node:fs/promises'
import { type Archive, type Editor, httpSource, openArchive, openEditor, type Source } from '@rushes/umf'
import { nodeSha256, type OpenedFile, openFile } from '@rushes/umf/node'
import { CommandError } from '../output.ts'
import { lockFile } from './file-lock.ts'

/** @param place a path, or an `http:` or `https:` URL. @throws CommandError, UmfError */
export async function openPlace(place: string): Promise<Source & AsyncDisposable> {
  if (!isUrl(place)) return await openFile(await fileAt(place))
  if (!URL.canParse(place)) throw new CommandError('misused', `${place} is no URL`)
  const source = await httpSource(place)
  return {
    size: source.size,
    read: (offset, length) => source.read(offset, length),
    async [Symbol.asyncDispose]() {},
  }
}

export function isUrl(place: string): boolean {
  return /^https?:\/\//i.test(place)
}

/** As its owner sees it: whoever holds the file may read what is not encrypted. */
export async function readArchive(source: Source): Promise<Archive> {
  return await openArchive(source, { sha256: nodeSha256 })
}

/** Changes a file in place, while no other command does. */
export async function editArchive<Result>(
  path: string,
  edit: (editor: Editor, file: OpenedFile) => Promise<Result>,
): Promise<Result> {
  const real = await fileAt(path)
  await using _lock = await lockFile(real)
  await using file = await openFile(real, 'r+')
  return await edit(await openEditor(file, nodeSha256), file)
}

/** Where a file really is. @throws CommandError `no-such-file` */
export async function fileAt(path: string): Promise<string> {
  const found = await stat(path).catch(() => null)
  if (found === null || !found.isFile()) throw new CommandError('no-such-file', `${path} is no file`)
  return await realpath(path)
}
