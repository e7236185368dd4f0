// What is made of items whose bytes lie elsewhere, or are encrypted, and what is taken away while somebody reads it
// (packages/umf/SPEC.md, Pointers, X3 and X4, L4).
import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import {
  createServer,
  type Server as HttpServer,
  get as httpGet,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { RecordingView, ResourceView } from '@rushes/protocol'
import {
  bytesSource,
  type ContentKey,
  checkArchive,
  decryptContent,
  encryptContent,
  type ItemFields,
  itemPointer,
  type NewItem,
  openArchive,
} from '@rushes/umf'
import { nodeSha256 as sha256 } from '@rushes/umf/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asOwner, bytes, furnished, madeTalk } from './furnished-recordings.ts'
import { startTestServer, type TestServer } from './server-for-tests.ts'

const vtt = 'WEBVTT\n\n00:00.000 --> 00:00.900\nHello there\n'
const transcript: Omit<ItemFields, 'name'> = { type: 'transcript', contentType: 'text/vtt', startMs: 0, endMs: 900 }

let server: TestServer
let talk: Buffer
/** Somewhere on the web; the server was told that `localhost` is all right. */
let web: HttpServer
let port: number
/** What it gives: its text, and its validator. */
let served = { text: vtt, etag: '"1"' }
let asked = 0

function serveWeb(request: IncomingMessage, response: ServerResponse): void {
  asked++
  if (request.url === '/huge.vtt') {
    const total = 5 * 2 ** 30
    response.writeHead(206, { 'content-range': `bytes ${total - 65_536}-${total - 1}/${total}` })
    return void response.end(Buffer.alloc(65_536))
  }
  if (request.url === '/inside')
    return void response.writeHead(302, { location: `http://127.0.0.1:${port}/talk.vtt` }).end()
  const content = bytes(served.text)
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '') ?? []
  const start = from === '' ? Math.max(0, content.length - Number(to)) : Number(from ?? 0)
  const end = from === '' || !to ? content.length : Number(to) + 1
  response.writeHead(206, { 'content-range': `bytes ${start}-${end - 1}/${content.length}`, etag: served.etag })
  response.end(content.subarray(start, end))
}

beforeAll(async () => {
  web = createServer(serveWeb)
  await new Promise<void>((resolve) => web.listen(0, '::', resolve))
  port = (web.address() as AddressInfo).port
  server = await startTestServer({ pointerHosts: ['localhost'] })
  talk = await madeTalk()
}, 120_000)
afterAll(async () => {
  await server.close()
  web.close()
})

type Place = Pick<RecordingView, 'id'> | string
const at = (place: Place) => (typeof place === 'string' ? `/r/${place}` : `/api/v1/recordings/${place.id}`)
const ask = (place: Place, path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`${server.url}${at(place)}/resources/${path}`, {
    method,
    headers: typeof place === 'string' ? headers : asOwner(headers),
  })
