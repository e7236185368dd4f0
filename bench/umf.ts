// npm run bench -- umf: archives against zip, which does the same work without digests, sync and playback; and what opening
// one costs.
import { execFile, spawnSync } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type NewItem, UmfWriter } from '@rushes/umf'
import { nodeSha256 } from '@rushes/umf/node'
import { figure, spread, table } from './figures.ts'
import type { OpenCost } from './umf-open.ts'

const rounds = 3
const opener = join(import.meta.dirname, 'umf-open.ts')
const rushes = join(import.meta.dirname, '..', 'packages', 'rushes', 'bin', 'rushes.js')

export async function benchUmf(args: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'rushes-bench-umf-'))
  try {
    const parts: string[] = []
    if (args.length === 0 || args.includes('zip')) parts.push(benchZip(folder))
    if (args.length === 0 || args.includes('open')) parts.push(await benchOpen(folder))
    return parts.join('\n\n')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** 1 GB that can't be made smaller: 20 large files, and 1,000 small ones. */
function makeFiles(folder: string): number {
  const bytes = Buffer.alloc(48_000_000)
  mkdirSync(join(folder, 'small'), { recursive: true })
  for (let count = 0; count < 20; count++) writeFileSync(join(folder, `${count}.bin`), randomFillSync(bytes))
  for (let count = 0; count < 1000; count++) {
    writeFileSync(join(folder, 'small', `${count}.bin`), randomFillSync(bytes.subarray(0, 40_000)))
  }
  return 20 * 48_000_000 + 1000 * 40_000
}

function benchZip(folder: string): string {
  const input = join(folder, 'in')
  const bytes = makeFiles(input)
  const [zip, umf, out] = ['out.zip', 'out.umf', 'out'].map((name) => join(folder, name)) as [string, string, string]
  const works: [name: string, peer: string | null, run: () => void][] = [
    ['zip -0', null, () => run('zip', '-0', '-r', '-q', zip, input)],
    ['zip -0, then sync', null, () => runAll(['zip', '-0', '-r', '-q', zip, input], ['sync', zip])],
    ['rushes pack (synced)', 'zip -0', () => run(process.execPath, rushes, 'pack', input, '-o', umf, '--no-video')],
    ['unzip', null, () => run('unzip', '-q', zip, '-d', out)],
    ['rushes unpack', 'unzip', () => run(process.execPath, rushes, 'unpack', umf, '-o', out)],
    ['unzip -t', null, () => run('unzip', '-t', '-q', zip)],
    ['rushes verify', 'unzip -t', () => run(process.execPath, rushes, 'verify', umf)],
  ]
  const times = new Map(works.map(([name]) => [name, [] as number[]]))
  // Interleaved, so that a slow minute of the machine is slow for all of them.
  for (let round = 0; round < rounds; round++) {
    for (const [name, , work] of works) {
      const made = name.includes('unzip -t') || name.includes('verify') ? [] : madeBy(name, { zip, umf, out })
      for (const path of made) rmSync(path, { recursive: true, force: true })
      run('sync')
      const from = performance.now()
      work()
      times.get(name)!.push(performance.now() - from)
    }
  }
  const rows = works.map(([name, peer]) => {
    const { median, min, max } = spread(times.get(name)!)
    const ratio = peer === null ? '' : figure(spread(times.get(peer)!).median / median)
    return [
      name,
      figure(median / 1000),
      `${figure(min / 1000)}–${figure(max / 1000)}`,
      figure(bytes / 1e3 / median),
      ratio,
    ]
  })
  return `${table(['1 GB in 1,020 files', 's (median of 3)', 'range', 'MB/s', '× as fast as its peer'], rows)}`
}

function madeBy(name: string, { zip, umf, out }: { zip: string; umf: string; out: string }): string[] {
  if (name.startsWith('zip')) return [zip]
  return name.includes(' pack') ? [umf] : [out]
}

function runAll(...commands: readonly [string, ...string[]][]): void {
  for (const [program, ...args] of commands) run(program, ...args)
}

function run(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'], maxBuffer: 2 ** 26 })
  if (status !== 0) throw new Error(`${program} ${args[0]} ended with ${status}: ${stderr}`)
}

async function benchOpen(folder: string): Promise<string> {
  const many = join(folder, 'many.umf')
  const slides = Array.from({ length: 10_000 }, (_, index) => slide(index, 1000))
  await writeArchive(many, [slides])
  const large = join(folder, 'large.umf')
  const videos = Array.from({ length: 40 }, (_, index) => [video(index, 256_000_000)])
  await writeArchive(large, [...videos, Array.from({ length: 1000 }, (_, index) => slide(index, 1000))])
  const { url, requests, close } = await serve(folder)
  try {
    const measured: [string, string, string][] = [
      ['10,000 items, from disk', many, 'slides/9999.png'],
      ['10,000 items, over HTTP', `${url}/many.umf`, 'slides/9999.png'],
      [`${figure(statSync(large).size / 1e9)} GB, from disk`, large, 'videos/39.mp4'],
      [`${figure(statSync(large).size / 1e9)} GB, over HTTP`, `${url}/large.umf`, 'videos/39.mp4'],
    ]
    const rows = []
    for (const [words, place, item] of measured) {
      const costs: OpenCost[] = []
      const before = requests()
      for (let round = 0; round < 5; round++) costs.push(await openIn(place, item))
      const { median, max } = spread(costs.map(({ openMs }) => openMs))
      const held = spread(costs.map(({ heldBytes }) => heldBytes)).max
      const grown = spread(costs.map(({ grownBytes }) => grownBytes)).max
      const first = spread(costs.map(({ firstByteMs }) => firstByteMs)).median
      // One of them each time loads the platform's own fetch.
      const asked = place.startsWith('http') ? (requests() - before) / costs.length - 1 : 0
      rows.push([words, figure(median), figure(max), figure(first), asked, figure(held / 1e6), figure(grown / 1e6)])
    }
    const head = [
      'archive',
      'open ms (median of 5)',
      'slowest',
      'first byte of the last item, ms more',
      'requests in all',
    ]
    return table([...head, 'held MB', 'process grown by MB'], rows)
  } finally {
    close()
  }
}

function slide(index: number, bytes: number): NewItem {
  const span = { startMs: index * 1000, endMs: index * 1000 + 1000 }
  const item = {
    name: `slides/${index}.png`,
    type: 'slide',
    contentType: 'image/png',
    title: `Slide ${index}`,
    ...span,
  }
  return { item, content: new Uint8Array(bytes).fill(index) }
}

function video(index: number, length: number): NewItem {
  return {
    item: { name: `videos/${index}.mp4`, type: 'video', contentType: 'video/mp4' },
    content: zeros(length),
    length,
  }
}

const empty = new Uint8Array(1024 * 1024)

async function* zeros(length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < length; at += empty.length) yield empty.subarray(0, Math.min(empty.length, length - at))
}

