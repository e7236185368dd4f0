// Recordings that were uploaded as archives with items in them.
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordingView } from '@rushes/protocol'
import { type NewItem, openEditor } from '@rushes/umf'
import { nodeSha256 as sha256 } from '@rushes/umf/node'
import { madeByFfmpeg } from '../../media/test/made-media.ts'
import { MemoryFile } from '../../umf/test/memory-file.ts'
import { type TestServer, testOwnerKey } from './server-for-tests.ts'
import { UploadSender } from './upload-sender.ts'

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const input = '-f lavfi -i testsrc2=size=160x120:rate=25 -f lavfi -i sine=frequency=440:sample_rate=48000 -t 1'
const webm = '-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus -live 1'

/** A second of picture and sound as browsers record it. */
export async function madeTalk(): Promise<Buffer> {
  return readFile(await madeByFfmpeg('webm', `${input} ${webm}`.split(' ')))
}

/** With the key of the server's owner, unless headers say otherwise. */
export function asOwner(headers: Record<string, string> = {}): Record<string, string> {
  // With conditions, fetch asks of its own accord that no cache is used, where it is not told otherwise.
  return { authorization: `Bearer ${testOwnerKey}`, 'cache-control': 'max-age=0', ...headers }
}

/**
 * A recording of `talk` with these items, and what the items say of the archive that they are in: it is another one each time.
 *
 * @param itemsOf given the archive's id, which pointers name
 */
export async function furnished(
  server: TestServer,
  talk: Uint8Array,
  itemsOf: (archiveId: string) => readonly NewItem[],
  presentation: Record<string, unknown> = {},
): Promise<RecordingView & { archiveId: string }> {
  const recorded = await server.record(talk, 'A talk')
  const exported = await fetch(recorded.umfUrl!)
  const file = new MemoryFile(new Uint8Array(await exported.arrayBuffer()))
  // Its id is free again: what is uploaded is that archive, and no copy of it.
  await server.client.remove(recorded.id)
  const editor = await openEditor(file, sha256)
  const archiveId = editor.state.description.id
  await editor.edit({ put: [...itemsOf(archiveId)], ...(Object.keys(presentation).length > 0 && { presentation }) })
  const sender = new UploadSender(server)
  const url = await sender.created(file.bytes.length, { filename: 'talk.umf' })
  const sent = await sender.patch(url, 0, file.bytes)
  if (sent.status !== 204) throw new Error(`${sent.status} ${await sent.text()}`)
  for (;;) {
    const view = await server.client.recording(url.split('/').at(-1)!)
    if (view.archive?.state === 'plain') throw new Error(view.archive.note!)
    if (view.archive?.state === 'restored') return { ...view, archiveId }
    await sleep(50)
  }
}
