import type { RecordingView } from '@rushes/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startTestServer, type TestServer, testOwnerKey } from '../../test/server-for-tests.ts'

let server: TestServer
let recording: RecordingView

beforeAll(async () => {
  server = await startTestServer()
  recording = await server.record(Buffer.from('not much, but mine'.repeat(50)), 'mine')
})
afterAll(() => server.close())

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

type Ask = { method: string; path: string; body?: unknown }

async function ask({ method, path, body }: Ask, headers: Record<string, string> = {}) {
  const response = await fetch(server.url + path, {
    method,
    redirect: 'manual',
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: response.status, text: await response.text() }
}

describe('attack 10', () => {
  it.each(['../x', '..%2f..%2fetc%2fpasswd', '%00', 'a'.repeat(1000), "' or 1=1 --", '%F0%9F%98%80'])(
    'an id like %s is no id',
    async (id) => {
      const { status } = await ask({ method: 'GET', path: `/api/v1/recordings/${id}` }, bearer(testOwnerKey))
      expect([400, 404, 414]).toContain(status)
    },
  )
})

describe('links', () => {
  it('open the recording without a header, until they are revoked', async () => {
    const share = await server.client.share(recording.id)
    expect(share.id.length).toBeGreaterThanOrEqual(22)
    expect((await server.client.shared(share.id)).id).toBe(recording.id)
    await server.client.unshare(recording.id, share.id)
    await expect(server.client.shared(share.id)).rejects.toMatchObject({ status: 404 })
    expect((await ask({ method: 'GET', path: `/r/${share.id}/file.mp4` })).status).toBe(404)
  })

  it('attack 20: oEmbed answers a fixed template, and the same 404 for private and missing', async () => {
    const { shareUrl } = recording
    const good = await ask({ method: 'GET', path: `/oembed?url=${encodeURIComponent(shareUrl!)}` })
    expect(JSON.parse(good.text)).toMatchObject({ type: 'video', version: '1.0', title: 'mine' })
    const elsewhere = await ask({ method: 'GET', path: `/oembed?url=${encodeURIComponent(`${server.url}.evil/r/x`)}` })
    const missing = await ask({
      method: 'GET',
      path: `/oembed?url=${encodeURIComponent(`${server.url}/r/${'A'.repeat(24)}`)}`,
    })
    expect([elsewhere.status, missing.status]).toEqual([404, 404])
    expect(elsewhere.text).toBe(missing.text)
  })

  it('attack 27: trying many that do not exist is slowed, and a good one asked often is not', async () => {
    const { shareUrl } = recording
    for (let tries = 0; tries < 300; tries++)
      expect((await ask({ method: 'GET', path: new URL(shareUrl!).pathname })).status).not.toBe(429)
    const statuses = new Set<number>()
    for (let tries = 0; tries < 200; tries++) {
      statuses.add((await ask({ method: 'GET', path: `/api/v1/shares/${String(tries).padStart(24, 'A')}` })).status)
    }
    expect(statuses).toEqual(new Set([404, 429]))
    const good = new URL(shareUrl!).pathname.split('/').at(-1)
    expect((await ask({ method: 'GET', path: `/api/v1/shares/${good}` })).status).toBe(200)
  })
})

describe('other sites', () => {
  const upgrade = (headers: Record<string, string>, path = `/api/v1/recordings/${recording.id}/ingest`) =>
    new Promise<number>((resolve, reject) => {
      const socket = new WebSocket(server.url.replace('http', 'ws') + path, 'rushes-ingest-1', { headers })
      socket.on('open', () => {
        socket.terminate()
        resolve(101)
      })
      socket.on('unexpected-response', (_request, response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      socket.on('error', reject)
    })

  it('[N2] attack 21: a foreign Origin gets no socket, and look-alikes neither', async () => {
    const { host, port } = new URL(server.url)
    for (const origin of [
      'https://evil.example',
      `https://${host}`,
      `http://${host}.evil.example`,
      `http://evil.example#${host}`,
      `http://127.0.0.1:${Number(port) + 1}`,
      `http://localhost:${port}`,
      'null',
      '',
    ]) {
      expect(await upgrade({ origin }), origin).toBe(403)
    }
    expect(await upgrade({ origin: server.url })).toBe(101)
    expect(await upgrade({})).toBe(101)
  })

  it('[N1] no socket without the subprotocol, nor anywhere else', async () => {
    expect(await upgrade({}, '/api/v1/recordings/junk/ingest')).toBe(404)
    expect(await upgrade({}, '/r/whatever')).toBe(404)
  })

  it('attack 22: a cross-site POST with a cookie is refused', async () => {
    const post = { method: 'POST', path: '/api/v1/recordings', body: {} }
    expect((await ask(post, { ...bearer(testOwnerKey), origin: 'https://evil.example' })).status).toBe(403)
    expect((await ask(post, { ...bearer(testOwnerKey), origin: server.url })).status).toBe(201)
  })
})

describe('requests that are too much', () => {
  it('a body over 1 MiB is 413, one that is no JSON 400, both as {error}', async () => {
    const large = await ask(
      { method: 'POST', path: '/api/v1/recordings', body: { title: 'x'.repeat(2e6) } },
      bearer(testOwnerKey),
    )
    expect(large.status).toBe(413)
    const broken = await fetch(`${server.url}/api/v1/recordings`, {
      method: 'POST',
      headers: { ...bearer(testOwnerKey), 'content-type': 'application/json' },
      body: '{"title": ',
    })
    expect(broken.status).toBe(400)
    for (const text of [large.text, await broken.text()]) {
      expect(JSON.parse(text)).toEqual({ error: { code: expect.any(String), message: expect.any(String) } })
    }
  })
})
