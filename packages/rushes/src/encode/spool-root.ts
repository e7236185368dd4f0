// A folder of spools, one for each event, named by when it began:
//
//   recorded ── ended ──> waiting ── all proved and certified ──> done ── kept for so many days, verified ──> removed
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  certificateName,
  openSpool,
  readSpool,
  type Spool,
  SpoolError,
  type SpoolHead,
  verifyCertificate,
} from '@rushes/encoder'
import { deliveryCertificate } from '@rushes/protocol'

const folderForm = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-[0-9a-f]{8}$/

/** Folders of spools, oldest first. */
export async function eventFolders(root: string): Promise<string[]> {
  const names = await readdir(root).catch((): string[] => [])
  const folders = names.filter((name) => folderForm.test(name)).sort()
  return folders.map((name) => join(root, name)).filter((folder) => existsSync(join(folder, 'spool.sqlite')))
}

/**
 * The event that was left open, to be gone on with, or a new one.
 *
 * @throws SpoolError `spool-in-use` when another encoder records into it
 */
export async function openCurrentEvent(root: string, newHead: () => SpoolHead): Promise<Spool> {
  await mkdir(root, { recursive: true, mode: 0o750 })
  const newest = (await eventFolders(root)).at(-1)
  if (newest !== undefined && !(await hasEnded(newest))) return openSpool(newest)
  const head = newHead()
  const time = new Date(head.epochMs)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-')
  return openSpool(join(root, `${time}-${head.id.slice(-8)}`), head)
}

export function isCertified(folder: string): boolean {
  return existsSync(join(folder, certificateName))
}

/**
 * Removes events whose every file is certified, and verified here once more, when they are older than `keepMs`, or when
 * all of them together hold more than `mostBytes`: the oldest first.
 */
export async function removeDone(
  root: string,
  { keepMs, mostBytes, now }: { keepMs: number | null; mostBytes: number; now: number },
  note: (text: string) => void,
): Promise<void> {
  const done: { folder: string; doneAt: number; bytes: number }[] = []
  for (const folder of (await eventFolders(root)).filter(isCertified)) {
    const { mtimeMs } = await stat(join(folder, certificateName))
    done.push({ folder, doneAt: mtimeMs, bytes: await heldBytes(folder) })
  }
  let held = done.reduce((sum, { bytes }) => sum + bytes, 0)
  for (const { folder, doneAt, bytes } of done) {
    const isOld = keepMs !== null && now - doneAt >= keepMs
    if (!isOld && held <= mostBytes) continue
    const problem = await problemWith(folder)
    if (problem === null) {
      await rm(folder, { recursive: true })
      held -= bytes
      note(`removed ${folder}: certified, and verified once more`)
    } else note(`${folder} is kept: ${problem}`)
  }
}

async function hasEnded(folder: string): Promise<boolean> {
  const spool = await readSpool(folder)
  const { ended } = spool
  spool.close()
  return ended
}

async function heldBytes(folder: string): Promise<number> {
  const spool = await readSpool(folder)
  const { heldBytes: bytes } = spool.counts()
  spool.close()
  return bytes
}

/** Why an event must not be removed; null: nothing is against it. */
async function problemWith(folder: string): Promise<string | null> {
  const spool = await readSpool(folder)
  try {
    if (!spool.ended || spool.counts().pending > 0) return 'files wait'
    const text = await readFile(join(folder, certificateName), 'utf8')
    const { problems } = await verifyCertificate(spool, deliveryCertificate.parse(JSON.parse(text)), null)
    return problems[0] ?? null
  } catch (error) {
    if (error instanceof SpoolError) throw error
    return `its certificate is none: ${(error as Error).message}`
  } finally {
    spool.close()
  }
}
