// One sender's connection: SPEC.md from the receiver's side. No I/O of its own but the socket's.
//
//   greeting ── hello ──> leasing ── welcome ──> receiving ── end ──> ending ── published ──> closed
//                            ^                      │
//                            └────── rewind ────────┘        any state ── refusal ──> closed
import { timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import {
  type CloseName,
  closeCodes,
  isEventsMessage,
  maxControlLength,
  ProtocolError,
  parseChunk,
  parseSenderMessage,
  type ReceiverMessage,
  type RecordingView,
  type SenderMessage,
  type TimelineEvent,
} from '@rushes/protocol'
import type { Body } from '../body/body.ts'
import { BodyError } from '../body/body-error.ts'
import { CatalogError } from '../catalog/catalog-error.ts'
import type { EventExtent } from '../catalog/recording-events.ts'
import { type EventIntake, openEventIntake } from './event-intake.ts'
import type { ReceiveBudget, ReceiveLimits } from './limits.ts'
import type { Holder, OpenRecording } from './open-recording.ts'
import { RateLimit } from './rate-limit.ts'

/** What a session needs of its socket. */
export interface SessionSocket {
  readonly bufferedAmount: number
  send(text: string): void
  close(code: number, reason: string): void
  /** Ends it without a closing handshake. */
  terminate(): void
  pause(): void
  resume(): void
}

/** The recording that a connection was made for, as far as the catalog and the receiver know it. */
export type SessionTarget =
  | { state: 'receiving'; tokenHash: Uint8Array; recording: OpenRecording; advance(): Promise<number> }
  | { state: 'published'; tokenHash: Uint8Array }

export type IngestSessionOptions = {
  socket: SessionSocket
  limits: ReceiveLimits
  budget: ReceiveBudget
  /** Undefined: no such recording. */
  find(): Promise<SessionTarget | undefined>
  hashToken(token: string): Uint8Array
  storageIsFull(): boolean
  /** The events that are committed. */
  eventExtent(): Promise<EventExtent>
  /** False where they contradict what is stored. @throws CatalogError `stale-epoch` */
  storeEvents(epoch: number, first: number, events: readonly TimelineEvent[]): Promise<boolean>
  /** Publishes what the recording holds. */
  publish(recording: OpenRecording, holder: Holder): Promise<void>
  /** How readers see it then. */
  publishedView(): Promise<RecordingView>
  log: { warn(details: object, message: string): void; error(details: object, message: string): void }
}

export interface IngestSession {
  text(message: string): void
  binary(message: Uint8Array): void
  pong(): void
  /** The socket is gone. */
  ended(): void
  /** Called every second: time limits. */
  tick(now: number): void
  close(name: CloseName): void
}

type State =
  | { state: 'greeting' }
  | { state: 'leasing' }
  | { state: 'receiving' | 'ending'; epoch: number; body: Body; recording: OpenRecording; events: EventIntake }
  | { state: 'closed' }

/** Answers that a sender does not read pile up to this (F5). */
const maxUnreadBytes = 1024 * 1024
/** Who never said hello has so long to answer the closing frame. */
const answerMs = 2_000

export function openIngestSession(options: IngestSessionOptions): IngestSession {
  const { socket, limits, budget, log } = options
  let state: State = { state: 'greeting' }
  let outstanding = 0
  let paused = false
  const openedAt = performance.now()
  let heardAt = openedAt
  let cutAt = Number.POSITIVE_INFINITY
  const rate = new RateLimit(limits.controlMessagesPerSecond)

  const holder: Holder = {
    fenced(reason) {
      if (reason === 'published') guard(sendPublished(false))
      else close(reason)
    },
    durable(size, crc) {
      if (state.state !== 'receiving' && state.state !== 'ending') return
      count(-outstanding + (state.body.received.size - size))
      send({ type: 'ack', epoch: state.epoch, offset: size, crc, window: budget.window(), ...watched(state.recording) })
      if (gone()) return
      if (paused && outstanding <= limits.windowBytes / 2) {
        paused = false
        heardAt = performance.now() // while we did not read, silence was ours
        socket.resume()
      }
    },
    failed: (error) => close(error.code),
  }

  /** A5. */
  function watched(recording: OpenRecording): { watched?: true } {
    return recording.isWatched ? { watched: true } : {}
  }

  /** Counts bytes that came in, or became durable. */
  function count(bytes: number): void {
    outstanding += bytes
    budget.outstanding += bytes
  }

  /** F5 holds for every answer: repeating a chunk (K3) costs a sender nothing, and is acknowledged each time. */
  function send(message: ReceiverMessage): void {
    if (gone()) return
    if (socket.bufferedAmount > maxUnreadBytes) return close('timeout')
    socket.send(JSON.stringify(message))
  }

  function close(name: CloseName): void {
    if (state.state === 'closed') return
    leave()
    socket.close(closeCodes[name].code, name)
  }

  function leave(): void {
    const former = state
    state = { state: 'closed' }
    count(-outstanding)
    if (paused) socket.resume() // a paused socket would never see the peer's closing frame
    if (former.state === 'receiving' || former.state === 'ending') former.recording.release(holder)
  }

  async function hello(token: string): Promise<void> {
    state = { state: 'leasing' }
    const target = await options.find()
    if (gone()) return
    // N6: a wrong token is told what nobody's id is told.
    if (target === undefined || !timingSafeEqual(target.tokenHash, options.hashToken(token))) return close('not-found')
    if (target.state === 'published') return sendPublished(true)
    if (options.storageIsFull()) return close('storage-full')
    const { recording } = target
    const lease = await recording.take(holder, target.advance)
    if (gone()) return recording.release(holder)
    const { epoch } = lease
    let extent: EventExtent
    try {
      extent = await options.eventExtent()
    } catch (error) {
      recording.release(holder)
      throw error
    }
    if (gone()) return recording.release(holder)
    const events = openEventIntake({
      epoch,
      extent,
      limits,
      store: (first, list) => options.storeEvents(epoch, first, list),
      answer: (message) => {
        if (holds()) send(message)
      },
      failed: (error) => {
        // Published or taken over meanwhile: another connection is told which.
        if (error instanceof CatalogError) close('going-away')
        else guard(Promise.reject(error))
      },
    })
    welcome({ recording, epoch, body: lease.body, events })
  }

  function welcome(held: { recording: OpenRecording; epoch: number; body: Body; events: EventIntake }): void {
    state = { state: 'receiving', ...held }
    const { recording, epoch, body, events } = held
    const { size, crc } = body.durable
    send({
      type: 'welcome',
      id: recording.id,
      epoch,
      offset: size,
      crc,
      window: budget.window(),
      maxChunk: limits.maxChunkBytes,
      state: 'receiving',
      ...watched(recording),
      events: events.count,
    })
  }

  /** N5, P4: whoever comes after the end, or holds the lease when the owner ends it, is told what became of it. */
  async function sendPublished(greet: boolean): Promise<void> {
    const recording = await options.publishedView()
    const events = greet ? (await options.eventExtent()).count : 0
    if (gone()) return
    if (greet) {
      const { id, bytes: offset } = recording
      const { maxChunkBytes: maxChunk } = limits
      send({ type: 'welcome', id, epoch: 0, offset, crc: 0, window: 0, maxChunk, state: 'published', events })
    }
    finish(recording)
  }

  function finish(recording: RecordingView): void {
    send({ type: 'published', recording })
    close('normal')
  }

  async function rewind(message: Extract<SenderMessage, { type: 'rewind' }>): Promise<void> {
    if (state.state !== 'receiving') return close('bad-message')
    const { recording, epoch, events } = state
    if (message.epoch !== epoch) return close('stale-epoch')
    state = { state: 'leasing' }
    try {
      const body = await recording.rewind(holder, message.offset, message.crc)
      if (!gone()) welcome({ recording, epoch, body, events })
    } finally {
      if (!holds()) recording.release(holder)
    }
  }

  async function end(message: Extract<SenderMessage, { type: 'end' }>): Promise<void> {
    if (state.state !== 'receiving') return close('bad-message')
    const { body, recording, epoch, events } = state
    if (message.epoch !== epoch) return close('stale-epoch')
    if (message.size !== body.received.size) return close('offset-conflict')
    if (message.crc !== body.received.crc) return close('checksum-mismatch')
    state = { state: 'ending', body, recording, epoch, events }
    await events.settled()
    if (gone()) return
    // V7: what was sent before the end is stored before it.
    if (message.events !== undefined && message.events !== events.count) return close('offset-conflict')
    await options.publish(recording, holder)
    await sendPublished(false)
  }

  function holds(): boolean {
    return state.state === 'receiving' || state.state === 'ending'
  }

  function gone(): boolean {
    return state.state === 'closed'
  }

  /** Awaited work ends here when it fails: every failure has its close code. */
  function guard(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (gone()) return
      if (error instanceof BodyError) {
        log.warn({ error }, 'the store refused a recording')
        close(error.code)
      } else if (error instanceof CatalogError) {
        close(error.code === 'recording-not-found' ? 'not-found' : 'stale-epoch')
      } else {
        log.error({ error }, 'a sender has to wait')
        close('unavailable')
      }
    })
  }

  function text(message: string): void {
    if (gone()) return
    heardAt = performance.now()
    if (message.length > maxControlLength) return close('message-too-big')
    if (!rate.take(heardAt)) return close('bad-message')
    let parsed: SenderMessage
    try {
      parsed = parseSenderMessage(message)
    } catch {
      return close('bad-message')
    }
    if (parsed.type === 'hello') {
      if (state.state !== 'greeting') return close('bad-message')
      guard(hello(parsed.token))
    } else guard(parsed.type === 'rewind' ? rewind(parsed) : end(parsed))
  }

  function binary(message: Uint8Array): void {
    if (gone()) return
    heardAt = performance.now()
    if (state.state !== 'receiving') return close('bad-message')
    const { body, epoch, events } = state
    if (isEventsMessage(message)) {
      if (options.storageIsFull()) return close('storage-full')
      const fault = events.take(message, heardAt)
      if (fault !== null) close(fault)
      return
    }
    try {
      // K2: header checksum, epoch, offset, chain; only then is anything appended.
      const chunk = parseChunk(message, crc32)
      if (chunk.epoch !== epoch) return close('stale-epoch')
      const end = chunk.offset + chunk.payload.length
      if (end <= body.received.size) {
        // K3: a repetition changes nothing.
        const { size, crc } = body.durable
        send({ type: 'ack', epoch, offset: size, crc, window: budget.window() })
        return
      }
      if (chunk.offset !== body.received.size) return close('offset-conflict')
      if (crc32(chunk.payload, body.received.crc) !== chunk.crc) return close('checksum-mismatch')
      if (end > limits.maxRecordingBytes) return close('recording-too-large')
      if (outstanding > 2 * limits.windowBytes) return close('window-exceeded')
      if (options.storageIsFull()) return close('storage-full')
      count(chunk.payload.length)
      body.append(chunk.payload, chunk.crc)
    } catch (error) {
      if (error instanceof ProtocolError) return close(error.code)
      throw error
    }
    if (outstanding > limits.windowBytes && !paused) {
      paused = true
      socket.pause()
    }
  }

  return {
    text,
    binary,
    pong() {
      heardAt = performance.now()
    },
    ended: () => {
      if (!gone()) leave()
    },
    tick(now) {
      if (now > cutAt) socket.terminate()
      else if (state.state === 'greeting' && now - openedAt > limits.helloMs) {
        close('timeout')
        cutAt = now + answerMs
      } else if (!paused && now - heardAt > limits.deadMs) {
        close('timeout')
        socket.terminate() // half-open: nobody is there to answer the closing frame
      }
    },
    close,
  }
}
