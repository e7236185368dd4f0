import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RecordingView } from './api.ts'
import { parseSenderMessage } from './control.ts'
import { eventText, type TimelineEvent } from './events.ts'
import { isEventsMessage, parseEventsMessage } from './events-message.ts'
import { type IngestSocket, openIngestSender } from './ingest-sender.ts'

/** What goes wrong at the n-th thing that a receiver does. */
type Fault = 'none' | 'drop' | 'drop-after' | 'lose-answer' | 'say-more' | 'say-less'

const published = {
  id: 'r',
  title: '',
  state: 'published',
  createdAt: '',
  publishedAt: '',
  endReason: 'stopped',
} as const
const view: RecordingView = {
  ...{ ...published, durationMs: 0, bytes: 0, sha256: null, container: 'unknown', tracks: [], damage: null },
  ...{ shareUrl: null, viewNote: null, delivery: null, mp4Url: null, mp4State: 'unsupported' },
  ...{ webmUrl: null, webmState: 'unsupported' },
}

type Socket = IngestSocket & { open: boolean }

/** The receiver of an empty body and its events by SPEC.md, in memory; it keeps what it stored through every fault. */
class Receiver {
  stored: TimelineEvent[] = []
  messages = 0
  connections = 0
  ended: number | null | undefined = null
  epoch = 0
  readonly #faults: Fault[]
  /** Null: one of before there were events. */
  readonly #limit: number | null

  constructor(faults: Fault[] = [], limit: number | null = 1000) {
    this.#faults = faults
    this.#limit = limit
  }

  connect(): IngestSocket {
    this.connections++
    const socket: Socket = {
      ...{ open: true, binaryType: '', bufferedAmount: 0, onopen: null, onmessage: null, onclose: null, onerror: null },
      send: (data) => queueMicrotask(() => socket.open && this.#receive(socket, data)),
      close: () => {
        socket.open = false
      },
    }
    queueMicrotask(() => socket.onopen?.(undefined as never))
    return socket
  }

  #say(socket: Socket, message: object): void {
    queueMicrotask(() => socket.open && socket.onmessage?.({ data: JSON.stringify(message) }))
  }

  #close(socket: Socket, code: number): void {
    socket.open = false
    queueMicrotask(() => socket.onclose?.({ code, reason: '' }))
  }

  #receive(socket: Socket, data: string | Uint8Array): void {
    const fault = this.#faults.shift() ?? 'none'
    if (fault === 'drop') return this.#close(socket, 1006)
    const { epoch } = this
    const lie = fault === 'say-more' ? 2 : fault === 'say-less' ? -1 : 0
    if (typeof data !== 'string') {
      if (!isEventsMessage(data) || this.#limit === null) return this.#close(socket, 4400)
      const { first, events } = parseEventsMessage(data, crc32)
      this.messages++
      if (first > this.stored.length) return this.#close(socket, 4412)
      // V6: what is sent again is the same.
      expect(events.slice(0, this.stored.length - first)).toEqual(this.stored.slice(first, first + events.length))
      if (first + events.length > this.#limit) {
        this.#say(socket, { type: 'events-refused', epoch, events: this.stored.length, reason: 'too-many' })
        return
      }
      this.stored = [...this.stored.slice(0, first), ...events, ...this.stored.slice(first + events.length)]
      if (fault === 'drop-after') return this.#close(socket, 1006)
      if (fault !== 'lose-answer') this.#say(socket, { type: 'events-ack', epoch, events: this.stored.length + lie })
      return
    }
    const message = parseSenderMessage(data)
    if (message.type === 'hello') {
      this.epoch++
      const count = this.#limit === null ? {} : { events: Math.max(0, this.stored.length + lie) }
      const welcome = { type: 'welcome', id: 'r', epoch: this.epoch, offset: 0, crc: 0, window: 10, maxChunk: 10 }
      this.#say(socket, { ...welcome, state: 'receiving', ...count })
    } else if (message.type === 'end') {
      if (message.events !== undefined && message.events !== this.stored.length) return this.#close(socket, 4412)
      this.ended = message.events
      this.#say(socket, { type: 'published', recording: view })
    }
  }
}

function spoolOf(texts: string[], atOnce = 500) {
  return {
    size: 0,
    acknowledged: { offset: 0, crc: 0 },
    read: async () => new Uint8Array(0),
    acknowledge: async () => {},
    events: {
      get count() {
        return texts.length
      },
      read: async (first: number, most: number) => texts.slice(first, first + Math.min(most, atOnce)),
    },
  }
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, number) => ({ t: number * 10, kind: 'annotation', data: { number } }))

function send(receiver: Receiver, texts: string[], atOnce?: number) {
  const spool = spoolOf(texts, atOnce)
  const connect = () => receiver.connect()
  return openIngestSender({ url: 'ws://r', token: 't', spool, crc32, connect, minWaitMs: 0 })
}

describe('a sender of events', () => {
  it('[V5, V6, V7, R1] delivers each one once and in order, whatever the connection does', async () => {
    const fault = fc.constantFrom<Fault>('none', 'none', 'drop', 'drop-after', 'lose-answer', 'say-more', 'say-less')
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { maxLength: 6 }),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 4, max: 12 }),
        async (faults, count, atOnce) => {
          const receiver = new Receiver(faults)
          const events = numbered(count)
          const texts: string[] = []
          const sender = send(receiver, texts, atOnce)
          for (const event of events) {
            texts.push(eventText(event))
            sender.grown()
            if (texts.length % 7 === 0) await new Promise((resolve) => setTimeout(resolve))
          }
          sender.end()
          expect(await sender.done).toMatchObject({ state: 'published' })
          expect(receiver.stored).toEqual(events)
          expect(receiver.ended).toBe(count)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('[V4] is never more than 8 messages ahead of its acknowledgements', async () => {
    const receiver = new Receiver(Array<Fault>(40).fill('lose-answer').fill('none', 0, 1))
    const sender = send(receiver, numbered(60).map(eventText), 2)
    await expect.poll(() => receiver.messages, { timeout: 10_000 }).toBe(8)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(receiver.messages).toBe(8)
    sender.close()
  })

  it('[V6] ends the recording without those that are refused, and says why', async () => {
    const receiver = new Receiver([], 10)
    const sender = send(receiver, numbered(25).map(eventText), 5)
    sender.end()
    expect(await sender.done).toMatchObject({ state: 'published' })
    expect(sender.eventsRefused).toBe('too-many')
    expect([receiver.stored.length, receiver.ended, sender.progress.events]).toEqual([10, 10, 10])
  })

  it('[V5] sends none to a receiver that says nothing of them', async () => {
    const receiver = new Receiver([], null)
    const sender = send(receiver, numbered(5).map(eventText))
    sender.end()
    expect(await sender.done).toMatchObject({ state: 'published' })
    expect([receiver.messages, receiver.ended, receiver.connections]).toEqual([0, undefined, 1])
  })

  it('ends the recording with those that its spool could still read', async () => {
    const receiver = new Receiver()
    const texts = numbered(9).map(eventText)
    const spool = spoolOf(texts, 4)
    const { read } = spool.events
    spool.events.read = async (first, most) => {
      if (first >= 4) throw new Error('torn')
      return read(first, most)
    }
    const connect = () => receiver.connect()
    const sender = openIngestSender({ url: 'ws://r', token: 't', spool, crc32, connect, minWaitMs: 0 })
    sender.end()
    expect(await sender.done).toMatchObject({ state: 'published' })
    expect([receiver.stored.length, receiver.ended]).toEqual([4, 4])
  })
})
