// What is in a recording, item by item, over HTTP (packages/umf/SPEC.md, Access and Pointers), and what is made of it when
// somebody asks.

import { readdir, readFile } from 'node:fs/promises'
import { createServer, type Server as HttpServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordingView, ResourceList, ResourceView } from '@rushes/protocol'
import {
  bytesSource,
  checkArchive,
  eventsContent,
  type ItemFields,
  itemPointer,
  type NewItem,
  openArchive,
} from '@rushes/umf'
import { nodeSha256 as sha256 } from '@rushes/umf/node'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { smallPdf } from '../../converter/test/small-meeting.ts'
import { madeByFfmpeg } from '../../media/test/made-media.ts'
import { asOwner, bytes, furnished, madeTalk } from './furnished-recordings.ts'
import { startTestDatabase, type TestDatabase } from './postgres-for-tests.ts'
import { startTestServer, type TestServer } from './server-for-tests.ts'
import { UploadSender } from './upload-sender.ts'

const vtt = 'WEBVTT\n\n00:00.000 --> 00:00.900\nHello there\n'
/** More than what is read of another server at once. */
const long = 'x'.repeat(600_000)
const short = 'y'.repeat(1000)

let database: TestDatabase
let server: TestServer
let talk: Buffer
let recording: RecordingView & { archiveId: string }
/** Somewhere on the web; the server was told that `localhost` is all right. */
let web: HttpServer
let webPort: number
const webAsked: string[] = []

const item = (name: string, more: Partial<ItemFields> = {}): ItemFields => ({
  ...{ name, type: 'document', contentType: 'text/plain' },
  ...more,
})

function items(archiveId: string): NewItem[] {
  const at = (path: string) => `http://localhost:${webPort}${path}`
  return [
    {
      item: item('talk.vtt', { type: 'transcript', contentType: 'text/vtt', startMs: 0, endMs: 900 }),
      content: bytes(vtt),
    },
    { item: item('slides/1 of 100%.txt', { type: 'slide', startMs: 100, endMs: 200 }), content: bytes('one') },
    { item: item('slides/ü.txt', { type: 'slide', startMs: 500, endMs: 600 }), inline: bytes('two') },
    { item: item('long.txt'), content: bytes(long) },
    { item: item('nothing.txt'), content: bytes('') },
    { item: item('deck.pdf', { contentType: 'application/pdf' }), content: smallPdf(2) },
    { item: item('page.html', { contentType: 'text/html' }), content: bytes('<script src="code.js"></script>') },
    { item: item('code.js', { contentType: 'text/javascript' }), content: bytes('alert(1)') },
    { item: item('to a slide'), pointer: itemPointer(archiveId, 'slides/ü.txt') },
    { item: item('to the web'), pointer: at('/file'), length: long.length },
    { item: item('proved'), pointer: at('/file'), digest: digestOf(long) },
    { item: item('forged'), pointer: at('/file'), digest: digestOf('something else') },
    { item: item('forged and short'), pointer: at('/short'), digest: digestOf('something else') },
    { item: item('led on'), pointer: at('/led-on') },
    { item: item('led inside'), pointer: at('/led-inside') },
    { item: item('led to metadata'), pointer: at('/led-to-metadata') },
    { item: item('led round'), pointer: at('/led-round') },
    ...closedAddresses.map((host, index) => ({
      item: item(`closed ${index}`),
      pointer: host.includes('/') ? host : `http://${host}:${webPort}/file`,
    })),
    {
      item: item('happened', { type: 'events', contentType: 'application/vnd.umf.events+json' }),
      content: eventsContent([
        { t: 100, kind: 'slide', resource: 'slides/1 of 100%.txt', data: { deck: 'd', index: 0 } },
        { t: 500, kind: 'slide', resource: 'slides/ü.txt', data: { deck: 'd', index: 1 } },
        { t: 600, kind: 'open', resource: 'long.txt', data: {} },
      ]),
    },
  ]
}

