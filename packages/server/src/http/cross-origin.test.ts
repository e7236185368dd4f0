import { ingestSubprotocol } from '@rushes/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startTestServer, type TestServer, testOwnerKey } from '../../test/server-for-tests.ts'

const friend = 'https://friend.example'
const foreign = [
  'https://evil.example',
  'https://friend.example.evil.example',
  'http://friend.example',
  'https://friend.example:8443',
  'https://FRIEND.example',
  'null',
]
let server: TestServer

beforeAll(async () => {
  server = await startTestServer({ allowedOrigins: [friend] })
})
afterAll(() => server.close())

const authorization = `Bearer ${testOwnerKey}`
const preflight = (origin: string) =>
  fetch(`${server.url}/api/v1/recordings`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  })
const create = (origin: string) =>
  fetch(`${server.url}/api/v1/recordings`, {
    method: 'POST',
    headers: { origin, authorization, 'content-type': 'application/json' },
    body: '{}',
  })

async function upgrade(origin: string): Promise<number> {
  const { id } = await server.client.createRecording({})
  const url = `${server.url.replace('http', 'ws')}/api/v1/recordings/${id}/ingest`
  const socket = new WebSocket(url, ingestSubprotocol, { origin })
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(101))
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    socket.once('error', reject)
  }).finally(() => socket.terminate()) as Promise<number>
}

describe('pages of other sites', () => {
  it('that the operator listed may ask, send with a key, and read the answer', async () => {
    const asked = await preflight(friend)
    expect(asked.status).toBe(204)
    expect(Object.fromEntries(asked.headers)).toMatchObject({
      'access-control-allow-origin': friend,
      'access-control-allow-headers': expect.stringMatching(/authorization.*content-type/),
      'access-control-allow-methods': expect.stringContaining('POST'),
      vary: 'Origin',
    })
    const created = await create(friend)
    expect(created.status).toBe(201)
    expect(created.headers.get('access-control-allow-origin')).toBe(friend)
    // A refusal can be read as well: the page has to say what is wrong.
    const refused = await fetch(`${server.url}/api/v1/recordings`, { headers: { origin: friend } })
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, friend])
    expect(await upgrade(friend)).toBe(101)
  })

  it.each(foreign)('that are not listed are refused, on the socket too: %s', async (origin) => {
    const asked = await preflight(origin)
    expect(asked.headers.has('access-control-allow-origin')).toBe(false)
    const created = await create(origin)
    expect([created.status, created.headers.has('access-control-allow-origin')]).toEqual([403, false])
    expect(await upgrade(origin)).toBe(403)
  })

  it('get no leave to send cookies', async () => {
    const response = await create(friend)
    expect(response.headers.has('access-control-allow-credentials')).toBe(false)
  })
})
