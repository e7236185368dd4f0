// Attacks 24 and 25: another's ids on every verb of every route. The routes are those of the server's own description of
// its interface, so that a new one is asked too, or fails here for want of an id or a body to ask it with.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { closeCodes, ingestSubprotocol } from '@rushes/protocol'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { uuidV7 } from '../src/catalog/identifiers.ts'
import { makeCmafEvent } from './cmaf-event.ts'
import { createDelivery } from './delivery-sender.ts'
import { addTestJob } from './followed-jobs.ts'
import { ArchiveSender, importIn } from './import-sender.ts'
import { makeLiveBody } from './live-body.ts'
import { type LiveSender, startLiveSender } from './live-sender.ts'
import { newTestFolder, startTestDatabase, type TestDatabase } from './postgres-for-tests.ts'
import { openSecondAccount } from './second-account.ts'
import { startTestServer, type TestServer, testOwnerKey } from './server-for-tests.ts'
import { UploadSender } from './upload-sender.ts'

type Operation = { method: string; path: string; needsBody: boolean }
type Answer = { status: number; text: string }

let database: TestDatabase
let server: TestServer
let live: LiveSender
let operations: Operation[]
let strangerKey: string
/** Tokens that open something, but nothing of the owner's that is asked for. */
let otherTokens: string[]
/** The owner's things: the ids that the first parameter of a path stands for. */
let owned: Record<string, readonly string[]>
let openShares: string[]
let withdrawnShares: string[]
let oneShare: string

/** None of them exists. */
const missingId = '00000000-0000-7000-8000-000000000000'
const missingShare = 'A'.repeat(24)

const report = {
  ...{ applied: 0, state: 'idle', event: null, sources: [], bytesPerSecond: 0, spoolLimit: 1e9, diskFree: 5e9 },
  ...{ queue: { files: 0, bytes: 0, oldestSeconds: null }, warning: null, lastError: null, nextStart: null },
}
/** What would be done, were it allowed. */
const bodies: Record<string, unknown> = {
  'POST /api/v1/recordings': {},
  'PATCH /api/v1/recordings/{id}': { title: 'theirs' },
  'POST /api/v1/recordings/{id}/publish': { share: true },
  'POST /api/v1/recordings/{id}/shares': { level: 1 },
  'POST /api/v1/deliveries': { id: uuidV7(), title: 'theirs' },
  'POST /api/v1/deliveries/{id}/manifest': { from: 0, entries: [] },
  'PUT /api/v1/encoders/{id}': { name: 'theirs', version: '1.0', host: 'theirs' },
  'PATCH /api/v1/encoders/{id}': { name: 'theirs' },
  'POST /api/v1/encoders/{id}/state': report,
  'POST /api/v1/encoders/{id}/order': { action: 'start', title: 'theirs' },
  'PUT /api/v1/encoders/{id}/schedule': { schedule: [] },
  'PUT /api/v1/encoder-alerts': { behindSeconds: 10, silentSeconds: 20, spoolPercent: 20 },
  'POST /api/v1/encoder-alerts/webhooks': { url: 'https://example.org/theirs' },
  'POST /api/v1/keys': { name: 'theirs' },
  'POST /api/v1/layouts': { version: 1, layouts: [] },
  'PATCH /api/v1/layouts/{signature}': { name: 'theirs' },
  'POST /api/v1/archives/{id}/mends': { generation: 1, mends: [{ do: 'drop', event: 0 }] },
}
/** What anybody may ask, who has no key and no link. */
const openToAll = [
  'GET /healthz',
  'GET /oembed',
  'GET /api/v1/session',
  'POST /api/v1/session',
  'DELETE /api/v1/session',
  'POST /api/v1/setup',
  'OPTIONS /api/v1/uploads',
  'OPTIONS /api/v1/archives',
]
/** An encoder makes its id itself: one that is somebody's is taken, and one that is nobody's becomes the caller's. */
const takesFreeIds = 'PUT /api/v1/encoders/{id}'

