// A receiver of the ingest protocol (packages/protocol/SPEC.md) for these tests: real sockets, real files, acknowledging
// after fdatasync; with switches for what goes wrong in the world. It serves the page that is tested, too.
import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { crc32 } from 'node:zlib'
import {
  type CloseName,
  closeCodes,
  ingestSubprotocol,
  isEventsMessage,
  ProtocolError,
  parseChunk,
  parseEventsMessage,
  parseSenderMessage,
  type RecordingView,
  type TimelineEvent,
} from '@rushes/protocol'
import { type WebSocket, WebSocketServer } from 'ws'

const maxChunk = 1024 * 1024
const window = 8 * 1024 * 1024

export type Faults = {
  /** Nobody answers: requests are cut, sockets are cut. */
  away: boolean
  /** While away the page's own files are gone, too. */
  pagesToo: boolean
  /** Acknowledgements wait this long, ms. */
  ackDelayMs: number
  /** Requests to create a recording are answered with this status. */
  refuseCreate: number | null
  /** So are requests to create one of this title, with 403. */
  refuseTitle: string | null
  /** Every connection is cut after so many bytes of chunks. */
  dropAfterBytes: number | null
}

export type StoredRecording = {
  id: string
  token: string
  title: string
  contentType: string
  path: string
  file: FileHandle
  received: number
  crc: number
  /** By their numbers; what is in here counts as committed. */
  events: TimelineEvent[]
  durable: { offset: number; crc: number }
  epoch: number
  holder: WebSocket | null
  published: 'stopped' | 'quiet' | null
  connections: number
  closes: CloseName[]
}

export const noFaults: Readonly<Faults> = {
  away: false,
  pagesToo: false,
  ackDelayMs: 0,
  refuseCreate: null,
  refuseTitle: null,
  dropAfterBytes: null,
}

export class Receiver {
  /** Acknowledgements say that somebody watches (A5). */
  watched = false
  readonly faults: Faults = { ...noFaults }
  readonly recordings: Map<string, StoredRecording> = new Map()
  /** Sent with every file of the page. */
  pageHeaders: Record<string, string> = {}
  readonly #http: Server
  readonly #sockets = new WebSocketServer({ noServer: true, handleProtocols: () => ingestSubprotocol })
  readonly #folder: string
  readonly #site: string

