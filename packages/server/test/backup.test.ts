import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { appendFile, mkdtemp, readdir, readFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RecordingView } from '@rushes/protocol'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { madeByFfmpeg } from '../../media/test/made-media.ts'
import type { BackupError } from '../src/backup/backup-error.ts'
import type { BackupManifest } from '../src/backup/backup-manifest.ts'
import { restoreBackup } from '../src/backup/restore-backup.ts'
import { takeBackup } from '../src/backup/take-backup.ts'
import { verifyBackup } from '../src/backup/verify-backup.ts'
import { openServer, type ServerOptions } from '../src/server.ts'
import { makeCmafEvent, withSet } from './cmaf-event.ts'
import { createDelivery } from './delivery-sender.ts'
import { newTestDataFolder, startTestDatabase, type TestDatabase } from './postgres-for-tests.ts'
import { startTestServer, type TestServer, testOwnerKey } from './server-for-tests.ts'

let root: string
let server: TestServer
let other: TestDatabase
let published: RecordingView
let openId: string
let media: Buffer
const silent = { signal: new AbortController().signal, onProgress() {} }
const folderOf = (name: string): string => join(root, name)
const dataOf = (): string => folderOf('data')

/** Bytes of a recording that is being received, put where the receiver puts them. */
async function received(id: string, bytes: Buffer): Promise<void> {
  mkdirSync(join(dataOf(), 'blobs', 'recordings', id), { recursive: true })
  await appendFile(join(dataOf(), 'blobs', 'recordings', id, 'body'), bytes)
}

const backup = (name: string, options: Partial<Parameters<typeof takeBackup>[0]> = {}) =>
  takeBackup({
    ...{ dataDir: dataOf(), databaseUrl: undefined, blobsDir: undefined, version: 'test' },
    ...{ folder: folderOf(name), ...silent, ...options },
  })
const restore = (name: string, dataDir: string, databaseUrl?: string) =>
  restoreBackup({ folder: folderOf(name), dataDir, databaseUrl, blobsDir: undefined, ...silent })
const serverOptions = (dataDir: string): ServerOptions => ({
  ...{ host: '127.0.0.1', port: 0, dataDir, databaseUrl: undefined, blobsDir: undefined, ownerKey: testOwnerKey },
  ...{ publicUrl: undefined, allowedOrigins: [], webRoot: null, version: 'test', log: pino({ level: 'silent' }) },
})
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: BackupError) => error.code,
  )
const manifestOf = (name: string): BackupManifest =>
  JSON.parse(readFileSync(join(folderOf(name), 'backup.json'), 'utf8'))
const bodyOf = (dataDir: string, id: string) => readFile(join(dataDir, 'blobs', 'recordings', id, 'body'))

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rushes-backup-'))
  other = await startTestDatabase()
  server = await startTestServer({ dataDir: await newTestDataFolder(folderOf('data')), databaseUrl: undefined })
  media = await readFile(
    await madeByFfmpeg('webm', [
      ...['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30', '-t', '2'],
      ...['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-live', '1'],
    ]),
  )
  published = await server.record(media, 'tab\tnewline\nbackslash \\N "quoted" 文')
  openId = (await server.client.createRecording({ title: 'still open' })).id
  await received(openId, media.subarray(0, 10_000))
})

afterAll(async () => {
  await server.close()
  await other.close()
  rmSync(root, { recursive: true, force: true })
})

