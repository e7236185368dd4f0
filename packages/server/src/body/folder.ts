import { mkdir, rm, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncFolder } from './append-file.ts'
import { storageError } from './body-error.ts'

/** Where recordings lie on disk: `ROOT/recordings/ID/body`, and beside it what was derived from it. */
export type BodyFolder = {
  root: string
}

export function recordingFolder(folder: BodyFolder, id: string): string {
  return join(folder.root, 'recordings', id)
}

export function bodyPath(folder: BodyFolder, id: string): string {
  return join(recordingFolder(folder, id), 'body')
}

/** Files that were made of a recording's items. */
export function derivedFolder(folder: BodyFolder, id: string): string {
  return join(recordingFolder(folder, id), 'made')
}

/** A file that was made of a recording's items: by its digest, so that what is made again takes no more room. */
export function derivedPath(folder: BodyFolder, id: string, digest: Buffer): string {
  return join(derivedFolder(folder, id), digest.toString('hex'))
}

/** Makes the folder of a recording, durably. */
export async function makeRecordingFolder(folder: BodyFolder, id: string): Promise<void> {
  const path = recordingFolder(folder, id)
  try {
    const made = await mkdir(path, { recursive: true, mode: 0o750 })
    // Every folder from the first new one down to this needs its own name synced in its parent.
    for (let at = path; made !== undefined && at.length >= made.length; at = dirname(at)) await syncFolder(dirname(at))
  } catch (cause) {
    throw storageError(cause)
  }
}

/** Removes all bytes of a recording. */
export async function removeRecordingFolder(folder: BodyFolder, id: string): Promise<void> {
  await rm(recordingFolder(folder, id), { recursive: true, force: true })
}

/** Bytes that the disk under the folder still takes. */
export async function freeBytes(folder: BodyFolder): Promise<number> {
  const { bavail, bsize } = await statfs(folder.root)
  return bavail * bsize
}
