import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { RecordingView } from './api.ts'
import { parseChunk } from './chunk.ts'
import { parseSenderMessage } from './control.ts'
import { type IngestSocket, openIngestSender, type Spool } from './ingest-sender.ts'

/** What goes wrong at the n-th thing that a receiver does. */
type Fault = 'none' | 'drop' | 'lose-ack' | 'close-4412' | 'close-4422' | 'close-4507' | 'forget-unacknowledged'

/** A receiver by SPEC.md in memory, that keeps what it acknowledged through every fault. */
class Receiver {
  body = new Uint8Array(0)
  durable = 0
  epoch = 0
  published = false
  connections = 0
  readonly #faults: Fault[]
  readonly #window: number

  constructor(faults: Fault[], window: number) {
    this.#faults = faults
    this.#window = window
  }

  connect(): IngestSocket {
    this.connections++
    const socket: IngestSocket & { open: boolean } = {
      open: true,
      binaryType: 'arraybuffer',
      bufferedAmount: 0,
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
      send: (data) => queueMicrotask(() => socket.open && this.#receive(socket, data)),
      close: () => {
        socket.open = false
      },
    }
    queueMicrotask(() => socket.onopen?.(undefined as never))
    return socket
  }

  #say(socket: IngestSocket & { open: boolean }, message: object): void {
    queueMicrotask(() => socket.open && socket.onmessage?.({ data: JSON.stringify(message) }))
  }

  #close(socket: IngestSocket & { open: boolean }, code: number): void {
    socket.open = false
    queueMicrotask(() => socket.onclose?.({ code, reason: '' }))
  }

  #receive(socket: IngestSocket & { open: boolean }, data: string | Uint8Array): void {
    const fault = this.#faults.shift() ?? 'none'
    if (fault === 'drop') return this.#close(socket, 1006)
    if (fault.startsWith('close-')) return this.#close(socket, Number(fault.slice(6)))
    if (fault === 'forget-unacknowledged') {
      this.body = this.body.slice(0, this.durable)
      return this.#close(socket, 1006)
    }
    const chain = (size: number) => crc32(this.body.subarray(0, size))
    if (typeof data === 'string') {
      const message = parseSenderMessage(data)
      if (message.type === 'hello') {
        this.epoch++
        const offset = this.body.length
        this.durable = offset
        const state = this.published ? 'published' : 'receiving'
        this.#say(socket, {
          type: 'welcome',
          id: 'r',
          epoch: this.epoch,
          offset,
          crc: chain(offset),
          window: this.#window,
          maxChunk: 4096,
          state,
        })
        if (this.published) this.#say(socket, { type: 'published', recording: view(this.body.length) })
      } else if (message.type === 'end') {
        expect(message.epoch).toBe(this.epoch)
        if (message.size !== this.body.length) return this.#close(socket, 4412)
        expect(message.crc).toBe(chain(message.size))
        this.published = true
        if (fault !== 'lose-ack') this.#say(socket, { type: 'published', recording: view(this.body.length) })
        else this.#close(socket, 1006)
      }
      return
    }
    const chunk = parseChunk(data, crc32)
    expect(chunk.epoch).toBe(this.epoch)
    expect(chunk.offset).toBe(this.body.length)
    // F1: never more outstanding than the window allows.
    expect(chunk.offset + chunk.payload.length - this.durable).toBeLessThanOrEqual(this.#window)
    this.body = Buffer.concat([this.body, chunk.payload])
    expect(chain(this.body.length)).toBe(chunk.crc)
    if (fault === 'lose-ack') return
    this.durable = this.body.length
    this.#say(socket, {
      type: 'ack',
      epoch: this.epoch,
      offset: this.durable,
      crc: chain(this.durable),
      window: this.#window,
    })
  }
}

function view(bytes: number): RecordingView {
  return {
    ...{
      id: 'r',
      title: '',
      state: 'published',
      createdAt: '',
      publishedAt: '',
      endReason: 'stopped',
      durationMs: 0,
      bytes,
    },
    ...{ sha256: null, container: 'unknown', tracks: [], damage: null, shareUrl: null, viewNote: null, delivery: null },
    ...{ mp4Url: null, mp4State: 'unsupported', webmUrl: null, webmState: 'unsupported' },
  }
}

function spoolOf(body: Uint8Array): Spool & { safe: number; growTo(size: number): void } {
  let size = 0
  const spool = {
    safe: 0,
    acknowledged: { offset: 0, crc: 0 },
    get size() {
      return size
    },
    growTo(end: number) {
      size = end
    },
    async read(offset: number, length: number) {
      // A3: what was acknowledged may be gone.
      expect(offset).toBeGreaterThanOrEqual(spool.safe)
      return body.slice(offset, Math.min(offset + length, size))
    },
    async acknowledge(offset: number, crc: number) {
      expect(offset).toBeGreaterThanOrEqual(spool.safe)
      expect(crc).toBe(crc32(body.subarray(0, offset)))
      spool.safe = offset
    },
  }
  return spool
}

