// One recording, from the first picture to the published page. The states are drawn in recording-state.ts; the way of the
// bytes is encoder → spool → delivery, and each of them goes on when the next one stands still.
import { apiClient, eventText, type RecordingView, type TimelineEvent } from '@rushes/protocol'
import type { TimedOperation } from './annotate/annotation.ts'
import type { Capture } from './capture/source.ts'
import { type Delivery, type DeliveryOutcome, openDelivery } from './deliver/delivery.ts'
import type { BodyEncoder, BodyEvents, EncoderError } from './encode/body-encoder.ts'
import { chooseFor, type EncoderWish, openEncoder } from './encode/open-encoder.ts'
import { clock } from './length-words.ts'
import { Emitter } from './listeners.ts'
import {
  type KeptReason,
  type NewEvent,
  type Recording,
  RecordingError,
  type RecordingEvents,
  type RecordingNotice,
  type RecordingProgress,
  type RecordingState,
} from './recording-state.ts'
import { lostWords } from './source-words.ts'
import type { DurableSpoolOptions } from './spool/durable-spool.ts'
import { SpoolError } from './spool/spool-error.ts'
import type { SpoolKind } from './spool/spool-store.ts'
import { createSpool, type HeldSpool } from './spool/spools.ts'

export type StartRecordingOptions = {
  /** Origin of the server, e.g. `https://rushes.example`; in its own pages the empty string. */
  server: string
  /** API key; pages leave it out and are known by their session. */
  key?: string
  capture: Capture
  title?: string
  encoder?: EncoderWish
  spool?: DurableSpoolOptions & { prefer?: SpoolKind }
  /** How long {@link Recording.stop} waits for a server that cannot be reached, ms; 10 s. */
  patienceMs?: number
}

const progressEveryMs = 250

/**
 * Starts at once, whether the server is there or not. The capture stays the caller's to close.
 *
 * @throws EncoderError `not-supported`; SpoolError
 */
export async function startRecording(options: StartRecordingOptions): Promise<Recording> {
  const title = options.title ?? ''
  const choice = await chooseFor(options.capture, options.encoder ?? {})
  const held = await createSpool({ title, contentType: choice.contentType }, options.spool)
  // Asks the browser not to clear this storage when the disk gets full; it may say no.
  navigator.storage?.persist?.().catch(() => {})
  const recording = new OpenRecording(options, held)
  try {
    await recording.begin(choice)
    return recording
  } catch (fault) {
    await recording.cancel()
    throw fault
  }
}

class OpenRecording extends Emitter<RecordingEvents> implements Recording {
  readonly spoolId: string
  readonly title: string
  readonly spool: SpoolKind
  readonly #options: StartRecordingOptions
  readonly #held: HeldSpool
  readonly #delivery: Delivery
  #encoder: BodyEncoder | null = null
  #state: RecordingState = { state: 'starting' }
  #fault: EncoderError | null = null
  /** Nothing is noted any more: how many events there are is what the end says. */
  #ended = false
  #outcome: Promise<RecordingView> | null = null
  /** What stood on the picture at the start, until those who await the recording can listen. */
  #early: TimedOperation[] | null = []
  #unlisten: (() => void)[] = []
  #timer: ReturnType<typeof setInterval>

