import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** unix(7): sun_path holds 108 bytes with the closing NUL. */
const longestPath = 107
const socketName = '/.s.PGSQL.5432'

export type SocketFolder = { path: string; release(): void }

/**
 * A path to the data directory short enough for a client to reach the socket in it: the directory itself,
 * or a link to it in a 0700 folder below the temporary ones.
 */
export function socketFolder(clusterDir: string): SocketFolder {
  if (Buffer.byteLength(clusterDir + socketName) <= longestPath) return { path: clusterDir, release() {} }
  const uid = process.getuid?.() ?? 0
  const hash = createHash('sha256').update(clusterDir).digest('hex').slice(0, 16)
  const short = Buffer.byteLength(tmpdir()) <= 50 ? tmpdir() : '/tmp'
  const named = join(short, `rushes-${uid}-${hash}`)
  const folder = isOurs(named, uid) ? named : mkdtempSync(join(short, 'rushes-'))
  const link = join(folder, 'd')
  // One that is right already is left: a server may be on its way through it.
  if (targetOf(link) !== clusterDir) {
    rmSync(link, { force: true })
    symlinkSync(clusterDir, link)
  }
  return {
    path: link,
    release() {
      if (targetOf(link) === clusterDir) rmSync(folder, { recursive: true, force: true })
    },
  }
}

function targetOf(link: string): string | null {
  try {
    return readlinkSync(link)
  } catch {
    return null
  }
}

/** Makes the folder; a name that somebody else took first in the shared temporary folder is not used. */
function isOurs(folder: string, uid: number): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 })
    return true
  } catch {
    const found = lstatSync(folder, { throwIfNoEntry: false })
    return found?.isDirectory() === true && found.uid === uid && (found.mode & 0o077) === 0
  }
}
