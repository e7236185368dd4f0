import { readdir, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** Files of a recording but those that are derived from others (`views`) or not whole (dot files), by their paths. */
export async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((name) => !/^views(\.new)?$/.test(name))
    .sort()
}

/** -1 where there is nothing. */
export async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return -1
    throw error
  }
}