beforeAll(async () => {
  database = await startTestDatabase()
  const webRoot = newTestFolder()
  mkdirSync(join(webRoot, 'assets'))
  writeFileSync(join(webRoot, 'index.html'), '<head><!--rushes:head--></head>')
  server = await startTestServer({ databaseUrl: database.url, webRoot })
  const { client } = server
  strangerKey = await openSecondAccount(database.kysely)
  const published = await server.record(Buffer.from('not much, but mine'.repeat(50)), 'mine')
  const body = await makeLiveBody('mp4', 4)
  live = await startLiveSender(server, body)
  await live.sendUpTo(body.length)

  const event = makeCmafEvent(4)
  const delivery = await createDelivery(server)
  await delivery.list(0, event.entries.slice(0, -1))
  for (const [name, bytes] of event.files) await delivery.put(name, bytes)

  const upload = await new UploadSender(server).created(100_000)
  const encoder = uuidV7()
  await client.introduceEncoder(encoder, { name: 'Chapel', version: '1.0', host: 'rack-1' })
  const { id: webhook } = await client.createWebhook('https://example.org/mine')
  const { id: key } = await client.createKey('mine')
  // Of a kind that nobody runs.
  const job = await addTestJob(database.kysely, { pages: [], pageMs: 0 })
  await client.cancelJob(job)
  const archives = new ArchiveSender(server)
  const archive = (await archives.created(100_000)).split('/').at(-1)!
  const convertedArchive = (await archives.created(5, { keep: 'ask' })).split('/').at(-1)!
  await archives.patch(`/api/v1/archives/${convertedArchive}`, 0, Buffer.from('notes'))
  await importIn(server, convertedArchive, 'converted')
  const uploadId = upload.split('/').at(-1)!
  owned = {
    '/api/v1/recordings/{id}': [live.id, published.id, delivery.id, uploadId],
    '/api/v1/deliveries/{id}': [delivery.id],
    '/api/v1/uploads/{id}': [uploadId],
    '/api/v1/encoders/{id}': [encoder],
    '/api/v1/encoder-alerts/webhooks/{id}': [webhook],
    '/api/v1/keys/{id}': [key],
    '/api/v1/jobs/{id}': [job],
    '/api/v1/archives/{id}': [archive, convertedArchive],
  }
  const shareOf = async (id: string) => (await client.share(id)).id
  openShares = [await shareOf(live.id), await shareOf(delivery.id)]
  withdrawnShares = [await shareOf(live.id), await shareOf(delivery.id)]
  for (const [at, id] of [live.id, delivery.id].entries()) await client.unshare(id, withdrawnShares[at]!)
  oneShare = openShares[0]!

  const asStranger = new UploadSender(server, strangerKey)
  const theirs = await asStranger.send('POST', '/api/v1/recordings', { 'content-type': 'application/json' }, json({}))
  const theirDelivery = await fetch(`${server.url}/api/v1/deliveries`, {
    method: 'POST',
    headers: { authorization: `Bearer ${strangerKey}`, 'content-type': 'application/json' },
    body: json({ id: uuidV7() }),
  })
  const tokenOf = async (response: Response) => ((await response.json()) as { token: string }).token
  otherTokens = [await tokenOf(theirs), await tokenOf(theirDelivery), 'rk_wrong']
  operations = await describedOperations()
})
afterAll(async () => {
  live.close()
  await server.close()
  await database.close()
})

const json = (value: unknown) => new Uint8Array(Buffer.from(JSON.stringify(value)))
const nameOf = ({ method, path }: Operation) => `${method} ${path}`

/** The described operations; and HEAD wherever there is GET, and the page of a link, which are not described. */
async function describedOperations(): Promise<Operation[]> {
  type Described = { paths: Record<string, Record<string, { requestBody?: unknown }>> }
  const { paths } = (await (await fetch(`${server.url}/api/v1/openapi.json`)).json()) as Described
  const found = new Map<string, Operation>()
  const add = (operation: Operation) => found.set(nameOf(operation), operation)
  for (const [path, methods] of Object.entries(paths)) {
    if ('get' in methods || path === '/api/v1/uploads/{id}') add({ method: 'HEAD', path, needsBody: false })
    for (const [method, { requestBody }] of Object.entries(methods)) {
      add({ method: method.toUpperCase(), path, needsBody: requestBody !== undefined })
    }
  }
  add({ method: 'GET', path: '/r/{share}', needsBody: false })
  return [...found.values()]
}