/** No pointer leads there, however it is written. */
const closedAddresses = [
  ...['127.0.0.1', '[::1]', '0x7f.1', '2130706433', '127.1', '0.0.0.0', '[::ffff:127.0.0.1]', '[::]'],
  ...[
    '10.0.0.1',
    '172.16.0.1',
    '192.168.0.1',
    '100.64.0.1',
    '169.254.169.254',
    '[fe80::1]',
    '[fd00::1]',
    '[64:ff9b::7f00:1]',
  ],
  ...['file/beside', 'umf://01920000-0000-7000-8000-000000000001/nothing'],
]

function digestOf(text: string): string {
  const hash = sha256()
  hash.update(bytes(text))
  return `sha256:${Buffer.from(hash.digest()).toString('hex')}`
}

function serveWeb(request: IncomingMessage, response: import('node:http').ServerResponse): void {
  webAsked.push(`${request.headers.host} ${request.url}`)
  const elsewhere: Record<string, string> = {
    '/led-on': '/file',
    '/led-inside': `http://127.0.0.1:${webPort}/file`,
    '/led-to-metadata': 'http://169.254.169.254/latest/meta-data/',
    '/led-round': '/led-round',
  }
  const location = elsewhere[request.url!]
  if (location !== undefined) return void response.writeHead(302, { location }).end()
  const content = bytes(request.url === '/short' ? short : long)
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '') ?? []
  const start = from === '' ? Math.max(0, content.length - Number(to)) : Number(from ?? 0)
  const end = from === '' || to === '' || to === undefined ? content.length : Number(to) + 1
  response.writeHead(206, { 'content-range': `bytes ${start}-${end - 1}/${content.length}` })
  response.end(content.subarray(start, end))
}

beforeAll(async () => {
  web = createServer(serveWeb)
  await new Promise<void>((resolve) => web.listen(0, '::', resolve))
  webPort = (web.address() as AddressInfo).port
  database = await startTestDatabase()
  server = await startTestServer({ databaseUrl: database.url, pointerHosts: ['localhost'] })
  talk = await madeTalk()
  recording = await furnished(server, talk, items)
}, 120_000)
afterAll(async () => {
  await server.close()
  await database.close()
  web.close()
})

const encoded = (name: string) => name.split('/').map(encodeURIComponent).join('/')
const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`${server.url}/api/v1/recordings/${recording.id}/resources${path}`, {
    method,
    headers: asOwner(headers),
    redirect: 'manual',
  })
const get = (name: string, query = '', headers: Record<string, string> = {}, method = 'GET') =>
  ask(`/${encoded(name)}${query}`, headers, method)

async function list(query = ''): Promise<ResourceList> {
  const response = await ask(query)
  expect(response.status).toBe(200)
  return (await response.json()) as ResourceList
}
const namesOf = ({ resources }: ResourceList) => resources.map(({ name }) => name)
async function exportedArchive() {
  const response = await fetch(`${server.url}/api/v1/recordings/${recording.id}/file.umf`, { headers: asOwner() })
  const file = new Uint8Array(await response.arrayBuffer())
  expect((await checkArchive(bytesSource(file), { sha256 })).problems).toEqual([])
  return openArchive(bytesSource(file), { sha256 })
}

