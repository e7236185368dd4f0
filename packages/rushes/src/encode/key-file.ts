import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { CommandError } from '../output.ts'

const mostBytes = 4096

/**
 * The API key that a file has.
 *
 * @throws CommandError `key-file-open` when others may read it, `bad-key-file`
 */
export function readKeyFile(path: string): string {
  const file = openFile(path)
  try {
    const stat = fstatSync(file)
    if (!stat.isFile()) throw new CommandError('bad-key-file', `${path} is no file`)
    if ((stat.mode & 0o077) !== 0 && !isCredential(path)) {
      throw new CommandError('key-file-open', `others may read the key in ${path}: chmod 600 ${path}`)
    }
    if (stat.size > mostBytes) throw new CommandError('bad-key-file', `${path} is too large for a key`)
    const key = readFileSync(file, 'utf8').trim()
    // RFC 6750 §2.1: what an Authorization field can carry.
    if (/^[\w.~+/=-]+$/.test(key)) return key
    throw new CommandError('bad-key-file', `${path} has no key, or more than that: it is one line`)
  } finally {
    closeSync(file)
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (cause) {
    throw new CommandError('bad-key-file', `${path} can't be read: ${(cause as Error).message}`, { cause })
  }
}

/** Handed over by systemd (LoadCredential=), which grants access by an ACL: in the mode that looks like the group's. */
function isCredential(path: string): boolean {
  const folder = process.env['CREDENTIALS_DIRECTORY']
  return folder !== undefined && dirname(resolve(path)) === resolve(folder)
}
