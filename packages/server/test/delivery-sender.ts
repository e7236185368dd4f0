import type { ManifestEntry } from '@rushes/protocol'
import { uuidV7 } from '../src/catalog/identifiers.ts'
import { type TestServer, testOwnerKey } from './server-for-tests.ts'

export interface DeliverySender {
  readonly id: string
  list(from: number, entries: readonly ManifestEntry[]): Promise<Response>
  put(name: string, bytes: Buffer, headers?: Record<string, string>): Promise<Response>
  head(name: string): Promise<Response>
  get(path: string, headers?: Record<string, string>): Promise<Response>
}

/** What an encoder says, call by call: for tests that say it in the wrong order, or stop in the middle. */
function senderOf(url: string, id: string, token: string): DeliverySender {
  const at = (path: string) => `${url}/api/v1/deliveries/${id}${path}`
  const headers = { authorization: `Bearer ${token}` }
  return {
    id,
    list: (from, entries) =>
      fetch(at('/manifest'), {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ from, entries }),
      }),
    put: (name, bytes, more = {}) =>
      fetch(at(`/${name}`), {
        method: 'PUT',
        headers: { ...headers, 'content-type': 'video/mp4', ...more },
        body: new Uint8Array(bytes),
      }),
    head: (name) => fetch(at(`/${name}`), { method: 'HEAD', headers }),
    get: (path, more = {}) => fetch(at(path), { headers: { ...headers, ...more } }),
  }
}

export async function createDelivery(
  server: Pick<TestServer, 'url'>,
  id: string = uuidV7(),
  title = 'Sunday',
  key: string = testOwnerKey,
): Promise<DeliverySender> {
  const response = await fetch(`${server.url}/api/v1/deliveries`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ id, title }),
  })
  const { token } = (await response.json()) as { token: string }
  return senderOf(server.url, id, token)
}