describe('a backup of a running server', () => {
  it('restores into an empty folder, where a server has every row, link, key and byte', async () => {
    const event = withSet(makeCmafEvent(4), 'second')
    const delivery = await createDelivery(server)
    await delivery.list(0, event.entries)
    const sent = [...event.files].slice(0, -1)
    for (const [name, bytes] of sent) expect((await delivery.put(name, bytes)).status).toBeLessThan(300)

    const taken = await backup('whole')
    expect(taken).toMatchObject({ recordings: 3, problems: [] })
    expect(taken.copiedBytes).toBe(taken.bytes)
    const dataDir = folderOf('restored')
    expect(await restore('whole', dataDir)).toMatchObject({ recordings: 3, bytes: taken.bytes })

    // Each row of each table, as a backup of the copy has them, whose server never ran.
    await takeBackup({
      ...{ dataDir, databaseUrl: undefined, blobsDir: undefined, version: 'test', folder: folderOf('of-restored') },
      ...silent,
    })
    expect(manifestOf('of-restored').tables).toEqual(manifestOf('whole').tables)

    const again = await openServer(serverOptions(dataDir))
    try {
      const moved = (url: string | null): string => url!.replace(server.url, again.url)
      for (const url of [published.mp4Url, published.webmUrl]) {
        const [before, after] = await Promise.all([fetch(url!), fetch(moved(url))])
        expect(after.status).toBe(200)
        expect(Buffer.from(await after.arrayBuffer())).toEqual(Buffer.from(await before.arrayBuffer()))
      }
      expect(await bodyOf(dataDir, openId)).toEqual(media.subarray(0, 10_000))
      const headers = { authorization: `Bearer ${testOwnerKey}` }
      for (const [name, bytes] of sent) {
        const stored = await fetch(`${again.url}/api/v1/deliveries/${delivery.id}/${name}`, { headers })
        expect(Buffer.from(await stored.arrayBuffer()), name).toEqual(bytes)
      }
    } finally {
      await again.close()
    }
  })

  it('has the header of a body that took up proved files while it was copied', async () => {
    const event = makeCmafEvent(4)
    const folderFor = (id: string, name = ''): string => join(dataOf(), 'blobs', 'recordings', id, name)
    const isInit = (name: string): boolean => name.includes('init')
    const segments = [...event.files].filter(([name]) => !isInit(name))
    const [whole, headless] = [await createDelivery(server), await createDelivery(server)]
    for (const [delivery, sent] of [[whole, [...event.files]] as const, [headless, segments] as const]) {
      await delivery.list(0, event.entries)
      for (const [name, bytes] of sent) expect((await delivery.put(name, bytes)).ok, name).toBe(true)
    }
    await expect.poll(() => readdir(folderFor(whole.id, 'files')).then((names) => names.every(isInit))).toBe(true)

    // What the server does when the missing headers come, done at once between two steps of the backup.
    let done = false
    function headersCome(): void {
      if (done) return
      done = true
      for (const [name] of segments) rmSync(folderFor(headless.id, `files/${name}`))
      cpSync(folderFor(whole.id, 'files'), folderFor(headless.id, 'files'), { recursive: true })
      cpSync(folderFor(whole.id, 'body'), folderFor(headless.id, 'body'))
    }
    await backup('taken-up', { onProgress: (step) => step === 'files' && headersCome() })
    expect(done).toBe(true)
    const dataDir = folderOf('restored-taken-up')
    await restore('taken-up', dataDir)
    const again = await openServer(serverOptions(dataDir))
    try {
      const headers = { authorization: `Bearer ${testOwnerKey}` }
      for (const [name, bytes] of segments) {
        const stored = await fetch(`${again.url}/api/v1/deliveries/${headless.id}/${name}`, { headers })
        expect([name, stored.status]).toEqual([name, 200])
        expect(Buffer.from(await stored.arrayBuffer()).equals(bytes), name).toBe(true)
      }
    } finally {
      await again.close()
    }
    for (const { id } of [whole, headless]) await server.client.remove(id)
  }, 120_000)

  it('restores what was made of items, and follows where that was taken away', async () => {
    const headers = { authorization: `Bearer ${testOwnerKey}` }
    const { client } = server
    const madeNames = async () =>
      (await client.resources(published.id)).resources.flatMap(({ name, from }) => (from === undefined ? [] : [name]))
    const path = `/api/v1/recordings/${published.id}`
    const [presentation] = (await client.resources(published.id, { type: 'video' })).resources
    for (const atMs of [0, 1000]) {
      const query = `as=image/jpeg&width=80&atMs=${atMs}`
      const made = await fetch(`${server.url}${path}/resources/${presentation!.name}?${query}`, { headers })
      expect([made.status, (await made.arrayBuffer()).byteLength > 0]).toEqual([200, true])
    }
    const [first, second] = (await madeNames()) as [string, string]
    await backup('with-made')
    expect(await verifyBackup({ folder: folderOf('with-made'), ...silent })).toMatchObject({ problems: [] })
    const dataDir = folderOf('restored-with-made')
    await restore('with-made', dataDir)
    const again = await openServer(serverOptions(dataDir))
    try {
      for (const name of [`resources/${first}`, `resources/${second}`, 'file.umf']) {
        const [before, after] = await Promise.all(
          [server.url, again.url].map((url) => fetch(`${url}${path}/${name}`, { headers })),
        )
        expect([name, after!.status]).toEqual([name, 200])
        expect(Buffer.from(await after!.arrayBuffer()).equals(Buffer.from(await before!.arrayBuffer())), name).toBe(
          true,
        )
      }
    } finally {
      await again.close()
    }
    const made = () => readdir(join(folderOf('with-made'), 'recordings', published.id, 'made'))
    expect(await made()).toHaveLength(2)
    await client.removeResource(published.id, first)
    await backup('with-made')
    expect(await made()).toHaveLength(1)
    expect(await verifyBackup({ folder: folderOf('with-made'), ...silent })).toMatchObject({ problems: [] })
    await client.removeResource(published.id, second)
  }, 120_000)

  it('copies only what came since the one before, and follows deletions', async () => {
    await backup('grows')
    expect((await backup('grows')).copiedBytes).toBe(0)
    await received(openId, media.subarray(10_000, 15_000))
    const late = await server.record(media)
    const body = join(folderOf('grows'), 'recordings', openId, 'body')
    const { ino } = await stat(body)
    expect((await backup('grows')).copiedBytes).toBe(5000 + media.length)
    expect((await stat(body)).ino).toBe(ino)
    expect(await readFile(body)).toEqual(media.subarray(0, 15_000))
    await server.client.remove(late.id)
    await backup('grows')
    expect(await readdir(join(folderOf('grows'), 'recordings'))).not.toContain(late.id)
    expect(await readdir(join(folderOf('grows'), 'snapshots'))).toHaveLength(1)
    expect(await verifyBackup({ folder: folderOf('grows'), ...silent })).toMatchObject({ problems: [] })
  })

  it('goes on where it was cut off, and until then is the one before', async () => {
    await backup('cut')
    const before = readFileSync(join(folderOf('cut'), 'backup.json'), 'utf8')
    const big = await server.client.createRecording({ title: 'big' })
    const bytes = randomBytes(8 * 1024 * 1024)
    await received(big.id, bytes)
    const stopped = new AbortController()
    let seen = 0
    const cut = backup('cut', {
      signal: stopped.signal,
      onProgress(step, done) {
        if (step === 'files' && done > seen + 3 * 1024 * 1024) stopped.abort()
        else if (seen === 0) seen = done
      },
    })
    expect(await codeOf(cut)).toBe('interrupted')
    expect(readFileSync(join(folderOf('cut'), 'backup.json'), 'utf8')).toBe(before)
    expect(await verifyBackup({ folder: folderOf('cut'), ...silent })).toMatchObject({ problems: [] })
    const rest = await backup('cut')
    expect(rest.copiedBytes).toBeLessThan(bytes.length - 2 * 1024 * 1024)
    expect((await readFile(join(folderOf('cut'), 'recordings', big.id, 'body'))).equals(bytes)).toBe(true)
    await server.client.remove(big.id)
  })

  it('says when a published body is not what was published, and copies the rest', async () => {
    const damaged = await server.record(media)
    truncateSync(join(dataOf(), 'blobs', 'recordings', damaged.id, 'body'), 500)
    const lost = await server.record(media)
    rmSync(join(dataOf(), 'blobs', 'recordings', lost.id, 'body'))
    const { problems } = await backup('damaged')
    expect(problems.sort()).toEqual(
      [
        `${damaged.id}: the stored body is not what was published`,
        `${lost.id}: published, and its body is missing`,
      ].sort(),
    )
    for (const { id } of [damaged, lost]) await server.client.remove(id)
  })

  it('replaces what was altered in the backup, and does not trust it', async () => {
    await backup('altered')
    const body = join(folderOf('altered'), 'recordings', openId, 'body')
    truncateSync(body, 100)
    const { problems } = await verifyBackup({ folder: folderOf('altered'), ...silent })
    expect(problems).toEqual([`${body}: cut off or missing`])
    expect(await codeOf(restore('altered', folderOf('never')))).toBe('backup-damaged')
    await backup('altered')
    expect(await verifyBackup({ folder: folderOf('altered'), ...silent })).toMatchObject({ problems: [] })
  })
})

