import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../test/postgres-for-tests.ts'
import { startTestServer, type TestServer, testOwnerKey } from '../../test/server-for-tests.ts'
import { trustedProxies } from './trusted-proxy.ts'

let database: TestDatabase
let behind: TestServer
let open: TestServer

beforeAll(async () => {
  database = await startTestDatabase()
  behind = await startTestServer({ databaseUrl: database.url, trustedProxies: ['127.0.0.0/8'] })
  open = await startTestServer({ databaseUrl: database.url })
})
afterAll(async () => {
  await behind.close()
  await open.close()
  await database.close()
})

async function create(server: TestServer, headers: Record<string, string>) {
  const response = await fetch(`${server.url}/api/v1/recordings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${testOwnerKey}`, 'content-type': 'application/json', ...headers },
    body: '{}',
  })
  return { status: response.status, body: (await response.json()) as { ingestUrl?: string; error?: { code: string } } }
}

const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'rushes.example' }

describe('what a proxy says of its client', () => {
  it('counts from an address that the operator named', async () => {
    const { body } = await create(behind, forwarded)
    expect(body.ingestUrl).toMatch(/^wss:\/\/rushes\.example\//)
    expect((await create(behind, { ...forwarded, origin: 'https://rushes.example' })).status).toBe(201)
  })

  it('counts from nobody else: a header is anybody’s claim', async () => {
    const { body } = await create(open, forwarded)
    expect(body.ingestUrl).toMatch(new RegExp(`^ws://${new URL(open.url).host}/`))
    const refused = await create(open, { ...forwarded, origin: 'https://rushes.example' })
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'foreign-origin' } } })
  })

  it.each([
    ['what came before it', { 'x-forwarded-proto': 'http, https', 'x-forwarded-host': 'evil.example, rushes.example' }],
    ['the host it was asked for', { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'rushes.example' }],
  ])('is the last word, after %s', async (_, headers) => {
    expect((await create(behind, headers)).body.ingestUrl).toMatch(/^wss:\/\/rushes\.example\//)
  })

  it.each([
    { 'x-forwarded-proto': 'javascript', 'x-forwarded-host': 'rushes.example' },
    { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'rushes.example/path"><script>' },
  ])('is not taken where it is no scheme or no host: %j', async (headers) => {
    expect((await create(behind, headers)).body.ingestUrl).toMatch(new RegExp(`^ws://${new URL(behind.url).host}/`))
  })
})

describe('the networks that are trusted', () => {
  it('are matched in either form of an IPv4 address, and nothing else is', () => {
    const trusts = trustedProxies(['10.1.0.0/16', '::1', '192.0.2.7'])
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '::1', '192.0.2.7'])
      expect(trusts(address), address).toBe(true)
    for (const address of ['10.2.0.1', '::2', '192.0.2.8', 'junk', '', undefined]) expect(trusts(address)).toBe(false)
    expect(trustedProxies([])('127.0.0.1')).toBe(false)
    expect(() => trustedProxies(['10.0.0.0/99'])).toThrow(RangeError)
  })
})
