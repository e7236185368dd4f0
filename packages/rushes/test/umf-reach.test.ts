// Items that lie elsewhere, or are encrypted, by the commands for archives (packages/umf/SPEC.md, Pointers and Modules).
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Archive,
  bytesSource,
  checkArchive,
  type ItemFields,
  itemPointer,
  type NewItem,
  newSigningKey,
  openArchive,
  openEditor,
  signer,
  UmfWriter,
} from '@rushes/umf'
import { nodeSha256 as sha256 } from '@rushes/umf/node'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { escapeAttempts, openTrap, type Trap } from '../../processors/test/signed-code.ts'
import { MemoryFile } from '../../umf/test/memory-file.ts'
import { endCommands, runCommand } from './command-for-tests.ts'

vi.setConfig({ testTimeout: 180_000 })

const vtt = 'WEBVTT\n\n00:01.000 --> 00:02.000\nHello there\n'
type Json = Record<string, unknown>

let folder: string
let web: Server
let url: string
let trap: Trap
const place = (...parts: string[]) => join(folder, ...parts)

async function json(status: number, ...args: string[]): Promise<Json> {
  const environment = { RUSHES_REGISTRY: place('registry'), RUSHES_POINTER_HOSTS: 'localhost' }
  const end = await runCommand([...args, '--json'], environment)
  expect(end, args.join(' ')).toMatchObject({ status })
  return JSON.parse(end.stdout) as Json
}
const errorOf = async (...args: string[]) => ((await json(1, ...args))['error'] as Json)['code']

const item = (name: string, more: Partial<ItemFields> = {}): ItemFields => {
  return { name, type: 'transcript', contentType: 'text/vtt', ...more }
}

/** An archive of these items, signed where there is a key. */
async function archiveOf(name: string, items: readonly NewItem[], keys?: CryptoKeyPair): Promise<string> {
  const file = new MemoryFile()
  const writer = new UmfWriter({ write: (bytes) => file.write(file.size, bytes.slice()), sha256 })
  await writer.add(...items)
  await writer.finish()
  if (keys !== undefined) await (await openEditor(file, sha256)).sign([signer('Ada', keys)])
  const path = place(`${name}.umf`)
  writeFileSync(path, file.bytes)
  return path
}

async function opened(path: string): Promise<Archive> {
  return await openArchive(bytesSource(new Uint8Array(readFileSync(path))), { sha256 })
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rushes-reach-'))
  trap = await openTrap()
  web = createServer((request, answer) => {
    const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '')!
    const start = from === '' ? Math.max(0, vtt.length - Number(to)) : Number(from)
    const end = from === '' || to === '' ? vtt.length - 1 : Number(to)
    answer.writeHead(206, { 'Content-Range': `bytes ${start}-${end}/${vtt.length}` })
    answer.end(vtt.slice(start, end + 1))
  })
  await new Promise<void>((resolve) => web.listen(0, '::', resolve))
  url = `http://localhost:${(web.address() as AddressInfo).port}/talk.vtt`
  writeFileSync(place('key'), randomBytes(32))
  writeFileSync(place('other-key'), `${randomBytes(32).toString('hex')}\n`)
  writeFileSync(place('passphrase'), 'grüße\n')
})
afterAll(() => {
  endCommands()
  trap.close()
  web.close()
  rmSync(folder, { recursive: true, force: true })
})

