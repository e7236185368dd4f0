import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer, testOwnerKey } from '../../server/test/server-for-tests.ts'
import { endCommands, runCommand, startCommand } from './command-for-tests.ts'

let server: TestServer
let folder: string
let clip: string

beforeAll(async () => {
  server = await startTestServer()
  folder = mkdtempSync(join(tmpdir(), 'rushes-upload-'))
  clip = join(folder, 'clip.mp4')
  const input = '-f lavfi -i testsrc2=size=320x180:rate=25 -f lavfi -i sine=frequency=440 -t 2'
  const args = `-v error -y ${input} -c:v libx264 -preset ultrafast -c:a aac`
  execFileSync('ffmpeg', [...args.split(' '), clip])
})

afterEach(endCommands)

afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')
const environment = () => ({ RUSHES_SERVER: server.url, RUSHES_KEY: testOwnerKey })

const unfinished = async () => (await server.client.uploads()).filter(({ isComplete }) => !isComplete)

/** A file of the clip's pictures and so many further bytes, before a `moov` that stays at the end. */
function paddedClip(name: string, megabytes: number): string {
  const bytes = readFileSync(clip)
  const moov = bytes.indexOf('moov') - 4
  const path = join(folder, name)
  writeFileSync(path, bytes.subarray(0, moov))
  const head = Buffer.alloc(8)
  head.writeUInt32BE(megabytes * 2 ** 20 + 8)
  head.write('free', 4)
  appendFileSync(path, head)
  for (let count = 0; count < megabytes; count++) appendFileSync(path, Buffer.alloc(2 ** 20, count))
  appendFileSync(path, bytes.subarray(moov))
  return path
}

/** Passes requests on to the server, and says nothing any more after so many chunks. */
async function openSilentProxy(chunks: number): Promise<{ url: string; isSilent: Promise<void>; close(): void }> {
  const silence = Promise.withResolvers<void>()
  let left = chunks
  const proxy = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming
    if (method === 'PATCH' && left-- <= 0) {
      silence.resolve()
      return
    }
    const onward = request(new URL(url!, server.url), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const { port } = proxy.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    isSilent: silence.promise,
    close() {
      proxy.closeAllConnections()
      proxy.close()
    },
  }
}

describe('rushes upload', () => {
  it('sends a file and prints what record prints', async () => {
    const { status, stdout } = await runCommand(['upload', clip, '--json'], environment())
    expect(status).toBe(0)
    const result = JSON.parse(stdout) as Record<string, unknown>
    expect(result).toMatchObject({ bytes: readFileSync(clip).length, sha256: sha256(clip), mp4State: 'ready' })
    expect(result['waitMs']).toBeGreaterThan(0)
    expect((await fetch(result['mp4Url'] as string)).status).toBe(200)
  })

  it('[T11] makes an archive the recording that it was', async () => {
    const headers = { authorization: `Bearer ${testOwnerKey}` }
    const sent = await runCommand(['upload', clip, '--json'], environment())
    const { id } = JSON.parse(sent.stdout) as { id: string }
    await server.client.rename(id, 'A talk about archives')
    const exported = await fetch(`${server.url}/api/v1/recordings/${id}/file.umf`, { headers })
    const path = join(folder, 'some name.umf')
    writeFileSync(path, Buffer.from(await exported.arrayBuffer()))
    const { status, stdout } = await runCommand(['upload', path, '--json'], environment())
    expect([status, JSON.parse(stdout)]).toMatchObject([0, { mp4State: 'ready', archive: { state: 'restored' } }])
    const again = await server.client.recording((JSON.parse(stdout) as { id: string }).id)
    expect(again.title).toBe('A talk about archives')
    await server.client.rename(id, 'clip.mp4') // by which it is found again
  })

  it('takes folders, several files at once, and says of each what became of it', async () => {
    const many = join(folder, 'many')
    mkdirSync(join(many, 'deep'), { recursive: true })
    for (const [at, name] of ['one.mp4', 'deep/two.mp4'].entries()) {
      writeFileSync(
        join(many, name),
        Buffer.concat([readFileSync(clip), Buffer.of(0, 0, 0, 8 + at, 102, 114, 101, 101), Buffer.alloc(at)]),
      )
    }
    writeFileSync(join(many, 'notes.mp4'), 'These are notes and nothing that moves. '.repeat(20))
    writeFileSync(join(many, '.hidden'), 'x')
    const { status, stdout } = await runCommand(['upload', many, '--json', '--at-once', '3'], environment())
    expect(status).toBe(1)
    const { uploads } = JSON.parse(stdout) as { uploads: { file: string; error?: { code: string } }[] }
    expect(uploads.map(({ file, error }) => [file.slice(many.length + 1), error?.code ?? 'sent'])).toEqual([
      ['deep/two.mp4', 'sent'],
      ['notes.mp4', 'not-media'],
      ['one.mp4', 'sent'],
    ])
  })

  it('[T5] goes on where it was when it is run again', async () => {
    const path = paddedClip('long.mp4', 12)
    const silent = await openSilentProxy(3)
    const first = startCommand(['upload', path, '--json'], { ...environment(), RUSHES_SERVER: silent.url })
    await silent.isSilent
    first.signal('SIGKILL')
    await first.ended
    silent.close()
    const left = await unfinished()
    expect(left).toHaveLength(1)
    expect(left[0]!.received).toBeGreaterThan(2 ** 20)
    const { status, stdout } = await runCommand(['upload', path, '--json'], environment())
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ id: left[0]!.id, sha256: sha256(path), mp4State: 'ready' })
    expect(await unfinished()).toEqual([])
  })

  it('finds a file that was complete before its sender heard so, and sends nothing twice', async () => {
    const again = await runCommand(['upload', clip, '--json'], environment())
    const first = (await server.client.uploads()).filter(({ title, isComplete }) => title === 'clip.mp4' && isComplete)
    expect(first).toHaveLength(1)
    expect(JSON.parse(again.stdout)).toMatchObject({ id: first[0]!.id, sha256: sha256(clip) })
  })

  it('ends with 2 when it is misused, and 1 with the reason when it fails', async () => {
    expect(await runCommand(['upload'], environment())).toMatchObject({ status: 2 })
    const missing = await runCommand(['upload', join(folder, 'none.mp4'), '--json'], environment())
    expect(missing.status).toBe(1)
    expect(JSON.parse(missing.stdout)).toMatchObject({ error: { code: 'no-such-file' } })
    const unsigned = await runCommand(['upload', clip, '--json'], { RUSHES_SERVER: server.url, RUSHES_KEY: 'rk_no' })
    expect(unsigned.status).toBe(1)
    expect(JSON.parse(unsigned.stdout)).toMatchObject({ error: { code: 'invalid-credentials' } })
  })
})