describe('the items of a recording', () => {
  it('are listed by name, type, time span and event, in pages', async () => {
    const archive = await exportedArchive()
    const all = await list()
    expect(namesOf(all)).toEqual([archive.presentation!.name, ...archive.items().map(({ name }) => name)])
    expect(all).toMatchObject({ count: archive.items().length + 1, next: null })
    expect(all.resources[0]).toMatchObject({ isPresentation: true, type: 'video', startMs: 0, digest: null })
    expect(namesOf(await list('?name=talk.vtt'))).toEqual(['talk.vtt'])
    expect(namesOf(await list('?type=slide'))).toEqual(['slides/1 of 100%.txt', 'slides/ü.txt'])
    expect(namesOf(await list('?type=slide&fromMs=300'))).toEqual(['slides/ü.txt'])
    expect(namesOf(await list('?fromMs=150&toMs=300'))).toEqual([
      ...[archive.presentation!.name, 'talk.vtt', 'slides/1 of 100%.txt'],
    ])
    expect(namesOf(await list('?event=slide'))).toEqual(['slides/1 of 100%.txt', 'slides/ü.txt'])
    expect(namesOf(await list('?event=slide&toMs=400'))).toEqual(['slides/1 of 100%.txt'])
    expect(namesOf(await list('?event=nothing'))).toEqual([])
    const pages: string[] = []
    for (let from: number | null = 0; from !== null; ) {
      const page = await list(`?from=${from}&limit=7`)
      expect(page.count).toBe(all.count)
      pages.push(...namesOf(page))
      from = page.next
    }
    expect(pages).toEqual(namesOf(all))
    expect(await server.client.resources(recording.id)).toEqual(all)
    const { client } = server
    const wish = { type: 'slide', fromMs: 300, limit: 1 }
    expect(namesOf(await client.resources(recording.id, wish))).toEqual(['slides/ü.txt'])
    expect(namesOf(await client.resources(recording.id, { name: 'slides/1 of 100%.txt' }))).toHaveLength(1)
    const { id: link } = await client.share(recording.id)
    expect(namesOf(await client.sharedResources(link, wish))).toEqual(['slides/ü.txt'])
  })

  it('are given byte for byte, whole and in ranges, with a validator of their own', async () => {
    const archive = await exportedArchive()
    for (const { name, length, pointer, digest } of (await list()).resources as ResourceView[]) {
      if (pointer !== undefined) continue
      const content = Buffer.from(await archive.bytes(name))
      const whole = await get(name)
      expect([name, whole.status, Buffer.from(await whole.arrayBuffer()).equals(content)]).toEqual([name, 200, true])
      const head = await get(name, '', {}, 'HEAD')
      expect([head.headers.get('content-length'), await head.text()]).toEqual([String(length), ''])
      const etag = whole.headers.get('etag')!
      if (digest !== null) expect(etag).toContain(digest.slice('sha256:'.length))
      expect((await get(name, '', { 'if-none-match': etag })).status).toBe(304)
      if (content.length < 2) continue
      const cut = Math.floor(content.length / 3)
      const parts = await Promise.all(
        [`0-${cut - 1}`, `${cut}-`].map((range) => get(name, '', { range: `bytes=${range}` })),
      )
      expect(parts.map(({ status }) => status)).toEqual(cut === 0 ? [416, 206] : [206, 206])
      if (cut === 0) continue
      const joined = await Promise.all(parts.map(async (part) => Buffer.from(await part.arrayBuffer())))
      expect(Buffer.concat(joined).equals(content)).toBe(true)
    }
  })

  it('run as no page of ours', async () => {
    const [page, code] = await Promise.all([get('page.html'), get('code.js')])
    for (const response of [page, code]) {
      expect(response.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/)
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
      expect(response.headers.get('content-disposition')).toMatch(/^attachment/)
    }
    expect(code.headers.get('content-type')).toBe('application/octet-stream')
  })
})