describe('a sender', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('[K1, A3, F1, R1, P4] delivers every byte once and in order, whatever the connection does', async () => {
    const fault = fc.constantFrom<Fault>(
      'none',
      'none',
      'none',
      'none',
      'drop',
      'lose-ack',
      'close-4412',
      'close-4422',
      'forget-unacknowledged',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 40_000, minLength: 1 }),
        fc.array(fault, { maxLength: 6 }),
        fc.integer({ min: 100, max: 20_000 }),
        async (body, faults, window) => {
          const receiver = new Receiver(faults, window)
          const spool = spoolOf(body)
          const sender = openIngestSender({
            url: 'ws://r',
            token: 't',
            spool,
            crc32,
            connect: () => receiver.connect(),
            minWaitMs: 0,
          })
          for (let end = 0; end < body.length; end = Math.min(end + 7000, body.length)) {
            spool.growTo(end)
            sender.grown()
            await Promise.resolve()
          }
          spool.growTo(body.length)
          sender.end()
          const outcome = await sender.done
          expect(outcome.state).toBe('published')
          expect(Buffer.compare(receiver.body, body)).toBe(0)
        },
      ),
      { numRuns: 60 },
    )
  })

  it.each([4400, 4401, 4404, 4409, 4410, 4413])(
    '[close codes] stops for good at %i and keeps its bytes',
    async (code) => {
      const receiver = new Receiver(['none', `close-${code}` as Fault], 1000)
      const spool = spoolOf(new Uint8Array(5000))
      spool.growTo(5000)
      const sender = openIngestSender({ url: 'ws://r', token: 't', spool, crc32, connect: () => receiver.connect() })
      expect(await sender.done).toMatchObject({ state: 'stopped' })
      expect(spool.safe).toBe(receiver.durable)
      expect(receiver.connections).toBe(1)
    },
  )

  it('[R1] tries again soon when it is told that its network is back', async () => {
    vi.useFakeTimers()
    const receiver = new Receiver(Array<Fault>(8).fill('drop'), 10_000)
    const spool = spoolOf(new Uint8Array(3000).fill(7))
    spool.growTo(3000)
    let delayMs = 0
    const sender = openIngestSender({
      ...{ url: 'ws://r', token: 't', spool, crc32, connect: () => receiver.connect() },
      onState: (state) => {
        if (state.state === 'waiting') delayMs = state.delayMs
      },
    })
    sender.end()
    while (receiver.connections < 8) await vi.advanceTimersByTimeAsync(100)
    expect(delayMs).toBeGreaterThan(4000)
    sender.hurry()
    await vi.advanceTimersByTimeAsync(300)
    expect(await sender.done).toMatchObject({ state: 'published' })
    expect(receiver.connections).toBe(9)
  })

  it('[A4] does not take an acknowledgement of other bytes for its own', async () => {
    const body = new Uint8Array(3000).fill(7)
    const receiver = new Receiver([], 10_000)
    const spool = spoolOf(body)
    spool.growTo(body.length)
    let lies = 1
    const connect = () => {
      const socket = receiver.connect()
      const { send } = socket
      socket.send = (data) => {
        if (typeof data !== 'string' && lies-- > 0) {
          const forged = { type: 'ack', epoch: receiver.epoch, offset: 3000, crc: 12345, window: 10_000 }
          socket.onmessage?.({ data: JSON.stringify(forged) })
        } else send(data)
      }
      return socket
    }
    const sender = openIngestSender({ url: 'ws://r', token: 't', spool, crc32, connect, minWaitMs: 0 })
    sender.end()
    expect(await sender.done).toMatchObject({ state: 'published' })
    expect(receiver.connections).toBe(2)
    expect(Buffer.compare(receiver.body, body)).toBe(0)
  })

  it('[R3] adopts what the receiver has beyond its spool, when that is said twice', async () => {
    const receiver = new Receiver([], 10_000)
    receiver.body = new Uint8Array(4000).fill(7)
    const spool = spoolOf(receiver.body)
    spool.growTo(2500)
    const sender = openIngestSender({
      url: 'ws://r',
      token: 't',
      spool,
      crc32,
      connect: () => receiver.connect(),
      minWaitMs: 0,
    })
    sender.end()
    expect(await sender.done).toMatchObject({ state: 'published', recording: { bytes: 4000 } })
    expect(receiver.connections).toBe(2)
  })

  it('[R3] lets go of nothing for one altered welcome', async () => {
    const body = new Uint8Array(3000).fill(7)
    const receiver = new Receiver([], 10_000)
    const spool = spoolOf(body)
    spool.growTo(body.length)
    let lies = 1
    const connect = () => {
      const socket = receiver.connect()
      const { send } = socket
      socket.send = (data) => {
        if (lies-- <= 0) return send(data)
        const forged = {
          type: 'welcome',
          id: 'r',
          epoch: 1,
          offset: 83_000,
          crc: 0,
          window: 10_000,
          maxChunk: 4096,
          state: 'receiving',
        }
        socket.onmessage?.({ data: JSON.stringify(forged) })
      }
      return socket
    }
    const sender = openIngestSender({ url: 'ws://r', token: 't', spool, crc32, connect, minWaitMs: 0 })
    sender.end()
    expect(await sender.done).toMatchObject({ state: 'published' })
    expect(spool.safe).toBeLessThanOrEqual(body.length)
    expect(Buffer.compare(receiver.body, body)).toBe(0)
  })
})
