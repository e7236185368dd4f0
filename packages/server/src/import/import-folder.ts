// Where imports lie: `ROOT/imports/ID/sent/NAME` as it came, and `archive.umf`, which is made of it.
import { copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncFolder } from '../body/append-file.ts'
import { storageError } from '../body/body-error.ts'
import type { BodyFolder } from '../body/folder.ts'
import type { ImportRow } from '../catalog/schema.ts'

export function importFolder({ root }: BodyFolder, id: string): string {
  return join(root, 'imports', id)
}

export function archivePath(folder: BodyFolder, id: string): string {
  return join(importFolder(folder, id), 'archive.umf')
}

/** The converter names what it finds after it. */
export function sentPath(folder: BodyFolder, { id, name }: Pick<ImportRow, 'id' | 'name'>): string {
  return join(importFolder(folder, id), 'sent', fileName(name))
}

/** A name that is one everywhere: of a file, not hidden, at most 200 bytes. */
function fileName(name: string): string {
  const plain = name.normalize('NFC').replaceAll(/[^\p{L}\p{N}._ -]+/gu, '_')
  const dot = plain.lastIndexOf('.')
  const ending = dot > 0 && plain.length - dot <= 10 ? plain.slice(dot) : ''
  let stem = plain.slice(0, plain.length - ending.length).replace(/^[ .]+/, '')
  while (Buffer.byteLength(stem + ending) > 200) stem = stem.slice(0, -1)
  return (stem + ending).replace(/[ .]+$/, '') || 'archive'
}

/** Durably. @throws BodyError */
export async function makeImportFolder(folder: BodyFolder, row: Pick<ImportRow, 'id' | 'name'>): Promise<void> {
  const path = dirname(sentPath(folder, row))
  try {
    const made = await mkdir(path, { recursive: true, mode: 0o750 })
    for (let at = path; made !== undefined && at.length >= made.length; at = dirname(at)) await syncFolder(dirname(at))
  } catch (cause) {
    throw storageError(cause)
  }
}

export async function removeImportFolder(folder: BodyFolder, id: string): Promise<void> {
  await rm(importFolder(folder, id), { recursive: true, force: true })
}

export async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}

/** Puts a synced file in its place, durably, also from another disk. @throws BodyError */
export async function putInPlace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to).catch(async (fault: NodeJS.ErrnoException) => {
      if (fault.code !== 'EXDEV') throw fault
      const part = `${to}.part`
      await copyFile(from, part)
      const file = await open(part, 'r')
      await file.sync().finally(() => file.close())
      await rename(part, to)
    })
    await syncFolder(dirname(to))
  } catch (cause) {
    throw storageError(cause)
  }
}
