// One recording that is watched while it is received. Its body is read once, however many watch:
//
//   bytes as they come ─────┐
//   durable bytes ── read ──┴▶ tail ──▶ segments and parts ──▶ built once, kept for a while
//                                             └─▶ whoever waited for them
//
// What comes is shown before it is durable: a disk that takes seconds for a sync must not make viewers wait. Nobody is told
// by this that it is safe; should it be lost, all of this is, and what the sender sends again is the same.
//
//   following ── published ──▶ ended          following ── bytes lost, closed ──▶ closed
import { type LiveForm, LivePlaylist, openLiveBody } from '@rushes/media'
import { layoutBytes } from '../body/layout-bytes.ts'
import type { BodyFollower } from '../receive/open-recording.ts'
import { type BodyRead, BodyTail } from './body-tail.ts'
import type { BuiltFiles } from './built-files.ts'
import { LiveError } from './live-error.ts'
import { LivePace } from './live-pace.ts'
import type { WaitingRoom } from './waiting-room.ts'

const readBytes = 1024 * 1024
/** Some seconds of what is recorded. */
const tailBytes = 4 * 1024 * 1024
/** A request that waits is answered at the latest then, as things stand: less than proxies allow. */
const longestWaitMs = 6000
/** Players ask several times a second. */
const watchedMs = 10_000

/** RFC 8216bis §6.2.5: which segment and part a player waits for, and whether it takes a delta. */
export type PlaylistAsk = { sequence: number | null; part: number | null; skip: boolean }

export type LiveRecordingOptions = {
  /** When its position 0 was made, ms since the Unix epoch. */
  startedAt: number
  read: BodyRead
  built: BuiltFiles
  waiting: WaitingRoom
  /** Of the body's end in memory. */
  tailBytes?: number
  now?: () => number
}

let opened = 0

export class LiveRecording implements BodyFollower {
  readonly #options: LiveRecordingOptions
  readonly #live = openLiveBody()
  readonly #tail: BodyTail
  readonly #pace = new LivePace()
  readonly #now: () => number
  /** Apart from what was followed before under the same id: that may have lost bytes. */
  readonly #key = ++opened
  #playlist: LivePlaylist | null = null
  readonly #texts = new Map<boolean, { version: string; playlist: { text: string } }>()
  #position = 0
  #durable = 0
  #reading: Promise<void> | null = null
  #isPublished = false
  #isClosed = false
  #askedAt: number

  constructor(options: LiveRecordingOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#tail = new BodyTail(options.tailBytes ?? tailBytes, options.read)
    this.#askedAt = this.#now()
  }

  get isWatched(): boolean {
    return this.#now() - this.#askedAt < watchedMs
  }

