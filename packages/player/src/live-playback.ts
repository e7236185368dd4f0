import { openHlsStream } from './hls-stream.ts'
import { type LiveStanding, liveStanding } from './live-standing.ts'
import { hlsType, type LiveStream, type LiveStreamOptions } from './live-stream.ts'
import type { PlaybackProblem } from './playback-source.ts'
import { openWebmStream } from './webm-stream.ts'

/** Behind the live position by no more than this, one sees what happens now, s. */
const tolerableLag = 0.4
const betweenLeapsMs = 5000

export type LivePlaybackOptions = {
  media(): HTMLVideoElement | null
  onProblem(problem: PlaybackProblem): void
  /** The standing changed by as much as is drawn. */
  onStanding(): void
}

/** The stream that a player shows, if it shows one: opens and closes it, and keeps the viewer away from its very end. */
export class LivePlayback {
  readonly #options: LivePlaybackOptions
  #stream: LiveStream | null = null
  #standing: LiveStanding | null = null
  /** Counts what was opened: what comes late of another one is closed. */
  #opening = 0
  #shownTime = 0
  /** Wants what happens now, and is brought back to it after a stall. */
  #follows = false
  /** Opened at no place of its own, and neither played nor led to one since: "play" means now, however late it comes. */
  #isUntouched = false
  #broughtBackAt = Number.NEGATIVE_INFINITY

  constructor(options: LivePlaybackOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#stream !== null
  }

  /** Null where there is no "now". */
  get standing(): LiveStanding | null {
    return this.#standing
  }

  /** Null where there is none to go to. */
  get livePosition(): number | null {
    return this.#stream?.ended === false ? this.#stream.livePosition : null
  }

  /** `start`: seconds; null: where "now" is. */
  open(url: string, type: string, start: number | null): void {
    this.close()
    const media = this.#options.media()
    if (media === null) return
    this.#isUntouched = start === null
    const opening = this.#opening
    const isMine = () => opening === this.#opening
    openStream({
      ...{ media, url, type, start },
      onFailed: (status) => {
        if (!isMine()) return
        this.#options.onProblem(status >= 400 ? { kind: 'missing' } : { kind: 'damaged', atSeconds: media.currentTime })
      },
      onChange: () => {
        if (isMine()) this.#stand()
      },
    }).then(
      (stream) => {
        if (isMine()) this.#stream = stream
        else stream.close()
      },
      () => {
        if (isMine()) this.#options.onProblem({ kind: 'unreachable' })
      },
    )
  }

  close(): void {
    this.#opening++
    this.#stream?.close()
    this.#stream = null
    this.#stand()
  }

  /** When what is shown at a position was made: ms since the Unix epoch. */
  dateAt(seconds: number): number | null {
    return this.#stream?.dateAt(seconds) ?? null
  }

  positionAt(date: number): number | null {
    return this.#stream?.positionAt(date) ?? null
  }

  onTime(media: HTMLVideoElement): void {
    this.#shownTime = media.currentTime
    this.#stand()
    // Faster than it happens, one is at its end soon.
    if (this.#standing?.isLive && media.playbackRate > 1) media.playbackRate = 1
    this.#keepUp(media)
  }

  onPlay(media: HTMLVideoElement): void {
    this.#follows = this.#isUntouched || this.#isNear(media.currentTime)
    this.#isUntouched = false
  }

  onPause(media: HTMLVideoElement): void {
    if (!media.ended) this.#follows = false
  }

  #isNear(seconds: number): boolean {
    const { livePosition } = this
    return livePosition !== null && livePosition - seconds < tolerableLag
  }

  /** Where parts of segments come there is nothing to lose by a leap, and each stall would otherwise add to the delay. */
  #keepUp(media: HTMLVideoElement): void {
    const { livePosition } = this
    if (livePosition === null || !this.#follows || this.#stream?.hasParts !== true || media.paused || media.seeking)
      return
    if (media.playbackRate !== 1 || this.#isNear(media.currentTime)) return
    const now = performance.now()
    if (now - this.#broughtBackAt < betweenLeapsMs || !isBuffered(media.buffered, livePosition)) return
    this.#broughtBackAt = now
    media.currentTime = livePosition
  }

  onSeeking(media: HTMLVideoElement): void {
    const { livePosition } = this
    // The end of the bar is now: nearer to it there is not enough to play on. Who waits there already, since nothing comes,
    // is left there: hls.js moves by parts of a second where it waits.
    const isLeap = media.currentTime > this.#shownTime + 1
    if (livePosition !== null && isLeap && media.currentTime > livePosition + 1) media.currentTime = livePosition
    this.#follows = this.#isNear(media.currentTime)
    if (!this.#follows) this.#isUntouched = false
    this.#stand()
  }

  #stand(): void {
    const standing = liveStanding(this.#stream, this.#options.media()?.currentTime ?? 0)
    const before = this.#standing
    // Drawn by the second.
    const same =
      standing?.isLive === before?.isLive &&
      Math.floor(standing?.behindSeconds ?? 0) === Math.floor(before?.behindSeconds ?? 0)
    if (same) return
    this.#standing = standing
    this.#options.onStanding()
  }
}

async function openStream(options: LiveStreamOptions): Promise<LiveStream> {
  return options.type === hlsType ? openHlsStream(options) : openWebmStream(options)
}

function isBuffered(ranges: TimeRanges, seconds: number): boolean {
  for (let index = 0; index < ranges.length; index++) {
    if (ranges.start(index) <= seconds && seconds < ranges.end(index)) return true
  }
  return false
}