/** What the other parameters of a path are filled with. */
const names: Record<string, () => string> = {
  share: () => oneShare,
  representation: () => 'video',
  name: () => 'video-000000.m4s',
}

function filled({ path }: Operation, id: string): string {
  let isFirst = true
  const inside = path.replace('/live/{name}', '/live/init.mp4').replace('/resources/{*}', '/resources/recording')
  return inside.replace(/\{([a-z]+)\}/g, (_all, parameter: string) => {
    if (isFirst) {
      isFirst = false
      return id
    }
    const value = names[parameter]
    if (value === undefined) throw new Error(`nothing is known to fill ${parameter} of ${path} with`)
    return value()
  })
}

async function ask(operation: Operation, id: string, token: string | null): Promise<Answer> {
  const body = bodies[nameOf(operation)]
  if (operation.needsBody && body === undefined) throw new Error(`no body is known for ${nameOf(operation)}`)
  const isTus = /^\/api\/v1\/(?:uploads|archives)/.test(operation.path) && !/\/(?:mends|keep)$/.test(operation.path)
  const response = await fetch(server.url + filled(operation, id), {
    method: operation.method,
    redirect: 'manual',
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(isTus && { 'tus-resumable': '1.0.0', 'upload-offset': '0' }),
      ...(isTus && operation.method === 'PATCH' && { 'content-type': 'application/offset+octet-stream' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(operation.method === 'PUT' && body === undefined && { body: 'theirs' }),
  })
  return { status: response.status, text: await response.text() }
}

/** Operations on something that has an id, and the ids of the owner's. */
function onThings(): { operation: Operation; ids: readonly string[] }[] {
  return operations
    .filter(({ path }) => path.includes('{id}'))
    .map((operation) => {
      const ids = owned[operation.path.slice(0, operation.path.indexOf('}') + 1)]
      if (ids === undefined) throw new Error(`no id is known for ${operation.path}`)
      return { operation, ids }
    })
}

function onLinks(): Operation[] {
  return operations.filter(({ path }) => /^\/(?:r|api\/v1\/shares)\/\{share\}/.test(path))
}

/** Every row of every table, and every stored byte. When a key was used last is no change, nor a header derived anew. */
async function everythingStored(): Promise<Map<string, string>> {
  const stored = new Map<string, string>()
  const tables = await sql<{
    name: string
  }>`select tablename as name from pg_tables where schemaname = 'public'`.execute(database.kysely)
  for (const { name } of tables.rows) {
    const rows = await sql<{
      row: string
    }>`select (to_jsonb(t) - 'last_used_at')::text as row from ${sql.table(name)} t`.execute(database.kysely)
    stored.set(
      name,
      rows.rows
        .map(({ row }) => row)
        .sort()
        .join('\n'),
    )
  }
  const root = join(server.dataDir, 'blobs')
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (/\/views(?:\/|$)/.test(path)) continue
    stored.set(path, entry.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'folder')
  }
  return stored
}

it('the ids are there: on every route their owner is told something else than of one that is nobody’s', async () => {
  for (const { operation, ids } of onThings().filter(({ operation: { method } }) => method === 'GET')) {
    const missing = await ask(operation, missingId, testOwnerKey)
    expect([nameOf(operation), missing.status]).toEqual([nameOf(operation), 404])
    // The first that is of a kind with the route: the others may be none of its business.
    let isThere = false
    for (const id of ids) isThere ||= (await ask(operation, id, testOwnerKey)).text !== missing.text
    expect(isThere, nameOf(operation)).toBe(true)
  }
})

describe("another's ids, on every verb of every route", () => {
  let before: Map<string, string>
  beforeAll(async () => {
    before = await everythingStored()
    expect(before.get('recordings')).toContain(live.id)
    expect(onThings().length).toBeGreaterThan(50)
  })

  it('are 401 without a key, with a wrong one, and with the token of something else, whether they exist or not', async () => {
    for (const { operation, ids } of onThings()) {
      for (const id of [...ids, missingId, 'junk']) {
        for (const token of id === ids[0] ? [null, ...otherTokens] : [null]) {
          expect([nameOf(operation), (await ask(operation, id, token)).status]).toEqual([nameOf(operation), 401])
        }
      }
    }
  })

  it('are 404 with the key of another account, to the letter what an id is told that is nobody’s', async () => {
    for (const { operation, ids } of onThings()) {
      const name = nameOf(operation)
      for (const id of ids) {
        const answer = await ask(operation, id, strangerKey)
        expect([name, answer.status]).toEqual([name, name === takesFreeIds ? 409 : 404])
        if (name !== takesFreeIds) expect(answer).toEqual(await ask(operation, missingId, strangerKey))
      }
    }
  })

  it('open no way in by verbs that a route does not have', async () => {
    const all = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
    const known = new Set(operations.map(nameOf))
    for (const path of new Set(onThings().map(({ operation }) => operation.path))) {
      for (const method of all.filter((one) => !known.has(`${one} ${path}`))) {
        const operation = { method, path, needsBody: false }
        const id = owned[path.slice(0, path.indexOf('}') + 1)]![0]!
        for (const token of [null, strangerKey]) {
          const { status } = await ask(operation, id, token)
          expect([nameOf(operation), [400, 401, 404].includes(status) ? 'refused' : status]).toEqual([
            nameOf(operation),
            'refused',
          ])
        }
      }
    }
  })

  it('[N6] are closed with 4404 on the ingest socket, whatever key is shown as token or header', async () => {
    for (const id of owned['/api/v1/recordings/{id}']!) {
      for (const token of [strangerKey, ...otherTokens]) {
        for (const key of [null, strangerKey]) {
          expect([id, await ingestWith(id, token, key)]).toEqual([id, closeCodes['not-found'].code])
        }
      }
    }
    expect(await ingestWith(missingId, strangerKey, null)).toBe(closeCodes['not-found'].code)
  })

  it('and after all of it every row and every byte is as it was', async () => {
    const after = await everythingStored()
    expect([...after.keys()]).toEqual([...before.keys()])
    for (const [name, content] of after) expect(content, name).toBe(before.get(name))
  })
})

function ingestWith(id: string, token: string, key: string | null): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = key === null ? {} : { authorization: `Bearer ${key}` }
    const url = `${server.url.replace('http', 'ws')}/api/v1/recordings/${id}/ingest`
    const socket = new WebSocket(url, ingestSubprotocol, { headers })
    socket.on('open', () => socket.send(JSON.stringify({ type: 'hello', protocol: 1, token })))
    socket.on('message', (data: Buffer) => reject(new Error(`answered with ${data.toString('utf8')}`)))
    socket.on('close', resolve)
    socket.on('error', reject)
  })
}

