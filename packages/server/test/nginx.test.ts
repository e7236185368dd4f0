import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { createdRecording, type IngestSocket, openIngestSender, recordingView } from '@rushes/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { madeByFfmpeg } from '../../media/test/made-media.ts'
import { uuidV7 } from '../src/catalog/identifiers.ts'
import { makeCertificate } from './certificate-for-tests.ts'
import { createDelivery } from './delivery-sender.ts'
import { startNginx, type TestProxy } from './nginx-for-tests.ts'
import { startTestServer, type TestServer, testOwnerKey } from './server-for-tests.ts'

let folder: string
let server: TestServer
let nginx: TestProxy
let ca: Buffer

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rushes-nginx-'))
  const certificate = makeCertificate(folder, 'localhost')
  ca = readFileSync(certificate.cert)
  server = await startTestServer({ trustedProxies: ['127.0.0.1'] })
  nginx = await startNginx(folder, { upstream: new URL(server.url).host, certificate })
})

afterAll(async () => {
  await nginx.close()
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

type Asking = { method?: string; headers?: Record<string, string>; body?: Buffer | string }

function open(path: string, { method = 'GET', headers = {} }: Asking) {
  const url = path.startsWith('https:') ? path : `${nginx.url}${path}`
  const sent = request(url, { method, ca, headers: { authorization: `Bearer ${testOwnerKey}`, ...headers } })
  const response = new Promise<IncomingMessage>((resolve, reject) =>
    sent.once('response', resolve).once('error', reject),
  )
  return { sent, response }
}

async function ask(path: string, asking: Asking = {}) {
  const { sent, response } = open(path, asking)
  sent.end(asking.body)
  const { statusCode: status, headers } = await response
  const parts: Buffer[] = []
  for await (const part of await response) parts.push(part as Buffer)
  return { status, headers, body: Buffer.concat(parts) }
}

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  ask(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } })

describe('the nginx of docs/nginx/rushes.conf', () => {
  it('carries a recording by WebSocket, under its own name, and gives its file by ranges', async () => {
    const created = createdRecording.parse(JSON.parse((await post('/api/v1/recordings', {})).body.toString()))
    expect(new URL(created.ingestUrl).origin).toBe(nginx.url.replace('https', 'wss'))
    const body = readFileSync(await media())
    const sender = openIngestSender({
      ...{ url: created.ingestUrl, token: created.token, crc32 },
      connect: (url, subprotocol) => new WebSocket(url, subprotocol, { ca }) as unknown as IngestSocket,
      spool: {
        size: body.length,
        acknowledged: { offset: 0, crc: 0 },
        read: async (offset, length) => body.subarray(offset, offset + length),
        acknowledge: async () => {},
      },
    })
    sender.end()
    const outcome = await sender.done
    if (outcome.state !== 'published') throw new Error(outcome.after)
    const view = recordingView.parse(outcome.recording)
    expect(new URL(view.webmUrl!).origin).toBe(nginx.url)
    const whole = await ask(view.webmUrl!)
    const part = await ask(view.webmUrl!, { headers: { range: 'bytes=1000-1999' } })
    expect(part.status).toBe(206)
    expect(part.headers['content-range']).toBe(`bytes 1000-1999/${whole.body.length}`)
    expect(part.body.equals(whole.body.subarray(1000, 2000))).toBe(true)
  })

  it('passes an upload on while it comes, however large it is', async () => {
    const id = uuidV7()
    const created = await post('/api/v1/deliveries', { id, title: 'large' })
    const { token } = JSON.parse(created.body.toString()) as { token: string }
    const authorization = `Bearer ${token}`
    const bytes = randomBytes(6 * 1024 * 1024)
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    const init = { name: 'video-init.mp4', size: bytes.length, digest }
    const shared = { id: 'video', kind: 'video', set: 'main', codecs: 'avc1.64000d', bandwidth: 1, timescale: 90_000 }
    const entries = [{ type: 'representation', ...shared, width: 320, height: 180, init }]
    expect((await post(`/api/v1/deliveries/${id}/manifest`, { from: 0, entries }, { authorization })).status).toBe(200)
    const headers = { 'content-type': 'video/mp4', 'content-length': `${bytes.length}`, authorization }
    const { sent, response } = open(`/api/v1/deliveries/${id}/video-init.mp4`, { method: 'PUT', headers })
    sent.write(bytes.subarray(0, 2 * 1024 * 1024))
    const part = join(server.dataDir, 'blobs', 'recordings', id, 'files', '.video-init.mp4.part')
    const stored = async (): Promise<number> => (await stat(part).catch(() => ({ size: 0 }))).size
    await expect.poll(stored, { timeout: 20_000 }).toBeGreaterThan(1024 * 1024)
    sent.end(bytes.subarray(2 * 1024 * 1024))
    const { statusCode } = await response
    expect(statusCode).toBeLessThan(300)
  })

  it('holds a request that waits for news, and lets the news through at once', async () => {
    const delivery = await createDelivery(server)
    const waiting = ask(`/api/v1/deliveries/${delivery.id}/manifest?from=0&wait=25`)
    let answered = false
    void waiting.then(() => {
      answered = true
    })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(answered).toBe(false)
    await delivery.list(0, [{ type: 'end', wallClock: '2027-01-15T08:00:00.000Z' }])
    expect(JSON.parse((await waiting).body.toString())).toMatchObject({ next: 1 })
  })

  it('is believed for address, scheme and host, and its clients are not', async () => {
    const forged = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http', 'x-forwarded-for': '203.0.113.9' }
    const { ingestUrl } = createdRecording.parse(
      JSON.parse((await post('/api/v1/recordings', {}, forged)).body.toString()),
    )
    expect(new URL(ingestUrl).origin).toBe(nginx.url.replace('https', 'wss'))
    expect((await post('/api/v1/recordings', {}, { origin: nginx.url })).status).toBe(201)
    expect((await post('/api/v1/recordings', {}, { origin: 'https://evil.example' })).status).toBe(403)
  })
})

function media(): Promise<string> {
  return madeByFfmpeg('webm', [
    ...['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30', '-t', '2'],
    ...['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-live', '1'],
  ])
}
