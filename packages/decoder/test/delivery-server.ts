/** A small server of DELIVERY.md's reading side, over the files of a made event; it can misbehave in every way. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ListedFile } from '@rushes/protocol'
import type { MadeEvent } from './made-event.ts'

/** What the answer to one request becomes. */
export type Mischief = 'none' | 'unavailable' | 'cut' | 'flip' | 'slow' | 'stall' | 'reset'

export interface DeliveryServer {
  readonly url: string
  /** Requests for files by name; those that were answered with the whole file, or the rest of it. */
  readonly asked: Map<string, number>
  readonly served: Map<string, number>
  /** Entries that are listed. */
  listed: number
  /** Files that are there; null: all that are listed. */
  there: ReadonlySet<string> | null
  /** Decides on each request; `manifest` is a name too. */
  mischief: (name: string, nth: number) => Mischief
  /** Every connection is cut, and each new one at once. */
  dead: boolean
  close(): Promise<void>
}

export async function serveDelivery(event: MadeEvent): Promise<DeliveryServer> {
  const prefix = `/api/v1/deliveries/${event.id}/`
  const files = new Map<string, ListedFile>()
  for (const entry of event.entries) {
    if (entry.type === 'representation') files.set(entry.init.name, entry.init)
    if (entry.type === 'segment') files.set(entry.file.name, entry.file)
  }
  const listedFiles = (): Set<string> =>
    new Set(
      event.entries.slice(0, state.listed).flatMap((entry) => {
        if (entry.type === 'representation') return [entry.init.name]
        return entry.type === 'segment' ? [entry.file.name] : []
      }),
    )
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy())
  })
  const state = {
    url: '',
    asked: new Map<string, number>(),
    served: new Map<string, number>(),
    listed: event.entries.length,
    there: null as ReadonlySet<string> | null,
    mischief: (() => 'none') as DeliveryServer['mischief'],
    dead: false,
    async close(): Promise<void> {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  server.on('connection', (socket) => {
    if (state.dead) socket.resetAndDestroy()
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (state.dead) {
      request.socket.resetAndDestroy()
      return
    }
    const url = new URL(request.url ?? '/', 'http://localhost')
    const name = url.pathname.startsWith(prefix) ? url.pathname.slice(prefix.length) : ''
    const nth = (state.asked.get(name) ?? 0) + 1
    state.asked.set(name, nth)
    const mischief = state.mischief(name, nth)
    if (mischief === 'reset') request.socket.resetAndDestroy()
    else if (mischief === 'unavailable') error(response, 503, 'unavailable')
    else if (name === 'manifest') await manifest(url, response, mischief)
    else if (!listedFiles().has(name) || state.there?.has(name) === false) error(response, 404, 'not-found')
    else await file(name, request, response, mischief)
  }

  async function manifest(url: URL, response: ServerResponse, mischief: Mischief): Promise<void> {
    const from = Number(url.searchParams.get('from') ?? 0)
    const until = performance.now() + 1000 * Number(url.searchParams.get('wait') ?? 0)
    while (state.listed <= from && performance.now() < until && !response.destroyed) await pause(20)
    if (state.dead) {
      response.socket?.resetAndDestroy()
      return
    }
    const entries = event.entries.slice(from, state.listed)
    const standing = state.listed === event.entries.length ? 'ended' : 'live'
    const body = JSON.stringify({ id: event.id, title: 'Made', state: standing, next: state.listed, from, entries })
    await send(response, 200, { 'Content-Type': 'application/json' }, Buffer.from(body), mischief)
  }

  async function file(name: string, request: IncomingMessage, response: ServerResponse, mischief: Mischief) {
    const bytes = event.files.get(name)!
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const headers: Record<string, string> = { 'Content-Type': 'video/mp4' }
    if (start > 0) headers['Content-Range'] = `bytes ${start}-${bytes.length - 1}/${bytes.length}`
    if (mischief === 'none' || mischief === 'slow') state.served.set(name, (state.served.get(name) ?? 0) + 1)
    await send(response, start > 0 ? 206 : 200, headers, bytes.subarray(start), mischief)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return state
}

async function send(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  bytes: Buffer,
  mischief: Mischief,
): Promise<void> {
  response.writeHead(status, { ...headers, 'Content-Length': bytes.length })
  const half = bytes.length >> 1
  if (mischief === 'flip') {
    const altered = Buffer.from(bytes)
    altered[half]! ^= 1
    response.end(altered)
  } else if (mischief === 'cut' || mischief === 'stall') {
    response.write(bytes.subarray(0, half))
    await pause(20)
    if (mischief === 'cut') response.socket?.resetAndDestroy()
  } else if (mischief === 'slow') {
    for (let at = 0; at < bytes.length; at += 4096) {
      response.write(bytes.subarray(at, at + 4096))
      await pause(5)
    }
    response.end()
  } else response.end(bytes)
}

function error(response: ServerResponse, status: number, code: string): void {
  response
    .writeHead(status, { 'Content-Type': 'application/json' })
    .end(JSON.stringify({ error: { code, message: code } }))
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