describe('a pointer', () => {
  it('[P1] is followed or told, as the caller asks', async () => {
    const here = await get('to a slide')
    expect([here.status, await here.text()]).toEqual([200, 'two'])
    const told = await get('to a slide', '?pointer=redirect')
    expect([told.status, told.headers.get('location')]).toEqual([
      ...[307, `/api/v1/recordings/${recording.id}/resources/slides/%C3%BC.txt`],
    ])
    const web = await get('to the web')
    expect([web.status, await web.text()]).toEqual([200, long])
    const part = await get('to the web', '', { range: 'bytes=10-19' })
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
      ...[206, `bytes 10-19/${long.length}`, long.slice(10, 20)],
    ])
    const head = await get('to the web', '', {}, 'HEAD')
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(long.length)])
    const toWeb = await get('to the web', '?pointer=redirect')
    expect([toWeb.status, toWeb.headers.get('location')]).toEqual([307, `http://localhost:${webPort}/file`])
    expect(await (await get('led on')).text()).toBe(long)
  })

  it('[P3] to other bytes than its digest says never comes to its end', async () => {
    const proved = await get('proved')
    expect(proved.headers.get('etag')).toBe(`"${digestOf(long).slice('sha256:'.length)}"`)
    expect(await proved.text()).toBe(long)
    await expect(get('forged').then((response) => response.text())).rejects.toThrow()
    expect((await get('forged and short')).status).toBe(502)
  })

  it('[P2] to an address that is not public is refused, at once and when it is led there, in the same words', async () => {
    const before = webAsked.length
    const missing = await get(`closed ${closedAddresses.length - 1}`)
    expect(missing.status).toBe(502)
    const words = await missing.text()
    for (const [index, host] of closedAddresses.entries()) {
      for (const query of ['', '?pointer=redirect']) {
        const answer = await get(`closed ${index}`, query)
        expect([host, query, answer.status, await answer.text()]).toEqual([host, query, 502, words])
      }
    }
    expect(webAsked).toHaveLength(before)
    for (const name of ['led inside', 'led to metadata', 'led round']) {
      const answer = await get(name)
      expect([name, answer.status, await answer.text()]).toEqual([name, 502, words])
    }
    expect(webAsked.filter((asked) => asked.startsWith('127.0.0.1'))).toEqual([])
  })

  it('[P1] of a copy to what it is a copy of leads into the copy', async () => {
    const file = await fetch(`${server.url}/api/v1/recordings/${recording.id}/file.umf`, { headers: asOwner() })
    const sender = new UploadSender(server)
    const archive = new Uint8Array(await file.arrayBuffer())
    const url = await sender.created(archive.length, { filename: 'copy.umf' })
    expect((await sender.patch(url, 0, archive)).status).toBe(204)
    const base = `${server.url}/api/v1/recordings/${url.split('/').at(-1)}`
    await expect
      .poll(async () => (await fetch(`${base}/resources/to%20a%20slide`, { headers: asOwner() })).status)
      .toBe(200)
    const here = `${base}/resources/to%20a%20slide?pointer=redirect`
    const told = await fetch(here, { headers: asOwner(), redirect: 'manual' })
    expect(told.headers.get('location')).toBe(new URL(`${base}/resources/slides/%C3%BC.txt`).pathname)
  })

  it('[P4] to an item of another recording is for the owner of both, and for no link to the one', async () => {
    const other = await furnished(server, talk, () => [
      { item: item('to afar'), pointer: itemPointer(recording.archiveId, 'long.txt') },
      { item: item('to nothing'), pointer: itemPointer(recording.archiveId, 'no such item') },
    ])
    const at = (name: string, query = '') => `/resources/${encoded(name)}${query}`
    const base = `${server.url}/api/v1/recordings/${other.id}`
    const own = await fetch(base + at('to afar'), { headers: asOwner() })
    expect([own.status, await own.text()]).toEqual([200, long])
    const told = await fetch(base + at('to afar', '?pointer=redirect'), { headers: asOwner(), redirect: 'manual' })
    expect(told.headers.get('location')).toBe(`/api/v1/recordings/${recording.id}/resources/long.txt`)
    const linked = other.shareUrl!
    for (const query of ['', '?pointer=redirect']) {
      const [afar, nothing] = await Promise.all(
        ['to afar', 'to nothing'].map((name) => fetch(linked + at(name, query))),
      )
      expect([afar!.status, await afar!.text()]).toEqual([502, await nothing!.text()])
    }
  })
})

