// The commands for archives, as processes of their own on real files.
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ItemFields, UmfWriter } from '@rushes/umf'
import { nodeSha256 } from '@rushes/umf/node'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { smallPdf } from '../../converter/test/small-meeting.ts'
import { endCommands, runCommand, startCommand } from './command-for-tests.ts'

// Of some sixty processes in all; on a machine that is busy with others each takes seconds to begin.
vi.setConfig({ testTimeout: 180_000 })

let folder: string
/** A talk as it may lie in a folder: a recording, slides, a transcript, notes. */
let talk: string
let packed: string

type Json = Record<string, unknown>

async function rushes(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return await runCommand(args, { RUSHES_REGISTRY: place('registry') })
}

/** The one object on stdout, of a command that is to end so. */
async function json(status: number, ...args: string[]): Promise<Json> {
  const end = await rushes(...args, '--json')
  expect(end, args.join(' ')).toMatchObject({ status })
  return JSON.parse(end.stdout) as Json
}

const place = (...parts: string[]) => join(folder, ...parts)
const named = (described: Json) => new Map((described['resources'] as Json[]).map((each) => [each['name'], each]))

function copyOf(archive: string, name: string): string {
  const path = place(name)
  writeFileSync(path, readFileSync(archive))
  return path
}

/** An archive with items of these names, whatever they are. */
async function archiveOf(
  path: string,
  contents: Record<string, string>,
  more: Partial<ItemFields> = {},
): Promise<void> {
  const all: Uint8Array[] = []
  const writer = new UmfWriter({ write: (piece) => void all.push(piece.slice()), sha256: nodeSha256 })
  for (const [name, text] of Object.entries(contents)) {
    await writer.add({ item: { name, type: 'notes', contentType: 'text/plain', ...more }, content: Buffer.from(text) })
  }
  await writer.extension('abcd', Buffer.from('of somebody else'))
  await writer.finish()
  writeFileSync(path, Buffer.concat(all))
}

/** ISO 14496-12 §8.1.2: players pass over it. */
function freeBox(bytes: number): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt32BE(bytes + 8)
  header.write('free', 4)
  return Buffer.concat([header, randomBytes(bytes)])
}

/** Whatever lies in a folder, links as what they are. */
function treeOf(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort()
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rushes-umf-'))
  talk = place('talk')
  mkdirSync(join(talk, 'slides'), { recursive: true })
  const input = '-f lavfi -i testsrc2=size=160x90:rate=25 -f lavfi -i sine=frequency=440 -t 1'
  const args = `-v error -y ${input} -c:v libx264 -preset ultrafast -c:a aac ${join(talk, 'video.mp4')}`
  execFileSync('ffmpeg', args.split(' '))
  for (const count of [1, 2, 3]) writeFileSync(join(talk, 'slides', `${count}.png`), Buffer.alloc(5000 * count, count))
  writeFileSync(join(talk, 'transcript.vtt'), 'WEBVTT\n')
  // Both are longer than what is held of a file at once.
  writeFileSync(join(talk, 'large.bin'), randomBytes(3_300_000))
  appendFileSync(join(talk, 'video.mp4'), freeBox(2_500_000))
  writeFileSync(join(talk, 'empty.txt'), '')
  writeFileSync(join(talk, '.hidden'), 'x')
  symlinkSync('/etc/hostname', join(talk, 'link'))
  packed = place('packed.umf')
  const end = await rushes('pack', talk, '-o', packed)
  expect(end.status, end.stderr).toBe(0)
})

afterAll(() => {
  endCommands()
  rmSync(folder, { recursive: true, force: true })
})

