// A sender of one recording, for browsers and for Node: SPEC.md from the sender's side.
//
//   connecting ── welcome ──> sending ── end acknowledged ──> published
//       ^                        │
//       └─ waiting <── closed ───┘          any state ── refused for good ──> stopped
//
// What it holds in memory is one chunk; every byte stays in the spool until it is acknowledged.
import type { RecordingView } from './api.ts'
import { type Crc32, chunkHeaderBytes, writeChunkHeader } from './chunk.ts'
import { type CloseName, closeCodes, closeName } from './close-codes.ts'
import { type Ack, ingestSubprotocol, parseReceiverMessage, type ReceiverMessage, type Welcome } from './control.ts'
import { type EventRefusal, type EventSpool, openEventLane } from './event-lane.ts'
import { retryDelayMs } from './retry-delay.ts'

/** The sender's durable store of what is not yet acknowledged. */
export interface Spool {
  /** End of what was recorded so far; grows. */
  readonly size: number
  /** Where the last acknowledgement stood when the spool was opened, and the chain there. */
  readonly acknowledged: { offset: number; crc: number }
  /** At most `length` bytes from `offset` (at or after the last acknowledgement); fewer only at the end. */
  read(offset: number, length: number): Promise<Uint8Array>
  /** Bytes 0 to `offset` are safe at the far end and may be forgotten. */
  acknowledge(offset: number, crc: number): Promise<void>
  /** What happened besides; left out where nothing does. */
  readonly events?: EventSpool
}

/** The part of a WebSocket that is used; browsers' and the one of `ws` both have it. */
export interface IngestSocket {
  binaryType: string
  readonly bufferedAmount: number
  onopen: ((event: never) => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number; reason: string }) => void) | null
  onerror: ((event: never) => void) | null
  send(data: string | Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
}

export type SenderState =
  | { state: 'connecting'; attempt: number }
  | { state: 'sending'; epoch: number }
  | { state: 'waiting'; attempt: number; delayMs: number; after: CloseName }
  | { state: 'published'; recording: RecordingView }
  | { state: 'stopped'; after: CloseName }

export type SenderProgress = {
  /** All in bytes: in the spool, given to the socket, safe at the far end. */
  recorded: number
  sent: number
  safe: number
  /** Events that are safe at the far end. */
  events: number
}

export type IngestSenderOptions = {
  url: string
  token: string
  spool: Spool
  crc32: Crc32
  connect(url: string, subprotocol: string): IngestSocket
  onState?(state: SenderState): void
  onProgress?(progress: SenderProgress): void
  /** Somebody watches what is recorded, or nobody does any more (A5). */
  onWatched?(watched: boolean): void
  /** Silence with bytes outstanding after which a connection counts as dead (F4), ms. */
  silenceMs?: number
  /** First wait before connecting again (R1), ms; it doubles up to 10 s. */
  minWaitMs?: number
  /** Largest chunk to send, bytes; the receiver's `maxChunk` bounds it too. */
  maxChunkBytes?: number
}

export interface IngestSender {
  readonly progress: SenderProgress
  /** Why the receiver takes no more events (V6); null: it takes them. */
  readonly eventsRefused: EventRefusal | null
  /** The spool grew. */
  grown(): void
  /** No more bytes come: publish at the spool's size. */
  end(): void
  /** The network may be back: a wait for the next connection ends soon (R1). */
  hurry(): void
  /** Lets go of the connection and sends no more; the spool keeps what is not acknowledged. */
  close(): void
  /** Settles when the recording is published, refused for good, or {@link close} was called. */
  readonly done: Promise<Extract<SenderState, { state: 'published' | 'stopped' }>>
  /** When the end-of-stream was handed to the socket the last time (performance.now(), ms); null before. */
  readonly endSentAt: number | null
}

const maxWaitMs = 10_000
const fullWaitMs = 5_000
/** More than this in the socket's own buffer adds delay and no throughput. */
const maxBufferedBytes = 1024 * 1024
const minChunkBytes = 16 * 1024