  constructor(options: StartRecordingOptions, held: HeldSpool) {
    super()
    this.#options = options
    this.#held = held
    this.spoolId = held.spool.meta.id
    this.title = held.spool.meta.title
    this.spool = held.kind
    const { server, key } = options
    this.#delivery = openDelivery({
      spool: held.spool,
      api: apiClient({ server, ...(key !== undefined && { key }) }),
      onConnection: () => this.#report(),
      onWatched: (watched) => this.#encoder?.watched(watched),
      onContinued: () => this.#notice('continued', 'The server had ended the recording; what follows is a second one.'),
    })
    this.#unlisten.push(
      held.spool.on('full', (error) => this.#notice('spool-full', `${error.message}; going on from memory`)),
      held.spool.on('recovered', () => this.#notice('spool-recovered', 'Storage takes the recording again.')),
      options.capture.on('source-ended', ({ source, goesOn }) =>
        this.#notice('source-ended', lostWords(source, goesOn)),
      ),
      options.capture.on('ended', () => this.#endByItself()),
    )
    this.#timer = setInterval(() => this.#report(), progressEveryMs)
  }

  get id(): string | null {
    return this.#delivery.recordingId
  }

  get state(): RecordingState {
    return this.#state
  }

  get encoder(): BodyEncoder['choice'] {
    return this.#encoder!.choice
  }

  get picture(): BodyEncoder['picture'] {
    return this.#encoder?.picture ?? null
  }

  get progress(): RecordingProgress {
    const recordedBytes = this.#held.spool.appended
    const safeBytes = Math.min(this.#delivery.safeBytes, recordedBytes)
    return {
      recordedBytes,
      safeBytes,
      waitingBytes: recordedBytes - safeBytes,
      unspooledBytes: this.#held.kind === 'memory' ? recordedBytes - safeBytes : this.#held.spool.pendingBytes,
      durationMs: this.#encoder?.durationMs ?? 0,
      connection: this.#delivery.connection,
      events: this.#held.spool.events.noted,
      safeEvents: this.#delivery.safeEvents,
    }
  }

  async begin(choice: BodyEncoder['choice']): Promise<void> {
    const { capture, encoder: wish = {} } = this.#options
    const events: BodyEvents = {
      onBytes: (bytes, { sync }) => this.#take(bytes, sync),
      onAnnotated: (data) => {
        this.#noteDrawn(data)
        this.#annotated(data)
      },
      onSlept: (ms) => this.#notice('slept', `The computer was asleep for ${clock(ms)}; recording went on after it.`),
      onError: (error) => this.#broke(error),
    }
    this.#encoder = openEncoder(capture, choice, wish, events)
    try {
      await this.#encoder.start()
    } catch (fault) {
      const nothingYet = this.#held.spool.appended === 0
      if (choice.kind !== 'webcodecs' || wish.prefer === 'webcodecs' || !nothingYet) throw fault
      // A browser that promises more than it keeps: the other way to record is still there.
      const second = await chooseFor(capture, { ...wish, prefer: 'mediarecorder' })
      await this.#held.spool.describe({ contentType: second.contentType })
      this.#encoder = openEncoder(capture, second, wish, events)
      await this.#encoder.start()
    }
    if (this.#state.state === 'starting') this.#become({ state: 'recording' })
    setTimeout(() => {
      const early = this.#early ?? []
      this.#early = null
      for (const data of early) this.#annotated(data)
    })
    if (this.#held.kind === 'memory') {
      this.#notice('spool-in-memory', 'This browser keeps nothing on disk: what is not delivered is lost with the tab.')
    }
  }

  pause(): void {
    if (this.#state.state !== 'recording') return
    this.#encoder?.pause()
    this.#become({ state: 'paused' })
  }

  resume(): void {
    if (this.#state.state !== 'paused') return
    this.#encoder?.resume()
    this.#become({ state: 'recording' })
  }

  addEvent({ kind, data = {}, t }: NewEvent): TimelineEvent {
    if (this.#ended || ['published', 'kept', 'cancelled', 'failed'].includes(this.#state.state)) {
      throw new RecordingError('not-recording', 'events can be noted until the recording has stopped')
    }
    let text: string
    try {
      text = eventText({ t: t ?? this.#encoder?.durationMs ?? 0, kind, data })
    } catch (cause) {
      throw new RecordingError('bad-event', cause instanceof Error ? cause.message : String(cause), { cause })
    }
    try {
      this.#held.spool.events.append({ text, bodyBytes: this.#held.spool.appended })
    } catch (cause) {
      throw new RecordingError('too-many-events', cause instanceof Error ? cause.message : String(cause), { cause })
    }
    const event = JSON.parse(text) as TimelineEvent
    this.emit('event', event)
    this.#report()
    return event
  }

  mark(label: string): TimelineEvent {
    return this.addEvent({ kind: 'mark', data: { label } })
  }

  stop(): Promise<RecordingView> {
    this.#outcome ??= this.#finish()
    return this.#outcome
  }

  cancel(): Promise<void> {
    return this.#discard({ state: 'cancelled' })
  }

  async #discard(last: RecordingState): Promise<void> {
    const id = this.id
    if (['published', 'cancelled', 'failed'].includes(this.#state.state)) return
    this.#become(last)
    this.#delivery.close()
    await this.#encoder?.stop()
    await this.#delivery.done
    this.#rest()
    await this.#held.remove()
    if (id === null) return
    const { server, key } = this.#options
    // Where the server is away the recording is published by its quiet time, as far as it came; or removed (C3).
    await apiClient({ server, ...(key !== undefined && { key }) })
      .remove(id)
      .catch(() => {})
  }

  async #finish(): Promise<RecordingView> {
    if (this.#state.state === 'cancelled') throw new RecordingError('cancelled', 'the recording was cancelled')
    this.#become({ state: 'stopping' })
    const { spool } = this.#held
    await this.#encoder?.stop()
    this.#ended = true
    await spool.flushed()
    if (spool.appended === 0) {
      await this.#discard(this.#fault === null ? { state: 'cancelled' } : { state: 'failed', error: this.#fault })
      throw new RecordingError('nothing-recorded', 'it was stopped before the first picture or sound')
    }
    await spool.describe({ state: 'stopped' })
    this.#delivery.end()
    const outcome = await Promise.race([this.#delivery.done, this.#outOfPatience()])
    if (outcome === null) {
      this.#keep('offline')
      this.#delivery.done.then((late) => this.#settle(late)).catch(() => {})
      throw new RecordingError('kept', 'the server cannot be reached; the recording is kept here and delivered later')
    }
    return this.#settle(outcome)
  }

  /** The delivery's end, now or after the recording was `kept`. */
  async #settle(outcome: DeliveryOutcome): Promise<RecordingView> {
    if (outcome.outcome === 'published') {
      const { events, safeEvents } = this.progress
      if (safeEvents < events) {
        this.#notice(
          'events-left-out',
          `The server did not take ${events - safeEvents} of ${events} marks and annotations.`,
        )
      }
      this.#rest()
      await this.#held.remove().catch(() => {}) // delivered: what stays here is only in the way
      this.#become({ state: 'published', recording: outcome.recording })
      return outcome.recording
    }
    this.#rest()
    await this.#held.release()
    if (outcome.outcome === 'closed') throw new RecordingError('cancelled', 'the recording was cancelled')
    this.#keep(outcome.reason)
    throw new RecordingError('kept', `the server refuses it (${outcome.reason}); the recording is kept here`)
  }

  /** Settles with null when the server was out of reach for the whole patience; as long as bytes flow it waits. */
  #outOfPatience(): Promise<null> {
    const patienceMs = this.#options.patienceMs ?? 10_000
    return new Promise((resolve) => {
      let aliveAt = performance.now()
      let safe = this.#delivery.safeBytes
      const timer = setInterval(() => {
        const now = performance.now()
        if (this.#delivery.safeBytes > safe) aliveAt = now
        safe = this.#delivery.safeBytes
        if (now - aliveAt < patienceMs && this.#state.state === 'stopping') return
        clearInterval(timer)
        resolve(null)
      }, 100)
      this.#unlisten.push(() => clearInterval(timer))
    })
  }

  /** What is drawn is noted, too, so that it can be found, and shown over a picture that was kept clean. */
  #noteDrawn(data: TimedOperation): void {
    try {
      const { clean } = this.#options.capture.scene
      this.addEvent({ kind: 'annotation', t: data.t, data: clean ? { ...data, clean } : data })
    } catch (fault) {
      this.#notice('events-left-out', fault instanceof Error ? fault.message : String(fault))
    }
  }

  #annotated(data: TimedOperation): void {
    if (this.#early === null) this.emit('annotated', { data })
    else this.#early.push(data)
  }

  #take(bytes: Uint8Array, sync: boolean): void {
    try {
      this.#held.spool.append(bytes, sync)
    } catch (fault) {
      if (!(fault instanceof SpoolError)) throw fault
      if (this.#state.state !== 'recording' && this.#state.state !== 'paused') return
      // Neither disk nor memory nor network takes more: what is there must not be spoilt by a hole.
      this.#notice('memory-full', `${fault.message}; the recording ends here`)
      this.#endByItself()
    }
  }

  #broke(error: EncoderError): void {
    this.#fault = error
    if (this.#state.state !== 'recording' && this.#state.state !== 'paused') return
    this.#notice('encoder-failed', `${error.message}; what was recorded until now is being published`)
    this.#endByItself()
  }

  #endByItself(): void {
    if (this.#state.state === 'recording' || this.#state.state === 'paused') this.stop().catch(() => {}) // seen in the state
  }

  #keep(reason: KeptReason): void {
    this.#become({ state: 'kept', spoolId: this.spoolId, reason })
  }

  #notice(code: RecordingNotice['code'], message: string): void {
    this.emit('notice', { code, message })
  }

  #become(state: RecordingState): void {
    this.#state = state
    this.emit('state', state)
    this.#report()
  }

  #report(): void {
    this.emit('progress', this.progress)
  }

  #rest(): void {
    clearInterval(this.#timer)
    for (const stop of this.#unlisten) stop()
    this.#unlisten = []
  }
}