describe('routes without an id', () => {
  const plain = () => operations.filter(({ path }) => !path.includes('{'))

  it('are 401 without a key, but for those that are open to all', async () => {
    for (const operation of plain()) {
      const name = nameOf(operation)
      if (openToAll.includes(name.replace('HEAD', 'GET'))) continue
      for (const token of [null, 'rk_wrong']) {
        expect([name, (await ask(operation, '', token)).status]).toEqual([name, 401])
      }
    }
    expect(plain().map(nameOf)).toEqual(expect.arrayContaining(openToAll))
  })

  it('show another account nothing of the owner’s', async () => {
    const ids = Object.values(owned).flat()
    for (const operation of plain().filter(({ method }) => method === 'GET')) {
      const { text } = await ask(operation, '', strangerKey)
      for (const id of ids) expect(text, nameOf(operation)).not.toContain(id)
    }
  })
})

describe('links', () => {
  it('open their routes', async () => {
    for (const operation of onLinks().filter(({ method }) => method === 'GET')) {
      const answers = await Promise.all(openShares.map((share) => ask(operation, share, null)))
      const missing = await ask(operation, missingShare, null)
      expect(
        answers.every(({ text }) => text === missing.text),
        nameOf(operation),
      ).toBe(false)
    }
  })

  it('that were withdrawn are 404 on every route, to the letter what one that never was is told', async () => {
    for (const operation of onLinks()) {
      const missing = await ask(operation, missingShare, null)
      expect([nameOf(operation), missing.status]).toEqual([nameOf(operation), 404])
      for (const share of withdrawnShares) expect(await ask(operation, share, null)).toEqual(missing)
    }
  })
})