describe.concurrent('rushes extract --follow', { timeout: 180_000 }, () => {
  it('[P2, P4] reads what pointers lead to, where it was told to, and keeps what is made of it as closed', async () => {
    const limits = { group: ['staff'] }
    const far = await archiveOf('far', [{ item: item('far.vtt', { level: 5, limits }), content: Buffer.from(vtt) }])
    writeFileSync(place('beside.vtt'), vtt)
    mkdirSync(place('below'))
    symlinkSync('/etc', place('below', 'etc'))
    const pointers: Record<string, string> = {
      'web.vtt': url,
      'loopback.vtt': url.replace('localhost', '127.0.0.1'),
      'beside.vtt': 'beside.vtt',
      'linked.vtt': 'below/etc/hostname',
      'far.vtt': itemPointer((await opened(far)).id, 'far.vtt'),
    }
    const path = await archiveOf(
      'near',
      Object.entries(pointers).map(([name, pointer]) => ({ item: item(name), pointer })),
    )
    const out = (name: string) => ['-o', place(name), '--force']
    expect(await errorOf('extract', path, 'web.vtt', ...out('web.vtt'))).toBe('pointer')
    for (const name of ['web.vtt', 'beside.vtt']) {
      await json(0, 'extract', path, name, '--follow', '-o', place(`got-${name}`))
      expect(readFileSync(place(`got-${name}`), 'utf8')).toBe(vtt)
    }
    expect(await errorOf('extract', path, 'linked.vtt', '--follow', ...out('linked'))).toBe('pointer')
    expect((await json(1, 'extract', path, 'loopback.vtt', '--follow', ...out('loopback')))['error']).toMatchObject({
      message: expect.stringContaining('is not a public address'),
    })
    expect(await errorOf('extract', path, 'far.vtt', '--follow', ...out('far'))).toBe('pointer')
    const made = ['--as', 'text/plain', '--follow', '--archive', far, '--keep', ...out('far.txt')]
    expect(await json(0, 'extract', path, 'far.vtt', ...made)).toMatchObject({ kept: 'made/far.txt' })
    expect(readFileSync(place('far.txt'), 'utf8').trim()).toBe('Hello there')
    expect((await opened(path)).item('made/far.txt')).toMatchObject({ level: 5, limits })
  })
})

describe.concurrent('rushes add and extract, with a key', { timeout: 180_000 }, () => {
  it.each([
    ['a key', ['--key-file', 'key']],
    ['a passphrase', ['--passphrase-file', 'passphrase']],
  ])('[X4, L4] keep nothing readable without %s, nor of what is made with it', async (kind, [option, file]) => {
    const path = await archiveOf(`sealed by ${kind}`, [])
    const open = [option!, place(file!)]
    writeFileSync(place(`${file}.vtt`), vtt)
    await json(0, 'add', path, place(`${file}.vtt`), '--name', 'talk.vtt', '--level', '7', ...open, '--key-id', 'k')
    expect(readFileSync(path).includes('Hello there')).toBe(false)
    const made = ['extract', path, 'talk.vtt', '--as', 'application/x-subrip', '--force', '-o', place(`${file}.srt`)]
    if (file === 'key') {
      expect(await errorOf(...made)).toBe('encrypted')
      expect(await errorOf(...made, '--key-file', place('other-key'))).toBe('locked')
    }
    expect(await json(0, ...made, '--keep', ...open)).toMatchObject({ kept: 'made/talk.srt' })
    expect(readFileSync(place(`${file}.srt`), 'utf8')).toContain('Hello there')
    expect(readFileSync(path).includes('Hello there')).toBe(false)
    const archive = await opened(path)
    expect((await checkArchive(bytesSource(new Uint8Array(readFileSync(path))), { sha256 })).problems).toEqual([])
    expect(archive.item('made/talk.srt')).toMatchObject({ level: 7, encryption: { keyId: 'k' } })
    await json(0, 'extract', path, 'made/talk.srt', ...open, '-o', place(`${file}-again.srt`))
    expect(readFileSync(place(`${file}-again.srt`))).toEqual(readFileSync(place(`${file}.srt`)))
  })
})