describe('what is made of an item when somebody asks for it', () => {
  const made = async () => (await list()).resources.filter(({ from }) => from !== undefined)

  it('is made once however many ask at once, is an item from then on, and is given in ranges', async () => {
    const before = await exportedArchive()
    const answers = await Promise.all(Array.from({ length: 8 }, () => get('talk.vtt', '?as=application/x-subrip')))
    const texts = await Promise.all(answers.map((answer) => answer.text()))
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect(new Set(texts)).toEqual(new Set([expect.stringContaining('00:00:00,000 --> 00:00:00,900')]))
    const derived = await made()
    expect(derived).toMatchObject([
      { type: 'transcript', contentType: 'application/x-subrip', startMs: 0, endMs: 900, level: 1000 },
    ])
    const [{ name, digest, from }] = derived as [ResourceView]
    expect(from).toEqual({ items: ['talk.vtt'], by: 'captions' })
    expect(digest).toBe(digestOf(texts[0]!))
    expect(answers[0]!.headers.get('content-location')).toBe(
      `/api/v1/recordings/${recording.id}/resources/${encoded(name)}`,
    )
    const part = await get('talk.vtt', '?as=application/x-subrip', { range: 'bytes=2-9' })
    expect([part.status, await part.text()]).toEqual([206, texts[0]!.slice(2, 10)])
    expect(await (await get(name)).text()).toBe(texts[0])
    const after = await exportedArchive()
    expect(new TextDecoder().decode(await after.bytes(name))).toBe(texts[0])
    expect(after.generation).toBe(before.generation + 1)
    expect(after.items()).toHaveLength(before.items().length + 1)
  })

  it('goes through several steps, and from picture and sound, in the sandbox', async () => {
    const [presentation] = namesOf(await list('?type=video'))
    const sound = await get(presentation!, '?as=audio/mp4')
    expect([sound.status, sound.headers.get('content-type')]).toEqual([200, 'audio/mp4'])
    const picture = await get(presentation!, '?as=image/jpeg&width=80&atMs=200')
    expect(Buffer.from(await picture.arrayBuffer()).subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]))
    const text = await get((await made())[0]!.name, '?as=text/plain')
    expect(await text.text()).toContain('Hello there')
    expect((await exportedArchive()).items().filter(({ from }) => from !== undefined)).toHaveLength(4)
  }, 120_000)

  it('shows any page of a document, and tells its text', async () => {
    const [second, text, beyond] = await Promise.all([
      get('deck.pdf', '?as=image/png&page=2&width=160'),
      get('deck.pdf', '?as=text/plain'),
      get('deck.pdf', '?as=image/png&page=3'),
    ])
    expect([second.status, second.headers.get('content-type')]).toEqual([200, 'image/png'])
    expect(Buffer.from(await second.arrayBuffer()).readUInt32BE(16)).toBe(160)
    expect(await text.text()).toBe('Page 1\n\fPage 2\n\f')
    expect(beyond.status).toBe(400)
  }, 120_000)

  it('is the item itself where that is of the kind', async () => {
    const count = (await made()).length
    const same = await get('talk.vtt', '?as=text/vtt')
    expect([same.status, await same.text()]).toEqual([200, vtt])
    expect(await made()).toHaveLength(count)
  })

  it('that can not be made is refused with what could be', async () => {
    const refused = await get('talk.vtt', '?as=audio/mpeg')
    expect(refused.status).toBe(406)
    expect(await refused.json()).toMatchObject({
      error: { code: 'not-possible', suggestions: { possible: expect.arrayContaining(['text/plain']) } },
    })
    const statuses = await Promise.all([
      get('talk.vtt', '?as=text/plain&width=1.5').then(({ status }) => status),
      get('to the web', '?as=application/pdf').then(({ status }) => status),
      get('no such item', '?as=text/plain').then(({ status }) => status),
      get('talk.vtt', '?as=text/plain&with=no%20such%20item').then(({ status }) => status),
    ])
    expect(statuses).toEqual([400, 406, 404, 404])
  })

  it('goes on while anybody waits for it, and ends when the last has left', async () => {
    const silence = await readFile(
      await madeByFfmpeg('flac', '-f lavfi -i anullsrc=r=48000:cl=stereo -t 600 -c:a flac'.split(' ')),
    )
    const item = { name: 'silence.flac', type: 'audio', contentType: 'audio/flac' }
    const { id } = await furnished(server, talk, () => [{ item, content: silence }])
    const asked = (type: string, signal: AbortSignal | null = null) =>
      fetch(`${server.url}/api/v1/recordings/${id}/resources/silence.flac?as=${type}`, { headers: asOwner(), signal })
    const leaving = new AbortController()
    const left = [asked('audio/mpeg', leaving.signal), asked('audio/ogg', leaving.signal)]
    const staying = asked('audio/mpeg')
    setTimeout(() => leaving.abort(), 1000)
    for (const each of left) await expect(each).rejects.toThrow()
    const { status, headers } = await staying
    expect([status, headers.get('content-type')]).toEqual([200, 'audio/mpeg'])
    // Both took about as long: had the other gone on, it would be there soon.
    await sleep(3000)
    const rows = await sql`select content_type from derived_items where recording_id = ${id}`.execute(database.kysely)
    expect(rows.rows).toEqual([{ content_type: 'audio/mpeg' }])
  }, 240_000)

  it('tells how far it is, where one would rather not wait, and goes on as long as one asks', async () => {
    const silence = await readFile(
      await madeByFfmpeg('flac', '-f lavfi -i anullsrc=r=48000:cl=stereo -t 600 -c:a flac'.split(' ')),
    )
    const long = { name: 'silence.flac', type: 'audio', contentType: 'audio/flac' }
    const { id } = await furnished(server, talk, () => [{ item: long, content: silence }])
    const asked = (type: string, prefer: string) =>
      fetch(`${server.url}/api/v1/recordings/${id}/resources/silence.flac?as=${type}`, {
        headers: asOwner({ prefer }),
      })
    const told: number[] = []
    let answer: Response
    do {
      answer = await asked('audio/mpeg', 'respond-async, wait=1')
      expect(answer.headers.get('preference-applied')).toBe('respond-async')
      if (answer.status === 202) told.push(((await answer.json()) as { progress: number }).progress)
    } while (answer.status === 202)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'audio/mpeg'])
    expect(Number(answer.headers.get('content-length'))).toBe((await answer.arrayBuffer()).byteLength)
    expect(told).toEqual(told.toSorted((one, other) => one - other))
    expect(told.every((progress) => progress >= 0 && progress <= 1)).toBe(true)
    const refused = await asked('image/png', 'respond-async')
    expect([refused.status, ((await refused.json()) as { error: { code: string } }).error.code]).toEqual([
      ...[406, 'not-possible'],
    ])
    const first = await asked('audio/ogg', 'respond-async')
    expect(await first.json()).toEqual({ progress: 0 })
    expect(first.headers.get('retry-after')).toBe('1')
  }, 240_000)

  it('is made of what a pointer leads to in the archive, with the limits of both, and of none that leads nowhere', async () => {
    const transcript = { type: 'transcript', contentType: 'text/vtt', startMs: 0, endMs: 900 } as const
    const { id } = await furnished(server, talk, (archiveId) => [
      { item: item('talk.vtt', transcript), content: bytes(vtt) },
      { item: item('to it', { ...transcript, level: 10 }), pointer: itemPointer(archiveId, 'talk.vtt') },
      { item: item('to that', transcript), pointer: itemPointer(archiveId, 'to it') },
      { item: item('round', transcript), pointer: itemPointer(archiveId, 'round again') },
      { item: item('round again', transcript), pointer: itemPointer(archiveId, 'round') },
      { item: item('nowhere', transcript), pointer: itemPointer(archiveId, 'nothing') },
    ])
    const asked = (name: string, type: string) =>
      fetch(`${server.url}/api/v1/recordings/${id}/resources/${encoded(name)}?as=${type}`, { headers: asOwner() })
    const text = await asked('to that', 'text/plain')
    expect([text.status, (await text.text()).trim()]).toEqual([200, 'Hello there'])
    const same = await asked('to that', 'text/vtt')
    expect([await same.text(), same.headers.get('content-location')]).toEqual([
      ...[vtt, `/api/v1/recordings/${id}/resources/talk.vtt`],
    ])
    const { resources } = await server.client.resources(id)
    expect(resources.filter(({ from }) => from !== undefined)).toMatchObject([
      { level: 10, from: { items: ['to that', 'to it', 'talk.vtt'] } },
    ])
    const { id: link } = await server.client.share(id)
    const theirs = await server.client.sharedResources(link)
    expect(namesOf(theirs)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^made\//)]))
    for (const name of ['round', 'nowhere']) expect((await asked(name, 'text/plain')).status).toBe(422)
  }, 120_000)

  it('can be taken away by its owner, with its bytes and what was made of it, and be made again', async () => {
    const { id } = await furnished(server, talk, items)
    const { client } = server
    const ask = (name: string, query = '', method = 'GET') =>
      fetch(`${server.url}/api/v1/recordings/${id}/resources/${encoded(name)}${query}`, { method, headers: asOwner() })
    const madeNames = async () => {
      const { resources } = await client.resources(id)
      return resources.filter(({ from }) => from !== undefined).map(({ name }) => name)
    }
    const archive = async () => {
      const response = await fetch(`${server.url}/api/v1/recordings/${id}/file.umf`, { headers: asOwner() })
      const file = new Uint8Array(await response.arrayBuffer())
      expect((await checkArchive(bytesSource(file), { sha256 })).problems).toEqual([])
      return openArchive(bytesSource(file), { sha256 })
    }
    const files = () => readdir(`${server.dataDir}/blobs/recordings/${id}/made`)
    expect((await ask('talk.vtt', '?as=application/x-subrip')).status).toBe(200)
    const [subrip] = (await madeNames()) as [string]
    expect((await ask(subrip, '?as=text/plain')).status).toBe(200)
    expect((await ask('talk.vtt', '?as=application/ttml%2Bxml')).status).toBe(200)
    const [, text, ttml] = (await madeNames()) as [string, string, string]
    const before = await archive()
    const kept = await (await ask(ttml)).text()
    expect(await files()).toHaveLength(3)

    await client.removeResource(id, subrip)
    expect(await madeNames()).toEqual([ttml])
    expect(await Promise.all([subrip, text].map(async (name) => (await ask(name)).status))).toEqual([404, 404])
    expect(await (await ask(ttml)).text()).toBe(kept)
    expect(await files()).toHaveLength(1)
    const after = await archive()
    expect(after.generation).toBeGreaterThan(before.generation)
    expect(new TextDecoder().decode(await after.bytes(ttml))).toBe(kept)

    expect((await ask('talk.vtt', '?as=application/x-subrip')).status).toBe(200)
    expect(await madeNames()).toHaveLength(2)
    expect((await archive()).generation).toBeGreaterThan(after.generation)
    await expect(client.removeResource(id, 'talk.vtt')).rejects.toMatchObject({ status: 409, code: 'not-derived' })
    await expect(client.removeResource(id, subrip)).rejects.toMatchObject({ status: 404 })
    const { id: link } = await client.share(id)
    const asShare = await fetch(`${server.url}/r/${link}/resources/${encoded(ttml)}`, { method: 'DELETE' })
    expect(asShare.status).toBe(404)
    expect(await madeNames()).toHaveLength(2)
  }, 120_000)

  it('is there after a restart, and goes with its recording', async () => {
    const [{ name }] = (await made()) as [ResourceView]
    const next = await startTestServer({ databaseUrl: database.url, blobsDir: `${server.dataDir}/blobs` })
    try {
      const again = await fetch(`${next.url}/api/v1/recordings/${recording.id}/resources/${encoded(name)}`, {
        headers: asOwner(),
      })
      expect([again.status, await again.text()]).toEqual([200, await (await get(name)).text()])
    } finally {
      await next.close()
    }
    await server.client.remove(recording.id)
    expect((await get(name)).status).toBe(404)
    const { rows } = await sql`select from recordings where id = ${recording.id} and deleted_at is null`.execute(
      database.kysely,
    )
    expect(rows).toEqual([])
  })
})
