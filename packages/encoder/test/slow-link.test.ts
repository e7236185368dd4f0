import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ManifestEntry } from '@rushes/protocol'
import { afterEach, expect, it } from 'vitest'
import { uuidV7 } from '../../server/src/catalog/identifiers.ts'
import { deliveryClient } from '../src/deliver/delivery-client.ts'
import { runDelivery } from '../src/deliver/delivery-run.ts'
import { openSpool } from '../src/spool/spool.ts'

const undo: (() => void)[] = []
afterEach(() => {
  for (const each of undo.splice(0)) each()
})

async function listen(handle: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(handle).listen(0, '127.0.0.1')
  await once(server, 'listening')
  undo.push(() => server.close().closeAllConnections())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

it('lets an answer take as long as it comes, and no longer', async () => {
  let stalls = false
  const id = uuidV7()
  const { url } = await listen(async (_request, response) => {
    response.writeHead(201, { 'content-type': 'application/json' })
    const text = JSON.stringify({ id, token: 'x'.repeat(20), shareUrl: null, next: 0 })
    for (const letter of text) {
      response.write(letter)
      if (stalls) return
      await sleep(30)
    }
    response.end()
  })
  const client = deliveryClient(url, 'key', undefined, { connectMs: 10_000, idleMs: 1500 })
  const startedAt = performance.now()
  expect(await client.create(id, 'x')).toMatchObject({ next: 0 })
  // Else nothing was shown: all of it took longer than any one silence may.
  expect(performance.now() - startedAt).toBeGreaterThan(1500)
  stalls = true
  await expect(client.create(id, 'x')).rejects.toMatchObject({ status: 0 })
})

it('tells the manifest in smaller pieces where the link does not carry large ones', async () => {
  const told: ManifestEntry[] = []
  const refused: number[] = []
  const { url } = await listen(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const body = JSON.parse(Buffer.concat(pieces).toString()) as { from?: number; entries?: ManifestEntry[] }
    const answer = (value: object): void => void response.writeHead(200).end(JSON.stringify(value))
    if (body.entries === undefined) return answer({ id, token: 'x'.repeat(20), shareUrl: null, next: 0 })
    if (body.entries.length > 60) {
      refused.push(body.entries.length)
      request.socket.destroy()
      return
    }
    expect(body.from).toBe(told.length)
    told.push(...body.entries)
    answer({ next: told.length })
  })
  const folder = mkdtempSync(join(tmpdir(), 'rushes-slow-link-'))
  undo.push(() => rmSync(folder, { recursive: true, force: true }))
  const id = uuidV7()
  const spool = await openSpool(folder, { id, title: 'Slow', server: url, segmentMs: 2000, epochMs: 0 })
  const at = (second: number): string => new Date(second * 1000).toISOString()
  for (let second = 0; second < 200; second++) {
    spool.list({ type: 'gap', set: 'main', from: at(second), to: at(second + 1), reason: 'none' })
  }
  const delivery = runDelivery({ spool, key: 'key', workers: { least: 1, most: 1 }, order: 'oldest' })
  while (told.length < 200) await sleep(10)
  expect(told).toEqual(spool.entries(0, 1000))
  expect(refused.length).toBeGreaterThan(0)
  await delivery.stop()
  spool.close()
})
