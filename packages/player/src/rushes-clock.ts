// Time that passes without a medium: what is shown of a day of which there is no recording. To controls it is a media
// element (HTML §4.8.11), so the same ones lead through it.

/** What of a media element its controls need. */
export type PlayedMedia = EventTarget &
  Pick<
    HTMLMediaElement,
    | 'currentTime'
    | 'duration'
    | 'ended'
    | 'muted'
    | 'pause'
    | 'paused'
    | 'play'
    | 'playbackRate'
    | 'readyState'
    | 'seekable'
    | 'seeking'
    | 'volume'
  >

/** As often as browsers tell of a video's time. */
const tellEveryMs = 250

/** A clock of `duration` seconds. Events as of a media element. */
export class RushesClock extends HTMLElement implements PlayedMedia {
  volume = 1
  muted = false
  readonly seeking: boolean = false
  #duration = Number.NaN
  #rate = 1
  /** Where it stood when it was last moved, started or stopped, s. */
  #from = 0
  /** When it began to run from there; null while it stands. */
  #since: number | null = null
  #ticking: ReturnType<typeof setInterval> | undefined

  get duration(): number {
    return this.#duration
  }

  set duration(seconds: number) {
    if (seconds === this.#duration) return
    this.#duration = seconds
    this.#tell('durationchange', 'loadedmetadata', 'canplay')
  }

  get readyState(): number {
    return Number.isNaN(this.#duration) ? 0 : 4
  }

  get currentTime(): number {
    const passed = this.#since === null ? 0 : ((performance.now() - this.#since) / 1000) * this.#rate
    return Math.min(this.#from + passed, this.#duration || 0)
  }

  set currentTime(seconds: number) {
    this.#moveTo(Math.min(Math.max(0, seconds), this.#duration || 0))
    this.#tell('seeking', 'timeupdate', 'seeked')
  }

  get playbackRate(): number {
    return this.#rate
  }

  set playbackRate(rate: number) {
    this.#moveTo(this.currentTime)
    this.#rate = rate
    this.#tell('ratechange')
  }

  get paused(): boolean {
    return this.#since === null
  }

  get ended(): boolean {
    return this.currentTime >= this.#duration
  }

  get seekable(): TimeRanges {
    const end = this.#duration
    return { length: this.readyState === 0 ? 0 : 1, start: () => 0, end: () => end }
  }

  async play(): Promise<void> {
    if (!this.paused) return
    if (this.ended) this.#moveTo(0)
    this.#since = performance.now()
    this.#ticking = setInterval(() => this.#tick(), tellEveryMs)
    this.#tell('play', 'playing')
  }

  pause(): void {
    if (this.paused) return
    this.#from = this.currentTime
    this.#since = null
    clearInterval(this.#ticking)
    this.#tell('timeupdate', 'pause')
  }

  disconnectedCallback(): void {
    this.pause()
  }

  #tick(): void {
    this.#tell('timeupdate')
    if (!this.ended) return
    this.pause()
    this.#tell('ended')
  }

  #moveTo(seconds: number): void {
    this.#from = seconds
    if (this.#since !== null) this.#since = performance.now()
  }

  #tell(...names: string[]): void {
    for (const name of names) this.dispatchEvent(new Event(name))
  }
}

customElements.define('rushes-clock', RushesClock)

declare global {
  interface HTMLElementTagNameMap {
    'rushes-clock': RushesClock
  }
}