  /** ms since somebody asked for something. */
  get idleMs(): number {
    return this.#now() - this.#askedAt
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Only where it goes on with what was read: else it is read once it is durable. */
  received(bytes: Uint8Array, offset: number): void {
    if (this.#isClosed || this.#reading !== null || offset !== this.#position) return
    try {
      this.#push(Buffer.from(bytes))
      this.#moved()
    } catch {
      this.close()
    }
  }

  durable(size: number): void {
    if (size <= this.#durable || this.#isClosed) return
    this.#durable = size
    if (size > this.#position) this.#reading ??= this.#readOn()
  }

  ended(): void {
    this.#isPublished = true
    this.#reading ??= this.#readOn()
  }

  lost(): void {
    this.close()
  }

  close(): void {
    this.#isClosed = true
    this.#options.waiting.wake(this)
  }

  /** The playlist as it stands, the same object until it changes. @throws LiveError */
  async playlist(ask: PlaylistAsk, signal: AbortSignal): Promise<{ text: string }> {
    this.#askedAt = this.#now()
    const until = ask.sequence === null ? () => this.#form() !== null : () => this.#has(ask)
    const { segments } = this.#live
    // RFC 8216bis §6.2.5.2.
    if (this.#form() !== null && (ask.sequence ?? 0) > segments.length + 1) {
      throw new LiveError('too-far', `there are ${segments.length} segments`)
    }
    await this.#wait(until, signal)
    const form = this.#form()
    if (form === null) throw new LiveError('not-begun', 'nothing of this recording can be shown yet')
    return this.#text(form, ask.skip)
  }

  /**
   * `init.mp4`, a segment (`7.m4s`), a part (`7.2.m4s`), or the same as WebM; the part that comes next is waited for.
   *
   * @throws LiveError
   */
  async file(name: string, signal: AbortSignal): Promise<Buffer> {
    this.#askedAt = this.#now()
    await this.#wait(() => this.#form() !== null, signal)
    const form = this.#form()
    const [, sequence, part, extension] = /^(\d{1,7})(?:\.(\d{1,4}))?\.(m4s|webm)$/.exec(name) ?? []
    if (form === null) throw new LiveError('not-begun', 'nothing of this recording can be shown yet')
    if (name === `init.${form.container}`) return Buffer.from(form.init)
    if (sequence === undefined || extension !== extensionOf(form)) throw notThere(name)
    const [segmentAt, partAt] = [Number(sequence), part === undefined ? null : Number(part)]
    if (partAt !== null && this.#isNext(segmentAt, partAt))
      await this.#wait(() => !this.#isNext(segmentAt, partAt), signal)
    const segment = this.#live.segments[segmentAt]
    const found = partAt === null ? segment?.parts[0] : segment?.parts[partAt]
    if (segment === undefined || found === undefined || (partAt === null && segment.end === null)) throw notThere(name)
    return this.#options.built.get(`${this.#key}/${name}`, () =>
      layoutBytes(
        partAt === null ? this.#live.segmentLayout(segment) : this.#live.partLayout(found),
        (offset, length) => this.#tail.range(offset, length),
      ),
    )
  }

  #form(): LiveForm | null {
    return this.#live.form
  }

  /** Whether what a player waits for is listed. A part behind a segment's last one is the next segment's first. */
  #has({ sequence, part }: PlaylistAsk): boolean {
    const { segments, ended } = this.#live
    if (ended || sequence === null) return true
    if (segments.length > sequence + 1) return true
    const segment = segments[sequence]
    if (segment === undefined) return false
    return part === null ? segment.end !== null : segment.parts.length > part
  }

  #isNext(sequence: number, part: number): boolean {
    const { next, ended } = this.#live
    return !ended && next.sequence === sequence && next.part === part
  }

  async #wait(until: () => boolean, signal: AbortSignal): Promise<void> {
    const { waiting } = this.#options
    await waiting.wait(this, () => this.#isClosed || until(), longestWaitMs, signal)
    if (this.#isClosed) throw new LiveError('not-live', 'this recording is not being received')
  }

  #text(form: LiveForm, skip: boolean): { text: string } {
    const { segments, ended, next } = this.#live
    this.#playlist ??= new LivePlaylist({
      initUri: `live/init.${form.container}`,
      segmentUri: (sequence) => `live/${sequence}.${extensionOf(form)}`,
      partUri: (sequence, part) => `live/${sequence}.${part}.${extensionOf(form)}`,
      startedAt: this.#options.startedAt,
    })
    const holdBack = this.#pace.holdBack(this.#playlist.partTarget, this.#now())
    const version = `${segments.length} ${segments.at(-1)?.parts.length} ${ended} ${holdBack.toFixed(3)}`
    const known = this.#texts.get(skip)
    if (known?.version === version) return known.playlist
    const playlist = { text: this.#playlist.text(segments, { holdBack, ended, next, skip }) }
    this.#texts.set(skip, { version, playlist })
    return playlist
  }

  async #readOn(): Promise<void> {
    try {
      while (this.#position < this.#durable && !this.#isClosed) {
        const length = Math.min(readBytes, this.#durable - this.#position)
        const bytes = await this.#options.read(this.#position, length)
        if (bytes.length === 0) throw new Error('the body is shorter than what is durable of it')
        this.#push(bytes)
        if (this.#position === this.#durable) this.#moved()
      }
      if (this.#isPublished && !this.#live.ended) {
        this.#live.finish()
        this.#options.waiting.wake(this)
      }
    } catch {
      this.close()
    } finally {
      this.#reading = null
    }
  }

  #push(bytes: Uint8Array): void {
    this.#tail.add(this.#position, bytes)
    this.#live.push(bytes)
    this.#position += bytes.length
  }

  #moved(): void {
    const edge = this.#live.segments.at(-1)?.parts.at(-1)?.end
    if (edge !== undefined) this.#pace.moved(edge, this.#now())
    this.#options.waiting.wake(this)
  }
}

function extensionOf({ container }: LiveForm): 'm4s' | 'webm' {
  return container === 'mp4' ? 'm4s' : 'webm'
}

function notThere(name: string): LiveError {
  return new LiveError('not-there', `there is no ${name.slice(0, 40)} here, nor is it the next`)
}
