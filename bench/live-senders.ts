// npm run bench -- live: 200 senders at 2.5 Mbit/s for a minute; how long an acknowledgement takes, and what it costs.
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { apiClient, parseReceiverMessage, writeChunkHeader } from '@rushes/protocol'
import { WebSocket } from 'ws'
import { makeBody } from './bodies.ts'
import { figure, spread, table } from './figures.ts'
import { cpuSeconds, ownerKey, residentBytes, startServerProcess } from './server-process.ts'

const chunkMs = 250
const chunkBytes = Math.round((2.5e6 / 8 / 1000) * chunkMs)

export async function benchLiveSenders(args: readonly string[]): Promise<string> {
  const senders = Number(/^--senders=(\d+)$/.exec(args.find((arg) => arg.startsWith('--senders=')) ?? '')?.[1] ?? 200)
  const seconds = args.includes('--short') ? 10 : 60
  const body = await readFile(makeBody('webm', 10))
  const dataDir = mkdtempSync(join(tmpdir(), 'rushes-bench-data-'))
  const server = await startServerProcess(dataDir)
  const memory: number[] = []
  try {
    const waits: number[] = []
    let lost = 0
    const running = await Promise.all(Array.from({ length: senders }, () => openSender(server.url, body, waits)))
    const before = cpuSeconds(server.pid)
    const startedAt = performance.now()
    const sampling = setInterval(() => memory.push(residentBytes(server.pid)), 1000)
    await Promise.all(running.map((sender, index) => sender.run(seconds * 1000, (index / senders) * chunkMs)))
    clearInterval(sampling)
    const cpu = (cpuSeconds(server.pid) - before) / ((performance.now() - startedAt) / 1000)
    for (const sender of running) lost += await sender.finish()
    const { median, p90, p99, max, n } = spread(waits)
    const third = Math.floor(memory.length / 3)
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length / 1e6
    return [
      `${senders} senders at 2.5 Mbit/s in chunks of ${chunkMs} ms for ${seconds} s`,
      '',
      table(
        [
          'chunks',
          'not acknowledged',
          'acknowledged after, ms: median',
          'p90',
          'p99',
          'max',
          'CPU cores',
          'memory MB: first third',
          'last third',
        ],
        [
          [
            n,
            lost,
            figure(median),
            figure(p90),
            figure(p99),
            figure(max),
            figure(cpu),
            figure(mean(memory.slice(0, third))),
            figure(mean(memory.slice(-third))),
          ],
        ],
      ),
    ].join('\n')
  } finally {
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

type LiveSender = { run(forMs: number, delayMs: number): Promise<void>; finish(): Promise<number> }

async function openSender(server: string, body: Buffer, waits: number[]): Promise<LiveSender> {
  const { ingestUrl, token } = await apiClient({ server, key: ownerKey }).createRecording({})
  const socket = new WebSocket(ingestUrl, 'rushes-ingest-1', { perMessageDeflate: false })
  const sentAt: { end: number; at: number }[] = []
  let epoch = 0
  let sent = 0
  let chain = 0
  await new Promise<void>((resolve, reject) => {
    socket.on('open', () => socket.send(JSON.stringify({ type: 'hello', protocol: 1, token })))
    socket.on('error', reject)
    socket.on('message', (data) => {
      const now = performance.now()
      const message = parseReceiverMessage(data.toString())
      if (message.type === 'welcome') {
        epoch = message.epoch
        resolve()
      } else if (message.type === 'ack') {
        while (sentAt.length > 0 && sentAt[0]!.end <= message.offset) waits.push(now - sentAt.shift()!.at)
      }
    })
  })

  function sendChunk(): void {
    const from = sent % (body.length - chunkBytes)
    const message = new Uint8Array(24 + chunkBytes)
    message.set(body.subarray(from, from + chunkBytes), 24)
    chain = crc32(message.subarray(24), chain)
    writeChunkHeader(message, { epoch, offset: sent, crc: chain }, crc32)
    sent += chunkBytes
    sentAt.push({ end: sent, at: performance.now() })
    socket.send(message)
  }

  return {
    run: (forMs, delayMs) =>
      new Promise((resolve) => {
        setTimeout(() => {
          const until = performance.now() + forMs
          const timer = setInterval(() => {
            if (performance.now() < until) return sendChunk()
            clearInterval(timer)
            resolve()
          }, chunkMs)
        }, delayMs)
      }),
    async finish() {
      await new Promise((resolve) => setTimeout(resolve, sentAt.length > 0 ? 2000 : 0))
      socket.terminate()
      return sentAt.length
    },
  }
}
