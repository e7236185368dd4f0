// A recording while it is made whose codecs hls.js can't take (VP8): the same playlist, its WebM segments appended here.

import { type ListedRecording, nextAsk, type Piece, pieceAfter, pieceAt, readLivePlaylist } from './live-playlist.ts'
import type { LiveStream, LiveStreamOptions } from './live-stream.ts'

const retryMs = 1000
/** Loaded ahead of what is shown, and kept behind it, s. */
const aheadSeconds = 20
const behindSeconds = 60
/** Where pieces meet, their times may differ by rounding, s. */
const tolerableGap = 0.3

export function openWebmStream(options: LiveStreamOptions): LiveStream {
  const stream = new WebmStream(options)
  void stream.run()
  return stream
}

class WebmStream implements LiveStream {
  readonly #options: LiveStreamOptions
  readonly #source = new MediaSource()
  readonly #closing = new AbortController()
  readonly #address: string
  #buffer: SourceBuffer | null = null
  #listed: ListedRecording | null = null
  #loaded: Piece | null = null
  #begun = false
  #pumping = false
  /** Counts the leaves of what is loaded. */
  #jumps = 0

  constructor(options: LiveStreamOptions) {
    this.#options = options
    const { media } = options
    this.#address = URL.createObjectURL(this.#source)
    media.src = this.#address
    const { signal } = this.#closing
    media.addEventListener('seeking', () => this.#onSeeking(), { signal })
    media.addEventListener('timeupdate', () => this.#pump(), { signal })
    media.addEventListener('error', () => this.#options.onFailed(0), { once: true, signal })
    this.#source.addEventListener('sourceopen', () => this.#open(), { once: true, signal })
  }

  get edge(): number {
    return this.#listed?.segments.at(-1)?.end ?? 0
  }

  get livePosition(): number | null {
    return this.#listed === null ? null : Math.max(0, this.edge - this.#listed.holdBack)
  }

  get liveSpan(): number {
    return this.#listed?.holdBack ?? 0
  }

  get hasParts(): boolean {
    return true
  }

  get ended(): boolean {
    return this.#listed?.ended === true
  }

  dateAt(seconds: number): number | null {
    const at = this.#listed?.segments.findLast(({ start }) => start <= seconds)
    return at?.date == null ? null : at.date + 1000 * (seconds - at.start)
  }

  positionAt(date: number): number | null {
    const at = this.#listed?.segments.findLast((segment) => segment.date !== null && segment.date <= date)
    return at?.date == null ? null : at.start + (date - at.date) / 1000
  }

  close(): void {
    this.#closing.abort()
    URL.revokeObjectURL(this.#address)
    this.#options.media.removeAttribute('src')
    this.#options.media.load()
  }

  /** Reads the playlist, again and again: each answer comes when there is something new in it. */
  async run(): Promise<void> {
    const { signal } = this.#closing
    let before: ListedRecording | null = null
    while (!signal.aborted && !this.ended) {
      try {
        const reply = await fetch(before === null ? this.#options.url : `${this.#options.url}?${nextAsk(before)}`, {
          signal,
        })
        if (reply.status === 404) return this.#options.onFailed(404)
        if (!reply.ok) throw new Error(`the playlist answered ${reply.status}`)
        before = readLivePlaylist(await reply.text(), before)
        this.#listed = before
        this.#options.onChange()
        this.#pump()
      } catch {
        // The next one is whole, whatever this one was.
        before = null
        if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, retryMs))
      }
    }
  }

  #open(): void {
    this.#buffer = this.#source.addSourceBuffer(this.#options.type)
    this.#pump()
  }

  #onSeeking(): void {
    const { media } = this.#options
    if (!isBuffered(media.buffered, media.currentTime)) {
      this.#jumps++
      this.#loaded = null
    }
    this.#pump()
  }

  #pump(): void {
    if (this.#pumping || this.#buffer === null || this.#listed === null) return
    this.#pumping = true
    this.#append(this.#buffer)
      .catch(() => {
        if (!this.#closing.signal.aborted && this.#options.media.error === null) setTimeout(() => this.#pump(), retryMs)
      })
      .finally(() => {
        this.#pumping = false
      })
  }

  async #append(buffer: SourceBuffer): Promise<void> {
    const { media, start } = this.#options
    if (!this.#begun) {
      await this.#add(buffer, await this.#fetch(this.#listed!.initUri))
      this.#begun = true
      this.#lengthen()
      const begin = start ?? this.livePosition ?? 0
      if (media.currentTime === 0 && begin > 0) media.currentTime = begin
    }
    for (;;) {
      const jumps = this.#jumps
      const piece =
        this.#loaded === null ? pieceAt(this.#listed!, media.currentTime) : pieceAfter(this.#listed!, this.#loaded)
      if (piece === null) return this.#finish()
      if (piece.start > media.currentTime + aheadSeconds) return
      const bytes = await this.#fetch(piece.uri)
      // Meanwhile another place was wanted.
      if (jumps !== this.#jumps) continue
      await this.#add(buffer, bytes)
      if (jumps === this.#jumps) this.#loaded = piece
      await this.#forget(buffer)
      this.#lengthen()
    }
  }

  /** One can seek as far as the duration goes, which for WebM without one would be what is loaded. */
  #lengthen(): void {
    const { duration } = this.#source
    if (!Number.isFinite(duration) || duration < this.edge) this.#source.duration = this.edge
  }

  /** What was shown long ago is let go, to be loaded anew when it is wanted again. */
  async #forget(buffer: SourceBuffer): Promise<void> {
    const { currentTime } = this.#options.media
    if (buffer.buffered.length === 0 || currentTime - buffer.buffered.start(0) < 2 * behindSeconds) return
    buffer.remove(0, currentTime - behindSeconds)
    await settled(buffer)
  }

  #finish(): void {
    if (this.ended && this.#source.readyState === 'open') this.#source.endOfStream()
  }

  async #fetch(uri: string): Promise<ArrayBuffer> {
    const address = new URL(uri, new URL(this.#options.url, document.baseURI))
    const reply = await fetch(address, { signal: this.#closing.signal })
    if (!reply.ok) throw new Error(`${uri} answered ${reply.status}`)
    return reply.arrayBuffer()
  }

  async #add(buffer: SourceBuffer, bytes: ArrayBuffer): Promise<void> {
    buffer.appendBuffer(bytes)
    await settled(buffer)
  }
}

function settled(buffer: SourceBuffer): Promise<void> {
  return new Promise((resolve, reject) => {
    buffer.addEventListener('updateend', () => resolve(), { once: true })
    buffer.addEventListener('error', () => reject(new Error('the browser refused a segment')), { once: true })
  })
}

function isBuffered(ranges: TimeRanges, seconds: number): boolean {
  for (let index = 0; index < ranges.length; index++) {
    if (ranges.start(index) - tolerableGap <= seconds && seconds < ranges.end(index)) return true
  }
  return false
}