describe('a Postgres of the operator', () => {
  it('takes the rows of an embedded one, once it is empty', async () => {
    await backup('to-url')
    const dataDir = folderOf('with-url')
    expect(await codeOf(restore('to-url', dataDir, other.url))).toBe('target-not-empty')
    await other.kysely.schema.dropSchema('public').cascade().execute()
    await other.kysely.schema.createSchema('public').execute()
    // The folder was begun with: it goes on.
    await restore('to-url', dataDir, other.url)
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false)
    await takeBackup({
      ...{ dataDir, databaseUrl: other.url, blobsDir: undefined, version: 'test', folder: folderOf('from-url') },
      ...silent,
    })
    expect(manifestOf('from-url').tables).toEqual(manifestOf('to-url').tables)
  })
})

describe('what is refused, with what to do', () => {
  it.each([
    ['a folder with something else in it', 'wrong-folder', () => backup('foreign')],
    ['a folder inside the data folder', 'wrong-folder', () => backup('data/backup')],
    ['a folder around the data folder', 'wrong-folder', () => backup('.')],
    ['a source without data', 'nothing-to-back-up', () => backup('x', { dataDir: folderOf('empty') })],
    ['the backup of another server', 'other-server', () => backup('of-other')],
    ['a restore without a backup', 'no-backup', () => restore('empty', folderOf('target'))],
    ['a restore over something', 'target-not-empty', () => restore('good', dataOf())],
    ['the backup of a newer format', 'backup-newer', () => restore('newer', folderOf('target'))],
    ['the backup of a newer database', 'migration-unknown', () => restore('migrated', folderOf('target'))],
    ['a manifest that points outside', 'backup-damaged', () => restore('hostile', folderOf('target'))],
  ])('%s: %s', async (_, code, work) => {
    if (!existsSync(folderOf('good'))) {
      await backup('good')
      mkdirSync(folderOf('foreign'))
      writeFileSync(join(folderOf('foreign'), 'letter.txt'), 'dear')
      const alter = (name: string, change: (manifest: BackupManifest) => object): void => {
        cpSync(folderOf('good'), folderOf(name), { recursive: true })
        writeFileSync(join(folderOf(name), 'backup.json'), JSON.stringify(change(manifestOf('good'))))
      }
      alter('of-other', (manifest) => ({ ...manifest, owner: 'somebody' }))
      alter('newer', (manifest) => ({ ...manifest, format: 2 }))
      const unknown = { number: 999, name: 'later', checksum: '0'.repeat(64) }
      alter('migrated', (manifest) => ({ ...manifest, migrations: [...manifest.migrations, unknown] }))
      alter('hostile', (manifest) => ({ ...manifest, snapshot: '../../etc' }))
    }
    expect(await codeOf(work())).toBe(code)
    expect(existsSync(folderOf('target'))).toBe(false)
  })

  it('a start on a restore that was cut off', async () => {
    mkdirSync(folderOf('half'))
    writeFileSync(join(folderOf('half'), 'restoring'), `${folderOf('good')}\n`)
    await expect(openServer(serverOptions(folderOf('half')))).rejects.toMatchObject({
      code: 'data-folder-unusable',
      advice: expect.stringContaining('rushes restore'),
    })
  })
})
