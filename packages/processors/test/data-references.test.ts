// ISO/IEC 14496-12 §8.7.2: a track may say that its samples lie in another file. Nothing of ours goes there.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBodyIndex } from '../../media/src/body-index.ts'
import { convert, ffmpeg } from './conversion.ts'

const folder = mkdtempSync(join(tmpdir(), 'rushes-dref-'))
chmodSync(folder, 0o755)
const words = 'a secret of ours '
const secret = join(folder, 'secret')
let silence: Buffer
let reached = 0
const server = createServer((socket) => {
  reached++
  socket.destroy()
})
let port = 0

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as { port: number }).port
  writeFileSync(secret, words.repeat(20_000))
  const path = join(folder, 'silence.mov')
  await ffmpeg('-f', 'lavfi', '-i', 'anullsrc=r=8000:cl=mono', '-t', '1', '-c:a', 'pcm_s16le', '-f', 'mov', '-y', path)
  silence = readFileSync(path)
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The same file with another `dref`; its `moov` comes last, so that nothing else moves. */
function withReferences(count: number, entries: Buffer): Buffer {
  const boxes: number[] = []
  let at = silence.indexOf('moov', 0, 'latin1') - 4
  for (const name of ['moov', 'trak', 'mdia', 'minf', 'dinf', 'dref']) {
    at = silence.indexOf(name, at, 'latin1') - 4
    boxes.push(at)
  }
  const dref = boxes.at(-1)!
  const end = dref + silence.readUInt32BE(dref)
  const content = Buffer.concat([Buffer.alloc(4), uint32(count), entries])
  const grown = content.length + 8 - (end - dref)
  const head = Buffer.from(silence.subarray(0, dref))
  for (const box of boxes.slice(0, -1)) head.writeUInt32BE(silence.readUInt32BE(box) + grown, box)
  return Buffer.concat([head, uint32(content.length + 8), Buffer.from('dref'), content, silence.subarray(end)])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function entry(type: string, flags: number, content: Buffer): Buffer {
  return Buffer.concat([uint32(12 + content.length), Buffer.from(type, 'latin1'), uint32(flags), content])
}

/** QuickTime's alias record, as far as programs read it: the path as a whole, in a record of type 2. */
function alias(path: string): Buffer {
  const record = Buffer.alloc(4)
  record.writeUInt16BE(2, 0)
  record.writeUInt16BE(path.length, 2)
  const padding = Buffer.alloc(path.length % 2)
  return entry(
    'alis',
    0,
    Buffer.concat([Buffer.alloc(150), record, Buffer.from(path), padding, Buffer.from([255, 255, 0, 0])]),
  )
}

function write(name: string, bytes: Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

/** What comes of it, or the words in which it is refused. */
async function made(path: string): Promise<Buffer> {
  return await convert('audio/wav', [['video/quicktime', path]]).then(
    ({ bytes }) => bytes,
    (fault: Error & { detail?: string }) => Buffer.from(`${fault.message} ${fault.detail}`),
  )
}

describe('samples that a file says are in another one', { timeout: 60_000 }, () => {
  it('are read from no file and no server, though ffmpeg could', async () => {
    const path = write('alias.mov', withReferences(1, alias(secret)))
    expect((await made(path)).includes(words)).toBe(false)
    // As a control: told to, ffmpeg reads them.
    const open = ['-enable_drefs', '1', '-use_absolute_path', '1', '-i', path]
    expect((await ffmpeg(...open, '-f', 's16le', '-c:a', 'pcm_s16le', '-')).includes(words)).toBe(true)
    const url = write('url.mov', withReferences(1, entry('url ', 0, Buffer.from(`http://127.0.0.1:${port}/x\0`))))
    await made(url)
    expect(reached).toBe(0)
  })

  it('take no more than the file itself, however many files are named', async () => {
    const here = entry('url ', 1, Buffer.alloc(0))
    const many = withReferences(100_000, Buffer.concat(Array(100_000).fill(here)))
    const bytes = await made(write('many.mov', many))
    expect(bytes.subarray(0, 4).toString('latin1')).toBe('RIFF')
    // More than the box could hold.
    const lying = await made(write('lying.mov', withReferences(0xffff_ffff, here)))
    expect(lying.includes(words)).toBe(false)
    for (const file of [many, withReferences(0xffff_ffff, here), withReferences(1, alias(secret))]) {
      const index = openBodyIndex()
      index.push(file)
      index.finish()
      const view = index.mp4View()
      const size =
        view.state === 'ready'
          ? view.layout.extents.flatMap((each) => (each.kind === 'bytes' ? each.bytes.length : []))
          : []
      // What we write says that samples lie here, and names nothing.
      expect(size.reduce((sum, each) => sum + each, 0)).toBeLessThan(100_000)
    }
  })
})
