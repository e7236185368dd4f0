import { type LiveStanding, liveStanding } from './live-standing.ts'
import { type LiveStream, openLiveStream } from './live-stream.ts'
import type { PlaybackProblem } from './playback-source.ts'

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
  open(url: string, start: number | null): void {
    this.close()
    const media = this.#options.media()
    if (media === null) return
    const opening = this.#opening
    const isMine = () => opening === this.#opening
    openLiveStream({
      ...{ media, url, start },
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
  }

  onSeeking(media: HTMLVideoElement): void {
    const { livePosition } = this
    // The end of the bar is now: nearer to it there is not enough to play on. Who waits there already, since nothing comes,
    // is left there: hls.js moves by parts of a second where it waits.
    const isLeap = media.currentTime > this.#shownTime + 1
    if (livePosition !== null && isLeap && media.currentTime > livePosition + 1) media.currentTime = livePosition
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