  private constructor(folder: string, site: string) {
    this.#folder = folder
    this.#site = site
    this.#http = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy())
    })
    this.#http.on('upgrade', (request, socket, head) => {
      const id = /^\/api\/v1\/recordings\/([^/]+)\/ingest$/.exec(request.url ?? '')?.[1] ?? ''
      if (this.faults.away || request.headers.origin !== this.origin) {
        socket.destroy()
        return
      }
      this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#ingest(ws, id))
    })
  }

  static async open(folder: string, site: string): Promise<Receiver> {
    await mkdir(folder, { recursive: true })
    const receiver = new Receiver(folder, site)
    await new Promise<void>((resolve) => receiver.#http.listen(0, '127.0.0.1', resolve))
    return receiver
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`
  }

  /** From now on nobody is here; {@link back} ends it. The page itself stays reachable, as from a cache. */
  leave(): void {
    this.faults.away = true
    for (const socket of this.#sockets.clients) socket.terminate()
  }

  back(): void {
    this.faults.away = false
  }

  /** As the quiet time does (Q1). */
  publishQuietly(id: string): void {
    const recording = this.recordings.get(id)!
    recording.published = 'quiet'
    recording.holder?.terminate()
  }

  body(id: string): Promise<Buffer> {
    return readFile(this.recordings.get(id)!.path)
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate()
    this.#http.closeAllConnections()
    await new Promise((resolve) => this.#http.close(resolve))
    for (const { file } of this.recordings.values()) await file.close()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '/'
    if (!url.startsWith('/api/')) {
      if (this.faults.away && this.faults.pagesToo) {
        request.socket.destroy()
        return
      }
      await this.#page(url, response)
      return
    }
    if (this.faults.away) {
      request.socket.destroy()
      return
    }
    const json = (status: number, value: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(value))
    }
    if (request.method === 'POST' && url === '/api/v1/recordings') {
      if (this.faults.refuseCreate !== null) {
        json(this.faults.refuseCreate, { error: { code: 'refused', message: 'switched off' } })
        return
      }
      const asked = JSON.parse(await text(request)) as { title?: string; contentType?: string }
      if (this.faults.refuseTitle !== null && asked.title === this.faults.refuseTitle) {
        json(403, { error: { code: 'refused', message: 'not this one' } })
        return
      }
      const id = randomUUID()
      const path = join(this.#folder, id)
      const recording: StoredRecording = {
        id,
        token: randomUUID(),
        title: asked.title ?? '',
        contentType: asked.contentType ?? '',
        path,
        file: await open(path, 'w+'),
        received: 0,
        crc: 0,
        events: [],
        durable: { offset: 0, crc: 0 },
        epoch: 0,
        holder: null,
        published: null,
        connections: 0,
        closes: [],
      }
      this.recordings.set(id, recording)
      const ingestUrl = `${this.origin.replace('http', 'ws')}/api/v1/recordings/${id}/ingest`
      json(201, { id, ingestUrl, token: recording.token })
      return
    }
    const id = /^\/api\/v1\/recordings\/([^/]+)$/.exec(url)?.[1] ?? ''
    const recording = this.recordings.get(id)
    if (recording === undefined) json(404, { error: { code: 'not-found', message: 'no such recording' } })
    else if (request.method === 'DELETE') {
      recording.holder?.terminate()
      await recording.file.close()
      this.recordings.delete(id)
      json(200, {})
    } else json(200, view(recording))
  }

  async #page(url: string, response: ServerResponse): Promise<void> {
    const path = normalize(url.split('?')[0] === '/' ? '/index.html' : url.split('?')[0]!)
    const types: Record<string, string> = {
      '.html': 'text/html',
      '.js': 'text/javascript',
      '.wasm': 'application/wasm',
    }
    try {
      const bytes = await readFile(join(this.#site, path))
      response.writeHead(200, {
        'content-type': types[extname(path)] ?? 'application/octet-stream',
        ...this.pageHeaders,
      })
      response.end(bytes)
    } catch {
      response.writeHead(404).end()
    }
  }

  #ingest(socket: WebSocket, id: string): void {
    let recording: StoredRecording | null = null
    let turn: Promise<void> = Promise.resolve()
    let epoch = 0
    let chunkBytes = 0
    let acking = false
    let acked = 0

    const refuse = (name: CloseName) => {
      recording?.closes.push(name)
      socket.close(closeCodes[name].code, name)
    }
    const send = (message: unknown) => socket.send(JSON.stringify(message))

    const hello = (token: string): void => {
      const found = this.recordings.get(id)
      if (found === undefined) return refuse('not-found')
      if (found.token !== token) return refuse('not-found')
      recording = found
      epoch = ++found.epoch
      found.connections++
      if (found.holder !== null) {
        found.holder.close(closeCodes['stale-epoch'].code, 'stale-epoch')
      }
      found.holder = socket
      // What another connection had written and not synced yet is not ours to promise.
      found.received = found.durable.offset
      found.crc = found.durable.crc
      acked = found.durable.offset
      const state = found.published === null ? 'receiving' : 'published'
      send({ type: 'welcome', id, epoch, ...found.durable, window, maxChunk, state, events: found.events.length })
      if (found.published !== null) finish(found)
    }
    const finish = (found: StoredRecording): void => {
      send({ type: 'published', recording: view(found) })
      socket.close(1000, 'normal')
    }
    const acknowledge = async (found: StoredRecording): Promise<void> => {
      if (acking) return
      acking = true
      while (acked < found.received && found.epoch === epoch && socket.readyState === socket.OPEN) {
        const upTo = { offset: found.received, crc: found.crc }
        await found.file.datasync()
        if (this.faults.ackDelayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.faults.ackDelayMs))
        if (found.epoch !== epoch || found.published !== null) break
        found.durable = upTo
        acked = upTo.offset
        send({ type: 'ack', epoch, ...upTo, window, ...(this.watched && { watched: true }) })
      }
      acking = false
    }
    const chunk = async (found: StoredRecording, bytes: Uint8Array): Promise<void> => {
      if (bytes.length > maxChunk + 24) return refuse('message-too-big')
      const { epoch: theirs, offset, crc, payload } = parseChunk(bytes, crc32)
      if (theirs !== epoch) return refuse('stale-epoch')
      if (offset + payload.length <= found.received) return send({ type: 'ack', epoch, ...found.durable, window })
      if (offset !== found.received) return refuse('offset-conflict')
      if (crc32(payload, found.crc) !== crc) return refuse('checksum-mismatch')
      await found.file.write(payload, 0, payload.length, offset)
      if (found.epoch !== epoch) return
      found.received += payload.length
      found.crc = crc
      chunkBytes += payload.length
      const drop = this.faults.dropAfterBytes
      if (drop !== null && chunkBytes >= drop) {
        socket.terminate()
        return
      }
      acknowledge(found).catch(() => refuse('storage-failed'))
    }
    const noted = (found: StoredRecording, message: Uint8Array): void => {
      const { epoch: theirs, first, events } = parseEventsMessage(message, crc32)
      if (theirs !== epoch) return refuse('stale-epoch')
      if (first > found.events.length) return refuse('offset-conflict')
      const known = found.events.slice(first, first + events.length)
      if (JSON.stringify(known) !== JSON.stringify(events.slice(0, known.length))) return refuse('checksum-mismatch')
      found.events.push(...events.slice(known.length))
      send({ type: 'events-ack', epoch, events: found.events.length })
    }
    const control = async (found: StoredRecording | null, message: string): Promise<void> => {
      const parsed = parseSenderMessage(message)
      if (parsed.type === 'hello') return hello(parsed.token)
      if (found === null) return refuse('bad-message')
      if (parsed.epoch !== epoch) return refuse('stale-epoch')
      if (parsed.type === 'rewind') return refuse('checksum-mismatch')
      await found.file.datasync()
      if (parsed.events !== found.events.length) return refuse('offset-conflict')
      if (parsed.size !== found.received) return refuse('offset-conflict')
      if (parsed.crc !== found.crc) return refuse('checksum-mismatch')
      found.durable = { offset: found.received, crc: found.crc }
      found.published = 'stopped'
      finish(found)
    }
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      turn = turn
        .then(() => {
          if (this.faults.away) return undefined
          if (!isBinary) return control(recording, data.toString())
          if (recording === null) return refuse('bad-message')
          return isEventsMessage(data) ? noted(recording, data) : chunk(recording, data)
        })
        .catch((fault: unknown) => refuse(fault instanceof ProtocolError ? fault.code : 'storage-failed'))
    })
    socket.on('close', () => {
      if (recording?.holder === socket) recording.holder = null
    })
  }
}

function view(recording: StoredRecording): RecordingView {
  return {
    id: recording.id,
    title: recording.title,
    state: recording.published === null ? 'receiving' : 'published',
    createdAt: new Date(0).toISOString(),
    publishedAt: recording.published === null ? null : new Date(0).toISOString(),
    endReason: recording.published,
    durationMs: 0,
    bytes: recording.durable.offset,
    sha256: null,
    container: 'mp4',
    tracks: [],
    damage: null,
    shareUrl: null,
    mp4Url: null,
    mp4State: 'ready',
    webmUrl: null,
    webmState: 'needs-encode',
    viewNote: null,
    delivery: null,
  }
}

async function text(request: IncomingMessage): Promise<string> {
  let whole = ''
  for await (const part of request) whole += String(part)
  return whole
}
