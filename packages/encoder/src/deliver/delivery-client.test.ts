import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type DeliveryClient, deliveryClient } from './delivery-client.ts'

let server: Server
let client: DeliveryClient
afterEach(() => {
  client.close()
  server.closeAllConnections()
  server.close()
})

async function clientOf(answer: RequestListener, idleMs = 10_000): Promise<void> {
  server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  client = deliveryClient(url, 'key', undefined, { connectMs: 10_000, idleMs })
}

describe('what an encoder asks beside its files', () => {
  it('[F6] no answer means nothing: silence ends a request, the next one waits longer, on another connection', async () => {
    const sockets = new Set<unknown>()
    await clientOf((request, response) => {
      sockets.add(request.socket)
      if (sockets.size > 1) setTimeout(() => response.end('{"next":7}'), 350)
    }, 300)
    await expect(client.append('id', 'token', 0, [])).rejects.toMatchObject({ code: 'unreachable', passes: true })
    expect(await client.append('id', 'token', 0, [])).toBe(7)
    expect(sockets.size).toBe(2)
  })

  it('[M2] a gap says from where to go on', async () => {
    await clientOf((_request, response) => {
      response.writeHead(409, { 'manifest-next': '5' }).end('{"error":{"code":"manifest-gap","message":"5 are here"}}')
    })
    const refused = client.append('id', 'token', 9, [])
    await expect(refused).rejects.toMatchObject({ status: 409, code: 'manifest-gap', next: 5, passes: false })
  })

  it('[E2] a certificate that is not there yet is none', async () => {
    await clientOf((_request, response) => {
      response.writeHead(409).end('{"error":{"code":"not-delivered","message":"files are still to come"}}')
    })
    expect(await client.certificate('id', 'token')).toBeNull()
  })
})
