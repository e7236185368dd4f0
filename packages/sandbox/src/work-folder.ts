import {
  chmodSync,
  chownSync,
  closeSync,
  lchownSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { isProcessAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts'

export type SandboxUser = { uid: number; gid: number }

/** A folder for what goes into a foreign program and comes out of it; whoever made it removes it. */
export type WorkFolder = {
  path: string
  /** Makes an empty file; there must be none of that name. */
  newFile(name: string): string
}

/** Where this process has looked for what others left behind. */
const swept = new Set<string>()

/**
 * The first in a folder also removes those that processes left there that are no more: one that is killed removes nothing.
 *
 * @param user whose it becomes, so that programs that run as somebody else read and write it; null: ours
 */
export function makeWorkFolder(user: SandboxUser | null, parent: string): WorkFolder {
  const place = resolve(parent)
  if (!swept.has(place)) {
    swept.add(place)
    sweepWorkFolders(place)
  }
  const path = mkdtempSync(join(place, `${nameOf(ownIdentity())}-`))
  chmodSync(path, 0o700)
  if (user !== null) chownSync(path, user.uid, user.gid)
  return {
    path,
    newFile(name) {
      const file = join(path, name)
      closeSync(openSync(file, 'wx', 0o600))
      if (user !== null) chownSync(file, user.uid, user.gid)
      return file
    },
  }
}

function nameOf({ pid, startedAt, world }: ProcessIdentity): string {
  return `rushes-work-${pid}-${startedAt}-${world}`
}

function ownerOf(name: string): ProcessIdentity | null {
  const [, pid, startedAt, world] = /^rushes-work-(\d{1,10})-(\d{1,15})-([0-9a-f]{12})-\w{6}$/.exec(name) ?? []
  return world === undefined ? null : { pid: Number(pid), startedAt: Number(startedAt), world }
}

/** Removes the folders of processes that have ended, as far as they are ours; of what can't be told nothing is touched. */
export function sweepWorkFolders(parent: string): void {
  let names: string[]
  try {
    names = readdirSync(parent)
  } catch {
    return // whoever wants a folder in it is told
  }
  for (const name of names) {
    const owner = ownerOf(name)
    if (owner !== null && isProcessAlive(owner) === false) remove(join(parent, name))
  }
}

/**
 * Anybody may make a folder of such a name in the system's folder for temporary files, and swap what is in it while it is
 * removed. So the folder becomes ours alone first, and nothing is followed: files go, a folder within stays where it is.
 */
function remove(path: string): void {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  try {
    if (uid === 0 && lstatSync(path).isDirectory()) lchownSync(path, uid, gid)
    const standing = lstatSync(path)
    if (!standing.isDirectory() || standing.uid !== uid) return
    chmodSync(path, 0o700)
    for (const name of readdirSync(path)) unlinkSync(join(path, name))
    rmdirSync(path)
  } catch {
    // Not ours to remove, or another process is removing it: it is in nobody's way.
  }
}
