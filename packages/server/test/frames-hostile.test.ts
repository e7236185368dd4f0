// Attack 23: frames that no sender of ours makes, over a real socket. Each is answered by its close code before it costs
// memory, and whoever sends beside it notices nothing.
import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32, deflateRawSync } from 'node:zlib'
import { closeCodes, encodeChunkHeader, type IngestSocket, ingestSubprotocol, openIngestSender } from '@rushes/protocol'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { compressedBit, finalBit, frameHead, opcodes, openRawWebSocket, type RawWebSocket } from './raw-web-socket.ts'
import { startTestServer, type TestServer } from './server-for-tests.ts'

const mebibyte = 1024 * 1024
const hundredMebibytes = 100 * mebibyte
const tooBig = closeCodes['message-too-big'].code
/** RFC 6455 §7.4.1: a protocol error; and what a message of too many fragments is. */
const protocolError = 1002
const policyViolation = 1008

let server: TestServer
const opened: RawWebSocket[] = []

beforeAll(async () => {
  server = await startTestServer()
})
afterEach(() => {
  for (const { socket } of opened.splice(0)) socket.destroy()
})
afterAll(() => server.close())

async function open(headers: readonly string[] = []): Promise<RawWebSocket & { token: string }> {
  const { ingestUrl, token } = await server.client.createRecording({})
  const raw = await openRawWebSocket(ingestUrl.replace('ws:', 'http:'), { subprotocol: ingestSubprotocol, headers })
  opened.push(raw)
  expect(raw.answer).toMatch(/^HTTP\/1\.1 101 /)
  return { ...raw, token }
}

/** As open, and greeted: it holds the lease of its recording. */
async function openGreeted(): Promise<RawWebSocket> {
  const raw = await open()
  const hello = Buffer.from(JSON.stringify({ type: 'hello', protocol: 1, token: raw.token }))
  const welcomed = new Promise((resolve) => raw.socket.once('data', resolve))
  await raw.write(Buffer.concat([frameHead(finalBit | opcodes.text, hello.length), hello]))
  await welcomed
  return raw
}

const block = Buffer.alloc(64 * 1024)

/** Sends a message of 100 MiB as frames of 64 KiB, to its end whatever the server says. */
async function sendFragments(raw: RawWebSocket, firstByte: number): Promise<void> {
  const count = hundredMebibytes / block.length
  for (let at = 0; at < count; at++) {
    const first = at === 0 ? firstByte : opcodes.continuation
    const head = frameHead(at === count - 1 ? first | finalBit : first, block.length)
    if (!(await raw.write(Buffer.concat([head, block])))) return
  }
}

describe('[K5] a message that is too long is closed with 1009', () => {
  it.each([
    ['100 MiB', hundredMebibytes],
    ['one byte more than the largest chunk', mebibyte + 24 + 1],
    ['2^53 bytes', 2n ** 53n],
    ['2^63 bytes', 2n ** 63n],
  ])('for a head that claims %s, before anything of it came', async (_name, length) => {
    for (const raw of [await open(), await openGreeted()]) {
      await raw.write(frameHead(finalBit | opcodes.binary, length))
      expect(await raw.closed).toBe(tooBig)
    }
  })

  it('in fragments, that go on coming', async () => {
    const raw = await openGreeted()
    await sendFragments(raw, opcodes.binary)
    expect(await raw.closed).toBe(tooBig)
  })

  it('for a chunk before the hello, as soon as more than a hello of it came', async () => {
    const raw = await open()
    await raw.write(frameHead(finalBit | opcodes.binary, mebibyte))
    await raw.write(block)
    // The connection is cut at once: the closing frame may be lost with what was not read.
    expect([tooBig, null]).toContain(await raw.closed)
  })

  it('for a text of 16 KiB and one byte', async () => {
    const raw = await openGreeted()
    const text = Buffer.alloc(16 * 1024 + 1, ' ')
    await raw.write(Buffer.concat([frameHead(finalBit | opcodes.text, text.length), text]))
    expect(await raw.closed).toBe(tooBig)
  })

  it('and 20,000 fragments of a byte each are too many', async () => {
    const raw = await openGreeted()
    const byte = Buffer.concat([frameHead(opcodes.continuation, 1), Buffer.alloc(1)])
    const first = Buffer.concat([frameHead(opcodes.binary, 1), Buffer.alloc(1)])
    await raw.write(Buffer.concat([first, ...Array.from({ length: 20_000 }, () => byte)]))
    expect(await raw.closed).toBe(policyViolation)
  })
})

