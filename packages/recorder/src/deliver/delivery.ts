// Brings one spool to the server, whatever happens to the connection.
//
//   creating ──> sending (the protocol's own states) ──> published, all of it ──> done
//      ^                     │
//      └── published without the rest (SPEC.md Q2), or forgotten before a byte was safe (C3): a new recording
import {
  type ApiClient,
  ApiError,
  crc32,
  type IngestSender,
  type IngestSocket,
  openIngestSender,
  type RecordingView,
  type SenderState,
} from '@rushes/protocol'
import type { ConnectionState, KeptReason } from '../recording-state.ts'
import type { DurableSpool } from '../spool/durable-spool.ts'
import type { SpoolTarget } from '../spool/spool-store.ts'
import { findCut } from './rest.ts'
import { targetSpool, toBodyOffset } from './target-spool.ts'

export type DeliveryOutcome =
  | { outcome: 'published'; recording: RecordingView /** Earlier parts, oldest first. */; before: RecordingView[] }
  | { outcome: 'refused'; reason: KeptReason }
  | { outcome: 'closed' }

export type DeliveryOptions = {
  spool: DurableSpool
  api: ApiClient
  connect?(url: string, subprotocol: string): IngestSocket
  onConnection?(connection: ConnectionState): void
  onSafe?(bodyBytes: number): void
  /** Somebody watches what is recorded, or nobody does any more. */
  onWatched?(watched: boolean): void
  /** The server ended a recording early; what is left goes to another one. */
  onContinued?(published: RecordingView): void
}

export interface Delivery {
  readonly recordingId: string | null
  readonly connection: ConnectionState
  /** Of the body, safe at the server. */
  readonly safeBytes: number
  /** Of the spool's events, safe at the server. */
  readonly safeEvents: number
  end(): void
  close(): void
  readonly done: Promise<DeliveryOutcome>
}

const minWaitMs = 250
const maxWaitMs = 10_000
/** Refusals by close code that mean: this recording is no more, and never had a byte of ours. */
const forgotten = new Set(['not-found', 'gone'])

export function openDelivery(options: DeliveryOptions): Delivery {
  const { spool, api } = options
  const connect = options.connect ?? ((url, subprotocol) => new WebSocket(url, subprotocol) as unknown as IngestSocket)
  let sender: IngestSender | null = null
  let connection: ConnectionState = 'creating'
  let safeBytes = spool.meta.target ? toBodyOffset(spool, spool.meta.target, spool.meta.target.offset) : 0
  let safeEvents = spool.meta.target?.firstEvent ?? 0
  let ended = false
  let closed = false
  let wake: () => void = () => {}
  const before: RecordingView[] = []

  const show = (next: ConnectionState) => {
    if (connection === next) return
    connection = next
    options.onConnection?.(next)
  }
  /** Until the time is over, or something changed: more bytes, the end, the network came back. */
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  const online = () => {
    sender?.hurry()
    wake()
  }
  globalThis.addEventListener?.('online', online)
  const unlisten = spool.on('grown', () => sender?.grown())

  async function createTarget(cut: number, firstEvent: number): Promise<SpoolTarget | KeptReason | null> {
    const { title, contentType } = spool.meta
    for (let waitMs = minWaitMs; !closed; waitMs = Math.min(waitMs * 2, maxWaitMs)) {
      show('creating')
      try {
        const created = await api.createRecording({ title, contentType })
        const { id: recordingId, ingestUrl, token } = created
        return { recordingId, ingestUrl, token, cut, offset: 0, crc: 0, firstEvent }
      } catch (fault) {
        const status = fault instanceof ApiError ? fault.status : 0
        // While recording goes on the user may sign in again; at the end it is kept.
        if (ended && (status === 401 || status === 403)) return 'forbidden'
      }
      show('waiting')
      await pause(waitMs * (0.5 + Math.random() / 2))
    }
    return null
  }

  function send(target: SpoolTarget): Promise<Extract<SenderState, { state: 'published' | 'stopped' }>> {
    sender = openIngestSender({
      url: target.ingestUrl,
      token: target.token,
      spool: targetSpool(spool, target),
      crc32,
      connect,
      onWatched: (watched) => options.onWatched?.(watched),
      onState(state) {
        if (state.state === 'connecting' || state.state === 'sending' || state.state === 'waiting') show(state.state)
      },
      onProgress(progress) {
        safeEvents = target.firstEvent + progress.events
        const safe = toBodyOffset(spool, target, progress.safe)
        if (safe === safeBytes) return
        safeBytes = safe
        options.onSafe?.(safe)
      },
    })
    if (ended) sender.end()
    return sender.done
  }

  /** Where the rest begins, waiting for it to come; null where there is none. */
  async function restAfter(bodyEnd: number): Promise<number | null> {
    for (;;) {
      const cut = spool.size > bodyEnd ? await findCut(spool, bodyEnd) : null
      if (cut !== null || closed) return cut
      if (ended) return null
      show('idle')
      await pause(1000)
    }
  }

  async function run(): Promise<DeliveryOutcome> {
    let target = spool.meta.target
    let cut = 0
    let firstEvent = 0
    let forgottenTimes = 0
    for (;;) {
      if (target === null) {
        const created = await createTarget(cut, firstEvent)
        if (created === null) return { outcome: 'closed' }
        if (typeof created === 'string') return { outcome: 'refused', reason: created }
        target = created
        await spool.describe({ target })
      }
      const state = await send(target)
      safeEvents = target.firstEvent + (sender?.progress.events ?? 0)
      sender = null
      if (closed) return { outcome: 'closed' }
      if (state.state === 'stopped') {
        const acknowledged = spool.meta.target?.offset ?? 0
        if (!forgotten.has(state.after) || acknowledged > 0 || ++forgottenTimes > 3) {
          return { outcome: 'refused', reason: state.after }
        }
        cut = target.cut
        firstEvent = target.firstEvent
        target = null
        continue
      }
      const bodyEnd = toBodyOffset(spool, target, state.recording.bytes)
      if (ended && bodyEnd >= spool.size) return { outcome: 'published', recording: state.recording, before }
      const rest = await restAfter(bodyEnd)
      if (closed) return { outcome: 'closed' }
      if (rest === null) return { outcome: 'published', recording: state.recording, before }
      before.push(state.recording)
      options.onContinued?.(state.recording)
      cut = rest
      // What is not stored there, and what belongs to the rest although it is.
      firstEvent = Math.min(safeEvents, await spool.events.firstAfter(rest))
      target = null
    }
  }

  const done = run().finally(() => {
    show('idle')
    unlisten()
    globalThis.removeEventListener?.('online', online)
  })
  return {
    done,
    get recordingId() {
      return spool.meta.target?.recordingId ?? null
    },
    get connection() {
      return connection
    },
    get safeBytes() {
      return safeBytes
    },
    get safeEvents() {
      return safeEvents
    },
    end() {
      ended = true
      sender?.end()
      wake()
    },
    close() {
      closed = true
      sender?.close()
      wake()
    },
  }
}
