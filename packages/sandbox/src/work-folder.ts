import { chmodSync, chownSync, closeSync, mkdtempSync, openSync } from 'node:fs'
import { join, resolve } from 'node:path'

export type SandboxUser = { uid: number; gid: number }

/** A folder for what goes into a foreign program and comes out of it; whoever made it removes it. */
export type WorkFolder = {
  path: string
  /** Makes an empty file; there must be none of that name. */
  newFile(name: string): string
}

/** @param user whose it becomes, so that programs that run as somebody else read and write it; null: ours */
export function makeWorkFolder(user: SandboxUser | null, parent: string): WorkFolder {
  const path = mkdtempSync(join(resolve(parent), 'rushes-work-'))
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
