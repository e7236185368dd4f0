import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import {
  type ApiClient,
  apiClient,
  eventText,
  type IngestSocket,
  openIngestSender,
  type RecordingView,
  type TimelineEvent,
} from '@rushes/protocol'
import { pino } from 'pino'
import { WebSocket } from 'ws'
import { openServer, type Server, type ServerOptions } from '../src/server.ts'
import { startTestDatabase } from './postgres-for-tests.ts'

export const testOwnerKey = 'owner-key-for-tests-0123456789-0123456789'

export type TestServer = Server & {
  client: ApiClient
  dataDir: string
  /** Sends a whole body over the real protocol and publishes it. */
  record(body: Uint8Array, title?: string, events?: readonly TimelineEvent[]): Promise<RecordingView>
}

/** A whole server on a real database and a free port, for one test file. */
export async function startTestServer(options: Partial<ServerOptions> = {}): Promise<TestServer> {
  const database = await startTestDatabase()
  const dataDir = mkdtempSync(join(tmpdir(), 'rushes-test-server-'))
  const server = await openServer({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    databaseUrl: database.url,
    blobsDir: undefined,
    ownerKey: testOwnerKey,
    publicUrl: undefined,
    allowedOrigins: [],
    webRoot: null,
    version: 'test',
    log: pino({ level: 'silent' }),
    ...options,
  })
  const client = apiClient({ server: server.url, key: testOwnerKey })
  return {
    ...server,
    client,
    dataDir,
    async record(body, title, events = []) {
      const texts = events.map(eventText)
      const { ingestUrl, token } = await client.createRecording({ ...(title !== undefined && { title }) })
      const sender = openIngestSender({
        url: ingestUrl,
        token,
        crc32,
        connect: (url, subprotocol) => new WebSocket(url, subprotocol) as unknown as IngestSocket,
        spool: {
          size: body.length,
          acknowledged: { offset: 0, crc: 0 },
          read: async (offset, length) => body.subarray(offset, offset + length),
          acknowledge: async () => {},
          events: { count: texts.length, read: async (first, most) => texts.slice(first, first + most) },
        },
      })
      sender.end()
      const outcome = await sender.done
      if (outcome.state !== 'published') throw new Error(`refused: ${outcome.after}`)
      return outcome.recording
    },
    async close() {
      await server.close()
      await database.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
