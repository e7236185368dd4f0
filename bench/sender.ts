import { open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import {
  apiClient,
  type IngestSender,
  type IngestSocket,
  openIngestSender,
  type RecordingView,
  type Spool,
} from '@rushes/protocol'
import { WebSocket } from 'ws'
import { ownerKey } from './server-process.ts'

export function connect(url: string, subprotocol: string): IngestSocket {
  return new WebSocket(url, subprotocol, { perMessageDeflate: false }) as unknown as IngestSocket
}

/** Sends a file up to its end but for the end-of-stream, and waits until all of it is acknowledged. */
export async function sendAll(server: string, path: string): Promise<IngestSender> {
  const client = apiClient({ server, key: ownerKey })
  const { ingestUrl, token } = await client.createRecording({ title: 'bench' })
  const file = await open(path, 'r')
  const { size } = await file.stat()
  const spool: Spool = {
    size,
    acknowledged: { offset: 0, crc: 0 },
    async read(offset, length) {
      const buffer = new Uint8Array(length)
      const { bytesRead } = await file.read(buffer, 0, length, offset)
      return buffer.subarray(0, bytesRead)
    },
    async acknowledge() {},
  }
  const allSafe = Promise.withResolvers<void>()
  const sender = openIngestSender({
    url: ingestUrl,
    token,
    spool,
    crc32,
    connect,
    onProgress: ({ safe }) => {
      if (safe === size) allSafe.resolve()
    },
  })
  await allSafe.promise
  void sender.done.then(() => file.close())
  return sender
}

export async function published(sender: IngestSender): Promise<RecordingView> {
  const outcome = await sender.done
  if (outcome.state !== 'published') throw new Error(`the recording was refused: ${outcome.after}`)
  return outcome.recording
}

export async function removeRecording(server: string, id: string): Promise<void> {
  await apiClient({ server, key: ownerKey }).remove(id)
}
