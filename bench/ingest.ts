// npm run bench -- ingest: the same bytes in the same pieces to Rushes and to @tus/server, megabytes per CPU-second of
// the receiving process. We check a chain, sync, index and hash; it writes.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { apiClient, parseReceiverMessage, writeChunkHeader } from '@rushes/protocol'
import { WebSocket } from 'ws'
import { makeBody } from './bodies.ts'
import { figure, spread, table } from './figures.ts'
import { cpuSeconds, ownerKey, type ServerProcess, startServerProcess } from './server-process.ts'

const pieceBytes = 80 * 1024
const clients = 50
/** Pieces that a client may have on their way; a tus client waits for each answer, as its protocol has it. */
const window = 16

export async function benchIngest(args: readonly string[]): Promise<string> {
  const rounds = args.includes('--short') ? 1 : 3
  const body = (await readFile(makeBody('webm', 10))).subarray(0, 40 * 1024 * 1024)
  const rows: string[][] = []
  const ours: number[] = []
  const tusPatches: number[] = []
  const tusStream: number[] = []
  for (let round = 0; round < rounds; round++) {
    ours.push(await rushesRound(body))
    tusPatches.push(await tusRound(body, 'patch'))
    tusStream.push(await tusRound(body, 'stream'))
    console.error(
      `round ${round + 1}: ${figure(ours.at(-1)!)} / ${figure(tusPatches.at(-1)!)} / ${figure(tusStream.at(-1)!)} MB per CPU-second`,
    )
  }
  const mine = spread(ours).median
  const row = (name: string, values: number[]) => {
    const { median, min, max } = spread(values)
    rows.push([name, `${figure(median)} (${figure(min)}–${figure(max)})`, figure(mine / median)])
  }
  row('Rushes: checked, synced, indexed, hashed, acknowledged', ours)
  row(`@tus/server, one PATCH per ${pieceBytes / 1024} KiB`, tusPatches)
  row('@tus/server, one PATCH for everything', tusStream)
  return `${clients} clients, ${figure((body.length * clients) / 1e6)} MB in pieces of 80 KiB\n\n${table(['receiver', 'MB per CPU-second', 'Rushes is × as fast'], rows)}`
}

async function measured(server: ServerProcess, bytes: number, work: () => Promise<void>): Promise<number> {
  const before = cpuSeconds(server.pid)
  await work()
  return bytes / 1e6 / (cpuSeconds(server.pid) - before)
}

async function rushesRound(body: Buffer): Promise<number> {
  const dataDir = mkdtempSync(join(tmpdir(), 'rushes-bench-data-'))
  const server = await startServerProcess(dataDir)
  try {
    await sendOne(server.url, body.subarray(0, 10 * pieceBytes)) // warm
    return await measured(server, body.length * clients, async () => {
      await Promise.all(Array.from({ length: clients }, () => sendOne(server.url, body)))
    })
  } finally {
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** A sender by SPEC.md with fixed pieces. */
async function sendOne(server: string, body: Buffer): Promise<void> {
  const { ingestUrl, token } = await apiClient({ server, key: ownerKey }).createRecording({})
  const socket = new WebSocket(ingestUrl, 'rushes-ingest-1', { perMessageDeflate: false })
  await new Promise<void>((resolve, reject) => {
    let epoch = 0
    let sent = 0
    let safe = 0
    let chain = 0
    const pump = (): void => {
      while (sent < body.length && sent - safe < window * pieceBytes) {
        const piece = body.subarray(sent, sent + pieceBytes)
        const message = new Uint8Array(24 + piece.length)
        message.set(piece, 24)
        chain = crc32(piece, chain)
        writeChunkHeader(message, { epoch, offset: sent, crc: chain }, crc32)
        socket.send(message)
        sent += piece.length
      }
    }
    socket.on('open', () => socket.send(JSON.stringify({ type: 'hello', protocol: 1, token })))
    socket.on('message', (data) => {
      const message = parseReceiverMessage(data.toString())
      if (message.type === 'welcome') {
        epoch = message.epoch
        pump()
      } else if (message.type === 'ack') {
        safe = message.offset
        if (safe === body.length) {
          socket.send(JSON.stringify({ type: 'end', epoch, size: safe, crc: chain }))
        } else pump()
      } else resolve()
    })
    socket.on('close', (code, reason) => reject(new Error(`closed with ${code} ${reason}`)))
    socket.on('error', reject)
  })
  socket.close()
}

async function tusRound(body: Buffer, form: 'patch' | 'stream'): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'rushes-bench-tus-'))
  const server = await startTus(folder)
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  const upload = (bytes: Buffer) => tusUpload(server.url, bytes, form, agent)
  try {
    await upload(body.subarray(0, 10 * pieceBytes))
    return await measured(server, body.length * clients, async () => {
      await Promise.all(Array.from({ length: clients }, () => upload(body)))
    })
  } finally {
    agent.destroy()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function startTus(folder: string): Promise<ServerProcess> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, [join(import.meta.dirname, 'tus-server.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await new Promise<string>((resolve) =>
    child.stdout.once('data', (data: Buffer) => resolve(data.toString().trim())),
  )
  return {
    url,
    pid: child.pid!,
    readyMs: performance.now() - startedAt,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      }),
  }
}

async function tusUpload(url: string, body: Buffer, form: 'patch' | 'stream', agent: Agent): Promise<void> {
  const created = await call('POST', url, { 'upload-length': String(body.length) }, [], agent)
  const location = new URL(created.location, url).href
  const step = form === 'patch' ? pieceBytes : body.length
  for (let offset = 0; offset < body.length; offset += step) {
    const bytes = body.subarray(offset, offset + step)
    const pieces: Buffer[] = []
    for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes))
    await call(
      'PATCH',
      location,
      {
        'upload-offset': String(offset),
        'content-type': 'application/offset+octet-stream',
        'content-length': String(bytes.length),
      },
      pieces,
      agent,
    )
  }
}

function call(
  method: string,
  url: string,
  headers: Record<string, string>,
  pieces: Buffer[],
  agent: Agent,
): Promise<{ location: string }> {
  return new Promise((resolve, reject) => {
    const sending = request(url, { method, agent, headers: { 'tus-resumable': '1.0.0', ...headers } }, (response) => {
      response.resume()
      response.on('end', () => {
        const status = response.statusCode ?? 0
        if (status >= 300) reject(new Error(`${method} answered ${status}`))
        else resolve({ location: response.headers.location ?? '' })
      })
    })
    sending.on('error', reject)
    const write = (index: number): void => {
      for (let at = index; at < pieces.length; at++) {
        if (!sending.write(pieces[at]!)) {
          sending.once('drain', () => write(at + 1))
          return
        }
      }
      sending.end()
    }
    write(0)
  })
}
