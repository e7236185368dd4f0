// Archives as tests send them.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ImportState, ImportView } from '@rushes/protocol'
import { makeSmallMeeting } from '../../converter/test/small-meeting.ts'
import { smallZip } from '../../converter/test/small-zip.ts'
import type { TestServer } from './server-for-tests.ts'
import { UploadSender } from './upload-sender.ts'

/** A folder as a stored zip. */
export async function zippedFolder(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return smallZip(
    await Promise.all(files.map(async (path) => ({ name: relative(folder, path), content: await readFile(path) }))),
  )
}

/** A meeting of BigBlueButton of ten seconds. */
export async function zippedMeeting(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'rushes-meeting-'))
  try {
    await makeSmallMeeting(folder, 3)
    return await zippedFolder(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** tus below `/api/v1/archives`. */
export class ArchiveSender extends UploadSender {
  override create(
    size: number,
    metadata: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const pairs = Object.entries({ filename: 'meeting.zip', ...metadata })
    const field = pairs.map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`).join(',')
    const all = { 'upload-length': String(size), 'upload-metadata': field, ...headers }
    return this.send('POST', '/api/v1/archives', all)
  }
}

/** Waits until it is in one of these states. @throws where it failed and that was not waited for */
export async function importIn(
  { client }: Pick<TestServer, 'client'>,
  id: string,
  ...states: ImportState[]
): Promise<ImportView> {
  for (;;) {
    const view = await client.import(id)
    if (states.includes(view.state)) return view
    if (view.state === 'failed') throw new Error(`it failed: ${view.problem}`)
    await sleep(100)
  }
}
