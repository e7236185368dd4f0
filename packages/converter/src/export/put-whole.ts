// What is exported is there as a whole, or not at all: it is made in a folder beside its place, and moved when it is whole.
import { link, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { ConvertError } from '../convert-error.ts'

export type WholeOptions = {
  /** A file may take the place of one that is there; a folder never does. */
  force: boolean
}

/**
 * @param make makes `result`, a file or a folder, and may leave in `folder` what it needs on the way; a run that was killed left
 *   that folder, and the next one begins anew
 * @throws ConvertError `file-exists`, `no-such-file`; whatever `make` throws
 */
export async function putWhole<Made>(
  output: string,
  { force }: WholeOptions,
  make: (place: { folder: string; result: string }) => Promise<Made>,
): Promise<Made> {
  const target = resolve(output)
  await mustBeFree(target, output, force)
  const folder = join(dirname(target), `.${basename(target)}.export`)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder).catch((fault: NodeJS.ErrnoException) => {
    throw new ConvertError('no-such-file', `${dirname(target)} can't be written to: ${fault.message}`)
  })
  try {
    const result = join(folder, 'result')
    const made = await make({ folder, result })
    await move(result, target, output, force)
    return made
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function mustBeFree(target: string, output: string, force: boolean): Promise<void> {
  const standing = await lstat(target).catch(() => null)
  if (standing === null) return
  if (standing.isDirectory()) {
    if ((await readdir(target)).length === 0) return
    throw new ConvertError('file-exists', `${output} is a folder with something in it: give another place`)
  }
  if (!force)
    throw new ConvertError('file-exists', `${output} is there already: give another place, or --force to replace it`)
}

async function move(result: string, target: string, output: string, force: boolean): Promise<void> {
  const isFolder = (await lstat(result)).isDirectory()
  await sync(result)
  const taken = (fault: NodeJS.ErrnoException): never => {
    if (!['EEXIST', 'ENOTEMPTY', 'ENOTDIR', 'EISDIR'].includes(fault.code ?? '')) throw fault
    throw new ConvertError('file-exists', `${output} is there already: give another place`)
  }
  // Unlike a renaming, a link never replaces anything; a folder replaces none but an empty one.
  if (isFolder || force) await rename(result, target).catch(taken)
  else await link(result, target).catch(taken)
  await sync(dirname(target))
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  await handle.sync().finally(() => handle.close())
}