export function openIngestSender(options: IngestSenderOptions): IngestSender {
  const { spool, crc32 } = options
  const silenceMs = options.silenceMs ?? 10_000
  const minWaitMs = options.minWaitMs ?? 250
  let ended = false
  let closed = false
  let attempt = 0
  let endSentAt: number | null = null
  let isWatched = false
  /** The last welcome past the end of the spool. */
  let beyond: { offset: number; crc: number } | null = null
  const safe = { offset: spool.acknowledged.offset, crc: spool.acknowledged.crc }
  const progress: SenderProgress = { recorded: spool.size, sent: safe.offset, safe: safe.offset, events: 0 }
  let eventsRefused: EventRefusal | null = null
  let connection: { socket: IngestSocket; wake(): void } | null = null
  let retryTimer: ReturnType<typeof setTimeout> | undefined
  /** It waits of its own accord, not because the receiver asked for it. */
  let canHurry = false
  let settle: (state: Extract<SenderState, { state: 'published' | 'stopped' }>) => void = () => {}
  const done = new Promise<Extract<SenderState, { state: 'published' | 'stopped' }>>((resolve) => {
    settle = resolve
  })

  function report(state: SenderState): void {
    options.onState?.(state)
    if (state.state === 'published' || state.state === 'stopped') {
      closed = true
      settle(state)
    }
  }

  function hear({ watched = false }: Welcome | Ack): void {
    if (watched === isWatched) return
    isWatched = watched
    options.onWatched?.(watched)
  }

  function reportProgress(): void {
    progress.recorded = spool.size
    options.onProgress?.(progress)
  }

  function connect(): void {
    canHurry = false
    attempt++
    report({ state: 'connecting', attempt })
    const socket = options.connect(options.url, ingestSubprotocol)
    socket.binaryType = 'arraybuffer'
    let heardAt = performance.now()
    let welcome: Welcome | null = null
    let window = 0
    let sent = 0
    let chain = 0
    /** Where the chunks end that are outstanding, and the chain there. */
    let marks: { offset: number; crc: number }[] = []
    let endSent = false
    let over = false
    let pumping = false
    let chunkBytes = minChunkBytes * 4
    let rate = { at: heardAt, offset: 0 }
    const events = openEventLane({
      spool: eventsRefused === null ? (spool.events ?? null) : null,
      crc32,
      send: (message) => socket.send(message),
      wake: () => wake(),
    })

    const silence = setInterval(() => {
      const outstanding = welcome === null || sent > safe.offset || events.waiting || endSent
      if (outstanding && performance.now() - heardAt > silenceMs) {
        socket.close()
        lost('timeout') // a dead peer never completes the closing handshake
      }
      wake() // the socket's own buffer may have drained
    }, 250)

    function lost(name: CloseName): void {
      if (over) return
      over = true
      clearInterval(silence)
      events.close()
      socket.onmessage = socket.onclose = null
      connection = null
      if (closed) return
      const next = closeCodes[name].sender
      if (next === 'stop') {
        report({ state: 'stopped', after: name })
        return
      }
      const delayMs =
        (next === 'reconnect-later' ? fullWaitMs : 0) +
        retryDelayMs(attempt - 1, { firstMs: minWaitMs, mostMs: maxWaitMs })
      report({ state: 'waiting', attempt, delayMs, after: name })
      retryTimer = setTimeout(connect, delayMs)
      canHurry = next !== 'reconnect-later'
    }

    /** Takes up the receiver's state; false where its bytes are not ours (R2). */
    async function resume(message: Welcome): Promise<void> {
      window = message.window
      const disagree = (): void => {
        socket.close()
        lost('checksum-mismatch')
      }
      if (message.offset < safe.offset) return disagree() // the receiver lost acknowledged bytes, which only it can tell
      if (message.offset > spool.size) {
        // R3: our own tail was lost. Messages carry no checksum, and nothing of ours confirms this one: it has to be said
        // twice before bytes are let go of.
        const isConfirmed = beyond?.offset === message.offset && beyond.crc === message.crc
        beyond = { offset: message.offset, crc: message.crc }
        if (!isConfirmed) return disagree()
        chain = message.crc
      } else {
        chain = await chainAt(message.offset)
        if (over) return
        if (chain !== message.crc) {
          socket.send(JSON.stringify({ type: 'rewind', epoch: message.epoch, offset: safe.offset, crc: safe.crc }))
          return
        }
      }
      sent = message.offset
      marks = []
      safe.offset = message.offset
      safe.crc = message.crc
      await spool.acknowledge(safe.offset, safe.crc)
      attempt = 0
      welcome = message
      events.welcome(message)
      progress.events = events.safe
      rate = { at: performance.now(), offset: sent }
      progress.sent = progress.safe = sent
      report({ state: 'sending', epoch: message.epoch })
      reportProgress()
      wake()
    }

    async function chainAt(offset: number): Promise<number> {
      let crc = safe.crc
      for (let at = safe.offset; at < offset; ) {
        const bytes = await spool.read(at, Math.min(minChunkBytes * 16, offset - at))
        if (bytes.length === 0) return crc
        crc = crc32(bytes, crc)
        at += bytes.length
      }
      return crc
    }

    async function acknowledged(message: Ack): Promise<void> {
      if (message.epoch !== welcome?.epoch || message.offset < safe.offset || message.offset > sent) return
      while (marks[0] !== undefined && marks[0].offset < message.offset) marks.shift()
      const own = marks[0]?.offset === message.offset ? marks[0].crc : await chainAt(message.offset)
      if (over) return
      if (own !== message.crc) {
        // A4: what is stored there is not ours, or the message was altered; the next welcome says which (R2).
        socket.close()
        lost('checksum-mismatch')
        return
      }
      const now = performance.now()
      // Chunks of about a quarter of a second of what the link carries: small when it is slow, since what a broken
      // connection had under way is sent again.
      const perSecond = ((message.offset - rate.offset) / Math.max(now - rate.at, 1)) * 1000
      if (now - rate.at > 500) {
        chunkBytes = Math.max(minChunkBytes, perSecond / 4)
        rate = { at: now, offset: message.offset }
      }
      window = message.window
      safe.offset = message.offset
      safe.crc = message.crc
      progress.safe = message.offset
      await spool.acknowledge(message.offset, message.crc)
      reportProgress()
      wake()
    }

    async function receive(message: ReceiverMessage): Promise<void> {
      if (message.type === 'welcome' || message.type === 'ack') hear(message)
      if (message.type === 'welcome') {
        if (message.state === 'receiving') await resume(message)
        else progress.events = message.events ?? progress.events
        return
      }
      if (message.type === 'ack') return acknowledged(message)
      if (message.type === 'events-ack' || message.type === 'events-refused') {
        if (message.epoch !== welcome?.epoch) return
        if (message.type === 'events-refused') eventsRefused = message.reason
        events.answered(message)
        progress.events = events.safe
        reportProgress()
        wake()
        return
      }
      over = true
      clearInterval(silence)
      events.close()
      connection = null
      progress.safe = Math.max(progress.safe, message.recording.bytes)
      socket.close(1000)
      reportProgress()
      report({ state: 'published', recording: message.recording })
    }

    async function pump(): Promise<void> {
      if (pumping || welcome === null) return
      pumping = true
      try {
        await events.pump()
        const limit = Math.min(welcome.maxChunk, options.maxChunkBytes ?? welcome.maxChunk)
        while (!over && sent < spool.size) {
          const room = Math.min(window - (sent - safe.offset), maxBufferedBytes - socket.bufferedAmount)
          if (room <= 0) return
          const wanted = Math.min(limit, Math.max(minChunkBytes, chunkBytes), spool.size - sent, room)
          const bytes = await spool.read(sent, Math.floor(wanted))
          if (over || bytes.length === 0) return
          const message = new Uint8Array(chunkHeaderBytes + bytes.length)
          message.set(bytes, chunkHeaderBytes)
          chain = crc32(bytes, chain)
          writeChunkHeader(message, { epoch: welcome.epoch, offset: sent, crc: chain }, crc32)
          socket.send(message)
          sent += bytes.length
          marks.push({ offset: sent, crc: chain })
          progress.sent = sent
        }
        await events.pump()
        if (ended && !endSent && sent >= spool.size && events.allSent && !over) {
          endSent = true
          const end = { type: 'end', epoch: welcome.epoch, size: sent, crc: chain }
          socket.send(JSON.stringify(events.count === null ? end : { ...end, events: events.count }))
          endSentAt = performance.now()
          heardAt = endSentAt
        }
      } finally {
        pumping = false
      }
    }

    function wake(): void {
      pump().catch(() => {
        socket.close()
        lost('going-away')
      })
    }

    let turn = Promise.resolve()
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', protocol: 1, token: options.token }))
    socket.onmessage = (event) => {
      heardAt = performance.now()
      turn = turn
        .then(() => (over || typeof event.data !== 'string' ? undefined : receive(parseReceiverMessage(event.data))))
        .catch(() => {
          socket.close()
          lost('going-away')
        })
    }
    socket.onclose = (event) => {
      // Messages that came before the close are handled before it: the last of them may be `published`.
      turn = turn.then(() => lost(event.code === 1000 ? 'going-away' : closeName(event.code)))
    }
    socket.onerror = () => {} // a close event follows
    connection = { socket, wake }
  }

  connect()
  return {
    progress,
    done,
    get eventsRefused() {
      return eventsRefused
    },
    get endSentAt() {
      return endSentAt
    },
    grown() {
      reportProgress()
      connection?.wake()
    },
    end() {
      ended = true
      connection?.wake()
    },
    hurry() {
      if (!canHurry || closed) return
      canHurry = false
      clearTimeout(retryTimer)
      retryTimer = setTimeout(connect, minWaitMs)
    },
    close() {
      if (closed) return
      clearTimeout(retryTimer)
      report({ state: 'stopped', after: 'normal' })
      connection?.socket.close(1000)
    },
  }
}