describe.concurrent('rushes pack, inspect, extract, unpack', { timeout: 180_000 }, () => {
  it('[F5, E4] makes an MP4 of a folder, and says what is in it', async () => {
    const described = await json(0, 'inspect', packed)
    expect(Object.keys(described)).toEqual(
      expect.arrayContaining(['id', 'format', 'durationMs', 'resources', 'events', 'notes']),
    )
    expect(Math.round((described['durationMs'] as number) / 100)).toBe(10)
    expect([...named(described)].map(([name, { type, contentType }]) => [name, type, contentType])).toEqual([
      ['video.mp4', 'video', 'video/mp4'],
      ['empty.txt', 'document', 'text/plain'],
      ['large.bin', 'data', 'application/octet-stream'],
      ['slides/1.png', 'image', 'image/png'],
      ['slides/2.png', 'image', 'image/png'],
      ['slides/3.png', 'image', 'image/png'],
      ['transcript.vtt', 'transcript', 'text/vtt'],
    ])
    const bytes = readFileSync(packed)
    for (const [, { offset, length, digest }] of named(described)) {
      if (offset === undefined) continue
      const content = bytes.subarray(offset as number, (offset as number) + (length as number))
      const hash = nodeSha256()
      hash.update(content)
      expect(digest).toBe(`sha256:${Buffer.from(hash.digest()).toString('hex')}`)
    }
    const probed = spawnSync('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name', '-of', 'csv=p=0', packed])
    expect(String(probed.stdout).trim().split('\n').sort()).toEqual(['aac', 'h264'])
    const wished = async (...wish: string[]) => [...named(await json(0, 'inspect', packed, ...wish)).keys()]
    expect(await wished('--type', 'image')).toEqual(['slides/1.png', 'slides/2.png', 'slides/3.png'])
    expect(await wished('--name', 'large.bin')).toEqual(['large.bin'])
    // Of what is on the timeline.
    expect(await wished('--from-ms', '200', '--to-ms', '300')).toEqual(['video.mp4'])
    expect(await wished('--event', 'slide')).toEqual([])
    const table = (await rushes('inspect', packed)).stdout
    expect(table).toMatch(/slides\/2\.png +image +image\/png +10\.0 kB/)
  })

  it('makes the same bytes again of what it unpacked, and of a changed archive the same state', async () => {
    const out = place('unpacked')
    await json(0, 'unpack', packed, '-o', out)
    expect(treeOf(out)).toEqual(
      [...treeOf(talk).filter((name) => !['.hidden', 'link'].includes(name)), 'umf.json'].sort(),
    )
    expect(readFileSync(join(out, 'large.bin'))).toEqual(readFileSync(join(talk, 'large.bin')))
    const again = place('again.umf')
    await json(0, 'pack', out, '-o', again)
    expect(readFileSync(again).equals(readFileSync(packed))).toBe(true)

    const changed = copyOf(packed, 'changed.umf')
    const events = place('events.json')
    writeFileSync(events, JSON.stringify([{ t: 5, kind: 'chat', data: { sender: 'Ada', text: 'hi' } }]))
    await json(0, 'add', changed, events, '--type', 'events', '--content-type', 'application/vnd.umf.events+json')
    await json(
      0,
      'add',
      changed,
      join(talk, 'transcript.vtt'),
      '--name',
      '.small',
      '--inline',
      '--limit',
      'group=staff,board',
    )
    await json(0, 'add', changed, '--pointer', 'https://example.org/x', '--name', 'away.pdf', '--level', '3')
    await json(0, 'set', changed, 'title=A day', 'place.name=Hall', 'count=7')
    await json(0, 'set', changed, 'video.mp4', 'title=Main', 'startMs=100', 'x-own={"a":[1]}')
    const before = await json(0, 'inspect', changed)
    const second = place('second.umf')
    await json(0, 'unpack', changed, '-o', place('second'))
    await json(0, 'pack', place('second'), '-o', second)
    const after = await json(0, 'inspect', second)
    const state = ({ generation: _, resources, ...rest }: Json) => ({
      ...rest,
      resources: (resources as Json[]).map(({ offset: _, ...each }) => each),
    })
    expect(state(after)).toEqual(state(before))
    expect(before['events']).toHaveLength(1)
    expect(await json(0, 'verify', second)).toMatchObject({ ok: true, problems: [] })
  })

  it('[F4, M1] registers what it makes; a copy keeps its id and says so, or becomes another archive', async () => {
    const out = place('to copy')
    await json(0, 'unpack', packed, '-o', out)
    const id = (await json(0, 'inspect', packed))['id'] as string
    expect(readFileSync(place('registry', id), 'utf8')).toBe(packed)
    const copy = await json(0, 'pack', out, '-o', place('copy.umf'))
    expect(copy).toMatchObject({ id, notes: expect.arrayContaining([expect.objectContaining({ code: 'copy' })]) })
    const other = await json(0, 'pack', out, '-o', place('other.umf'), '--new-id')
    expect(other['id']).not.toBe(id)
    expect(other['metadata']).toMatchObject({ from: [{ id, by: 'pack' }] })
    expect(readFileSync(place('registry', other['id'] as string), 'utf8')).toBe(place('other.umf'))
    // What can't be registered is packed nevertheless.
    const end = await runCommand(['pack', talk, '-o', place('unlisted.umf'), '--json'], { RUSHES_REGISTRY: packed })
    expect(end).toMatchObject({ status: 0 })
    expect(JSON.parse(end.stdout).notes).toContainEqual(expect.objectContaining({ code: 'not-registered' }))
  })

  it('[J4, F3] writes to a pipe what reads and checks as well, its slots empty', async () => {
    const main = join(import.meta.dirname, '..', 'src', 'main.ts')
    const { stdout, status } = spawnSync(process.execPath, [main, 'pack', talk, '-o', '-'], {
      maxBuffer: 2 ** 26,
      env: { ...process.env, RUSHES_REGISTRY: place('registry') },
    })
    expect(status).toBe(0)
    expect(stdout.subarray(2048, 8192).every((byte: number) => byte === 0)).toBe(true)
    const path = place('piped.umf')
    writeFileSync(path, stdout)
    expect(await json(0, 'verify', path)).toMatchObject({ ok: true })
    expect(await json(2, 'pack', talk, '-o', '-')).toMatchObject({ error: { code: 'misused' } })
  })

  it('[O5] fetches little of an archive on a server: any item in three requests', async () => {
    const bytes = readFileSync(packed)
    const asked: string[] = []
    const server = createServer((request, answer) => {
      const { range = '' } = request.headers
      asked.push(range)
      const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(range)!
      const start = from === '' ? bytes.length - Math.min(Number(to), bytes.length) : Number(from)
      const end = from === '' || to === '' ? bytes.length - 1 : Number(to)
      answer.writeHead(206, { 'Content-Range': `bytes ${start}-${end}/${bytes.length}` })
      answer.end(bytes.subarray(start, end + 1))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/packed.umf`
      const end = await rushes('extract', url, 'slides/2.png', '-o', place('fetched.png'))
      expect(end.status, end.stderr).toBe(0)
      expect(readFileSync(place('fetched.png'))).toEqual(readFileSync(join(talk, 'slides', '2.png')))
      expect(asked.length).toBeLessThanOrEqual(3)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  it('leaves nothing behind when it is stopped, even while it waits for a server that says nothing any more', async () => {
    const bytes = readFileSync(packed)
    const silence = Promise.withResolvers<void>()
    const server = createServer((request, answer) => {
      const to = /^bytes=-(\d+)$/.exec(request.headers.range ?? '')?.[1]
      if (to === undefined) return silence.resolve()
      const start = bytes.length - Number(to)
      answer.writeHead(206, { 'Content-Range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` })
      answer.end(bytes.subarray(start))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const away = place('away')
    mkdirSync(away)
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/packed.umf`
      const command = startCommand(['extract', url, 'large.bin', '-o', join(away, 'large.bin'), '--json'])
      await silence.promise
      command.signal('SIGINT')
      expect(await command.ended).toMatchObject({ status: 1 })
      expect(JSON.parse(command.stdout)).toMatchObject({ error: { code: 'stopped' } })
      expect(readdirSync(away)).toEqual([])
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  it('writes over nothing unless it is told to, and leaves nothing of what failed', async () => {
    const target = place('kept.txt')
    writeFileSync(target, 'mine')
    for (const args of [
      ['extract', packed, 'slides/1.png', '-o', target],
      ['pack', talk, '-o', target],
    ]) {
      expect(await json(1, ...args)).toMatchObject({ error: { code: 'file-exists' } })
      expect(readFileSync(target, 'utf8')).toBe('mine')
    }
    await json(0, 'extract', packed, 'slides/1.png', '-o', target, '--force')
    expect(statSync(target).size).toBe(5000)

    const damaged = copyOf(packed, 'damaged.umf')
    const bytes = readFileSync(damaged)
    const at = bytes.indexOf(Buffer.alloc(10_000, 2))
    bytes[at + 17]! ^= 4
    writeFileSync(damaged, bytes)
    expect(await json(1, 'verify', damaged)).toMatchObject({
      ok: false,
      problems: [{ code: 'item', item: 'slides/2.png', offset: at }],
    })
    expect(await json(1, 'extract', damaged, 'slides/2.png', '-o', place('bad.png'))).toMatchObject({
      error: { code: 'malformed' },
    })
    const partly = await json(1, 'unpack', damaged, '-o', place('partly'))
    expect(partly['notes']).toMatchObject([{ severity: 'critical', code: 'damaged', resource: 'slides/2.png' }])
    expect(existsSync(place('partly', 'slides', '2.png'))).toBe(false)
    expect(existsSync(place('partly', 'slides', '3.png'))).toBe(true)
    expect(readdirSync(folder).filter((name) => name === 'bad.png' || name.includes('.part'))).toEqual([])
  })
})

describe.concurrent('rushes unpack, of an archive that means harm', { timeout: 180_000 }, () => {
  it('[E1] gives files to names that are one where case does not count, or are devices, and says which', async () => {
    const names = ['A.txt', 'a.txt', 'a.txt/below', 'CON', 'umf.json', 'Straße', 'what?', '.profile']
    const path = place('names.umf')
    await archiveOf(path, Object.fromEntries(names.map((name) => [name, `content of ${name}`])))
    const { notes } = (await json(0, 'unpack', path, '-o', place('names'))) as { notes: Json[] }
    expect(notes.map(({ resource }) => resource)).toEqual(['a.txt', 'a.txt/below', 'CON', 'umf.json', 'what?'])
    const files = treeOf(place('names'))
    expect(new Set(files.map((name) => name.toLowerCase())).size).toBe(names.length + 1)
    await json(0, 'pack', place('names'), '-o', place('names-again.umf'))
    const again = readFileSync(place('names-again.umf'))
    expect(again.includes('of somebody else')).toBe(true)
    const resources = named(await json(0, 'inspect', place('names-again.umf')))
    for (const name of names) {
      const { offset, length } = resources.get(name) as { offset: number; length: number }
      expect(again.subarray(offset, offset + length).toString()).toBe(`content of ${name}`)
    }
  })

  it('follows no link in the folder, and takes the place of none', async () => {
    const path = place('links.umf')
    await archiveOf(path, { 'outside/file': 'new', 'direct.txt': 'new' })
    const out = place('links')
    const outside = place('outside')
    for (const each of [out, outside]) mkdirSync(each)
    writeFileSync(join(outside, 'file'), 'old')
    symlinkSync(outside, join(out, 'outside'))
    symlinkSync(join(outside, 'file'), join(out, 'direct.txt'))
    expect(await json(1, 'unpack', path, '-o', out)).toMatchObject({ error: { code: 'file-exists' } })
    expect(await json(1, 'unpack', path, '-o', out, '--force')).toMatchObject({ error: { code: 'link' } })
    expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('old')
    expect(readdirSync(outside)).toEqual(['file'])
  })

  it('packs no file that a umf.json finds over a link or outside of its folder', async () => {
    const sly = place('sly')
    mkdirSync(sly)
    symlinkSync('/etc', join(sly, 'etc'))
    for (const file of ['etc/hostname', '../packed.umf', '/etc/hostname']) {
      const item = { name: 'got', type: 'data', contentType: 'text/plain' }
      writeFileSync(join(sly, 'umf.json'), JSON.stringify({ umf: 1, items: [{ item, file }] }))
      const { error } = (await json(1, 'pack', sly, '-o', place('sly.umf'))) as { error: Json }
      expect(['no-such-file', 'bad-manifest']).toContain(error['code'])
    }
    expect(existsSync(place('sly.umf'))).toBe(false)
  })
})

describe.concurrent('rushes add, remove, set, compact', { timeout: 180_000 }, () => {
  it('[W6] changes an archive in place, and erases so that no byte is left', async () => {
    const path = copyOf(packed, 'edited.umf')
    const secret = place('secret.txt')
    writeFileSync(secret, 'nobody is to read this')
    await json(0, 'add', path, secret, '--start-ms', '5', '--end-ms', '6.1234', '--title', 'Secret')
    expect(await json(1, 'add', path, secret)).toMatchObject({ error: { code: 'name-taken' } })
    await json(0, 'add', path, secret, '--replace', '--level', '4')
    await json(0, 'set', path, 'secret.txt', 'limits.group=staff,board', 'name=kept.txt', 'language=de')
    expect(named(await json(0, 'inspect', path)).get('kept.txt')).toMatchObject({
      level: 4,
      limits: { group: ['staff', 'board'] },
    })
    for (const words of [
      ['kept.txt', 'length=7'],
      ['kept.txt', 'name=slides/1.png'],
      ['kept.txt', 'name=../out'],
      ['video.mp4', 'length=9000'],
      ['none', 'title=x'],
    ]) {
      const { error } = (await json(1, 'set', path, ...words)) as { error: Json }
      expect(['invalid', 'name-taken', 'not-found']).toContain(error['code'])
    }
    expect(await json(1, 'remove', path, 'none')).toMatchObject({ error: { code: 'not-found' } })
    await json(0, 'remove', path, 'kept.txt', '--erase')
    expect(readFileSync(path).includes('nobody is to read this')).toBe(false)
    expect(readFileSync(path).includes('kept.txt')).toBe(false)
    await json(0, 'remove', path, 'large.bin')
    expect(await json(0, 'verify', path)).toMatchObject({ ok: true })
    const { before, bytes } = (await json(0, 'compact', path)) as { before: number; bytes: number }
    expect(before - bytes).toBeGreaterThan(3_300_000)
    expect(await json(0, 'verify', path)).toMatchObject({ ok: true })
    expect([...named(await json(0, 'inspect', path)).keys()]).toEqual(
      [...named(await json(0, 'inspect', packed)).keys()].filter((name) => name !== 'large.bin'),
    )
  })

  it('is never half changed by several commands at once', async () => {
    const path = copyOf(packed, 'busy.umf')
    const ends = await Promise.all(
      [1, 2, 3, 4].map((count) =>
        rushes('add', path, join(talk, 'slides', '1.png'), '--name', `added-${count}`, '--json'),
      ),
    )
    const done = ends.map(({ status, stdout }) => [status, (JSON.parse(stdout) as { error?: Json }).error?.['code']])
    expect(done.every(([status, code]) => status === 0 || code === 'in-use')).toBe(true)
    const names = [...named(await json(0, 'inspect', path)).keys()]
    expect([1, 2, 3, 4].map((count) => names.includes(`added-${count}`))).toEqual(done.map(([status]) => status === 0))
    expect(await json(0, 'verify', path)).toMatchObject({ ok: true })
  })
})

describe.concurrent('rushes extract --as', { timeout: 180_000 }, () => {
  const vtt = 'WEBVTT\n\n00:01.000 --> 00:02.000\nHello there\n'

  it('makes what is not there, and says what could be made where it can not', async () => {
    const path = copyOf(packed, 'made.umf')
    const before = readFileSync(path)
    const sound = await json(0, 'extract', path, 'video.mp4', '--as', 'audio/mp4', '-o', place('sound.m4a'))
    expect(sound).toMatchObject({
      contentType: 'audio/mp4',
      by: 'ffmpeg-audio',
      bytes: statSync(place('sound.m4a')).size,
    })
    const probed = spawnSync('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'stream=codec_name',
      '-of',
      'csv=p=0',
      place('sound.m4a'),
    ])
    expect(String(probed.stdout).trim()).toBe('aac')
    const refused = await json(1, 'extract', path, 'transcript.vtt', '--as', 'audio/mpeg')
    expect(refused['error']).toMatchObject({ code: 'not-possible', message: expect.stringContaining('text/plain') })
    expect(readFileSync(path).equals(before)).toBe(true)
    for (const misused of [
      ['--keep'],
      ['--width', '10'],
      ['--with', 'large.bin'],
      ['--as', 'image/png', '--width', 'x'],
    ])
      expect((await rushes('extract', path, 'video.mp4', ...misused)).status, misused.join(' ')).toBe(2)
  })

  it('makes a picture of any page of a document, and its text', async () => {
    const path = place('deck.umf')
    await archiveOf(path, { 'deck.pdf': smallPdf(2).toString('latin1') }, { contentType: 'application/pdf' })
    const second = ['--as', 'image/png', '--page', '2', '--width', '160', '-o', place('page-2.png')]
    expect(await json(0, 'extract', path, 'deck.pdf', ...second)).toMatchObject({
      contentType: 'image/png',
      by: 'pdf-page',
    })
    expect(readFileSync(place('page-2.png')).readUInt32BE(16)).toBe(160)
    await json(0, 'extract', path, 'deck.pdf', '--as', 'text/plain', '-o', place('deck.txt'))
    expect(readFileSync(place('deck.txt'), 'utf8')).toBe('Page 1\n\fPage 2\n\f')
    const beyond = await json(1, 'extract', path, 'deck.pdf', '--as', 'text/plain', '--page', '3')
    expect(beyond['error']).toMatchObject({ code: 'parameters-refused', message: 'page: it has 2' })
  })

  it('[L4] --keep adds it with the strictest limits of what it was made of', async () => {
    const path = place('kept.umf')
    const limits = { group: ['staff'] }
    await archiveOf(path, { 'talk.vtt': vtt }, { type: 'transcript', contentType: 'text/vtt', level: 10, limits })
    const first = await json(
      0,
      'extract',
      path,
      'talk.vtt',
      '--as',
      'application/x-subrip',
      '--keep',
      '-o',
      place('a.srt'),
    )
    expect(readFileSync(place('a.srt'), 'utf8')).toContain('00:00:01,000 --> 00:00:02,000')
    expect(first).toMatchObject({ kept: 'made/talk.srt' })
    const again = await json(
      0,
      'extract',
      path,
      'talk.vtt',
      '--as',
      'application/x-subrip',
      '--keep',
      '-o',
      place('b.srt'),
    )
    expect(again).toEqual({ ...first, file: place('b.srt') })
    const made = named(await json(0, 'inspect', path)).get('made/talk.srt')
    expect(made).toMatchObject({ type: 'transcript', contentType: 'application/x-subrip', level: 10, limits })
    expect(await json(0, 'verify', path)).toMatchObject({ ok: true })
  })
})

describe.concurrent('rushes sign and verify', { timeout: 180_000 }, () => {
  it('[S] signs with keys of its own and of openssl; what was changed, or signed by others, is not trusted', async () => {
    const path = copyOf(packed, 'signed.umf')
    const [own, other] = [place('own.pem'), place('other.pem')]
    execFileSync('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', other])
    execFileSync('openssl', ['pkey', '-in', other, '-pubout', '-out', `${other}.pub`])
    await json(0, 'sign', path, '--key', own, '--new-key', '--signer', 'Ada')
    expect(statSync(own).mode & 0o077).toBe(0)
    expect(await json(1, 'sign', path, '--key', own, '--new-key')).toMatchObject({ error: { code: 'file-exists' } })
    expect(await json(1, 'verify', path, '--trust', `${other}.pub`)).toMatchObject({
      problems: [{ code: 'untrusted' }],
    })
    await json(0, 'sign', path, '--key', other, '--signer', 'Bo')
    expect(await json(0, 'verify', path, '--trust', `${other}.pub`)).toMatchObject({
      ok: true,
      signatures: [
        { signer: 'Ada', isValid: true, isTrusted: false },
        { signer: 'Bo', isValid: true, isTrusted: true },
      ],
    })
    expect((await rushes('inspect', path)).stdout).toMatch(/signed +by Ada, .*\nsigned +by Bo/)
    await json(0, 'set', path, 'title=Changed')
    expect(await json(1, 'verify', path, '--trust', `${own}.pub`)).toMatchObject({ problems: [{ code: 'untrusted' }] })
    writeFileSync(place('weak.pem'), 'no key at all')
    expect(await json(1, 'sign', path, '--key', place('weak.pem'))).toMatchObject({ error: { code: 'bad-key' } })
  })
})

describe.concurrent('commands for archives', { timeout: 180_000 }, () => {
  it('end with 2 when they are misused, and with 1 and the reason when they fail', async () => {
    for (const args of [
      ['inspect'],
      ['pack', talk],
      ['add', packed],
      ['set', packed, 'video.mp4'],
      ['unpack', packed],
    ]) {
      expect((await rushes(...args)).status, args.join(' ')).toBe(2)
    }
    for (const command of [['inspect'], ['verify'], ['compact']]) {
      expect(await json(1, ...command, place('none.umf'))).toMatchObject({ error: { code: 'no-such-file' } })
      expect(await json(1, ...command, join(talk, 'large.bin'))).toMatchObject({ error: { code: 'not-umf' } })
    }
  })
})
