// The formats that this user's conversions have learned: one file of the user's own.
import { mkdir, open, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ConvertError, exportLayouts, importLayouts, type LearnedLayout } from '@rushes/converter'
import { lockFile } from '../archive/file-lock.ts'
import { writeNewFile } from '../archive/new-file.ts'
import { CommandError } from '../output.ts'

const mostBytes = 4 * 2 ** 20
const lockTries = 50

/** Beside the user's registry of archives. */
export function userLayoutFile(environment: NodeJS.ProcessEnv = process.env): string {
  const read = (name: string) => environment[name]?.trim() || undefined
  const data = read('XDG_DATA_HOME') ?? join(homedir(), '.local', 'share')
  return resolve(read('RUSHES_LAYOUTS') ?? join(data, 'rushes', 'layouts.json'))
}

/** None where nothing was learned yet. @throws CommandError `unreadable-layouts`, with what to do */
export async function readLayouts(path: string): Promise<LearnedLayout[]> {
  const text = await boundedText(path)
  if (text === null) return []
  try {
    return importLayouts(text)
  } catch (error) {
    if (!(error instanceof ConvertError)) throw error
    const message = `${path} has no learned layouts in it that can be read: take it away, or put it right`
    throw new CommandError('unreadable-layouts', message, { cause: error })
  }
}

/** Text of a file of layouts; null where there is none. @throws CommandError `too-large` */
export async function boundedText(path: string): Promise<string | null> {
  const file = await open(path, 'r').catch((fault: NodeJS.ErrnoException) => {
    if (fault.code === 'ENOENT') return null
    throw new CommandError('unreadable-layouts', `${path} can't be read: ${fault.message}`)
  })
  if (file === null) return null
  try {
    const { size } = await file.stat()
    if (size > mostBytes) throw new CommandError('too-large', `${path} has ${size} bytes: more than layouts have`)
    return await readFile(file, 'utf8')
  } finally {
    await file.close()
  }
}

/**
 * Changes what is learned, as a whole or not at all; another command's change at the same time is not lost.
 *
 * @throws CommandError `unreadable-layouts`, `in-use`
 */
export async function changeLayouts(
  path: string,
  change: (known: readonly LearnedLayout[]) => LearnedLayout[],
): Promise<LearnedLayout[]> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true })
  await using _lock = await lockedFolder(folder)
  const changed = change(await readLayouts(path))
  const bytes = new TextEncoder().encode(`${exportLayouts(changed)}\n`)
  await writeNewFile(path, { force: true }, (file) => file.write(bytes))
  return changed
}

/** The file itself is another one after each change. Whoever has it holds it for a moment. */
async function lockedFolder(folder: string): Promise<AsyncDisposable> {
  for (let tries = 1; ; tries++) {
    try {
      return await lockFile(folder)
    } catch (error) {
      if (!(error instanceof CommandError) || error.code !== 'in-use' || tries === lockTries) throw error
      await delay(20 * Math.random() + 10)
    }
  }
}