/** Zeros are left as holes: 10 GB need no disk. */
async function writeArchive(path: string, groups: readonly NewItem[][]): Promise<void> {
  await using handle = await open(path, 'w')
  let at = 0
  const writer = new UmfWriter({
    sha256: nodeSha256,
    async write(bytes) {
      if (bytes.buffer !== empty.buffer) await handle.write(bytes, 0, bytes.length, at)
      at += bytes.length
    },
  })
  for (const group of groups) await writer.add(...group)
  await writer.finish()
}

/** In a process of its own, so that what it holds can be told. */
async function openIn(place: string, item: string): Promise<OpenCost> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  execFile(process.execPath, ['--expose-gc', opener, place, item], (fault, stdout) =>
    fault === null ? resolve(stdout) : reject(fault),
  )
  return JSON.parse(await promise) as OpenCost
}

type Served = { url: string; requests(): number; close(): void }

/** A static file server as any is. */
async function serve(folder: string): Promise<Served> {
  let count = 0
  const server = createServer((request, answer) => {
    count++
    const path = join(folder, request.url!.slice(1))
    if (!existsSync(path)) return void answer.writeHead(404).end()
    const { size } = statSync(path)
    const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '')!
    const start = from === '' ? Math.max(size - Number(to), 0) : Number(from)
    const end = from === '' || to === '' ? size - 1 : Number(to)
    answer.writeHead(206, {
      'Content-Range': `bytes ${start}-${end}/${size}`,
      'Content-Length': end - start + 1,
      ETag: '"1"',
    })
    createReadStream(path, { start, end }).pipe(answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => count,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
