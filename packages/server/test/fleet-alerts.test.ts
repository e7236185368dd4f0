import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AlertMessage, EncoderReport } from '@rushes/protocol'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uuidV7 } from '../src/catalog/identifiers.ts'
import { startTestDatabase } from './postgres-for-tests.ts'
import { startTestServer, type TestServer } from './server-for-tests.ts'

type Heard = { headers: Record<string, string>; body: string; status: number }

/** Answers with the statuses in turn, then with 204. */
function openReceiver(...statuses: number[]): Promise<{ url: string; heard: Heard[]; server: Server }> {
  const heard: Heard[] = []
  const server = createServer((request: IncomingMessage, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      const status = statuses.shift() ?? 204
      heard.push({ headers: request.headers as Record<string, string>, body, status })
      response.writeHead(status).end()
    })
  })
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      resolve({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, heard, server })
    }),
  )
}

function reportOf(change: Partial<EncoderReport> = {}): EncoderReport {
  return {
    ...{ applied: 0, state: 'recording', event: null, warning: null, lastError: null, nextStart: null },
    sources: [{ name: 'main', state: 'running', fps: 30, speed: 1, dropped: 0, detail: '' }],
    queue: { files: 0, bytes: 0, oldestSeconds: null },
    ...{ bytesPerSecond: 0, spoolLimit: 1e9, diskFree: null },
    ...change,
  }
}
const behind = reportOf({ queue: { files: 99, bytes: 1e6, oldestSeconds: 500 } })

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
}

async function introduced(server: TestServer, name: string): Promise<string> {
  const id = uuidV7()
  await server.client.introduceEncoder(id, { name, version: '1', host: 'rack' })
  return id
}

const typesOf = (heard: readonly Heard[]) => heard.map(({ body }) => (JSON.parse(body) as AlertMessage).type)

describe('alerts', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer({ webhookHosts: ['127.0.0.1'] })
  })
  afterAll(async () => {
    await server.close()
  })

  it('[FL6] [FL7] are posted, signed as Standard Webhooks says, once when it begins and once when it is over', async () => {
    const { url, heard, server: receiver } = await openReceiver()
    const { secret, id: webhook } = await server.client.createWebhook(url)
    const id = await introduced(server, 'Chapel')
    for (let step = 0; step < 3; step++) await server.client.reportEncoder(id, behind, 0)
    await until(() => heard.length > 0)
    expect((await server.client.encoder(id)).alerts).toMatchObject([{ kind: 'behind' }])
    for (let step = 0; step < 3; step++) await server.client.reportEncoder(id, reportOf(), 0)
    await until(() => heard.length > 1)
    expect(typesOf(heard)).toEqual(['encoder.behind.began', 'encoder.behind.over'])
    const message = new Webhook(secret).verify(heard[0]!.body, heard[0]!.headers) as AlertMessage
    expect(message.data).toMatchObject({ encoder: { id, name: 'Chapel' }, kind: 'behind' })
    expect(message.data.detail).toContain('500 s')
    expect(() => new Webhook(secret).verify(`${heard[0]!.body} `, heard[0]!.headers)).toThrow()
    expect(heard[0]!.headers['webhook-id']).not.toBe(heard[1]!.headers['webhook-id'])
    await server.client.removeWebhook(webhook)
    receiver.close()
  })

  it('[FL7] that are refused come again, the same message with the same id, and the account sees why', async () => {
    const { url, heard, server: receiver } = await openReceiver(500)
    const { id } = await server.client.createWebhook(url)
    await server.client.testWebhook(id)
    const shown = async () => (await server.client.alertSettings()).webhooks.find((webhook) => webhook.id === id)!
    await until(async () => (await shown()).lastError !== null)
    expect(await shown()).toMatchObject({ lastError: 'it answered 500', waiting: 1, deliveredAt: null })
    await until(async () => (await shown()).waiting === 0)
    expect(await shown()).toMatchObject({ lastError: null, deliveredAt: expect.stringMatching(/Z$/) })
    expect(heard.map(({ status }) => status)).toEqual([500, 204])
    expect(heard[0]!.headers['webhook-id']).toBe(heard[1]!.headers['webhook-id'])
    expect(heard[0]!.body).toBe(heard[1]!.body)
    await server.client.removeWebhook(id)
    receiver.close()
  })

  it('[FL7] go to the internet, and to no host of the network that was not named', async () => {
    const { id } = await server.client.createWebhook('http://localhost:9/hook')
    await server.client.testWebhook(id)
    const shown = async () => (await server.client.alertSettings()).webhooks.find((webhook) => webhook.id === id)!
    await until(async () => (await shown()).lastError !== null)
    expect((await shown()).lastError).toContain('not a public address')
    await server.client.removeWebhook(id)
  })

  it.each(['ftp://example.org', 'javascript:alert(1)', 'https://user:secret@example.org', 'example.org', ''])(
    '[FL7] are not posted to %j',
    async (url) => {
      await expect(server.client.createWebhook(url)).rejects.toMatchObject({ status: 400 })
    },
  )

  it('[FL7] have at most ten addresses, also when many are added at once', async () => {
    const added = await Promise.allSettled(
      Array.from({ length: 14 }, (_, number) => server.client.createWebhook(`https://example.org/${number}`)),
    )
    expect(added.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
    for (const { id } of (await server.client.alertSettings()).webhooks) await server.client.removeWebhook(id)
  })

  it('[FL6] follow the limits of the account', async () => {
    const id = await introduced(server, 'Hall')
    const { limits } = await server.client.alertSettings()
    expect(limits).toEqual({ behindSeconds: 120, silentSeconds: 60, spoolPercent: 80 })
    await server.client.setAlertLimits({ ...limits, behindSeconds: 600 })
    await server.client.reportEncoder(id, behind, 0)
    await server.client.reportEncoder(id, behind, 0)
    expect((await server.client.encoder(id)).alerts).toEqual([])
    await server.client.setAlertLimits(limits)
    await server.client.reportEncoder(id, behind, 0)
    await until(async () => (await server.client.encoder(id)).alerts.length === 1)
    await expect(server.client.setAlertLimits({ ...limits, silentSeconds: 1 })).rejects.toMatchObject({ status: 400 })
  })
})

it('[FL6] [FL7] alerts outlive the server: what was told is not told again, what was not delivered still is', async () => {
  const database = await startTestDatabase()
  const { url, heard, server: receiver } = await openReceiver(503)
  const options = { databaseUrl: database.url, webhookHosts: ['127.0.0.1'] }
  const first = await startTestServer(options)
  await first.client.createWebhook(url)
  const id = await introduced(first, 'Chapel')
  await first.client.reportEncoder(id, behind, 0)
  await until(() => heard.length === 1)
  await first.close()
  const second = await startTestServer(options)
  expect((await second.client.encoder(id)).alerts).toMatchObject([{ kind: 'behind' }])
  for (let step = 0; step < 3; step++) await second.client.reportEncoder(id, behind, 0)
  await until(() => heard.length === 2)
  await second.client.reportEncoder(id, reportOf(), 0)
  await until(() => heard.length === 3)
  expect(typesOf(heard)).toEqual(['encoder.behind.began', 'encoder.behind.began', 'encoder.behind.over'])
  expect(heard[0]!.headers['webhook-id']).toBe(heard[1]!.headers['webhook-id'])
  await second.close()
  receiver.close()
  await database.close()
})
