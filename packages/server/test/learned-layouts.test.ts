// Formats that were learned by one account's archive, and read at once from then on: the installation's, for all of its accounts.
import { openCapacity } from '@rushes/pipeline'
import { apiClient, type ImportView } from '@rushes/protocol'
import { bytesSource, openArchive } from '@rushes/umf'
import { nodeSha256 as sha256 } from '@rushes/umf/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blobSeed, smallBlob } from '../../converter/test/small-blob.ts'
import { roomyMachine } from './followed-jobs.ts'
import { importIn } from './import-sender.ts'
import { startTestDatabase, type TestDatabase } from './postgres-for-tests.ts'
import { openSecondAccount } from './second-account.ts'
import { startTestServer, type TestServer, testOwnerKey } from './server-for-tests.ts'

let database: TestDatabase
let server: TestServer

beforeAll(async () => {
  database = await startTestDatabase()
  server = await startTestServer({
    databaseUrl: database.url,
    jobCapacity: openCapacity({ monitor: roomyMachine() }),
  })
}, 120_000)
afterAll(async () => {
  await server.close()
  await database.close()
})

async function formatOf(bytes: Buffer): Promise<unknown> {
  const response = await fetch(`${server.url}/api/v1/archives?name=box.bin&keep=ask`, {
    ...{ method: 'POST', headers: { authorization: `Bearer ${testOwnerKey}` }, body: new Uint8Array(bytes) },
  })
  const { id } = (await response.json()) as ImportView
  const { umfUrl } = await importIn(server, id, 'converted')
  const umf = await fetch(umfUrl!, { headers: { authorization: `Bearer ${testOwnerKey}` } })
  const archive = await openArchive(bytesSource(new Uint8Array(await umf.arrayBuffer())), { sha256 })
  return archive.metadata['format']
}

describe('what a conversion on a server has learned', { timeout: 300_000 }, () => {
  it('is kept, listed, named, used for the next archive of its kind, shared and forgotten', async () => {
    expect(await server.client.layouts()).toEqual([])
    expect(await formatOf(smallBlob().bytes), `RUSHES_SEED=${blobSeed}`).toBe('unknown')
    const [learned, ...others] = await server.client.layouts()
    expect([others, learned!.name]).toEqual([[], learned!.signature])
    expect(learned!.records.map(({ kind }) => kind)).toContain('slide')

    await server.client.nameLayout(learned!.signature, 'lecture box')
    expect(await formatOf(smallBlob(blobSeed + 1).bytes), `RUSHES_SEED=${blobSeed}`).toBe('learned:lecture box')
    // What is known is not learned again.
    expect(await server.client.layouts()).toHaveLength(1)

    const file = await server.client.exportLayouts()
    expect(file.layouts.map(({ name }) => name)).toEqual(['lecture box'])
    expect(await server.client.importLayouts(file)).toEqual({ imported: 0, known: 1 })
    await server.client.forgetLayout(learned!.signature)
    expect(await server.client.layouts()).toEqual([])
    await expect(server.client.forgetLayout(learned!.signature)).rejects.toMatchObject({ status: 404 })
    expect(await server.client.importLayouts(file)).toEqual({ imported: 1, known: 0 })
    const other = { ...file.layouts[0]!, signature: '0123456789abcdef' }
    // Another format takes no name from what is here.
    expect(await server.client.importLayouts({ version: 1, layouts: [other] })).toEqual({ imported: 1, known: 0 })
    const names = (await server.client.layouts()).map(({ name }) => name)
    expect(names).toEqual(['lecture box', 'lecture box 0123456789abcdef'])
    await expect(server.client.nameLayout('0123456789abcdef', 'lecture box')).rejects.toMatchObject({
      code: 'name-taken',
    })
  })

  it('is the owner’s to change, and no place for what is none', async () => {
    const member = apiClient({ server: server.url, key: await openSecondAccount(database.kysely) })
    expect(await member.layouts()).toHaveLength(2)
    const file = await member.exportLayouts()
    for (const change of [
      () => member.importLayouts(file),
      () => member.forgetLayout('0123456789abcdef'),
      () => member.nameLayout('0123456789abcdef', 'mine'),
    ])
      await expect(change()).rejects.toMatchObject({ status: 403 })
    const broken = { version: 1 as const, layouts: [{ signature: 'x' }] }
    await expect(server.client.importLayouts(broken)).rejects.toMatchObject({ code: 'bad-layouts' })
    expect(await member.layouts()).toHaveLength(2)
  })
})