describe.concurrent('code of an archive that decrypts', { timeout: 180_000 }, () => {
  const mask = 0x5a
  const masked = Buffer.from(vtt).map((byte) => byte ^ mask)

  async function signed(name: string, source: string): Promise<{ path: string; key: string }> {
    const keys = await newSigningKey()
    const items = [
      { item: item('talk.vtt', { encryption: { module: 'item:decrypt.js', mask } }), content: Buffer.from(masked) },
      { item: { name: 'decrypt.js', type: 'code', contentType: 'text/javascript' }, content: Buffer.from(source) },
    ]
    const path = await archiveOf(name, items, keys)
    const key = place(`${name}.pub`)
    const spki = Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey)).toString('base64')
    writeFileSync(key, `-----BEGIN PUBLIC KEY-----\n${spki}\n-----END PUBLIC KEY-----\n`)
    return { path, key }
  }

  it('[X2, X6] is run where a key that is trusted has signed it, and for nobody else', async () => {
    const source =
      "export default (task) => { if (task.for !== 'decrypt' || task.key.length !== 32) throw new Error('not for me'); return task.content.map((byte) => byte ^ task.encryption.mask) }"
    const { path, key } = await signed('by code', source)
    const other = await signed('by other code', source)
    const extract = (to: string) => ['extract', path, 'talk.vtt', '--key-file', place('key'), '-o', place(to)]
    expect(await errorOf(...extract('a'))).toBe('not-trusted')
    expect(await errorOf(...extract('a'), '--trust', other.key)).toBe('not-trusted')
    await json(0, ...extract('plain.vtt'), '--trust', key)
    expect(readFileSync(place('plain.vtt'), 'utf8')).toBe(vtt)
    await json(0, ...extract('plain.txt'), '--trust', key, '--as', 'text/plain')
    expect(readFileSync(place('plain.txt'), 'utf8').trim()).toBe('Hello there')
    // Nothing keeps what is made of it as closed.
    expect(await errorOf(...extract('b'), '--trust', key, '--as', 'text/plain', '--keep', '--force')).toBe('encrypted')
    const changed = new MemoryFile(new Uint8Array(readFileSync(path)))
    await (await openEditor(changed, sha256)).edit({ metadata: { title: 'Changed' } })
    writeFileSync(path, changed.bytes)
    expect(await errorOf(...extract('c'), '--trust', key)).toBe('not-trusted')
  })

  it('[X2] finds no files and no network, whatever it tries', async () => {
    writeFileSync(place('private'), 'a secret of ours')
    const attempts = escapeAttempts({ file: place('private'), port: trap.port, pid: process.pid })
    const source = `${attempts.replace('export default async function (input)', 'async function attempt(input)')}
export default async (input) => {
  const text = JSON.stringify((await attempt(input)).ends)
  return Uint8Array.from([...text].map((letter) => letter.charCodeAt(0)))
}`
    const { path, key } = await signed('by code that tries', source)
    const args = ['extract', path, 'talk.vtt', '--key-file', place('key'), '--trust', key, '-o', place('tried.json')]
    await json(0, ...args)
    const ends = JSON.parse(readFileSync(place('tried.json'), 'utf8')) as Record<string, string>
    expect(Object.keys(ends).length).toBeGreaterThan(15)
    // In a network of its own, where nobody else is: what is sent there reaches no trap.
    const alone = ['listens', 'sends a datagram']
    const done = Object.entries(ends).filter(([, end]) => end.startsWith('done'))
    expect(done.filter(([attempt]) => !alone.includes(attempt))).toEqual([])
    expect([trap.reached(), readFileSync(place('private'), 'utf8')]).toEqual([0, 'a secret of ours'])
  })
})

describe('what keys may be', () => {
  it('is said, where they are none', async () => {
    const path = await archiveOf('keys', [])
    writeFileSync(place('short'), 'short')
    writeFileSync(place('empty'), '\n')
    const add = ['add', path, place('short')]
    expect(await errorOf(...add, '--key-file', place('short'))).toBe('bad-key')
    expect(await errorOf(...add, '--passphrase-file', place('empty'))).toBe('bad-key')
    expect(await errorOf(...add, '--key-file', place('none'))).toBe('no-such-file')
    const both = ['--key-file', place('key'), '--passphrase-file', place('passphrase')]
    expect((await json(2, ...add, ...both))['error']).toMatchObject({ code: 'misused' })
  })
})