const madeIn = async (place: Place): Promise<ResourceView[]> => {
  const { resources } =
    typeof place === 'string' ? await server.client.sharedResources(place) : await server.client.resources(place.id)
  return resources.filter(({ from }) => from !== undefined)
}
const codeOf = async (response: Response) => ((await response.json()) as { error: { code: string } }).error.code
const item = (name: string, more: Partial<ItemFields> = {}): ItemFields => ({ name, ...transcript, ...more })
const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`

describe('what is made of what lies elsewhere', () => {
  it('[P2, P4] comes from the web by the pointing item, with its limits, within the same bounds as the pointer itself', async () => {
    const url = (path: string) => `http://localhost:${port}${path}`
    const recording = await furnished(server, talk, () => [
      { item: item('closed.vtt', { level: 10 }), pointer: url('/talk.vtt'), digest: digestOf(vtt) },
      { item: item('forged.vtt'), pointer: url('/talk.vtt'), digest: digestOf('another') },
      { item: item('inside.vtt'), pointer: url('/inside') },
      { item: item('loopback.vtt'), pointer: `http://127.0.0.1:${port}/talk.vtt` },
      { item: item('metadata.vtt'), pointer: 'http://169.254.169.254/latest.vtt' },
      { item: item('huge.vtt'), pointer: url('/huge.vtt') },
      { item: item('beside.vtt'), pointer: 'beside/talk.vtt' },
    ])
    const text = await ask(recording, 'closed.vtt?as=text/plain')
    expect([text.status, (await text.text()).trim()]).toEqual([200, 'Hello there'])
    expect(await madeIn(recording)).toMatchObject([{ level: 10, from: { items: ['closed.vtt'] } }])
    const { id: link } = await server.client.share(recording.id)
    expect(await madeIn(link)).toEqual([])
    expect((await ask(link, 'closed.vtt?as=text/plain')).status).toBe(404)
    const answers = await Promise.all(
      ['forged', 'inside', 'loopback', 'metadata', 'huge', 'beside'].map(async (name) => {
        const answer = await ask(recording, `${name}.vtt?as=text/plain`)
        return [name, answer.status, await codeOf(answer)]
      }),
    )
    expect(answers).toEqual([
      ...['forged', 'inside', 'loopback', 'metadata'].map((name) => [name, 502, 'pointer-unresolved']),
      ['huge', 422, 'input-too-large'],
      ['beside', 422, 'pointer-source'],
    ])
    expect(await madeIn(recording)).toHaveLength(1)
  }, 120_000)

  it('is made once of the same content, and again where what has no digest has changed', async () => {
    const recording = await furnished(server, talk, () => [
      { item: item('talk.vtt'), pointer: `http://localhost:${port}/talk.vtt` },
    ])
    served = { text: vtt, etag: '"1"' }
    const texts = async () => (await (await ask(recording, 'talk.vtt?as=text/plain')).text()).trim()
    expect([await texts(), await texts()]).toEqual(['Hello there', 'Hello there'])
    expect(await madeIn(recording)).toHaveLength(1)
    served = { text: vtt.replace('there', 'again'), etag: '"2"' }
    expect(await texts()).toBe('Hello again')
    expect(await madeIn(recording)).toHaveLength(2)
    served = { text: vtt, etag: '"1"' }
    // What can't be done is said before anybody is asked.
    const before = asked
    expect((await ask(recording, 'talk.vtt?as=audio/mpeg')).status).toBe(406)
    expect(asked).toBe(before)
  }, 120_000)

  it('[P4] of an item of another recording, is for the owner of both alone', async () => {
    const far = await furnished(server, talk, () => [{ item: item('far.vtt'), content: bytes(vtt) }])
    const near = await furnished(server, talk, () => [
      { item: item('near.vtt'), pointer: itemPointer(far.archiveId, 'far.vtt'), digest: digestOf(vtt) },
    ])
    const { id: link } = await server.client.share(near.id)
    const before = await ask(link, 'near.vtt?as=text/plain')
    const refused = [before.status, await before.text()]
    const text = await ask(near, 'near.vtt?as=text/plain')
    expect([text.status, (await text.text()).trim()]).toEqual([200, 'Hello there'])
    expect(await madeIn(near)).toMatchObject([{ level: 0 }])
    const after = await ask(link, 'near.vtt?as=text/plain')
    // That the owner has made it is nobody else's to know.
    expect([after.status, await after.text()]).toEqual(refused)
    expect([refused[0], await madeIn(link)]).toEqual([502, []])
  }, 120_000)
})

async function sealed(name: string, text: string, key: ContentKey, more: Partial<ItemFields> = {}): Promise<NewItem> {
  const { encryption, content } = await encryptContent([bytes(text)] as never, key, 'k1')
  const parts: Uint8Array[] = []
  for await (const part of content) parts.push(part)
  return { item: item(name, { ...more, encryption }), content: Buffer.concat(parts) }
}

