// A process that opens socket after socket and says as little on each as keeps it open: attack 11. Apart from the process that
// measures, so that what is measured is the server. It is sent a job, and answers every `ask` by what it saw.
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

export type CrowdJob = {
  hostname: string
  port: number
  /** Sockets that are kept open: each that the server closes is followed by another. */
  count: number
  /** A byte each so often. */
  dribbleMs: number
  /** Where the upgrades go. */
  ingestPath: string
  subprotocol: string
}

export type CrowdKind = 'silent' | 'head' | 'body' | 'upgraded' | 'hello' | 'chunk'

export type CrowdReport = {
  open: number
  /** Per kind: how many the server closed, and how long the oldest lasted, ms. */
  closed: Record<CrowdKind, { count: number; longestMs: number }>
  /** Sockets that could not be opened, or were reset at once. */
  refused: number
}

/** A half are requests that do not end, the other half WebSockets that do not greet. */
const kinds: readonly CrowdKind[] = ['silent', 'upgraded', 'head', 'hello', 'body', 'chunk']
/** Opened at once, and how often. */
const batch = 20
const batchMs = 20

function firstBytes(kind: CrowdKind, { ingestPath, subprotocol }: CrowdJob): string {
  const head = 'Host: rushes.example\r\nContent-Type: application/json\r\n'
  if (kind === 'silent') return ''
  if (kind === 'head') return `GET /api/v1/recordings HTTP/1.1\r\n${head}X-Slow: `
  if (kind === 'body') return `POST /api/v1/session HTTP/1.1\r\n${head}Content-Length: 10000\r\n\r\n{`
  const key = randomBytes(16).toString('base64')
  const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}`
  return `GET ${ingestPath} HTTP/1.1\r\n${head}${upgrade}\r\nSec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`
}

/** Heads of frames that promise a text of 10 kB, and a chunk of 1 MiB. */
const frameHeads: Partial<Record<CrowdKind, Buffer>> = {
  hello: Buffer.from([0x81, 0xfe, 0x27, 0x10, 0, 0, 0, 0]),
  chunk: Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0]),
}

function runCrowd(job: CrowdJob): { stop(): void; report(): CrowdReport } {
  const sockets = new Map<Socket, { kind: CrowdKind; openedAt: number }>()
  const closed = Object.fromEntries(kinds.map((kind) => [kind, { count: 0, longestMs: 0 }])) as CrowdReport['closed']
  let opened = 0
  let refused = 0
  let stopped = false

  function open(): void {
    const kind = kinds[opened++ % kinds.length]!
    const socket = connect({ host: job.hostname, port: job.port })
    const state = { kind, openedAt: performance.now() }
    sockets.set(socket, state)
    socket.once('connect', () => {
      state.openedAt = performance.now()
      socket.write(firstBytes(kind, job))
    })
    // What the server answers is read and ignored, closing frames too.
    socket.resume()
    socket.once('data', () => {
      const head = frameHeads[kind]
      if (head !== undefined) socket.write(head)
    })
    socket.on('error', () => {}) // a close follows
    socket.on('close', () => {
      sockets.delete(socket)
      const ms = performance.now() - state.openedAt
      if (socket.bytesWritten === 0 && kind !== 'silent') refused++
      else {
        closed[kind].count++
        closed[kind].longestMs = Math.max(closed[kind].longestMs, ms)
      }
    })
  }

  const opening = setInterval(() => {
    for (let count = 0; count < batch && sockets.size < job.count && !stopped; count++) open()
  }, batchMs)
  let turn = 0
  const turns = 20
  const dribbling = setInterval(() => {
    turn = (turn + 1) % turns
    let at = 0
    for (const [socket, { kind }] of sockets) {
      if (at++ % turns === turn && kind !== 'silent' && kind !== 'upgraded' && !socket.connecting) socket.write('x')
    }
  }, job.dribbleMs / turns)

  return {
    stop() {
      stopped = true
      clearInterval(opening)
    },
    report: () => {
      if (stopped && sockets.size === 0) clearInterval(dribbling)
      return { open: sockets.size, closed, refused }
    },
  }
}

let crowd: ReturnType<typeof runCrowd> | null = null
process.on('message', (message: CrowdJob | 'stop' | 'ask') => {
  if (message === 'stop') crowd?.stop()
  else if (message !== 'ask') crowd = runCrowd(message)
  if (crowd !== null) process.send!(crowd.report())
})
process.on('disconnect', () => process.exit())
