// npm run bench -- umf-export: what handing out a recording with all that belongs to it costs, beside its MP4 alone.
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BodyKind, bytesOf, makeBody } from './bodies.ts'
import { figure, spread, table } from './figures.ts'
import { published, sendAll } from './sender.ts'
import { cpuSeconds, type ServerProcess, startServerProcess } from './server-process.ts'

const agent = new Agent({ keepAlive: true })

type Ending = 'mp4' | 'umf'

export async function benchUmfExport(args: readonly string[]): Promise<string> {
  const minutes = args.includes('--short') ? 10 : 60
  const trials = args.includes('--short') ? 4 : 8
  const rows: string[][] = []
  const kinds: BodyKind[] = args.includes('--mp4') ? ['mp4'] : args.includes('--webm') ? ['webm'] : ['webm', 'mp4']
  for (const kind of kinds) rows.push(await benchKind(kind, minutes, trials))
  const head = [
    `body of ${minutes} min`,
    'MB',
    'first byte of the first file.umf, ms',
    'of the next: median',
    'of file.mp4: median',
    'CPU ms a MB: file.mp4',
    'file.umf',
    'ratio',
  ]
  return `${trials} whole downloads of each, in turns\n\n${table(head, rows)}`
}

async function benchKind(kind: BodyKind, minutes: number, trials: number): Promise<string[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'rushes-bench-data-'))
  const server = await startServerProcess(dataDir)
  try {
    const body = makeBody(kind, minutes)
    const sender = await sendAll(server.url, body)
    sender.end()
    const base = (await published(sender)).mp4Url!.replace(/mp4$/, '')
    const first = (await download(`${base}umf`, 'bytes=0-9999')).firstMs
    const costs: Record<Ending, number[]> = { mp4: [], umf: [] }
    const waits: Record<Ending, number[]> = { mp4: [], umf: [] }
    // One of each before: code that was never run is not compiled yet.
    for (let trial = -1; trial < trials; trial++) {
      for (const ending of trial % 2 === 0 ? (['mp4', 'umf'] as const) : (['umf', 'mp4'] as const)) {
        const { cost, firstMs } = await measured(server, `${base}${ending}`)
        if (trial < 0) continue
        costs[ending].push(cost)
        waits[ending].push(firstMs)
      }
    }
    const cost = { mp4: spread(costs.mp4).median, umf: spread(costs.umf).median }
    return [
      kind,
      figure(bytesOf(body) / 1e6),
      figure(first),
      figure(spread(waits.umf).median),
      figure(spread(waits.mp4).median),
      figure(cost.mp4),
      figure(cost.umf),
      figure(cost.umf / cost.mp4),
    ]
  } finally {
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** CPU of the server's process, ms a MB that it sent. */
async function measured(server: ServerProcess, url: string): Promise<{ cost: number; firstMs: number }> {
  const before = cpuSeconds(server.pid)
  const { bytes, firstMs } = await download(url)
  return { cost: ((cpuSeconds(server.pid) - before) * 1e3) / (bytes / 1e6), firstMs }
}

function download(url: string, range?: string): Promise<{ bytes: number; firstMs: number }> {
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: range === undefined ? {} : { range } }, (response: IncomingMessage) => {
      let bytes = 0
      let firstMs = Number.NaN
      response.on('data', (data: Buffer) => {
        if (bytes === 0) firstMs = performance.now() - startedAt
        bytes += data.length
      })
      response.on('end', () => resolve({ bytes, firstMs }))
      response.on('error', reject)
    }).on('error', reject)
  })
}