describe('what is made of what is encrypted', () => {
  const key = new Uint8Array(32).fill(9)
  const withKey = { 'umf-key': Buffer.from(key).toString('base64') }

  it('[X3, L4] is made for whoever has the key, and kept as closed as that: encrypted, with the same limits', async () => {
    const sealedItem = await sealed('sealed.vtt', vtt, key, { level: 10 })
    const recording = await furnished(server, talk, () => [sealedItem])
    const text = await ask(recording, 'sealed.vtt?as=text/plain', withKey)
    expect([text.status, (await text.text()).trim()]).toEqual([200, 'Hello there'])
    expect(text.headers.get('cache-control')).toBe('no-store')
    const [made, ...others] = await madeIn(recording)
    expect([others, made]).toMatchObject([
      [],
      { level: 10, encryption: { module: 'urn:umf:aes-256-gcm', keyId: 'k1' } },
    ])
    // Without the key there is nothing to be read of it, in the file of the archive as little as by name.
    const stored = Buffer.from(await (await ask(recording, made!.name)).arrayBuffer())
    expect([stored.includes('Hello'), digestOfBytes(stored)]).toEqual([false, made!.digest])
    const exported = await fetch(`${server.url}${at(recording)}/file.umf`, { headers: asOwner() })
    const file = new Uint8Array(await exported.arrayBuffer())
    expect((await checkArchive(bytesSource(file), { sha256 })).problems).toEqual([])
    const archive = await openArchive(bytesSource(file), { sha256 })
    const plain: Uint8Array[] = []
    for await (const part of decryptContent(archive.content(made!.name), archive.item(made!.name).encryption!, key))
      plain.push(part)
    expect(Buffer.concat(plain).toString().trim()).toBe('Hello there')
    // Once for all who have the key; what is encrypted itself is given open to them as well.
    expect((await (await ask(recording, 'sealed.vtt?as=text/plain', withKey)).text()).trim()).toBe('Hello there')
    expect(await madeIn(recording)).toHaveLength(1)
    expect(await (await ask(recording, 'sealed.vtt', withKey)).text()).toBe(vtt)
    expect(await (await ask(recording, 'sealed.vtt?as=text/vtt', withKey)).text()).toBe(vtt)
    const { id: link } = await server.client.share(recording.id)
    expect((await ask(link, 'sealed.vtt?as=text/plain', withKey)).status).toBe(404)
  }, 120_000)

  it('is not made without the key, with another, or by a module that is not run here', async () => {
    const [byKey, byPhrase] = await Promise.all([sealed('key.vtt', vtt, key), sealed('phrase.vtt', vtt, 'grüße')])
    const encryption = { module: 'https://example.org/decrypt.js' }
    const recording = await furnished(server, talk, () => [
      byKey,
      byPhrase,
      { item: item('foreign.vtt', { encryption }), content: bytes(vtt) },
    ])
    const refusals: [string, Record<string, string>, number, string][] = [
      ['key.vtt', {}, 422, 'encrypted-source'],
      ['key.vtt', { 'umf-key': Buffer.alloc(32).toString('base64') }, 422, 'content-locked'],
      ['key.vtt', { 'umf-passphrase': 'gr%C3%BC%C3%9Fe' }, 422, 'content-locked'],
      ['key.vtt', { 'umf-key': 'short' }, 400, 'key-refused'],
      ['key.vtt', { 'umf-passphrase': '%zz' }, 400, 'key-refused'],
      ['key.vtt', { ...withKey, 'umf-passphrase': 'x' }, 400, 'key-refused'],
      ['foreign.vtt', withKey, 422, 'encrypted-source'],
    ]
    for (const [name, headers, status, code] of refusals) {
      const answer = await ask(recording, `${name}?as=text/plain`, headers)
      expect([name, headers, answer.status, await codeOf(answer)]).toEqual([name, headers, status, code])
    }
    const wrong = await ask(recording, 'key.vtt', { 'umf-key': Buffer.alloc(32).toString('base64') })
    expect([wrong.status, await codeOf(wrong)]).toEqual([422, 'content-locked'])
    expect(await madeIn(recording)).toEqual([])
    const phrase = await ask(recording, 'phrase.vtt?as=text/plain', { 'umf-passphrase': 'gr%C3%BC%C3%9Fe' })
    expect([phrase.status, (await phrase.text()).trim()]).toEqual([200, 'Hello there'])
  }, 120_000)
})