describe('[N1] compression', () => {
  it('is not accepted, however it is offered', async () => {
    for (const offer of [
      'permessage-deflate',
      'permessage-deflate; client_max_window_bits; server_no_context_takeover',
      'permessage-deflate; server_max_window_bits=8, permessage-deflate, x-webkit-deflate-frame',
    ]) {
      expect((await open([`Sec-WebSocket-Extensions: ${offer}`])).answer).not.toMatch(/sec-websocket-extensions/i)
    }
  })

  it('that was not agreed upon is a protocol error: 100 MiB of zeros in 100 KiB are not inflated', async () => {
    const bomb = (mebibytes: number) => deflateRawSync(Buffer.alloc(mebibytes * mebibyte))
    const before = await open(['Sec-WebSocket-Extensions: permessage-deflate'])
    for (const [raw, bytes] of [[before, bomb(10)] as const, [await openGreeted(), bomb(100)] as const]) {
      await raw.write(Buffer.concat([frameHead(finalBit | compressedBit | opcodes.binary, bytes.length), bytes]))
      expect(await raw.closed).toBe(protocolError)
    }
  })
})

describe('RFC 6455: what is no frame of a client is a protocol error', () => {
  it.each([
    ['a reserved bit', finalBit | 0x20 | opcodes.binary, 10],
    ['a reserved opcode', finalBit | 0x3, 10],
    ['a continuation of nothing', finalBit | opcodes.continuation, 10],
    ['a ping of 126 bytes', finalBit | opcodes.ping, 126],
    ['a ping in two parts', opcodes.ping, 10],
  ])('%s', async (_name, firstByte, length) => {
    const raw = await openGreeted()
    await raw.write(Buffer.concat([frameHead(firstByte, length), Buffer.alloc(length)]))
    expect(await raw.closed).toBe(protocolError)
  })

  it('a frame without a mask', async () => {
    const raw = await openGreeted()
    await raw.write(Buffer.from([finalBit | opcodes.binary, 3, 1, 2, 3]))
    expect(await raw.closed).toBe(protocolError)
  })
})

describe('beside four sockets that send 100 MiB each', () => {
  it('memory stays, and a sender goes on over the connection it had', async () => {
    const body = randomBytes(4 * mebibyte)
    const { id, ingestUrl, token } = await server.client.createRecording({})
    let connections = 0
    let size = 0
    const sender = openIngestSender({
      ...{ url: ingestUrl, token, crc32 },
      connect: (url, subprotocol) => {
        connections++
        return new WebSocket(url, subprotocol) as unknown as IngestSocket
      },
      spool: {
        get size() {
          return size
        },
        acknowledged: { offset: 0, crc: 0 },
        read: async (offset, length) => body.subarray(offset, Math.min(offset + length, size)),
        acknowledge: async () => {},
      },
    })
    const attackers = await Promise.all(Array.from({ length: 4 }, openGreeted))
    const before = process.memoryUsage.rss()
    let peak = before
    let attacking = true
    const attacks = Promise.all(attackers.map((raw) => sendFragments(raw, opcodes.binary))).then(() => {
      attacking = false
    })
    while (attacking || size < body.length) {
      size = Math.min(body.length, size + 64 * 1024)
      sender.grown()
      await sleep(5)
      peak = Math.max(peak, process.memoryUsage.rss())
    }
    await attacks
    for (const raw of attackers) expect(await raw.closed).toBe(tooBig)
    sender.end()
    expect(await sender.done).toMatchObject({ state: 'published' })
    expect(connections).toBe(1)
    const view = await server.client.recording(id)
    expect(view.sha256).toBe(createHash('sha256').update(body).digest('hex'))
    // Whoever kept what came would hold 400 MiB; sender, attackers and server share this process.
    expect(peak - before).toBeLessThan(150 * mebibyte)
  })

  it('pings without end from somebody who reads no answer pile up nothing: the connection is cut', async () => {
    const raw = await openGreeted()
    raw.socket.pause()
    const ping = Buffer.concat([frameHead(finalBit | opcodes.ping, 125), Buffer.alloc(125)])
    const pings = Buffer.concat(Array.from({ length: 1000 }, () => ping))
    const before = process.memoryUsage().arrayBuffers
    for (let sent = 0; sent < hundredMebibytes && (await raw.write(pings)); ) sent += pings.length
    raw.socket.resume()
    expect(await raw.closed).toBeNull()
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * mebibyte)
  })
})

describe('[F5] a sender that reads no acknowledgements', () => {
  it('and repeats a chunk without end, each of which is acknowledged (K3), is closed with 4408', async () => {
    const raw = await openGreeted()
    const payload = Buffer.from([7])
    const header = encodeChunkHeader({ epoch: 1, offset: 0, crc: crc32(payload) }, crc32)
    const chunk = Buffer.concat([frameHead(finalBit | opcodes.binary, header.length + 1), header, payload])
    const chunks = Buffer.concat(Array.from({ length: 2000 }, () => chunk))
    raw.socket.pause()
    const before = process.memoryUsage().arrayBuffers
    for (let sent = 0; sent < 20 * mebibyte && (await raw.write(chunks)); ) sent += chunks.length
    raw.socket.resume()
    expect(await raw.closed).toBe(closeCodes.timeout.code)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * mebibyte)
  })
})
