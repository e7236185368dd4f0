// npm run bench -- live: 200 senders at 2.5 Mbit/s for a minute; how long an acknowledgement takes, and what it costs.
import { mkdtempSync, rmSync } from 'node:fs'
import { open, readFile, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { apiClient, parseReceiverMessage, writeChunkHeader } from '@rushes/protocol'
import { WebSocket } from 'ws'
import { makeBody } from './bodies.ts'
import { figure, spread, table } from './figures.ts'
import { cpuSeconds, ownerKey, residentBytes, startServerProcess } from './server-process.ts'

const chunkMs = 250
// A multiple of 4, the length of a mask.
const chunkBytes = Math.floor(((2.5e6 / 8 / 1000) * chunkMs) / 4) * 4

export async function benchLiveSenders(args: readonly string[]): Promise<string> {
  const senders = numberOf(args, 'senders') ?? 200
  const seconds = numberOf(args, 'seconds') ?? (args.includes('--short') ? 10 : 60)
  const stream = prepareStream(await readFile(makeBody('webm', 10)))
  const dataDir = mkdtempSync(join(tmpdir(), 'rushes-bench-data-'))
  const bare = spread(await bareWrites(dataDir, senders, stream.masked, Math.min(seconds, 20)))
  const server = await startServerProcess(dataDir)
  const memory: number[] = []
  try {
    const waits: number[] = []
    let lost = 0
    const running = await Promise.all(Array.from({ length: senders }, () => openSender(server.url, stream, waits)))
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
      '',
      `The same writes and syncs without a server, one process and its 16 threads: median ${figure(bare.median)} ms, p90 ${figure(bare.p90)} ms, p99 ${figure(bare.p99)} ms, max ${figure(bare.max)} ms`,
    ].join('\n')
  } finally {
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

function numberOf(args: readonly string[], name: string): number | undefined {
  const value = args.find((arg) => arg.startsWith(`--${name}=`))
  return value === undefined ? undefined : Number(value.slice(name.length + 3))
}

/** What the disk itself takes: as many files, as much to each at once, written and synced by this process; ms each. */
async function bareWrites(folder: string, files: number, bytes: Buffer, seconds: number): Promise<number[]> {
  const waits: number[] = []
  const one = async (index: number): Promise<void> => {
    const path = join(folder, `bare-${index}`)
    const file = await open(path, 'w')
    await sleep((index / files) * chunkMs)
    const startedAt = performance.now()
    for (let count = 0; count * chunkMs < seconds * 1000; count++) {
      await sleep(Math.max(startedAt + count * chunkMs - performance.now(), 0))
      const from = performance.now()
      await file.write(bytes, count * chunkBytes, chunkBytes)
      await file.datasync()
      waits.push(performance.now() - from)
    }
    await file.close()
    await rm(path)
  }
  await Promise.all(Array.from({ length: files }, (_, index) => one(index)))
  return waits
}

type LiveSender = { run(forMs: number, delayMs: number): Promise<void>; finish(): Promise<number> }

/** What every sender sends: the same chunks, masked and with their chains beforehand, so that the clients cost little. */
type LiveStream = { masked: Buffer; chains: number[] }

// RFC 6455 5.3: any key will do for a receiver, which takes each byte out of it all the same.
const maskKey = Buffer.from([0x5a, 0xc3, 0x17, 0xe8])

function prepareStream(body: Buffer): LiveStream {
  const masked = Buffer.from(body.map((byte, index) => byte ^ maskKey[index % 4]!))
  const chains: number[] = []
  for (let at = 0; at + chunkBytes <= body.length; at += chunkBytes) {
    chains.push(crc32(body.subarray(at, at + chunkBytes), chains.at(-1) ?? 0))
  }
  return { masked, chains }
}

async function openSender(server: string, stream: LiveStream, waits: number[]): Promise<LiveSender> {
  const { ingestUrl, token } = await apiClient({ server, key: ownerKey }).createRecording({})
  const { hostname, port } = new URL(ingestUrl)
  const connection = connect({ host: hostname, port: Number(port), noDelay: true })
  const socket = new WebSocket(ingestUrl, 'rushes-ingest-1', {
    perMessageDeflate: false,
    createConnection: () => connection,
  })
  const sentAt: number[] = []
  let epoch = 0
  let sent = 0
  let acknowledged = 0
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
        while ((acknowledged + 1) * chunkBytes <= message.offset) waits.push(now - sentAt[acknowledged++]!)
      }
    })
  })

  function sendChunk(): void {
    const offset = sent * chunkBytes
    const frame = Buffer.alloc(14 + 24)
    frame[0] = 0x82 // FIN, binary
    frame[1] = 0x80 | 127 // masked, a length of 64 bits
    frame.writeBigUInt64BE(BigInt(24 + chunkBytes), 2)
    frame.set(maskKey, 10)
    const header = frame.subarray(14)
    writeChunkHeader(header, { epoch, offset, crc: stream.chains[sent]! }, crc32)
    for (let index = 0; index < header.length; index++) header[index]! ^= maskKey[index % 4]!
    sentAt.push(performance.now())
    sent++
    connection.cork()
    connection.write(frame)
    connection.write(stream.masked.subarray(offset, offset + chunkBytes))
    connection.uncork()
  }

  return {
    async run(forMs, delayMs) {
      await sleep(delayMs)
      const until = performance.now() + forMs
      await new Promise<void>((resolve) => {
        const timer = setInterval(() => {
          if (performance.now() < until) return sendChunk()
          clearInterval(timer)
          resolve()
        }, chunkMs)
      })
    },
    async finish() {
      if (acknowledged < sent) await sleep(2000)
      socket.terminate()
      return sent - acknowledged
    },
  }
}
