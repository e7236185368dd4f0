import { crc32 } from 'node:zlib'
import { type IngestSocket, openIngestSender, type RecordingView } from '@rushes/protocol'
import { WebSocket } from 'ws'
import type { TestServer } from './server-for-tests.ts'

/** A recording that is sent as it is made, by the test's own clock. */
export type LiveSender = {
  id: string
  share: string
  /** What acknowledgements said of being watched, last. */
  readonly isWatched: boolean
  /** Sends the body up to `size`, and waits until it is safe. */
  sendUpTo(size: number): Promise<void>
  end(): Promise<RecordingView>
  /** The connection is gone, until `back`. */
  close(): void
  back(): void
}

export async function startLiveSender(server: TestServer, body: Uint8Array): Promise<LiveSender> {
  const { id, ingestUrl, token } = await server.client.createRecording({})
  const share = (await server.client.recording(id)).shareUrl!
  let size = 0
  let isWatched = false
  let wake: () => void = () => {}
  const spool = {
    get size() {
      return size
    },
    acknowledged: { offset: 0, crc: 0 },
    read: async (offset: number, length: number) => body.subarray(offset, Math.min(offset + length, size)),
    async acknowledge(offset: number, crc: number) {
      spool.acknowledged = { offset, crc }
    },
  }
  const connect = () =>
    openIngestSender({
      ...{ url: ingestUrl, token, crc32, spool },
      connect: (url, subprotocol) => new WebSocket(url, subprotocol) as unknown as IngestSocket,
      onProgress: () => wake(),
      onWatched: (watched) => {
        isWatched = watched
      },
    })
  let sender = connect()
  return {
    ...{ id, share },
    get isWatched() {
      return isWatched
    },
    async sendUpTo(end) {
      size = end
      sender.grown()
      while (sender.progress.safe < end) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    async end() {
      size = body.length
      sender.grown()
      sender.end()
      const outcome = await sender.done
      if (outcome.state !== 'published') throw new Error(`refused: ${outcome.after}`)
      return outcome.recording
    },
    close: () => sender.close(),
    back() {
      sender = connect()
    },
  }
}
