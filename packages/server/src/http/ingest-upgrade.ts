import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { closeCodes, ingestSubprotocol, maxControlLength, type RecordingView } from '@rushes/protocol'
import { type WebSocket, WebSocketServer } from 'ws'
import { parseRecordingId, type RecordingId } from '../catalog/identifiers.ts'
import type { ReceiveLimits } from '../receive/limits.ts'
import type { Receiver } from '../receive/receiver.ts'
import { hearProxy, originAllowed, requestOrigin } from './origin.ts'
import type { TrustsProxy } from './trusted-proxy.ts'

export type IngestUpgradeOptions = {
  receiver: Receiver
  limits: ReceiveLimits
  publicUrl: string | null
  allowedOrigins: readonly string[]
  trusts: TrustsProxy
  describe(id: RecordingId, origin: string): Promise<RecordingView | undefined>
}

/** A hello, and as much again for frames, pings and pongs. */
const maxGreetingBytes = 2 * maxControlLength

const path = /^\/api\/v1\/recordings\/([^/?#]+)\/ingest$/

/** Answers HTTP upgrades: SPEC.md, Connect. Whatever is refused is refused before it costs a WebSocket. */
export function ingestUpgrade(
  options: IngestUpgradeOptions,
): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const { receiver, limits } = options
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // K5; and N1: inflating what a stranger sends costs memory, and media does not compress.
    maxPayload: limits.maxChunkBytes + 24,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(ingestSubprotocol) ? ingestSubprotocol : false),
  })

  return (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    const id = parseRecordingId(path.exec((request.url ?? '').split('?')[0]!)?.[1] ?? '')
    if (id === undefined) return refuse(socket, '404 Not Found')
    hearProxy(request, options.trusts)
    // N2: before anything else is said of the recording.
    if (!originAllowed(request, options.publicUrl, options.allowedOrigins)) return refuse(socket, '403 Forbidden')
    if (!offersSubprotocol(request)) return refuse(socket, '400 Bad Request')
    if (receiver.connections >= limits.maxConnections) return refuse(socket, '503 Service Unavailable')
    const origin = requestOrigin(request, options.publicUrl)
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      limitGreeting(webSocket, socket)
      receiver.accept(webSocket, id, () => options.describe(id, origin))
    })
  }
}

/** Until a token was shown, a connection may not make us keep as much as a chunk: a hello has at most 16 KiB (K5). */
function limitGreeting(webSocket: WebSocket, socket: Duplex): void {
  let bytes = 0
  const count = (data: Buffer) => {
    bytes += data.length
    if (bytes <= maxGreetingBytes) return
    webSocket.close(closeCodes['message-too-big'].code, 'message-too-big')
    webSocket.terminate() // a closing frame alone would let the rest of the message in
  }
  socket.on('data', count)
  webSocket.once('message', () => {
    bytes = Number.NEGATIVE_INFINITY // what came with it may still be counted
    socket.off('data', count)
  })
}

function offersSubprotocol(request: IncomingMessage): boolean {
  const offered = request.headers['sec-websocket-protocol']
  return offered?.split(',').some((name) => name.trim() === ingestSubprotocol) === true
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