function digestOfBytes(content: Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

describe('what was made and is taken away', () => {
  it('is read to its end by whoever began before, and then gone from the disk', async () => {
    // A second of silence is a large file once it is WAV: more than what sockets hold on their way.
    const wav = wavOfSilence(180)
    const recording = await furnished(server, talk, () => [
      { item: { name: 'silence.wav', type: 'audio', contentType: 'audio/wav' }, content: wav },
    ])
    expect((await ask(recording, 'silence.wav?as=audio/flac')).status).toBe(200)
    const [flac] = await madeIn(recording)
    expect((await ask(recording, `${flac!.name}?as=audio/wav`)).status).toBe(200)
    const large = (await madeIn(recording)).find(({ contentType }) => contentType === 'audio/wav')
    const folder = join(server.dataDir, 'blobs', 'recordings', recording.id, 'made')
    const path = join(folder, large!.digest!.slice('sha256:'.length))
    expect(existsSync(path)).toBe(true)
    const reading = [`resources/${large!.name}`, 'file.umf'].map((name) =>
      slowly(`${server.url}${at(recording)}/${name}`),
    )
    await Promise.all(reading.map(({ begun }) => begun))
    await server.client.removeResource(recording.id, large!.name)
    expect([existsSync(path), (await madeIn(recording)).some(({ name }) => name === large!.name)]).toEqual([
      true,
      false,
    ])
    const [content, archive] = await Promise.all(reading.map(({ rest }) => rest()))
    expect(digestOfBytes(content!)).toBe(large!.digest)
    const { problems } = await checkArchive(bytesSource(new Uint8Array(archive!)), { sha256 })
    expect(problems).toEqual([])
    const before = await openArchive(bytesSource(new Uint8Array(archive!)), { sha256 })
    expect(before.items().map(({ name }) => name)).toContain(large!.name)
    await expect.poll(() => readdirSync(folder).includes(large!.digest!.slice('sha256:'.length))).toBe(false)
  }, 120_000)
})

/** 16 bit, mono, 48 kHz. */
function wavOfSilence(seconds: number): Buffer {
  const samples = Buffer.alloc(2 * 48_000 * seconds)
  const head = Buffer.alloc(44)
  head.write('RIFF', 0, 'latin1')
  head.writeUInt32LE(36 + samples.length, 4)
  head.write('WAVEfmt ', 8, 'latin1')
  for (const [at, value] of [
    [16, 16],
    [24, 48_000],
    [28, 96_000],
  ] as const)
    head.writeUInt32LE(value, at)
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const)
    head.writeUInt16LE(value, at)
  head.write('data', 36, 'latin1')
  head.writeUInt32LE(samples.length, 40)
  return Buffer.concat([head, samples])
}

/** A download that stops after its beginning until it is asked on: the connection is full then, and the server waits. */
function slowly(url: string): { begun: Promise<void>; rest(): Promise<Buffer> } {
  const begun = Promise.withResolvers<void>()
  const done = Promise.withResolvers<Buffer>()
  const parts: Buffer[] = []
  let response: IncomingMessage
  httpGet(url, { headers: asOwner() }, (answer) => {
    response = answer
    answer.once('data', (part: Buffer) => {
      parts.push(part)
      answer.pause()
      begun.resolve()
    })
    answer.on('end', () => done.resolve(Buffer.concat(parts)))
    answer.on('aborted', () => done.reject(new Error('it broke off')))
    answer.on('error', done.reject)
  }).on('error', done.reject)
  return {
    begun: begun.promise,
    rest() {
      response.on('data', (part: Buffer) => parts.push(part))
      response.resume()
      return done.promise
    },
  }
}
