// Attack 11, slow-loris: sockets that ask slowly, or nothing, end by the server's own time limits, and their number is
// bounded. `npm run drill -- receive` measures what a sender notices of thousands of them.
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ingestSubprotocol } from '@rushes/protocol'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { frameHead, opcodes, openRawWebSocket } from './raw-web-socket.ts'
import { startTestServer, type TestServer } from './server-for-tests.ts'

const limits = { headMs: 1000, requestMs: 2000, helloMs: 1000, maxSockets: 40 }
let server: TestServer
const opened: Socket[] = []

beforeAll(async () => {
  server = await startTestServer({ limits })
})
afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy()
})
afterAll(() => server.close())

function open(said: string): Promise<Socket> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(server.url)
    const socket = connect(Number(port), hostname, () => {
      if (said !== '') socket.write(said)
      resolve(socket)
    })
    opened.push(socket)
    socket.on('error', () => {}) // a close follows
  })
}

/** Sends a byte every 100 ms for as long as the server lets it; answers what it said. */
async function dribble(socket: Socket): Promise<string> {
  let answer = ''
  let isOpen = true
  socket.on('data', (bytes: Buffer) => {
    answer += bytes.toString('latin1')
  })
  for (const event of ['end', 'close']) {
    socket.on(event, () => {
      isOpen = false
    })
  }
  while (isOpen) {
    socket.write('x')
    await sleep(100)
  }
  return answer
}

const head = 'Host: rushes.example\r\nContent-Type: application/json\r\n'

it('a head that does not end is answered by 408', async () => {
  expect(await dribble(await open(`GET /healthz HTTP/1.1\r\n${head}X-Slow: `))).toMatch(/^HTTP\/1\.1 408 /)
})

it('a body that does not end is answered by 408', async () => {
  const socket = await open(`POST /api/v1/session HTTP/1.1\r\n${head}Content-Length: 1000\r\n\r\n`)
  expect(await dribble(socket)).toMatch(/^HTTP\/1\.1 408 /)
})

it('a WebSocket whose hello does not end is cut, whether it answers the closing frame or not', async () => {
  const { ingestUrl } = await server.client.createRecording({})
  const raw = await openRawWebSocket(ingestUrl.replace('ws:', 'http:'), { subprotocol: ingestSubprotocol })
  opened.push(raw.socket)
  await raw.write(frameHead(0x80 | opcodes.text, 1000))
  await dribble(raw.socket)
  expect(await raw.closed).toBe(4408)
})

it('sockets that say nothing are as many as may be, and gone after the time of a head', async () => {
  const sockets = await Promise.all(Array.from({ length: 60 }, () => open('')))
  const isOpen = new Map(sockets.map((socket) => [socket, true]))
  for (const socket of sockets) {
    socket.resume()
    socket.on('close', () => isOpen.set(socket, false))
  }
  const remaining = () => [...isOpen.values()].filter((each) => each).length
  while (remaining() > limits.maxSockets) await sleep(10)
  while (remaining() > 0) await sleep(50)
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
})
