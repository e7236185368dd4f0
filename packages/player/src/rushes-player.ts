import { type CSSResultGroup, html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit'
import { type FrameClock, frameClock } from './frame-clock.ts'
import { liveButton } from './live-button.ts'
import { LivePlayback } from './live-playback.ts'
import { playsPlaylist } from './live-stream.ts'
import { mediaControls } from './media-controls.ts'
import {
  diagnose,
  type PlaybackProblem,
  type PlaybackSource,
  playableSources,
  sourcesOf,
  sourceWords,
} from './playback-source.ts'
import { runCommand } from './player-commands.ts'
import { playerStyles } from './player-styles.ts'
import { problemPanel } from './problem-panel.ts'
import { type ResumeStore, resumeStore } from './resume-store.ts'
import { type PlayedMedia, RushesClock } from './rushes-clock.ts'
import { type PlayerMark, seekMarks } from './seek-marks.ts'
import { shortcutDialog } from './shortcut-dialog.ts'
import { commandFor, type PlayerCommand } from './shortcuts.ts'
import { formatClock, parseStartTime } from './start-time.ts'

/** Often enough that a crash costs little, rarely enough not to write all the time. */
const rememberEveryMs = 5000
const hintMs = 900
const resumedNoticeMs = 8000

/**
 * Plays one recording: the first of its files that the browser can play, with controls, keys and a memory of where one
 * left. It asks nobody but its own sources.
 *
 * Attributes: `src-hls` (a recording while it arrives: plays from "now" on; when it gives way to the other sources, they go
 * on where one was; its `type-hls` is that of its segments where they are WebM), `started-at` (when its position 0 was made, ISO 8601), `src` (MP4), `src-webm`, their MIME types `type` and `type-webm` (with `codecs`, so that a file the
 * browser can't play is not even fetched), `poster`, `title`, `start` (`75`, `1h10m5s`, `1:10:05`; goes before what is
 * remembered), `recording-id` (remembers the position under it), `keys="page"` (keys work wherever on the page the
 * focus is, except in fields and on buttons), `autoplay`, `audio` (there is no picture: the controls alone), `duration` (without a
 * source it is a clock that runs for so many seconds). `<track>` children become captions; what has `slot="overlay"` lies over
 * the picture and below the controls, and lets clicks through.
 * Properties: `marks`, places on the seek bar.
 * Events: `rushes-player-problem` with the {@link PlaybackProblem} as detail.
 */
export class RushesPlayer extends LitElement {
  static override styles: CSSResultGroup = playerStyles
  static override properties: PropertyDeclarations = {
    srcHls: { attribute: 'src-hls' },
    typeHls: { attribute: 'type-hls' },
    startedAt: { attribute: 'started-at' },
    src: {},
    srcWebm: { attribute: 'src-webm' },
    type: {},
    typeWebm: { attribute: 'type-webm' },
    poster: {},
    title: {},
    start: {},
    recordingId: { attribute: 'recording-id' },
    keys: {},
    autoplay: { type: Boolean },
    audio: { type: Boolean },
    duration: { type: Number },
    marks: { attribute: false },
    source: { state: true },
    problem: { state: true },
    hint: { state: true },
    hintShown: { state: true },
    resumedAt: { state: true },
  }

  declare srcHls: string | null
  declare typeHls: string | null
  declare startedAt: string | null
  declare src: string | null
  declare srcWebm: string | null
  declare type: string | null
  declare typeWebm: string | null
  declare poster: string | null
  declare title: string
  declare start: string | null
  declare recordingId: string | null
  declare keys: 'player' | 'page'
  declare autoplay: boolean
  declare audio: boolean
  declare duration: number | null
  declare marks: readonly PlayerMark[]
  declare private source: PlaybackSource | null
  declare private problem: PlaybackProblem | null
  declare private hint: string
  /** The words stay while they fade. */
  declare private hintShown: boolean
  declare private resumedAt: number | null

  /** Sources not tried yet, after the one that plays. */
  #remaining: PlaybackSource[] = []
  /** Where the next source that loads goes on; a `date` is where this one shows what was made then. */
  #goOn: { seconds: number; date?: number; playing: boolean } | null = null
  readonly #live = new LivePlayback({
    media: () => this.media,
    onProblem: (problem) => this.#fail(problem),
    onStanding: () => this.requestUpdate(),
  })
  /** The viewer played or moved it. */
  #touched = false
  #began = false
  #rememberedAt = 0
  #clock: FrameClock | null = null
  #hintTimer: ReturnType<typeof setTimeout> | undefined
  #resumedTimer: ReturnType<typeof setTimeout> | undefined
  #store: ResumeStore

  constructor() {
    super()
    this.srcHls =
      this.typeHls =
      this.startedAt =
      this.src =
      this.srcWebm =
      this.type =
      this.typeWebm =
      this.poster =
      this.start =
      this.recordingId =
      this.duration =
        null
    this.title = ''
    this.keys = 'player'
    this.autoplay = this.audio = false
    this.marks = []
    this.source = this.problem = this.resumedAt = null
    this.hint = ''
    this.hintShown = false
    this.#store = resumeStore(ownStorage())
    this.addEventListener('keydown', (event) => this.#onKey(event))
  }

  /** The native element inside; null before the first render, and where a clock runs in its place. */
  get media(): HTMLVideoElement | null {
    return this.renderRoot?.querySelector('video') ?? null
  }

  /** What tells the time, the native element or a clock; null before the first render. */
  get timing(): PlayedMedia | null {
    return this.media ?? this.renderRoot?.querySelector('rushes-clock') ?? null
  }

  play(): Promise<void> {
    return this.timing?.play() ?? Promise.resolve()
  }

  pause(): void {
    this.timing?.pause()
  }

  /** Moves to `seconds`, within the recording. */
  seek(seconds: number): void {
    const media = this.timing
    if (media === null) return
    const end = this.#live.livePosition ?? (Number.isFinite(media.duration) ? media.duration : seconds)
    this.#touched = true
    media.currentTime = Math.min(Math.max(0, seconds), end)
  }

  /** Moves to what happens now, where there is one. */
  goLive(): void {
    const { livePosition } = this.#live
    if (livePosition !== null) this.seek(livePosition)
  }

  override connectedCallback(): void {
    super.connectedCallback()
    // Moved in the document: what was closed with it is opened anew.
    if (this.hasUpdated) {
      this.#openLive()
      this.requestUpdate()
    }
    window.addEventListener('keydown', this.#onPageKey)
    window.addEventListener('pagehide', this.#onPageHide)
    window.addEventListener('online', this.#onOnline)
  }

  override disconnectedCallback(): void {
    this.#remember(true)
    super.disconnectedCallback()
    window.removeEventListener('keydown', this.#onPageKey)
    window.removeEventListener('pagehide', this.#onPageHide)
    window.removeEventListener('online', this.#onOnline)
    this.#clock?.stop()
    this.#clock = null
    this.#live.close()
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    const given = ['srcHls', 'typeHls', 'src', 'srcWebm', 'type', 'typeWebm']
    if (!given.some((name) => changed.has(name))) return
    const { source } = this
    const date = this.#dateShown()
    const playing = this.media?.paused === false
    this.#choose()
    // Before the element is given another source: it is emptied in the going.
    if (this.source?.url !== source?.url) this.#live.close()
    if (source === null || this.source === null || this.source.url === source.url) return
    if (source.container !== 'HLS' && this.source.container !== 'HLS') return
    if (date !== null && this.#touched) this.#goOn = { seconds: this.#positionOf(date), date, playing }
  }

  protected override firstUpdated(): void {
    // It says `aria-checked`, which a button has not (WAI-ARIA 1.2 §6.6).
    this.renderRoot.querySelector('media-captions-button')?.setAttribute('role', 'switch')
  }

  protected override updated(changed: Map<string, unknown>): void {
    const { media } = this
    // It names itself "video player" whenever it is connected, whatever was there.
    this.renderRoot.querySelector('media-controller')?.setAttribute('aria-label', this.#name())
    if (media === null) return
    if (changed.has('source')) this.#openLive()
    for (const track of this.querySelectorAll(':scope > track')) media.append(track) // captions
    this.#clock ??= frameClock(media)
  }

  protected override render(): TemplateResult {
    return html`
      <media-controller nohotkeys ?audio=${this.#hasNoPicture} class=${this.#isClock ? 'clock' : ''} @dblclick=${this.#onDoubleClick}>
        ${this.#isClock ? html`<rushes-clock slot="media" @durationchange=${() => this.requestUpdate()} .duration=${this.duration ?? 0}></rushes-clock>` : this.#video()}
        <div slot="centered-chrome" class="overlay" noautohide><slot name="overlay"></slot></div>
        <media-loading-indicator slot="centered-chrome" noautohide></media-loading-indicator>
        <div slot="centered-chrome" class="big-play" noautohide aria-hidden="true"><svg viewBox="0 0 24 24"><path d="M8 5v14l11-7z" /></svg></div>
        <media-playback-rate-menu id="speeds" hidden anchor="speed" rates="0.5 0.75 1 1.25 1.5 1.75 2"></media-playback-rate-menu>
        <div class="bars">
          <div class="seek-row"><media-time-range class="seek"></media-time-range>${this.#marks()}</div>
          <media-control-bar>
            <media-play-button notooltip title="Play or pause (K)"></media-play-button>
            <media-mute-button notooltip title="Mute (M)"></media-mute-button>
            <media-volume-range></media-volume-range>
            <media-time-display showduration notoggle></media-time-display>
            ${this.#live.standing === null ? nothing : liveButton(this.#live.standing, () => this.goLive())}
            <span class="gap"></span>
            <media-captions-button notooltip title="Captions (C)"></media-captions-button>
            <rushes-speed-button id="speed" invoketarget="speeds" notooltip title="Speed (< and >)"></rushes-speed-button>
            <media-pip-button notooltip title="Picture in picture (P)"></media-pip-button>
            <media-fullscreen-button notooltip title="Full screen (F)"></media-fullscreen-button>
          </media-control-bar>
        </div>
        <div slot="top-chrome" noautohide>
          <div class="hint ${this.hintShown ? 'shown' : ''}" role="status">${this.hint}</div>
          ${this.resumedAt === null ? nothing : this.#resumedNotice(this.resumedAt)}
        </div>
      </media-controller>
      ${
        this.problem === null
          ? nothing
          : problemPanel(this.problem, sourcesOf(this), () => {
              this.#retry()
            })
      }
      ${shortcutDialog()}
    `
  }

  #name(): string {
    const what = this.#hasNoPicture ? 'Player' : 'Video player'
    return this.title ? `${what}: ${this.title}` : what
  }

  get #isClock(): boolean {
    return this.duration !== null && sourcesOf(this).length === 0
  }

  get #hasNoPicture(): boolean {
    return this.audio || this.#isClock
  }

  #video(): TemplateResult {
    return html`<video slot="media" playsinline preload="metadata" tabindex="-1"
      src=${this.source === null || this.source.container === 'HLS' ? nothing : this.source.url}
      poster=${this.poster ?? nothing}
      ?autoplay=${this.autoplay}
      @loadedmetadata=${this.#onMetadata}
      @resize=${this.#onPicture}
      @error=${this.#onError}
      @durationchange=${() => this.requestUpdate()}
      @play=${this.#onPlay}
      @seeking=${this.#onSeeking}
      @timeupdate=${this.#onTime}
      @pause=${this.#onPause}
      @seeked=${() => this.#remember(true)}
      @ended=${this.#onEnded}></video>`
  }

  #marks(): ReturnType<typeof seekMarks> {
    const media = this.timing
    if (media === null || media.readyState === 0 || this.marks.length === 0) return nothing
    const { duration, seekable } = media
    const end = Number.isFinite(duration) || seekable.length === 0 ? duration : seekable.end(seekable.length - 1)
    const start = Number.isFinite(duration) || seekable.length === 0 ? 0 : seekable.start(0)
    return seekMarks(this.marks, { start, end })
  }

  #resumedNotice(seconds: number): TemplateResult {
    const startOver = () => {
      this.resumedAt = null
      this.seek(0)
    }
    return html`<div class="resumed" role="status">
      <span>Going on at ${formatClock(seconds)}</span>
      <button type="button" @click=${startOver}>Start over</button>
    </div>`
  }

  #choose(): void {
    const all = sourcesOf(this)
    const probe = document.createElement('video')
    const playable = playableSources(all, ({ container, type }) =>
      container === 'HLS' ? (playsPlaylist(type, probe) ? 'maybe' : '') : probe.canPlayType(type),
    )
    const first = playable.shift() ?? null
    if (first?.url !== this.source?.url) this.#began = false
    this.#remaining = playable
    this.source = first
    this.problem = null
    const refused = all[0]
    if (first === null && refused !== undefined) this.#fail({ kind: 'unsupported', what: sourceWords(refused) })
  }

  #fail(problem: PlaybackProblem): void {
    this.problem = problem
    this.dispatchEvent(new CustomEvent('rushes-player-problem', { detail: problem }))
  }

  /** When what is shown now was made: ms since the Unix epoch; null: not known. */
  #dateShown(): number | null {
    const { media } = this
    if (media === null || this.source === null || media.readyState === 0) return null
    if (this.#live.isOpen) return this.#live.dateAt(media.currentTime)
    const startedAt = Date.parse(this.startedAt ?? '')
    return Number.isNaN(startedAt) ? null : startedAt + 1000 * media.currentTime
  }

  #positionOf(date: number): number {
    const startedAt = Date.parse(this.startedAt ?? '')
    return Math.max(0, (date - (Number.isNaN(startedAt) ? date : startedAt)) / 1000)
  }

  #openLive(): void {
    if (this.source?.container === 'HLS') this.#live.open(this.source.url, this.source.type, parseStartTime(this.start))
  }

  #onTime(): void {
    this.#remember(false)
    if (this.media !== null) this.#live.onTime(this.media)
  }

  #onPlay(): void {
    // Who opened the page a while ago and plays now wants what happens now.
    if (!this.#touched && this.start === null) this.goLive()
    this.#touched = true
    if (this.media !== null) this.#live.onPlay(this.media)
  }

  #onPause(): void {
    this.#remember(true)
    if (this.media !== null) this.#live.onPause(this.media)
  }

  #onSeeking(): void {
    if (this.media !== null && this.#live.isOpen) this.#live.onSeeking(this.media)
  }

  #onPicture(): void {
    const { media } = this
    this.toggleAttribute('upright', media !== null && media.videoHeight > media.videoWidth)
  }

  #onMetadata(): void {
    const { media } = this
    if (media === null) return
    this.requestUpdate() // the bar's length is known
    if (this.#goOn !== null) {
      const { seconds, date, playing } = this.#goOn
      this.#goOn = null
      this.#began = true
      this.seek((date === undefined ? null : this.#live.positionAt(date)) ?? seconds)
      if (playing) void media.play().catch(() => undefined)
      return
    }
    if (this.#began || this.#live.isOpen) return
    this.#began = true
    const asked = parseStartTime(this.start)
    if (asked !== null) {
      this.seek(asked)
      return
    }
    const remembered = this.recordingId === null ? null : this.#store.read(this.recordingId)
    if (remembered === null || remembered >= media.duration) return
    this.seek(remembered)
    this.resumedAt = remembered
    clearTimeout(this.#resumedTimer)
    this.#resumedTimer = setTimeout(() => {
      this.resumedAt = null
    }, resumedNoticeMs)
  }

  async #onError(): Promise<void> {
    const { media, source } = this
    // What goes wrong with HLS, hls.js mends or tells.
    if (media?.error == null || source === null || this.#live.isOpen) return
    const { code } = media.error
    const stopped = { seconds: media.currentTime, playing: !media.paused }
    const next = this.#remaining.shift()
    if (next !== undefined) {
      this.#goOn = stopped.seconds > 0 ? stopped : null
      this.source = next
      return
    }
    const problem = await diagnose(source, { code, atSeconds: stopped.seconds }, (url, init) => fetch(url, init))
    if (this.source !== source) return // meanwhile the page gave another one
    this.#goOn = stopped.seconds > 0 ? stopped : null
    this.#fail(problem)
  }

  #retry(): void {
    const goOn = this.#goOn
    this.#choose()
    this.#goOn = goOn
    if (this.source?.container !== 'HLS') this.media?.load()
  }

  readonly #onOnline = (): void => {
    if (this.problem?.kind === 'unreachable') this.#retry()
  }

  readonly #onPageHide = (): void => this.#remember(true)

  #onEnded(): void {
    if (this.recordingId !== null) this.#store.clear(this.recordingId)
  }

  #remember(now: boolean): void {
    const { media } = this
    // Before the start position was applied, 0 would wipe what is remembered.
    if (media === null || this.recordingId === null || !this.#began || media.ended || this.#live.isOpen) return
    if (!now && performance.now() - this.#rememberedAt < rememberEveryMs) return
    this.#rememberedAt = performance.now()
    this.#store.write(this.recordingId, media.currentTime, media.duration)
  }

  #onDoubleClick(event: MouseEvent): void {
    const onControls = event
      .composedPath()
      .some((node) => node instanceof HTMLElement && node.matches('.bars, .resumed'))
    if (!onControls && !this.#hasNoPicture) this.#run({ do: 'fullscreen' })
  }

  readonly #onPageKey = (event: KeyboardEvent): void => {
    if (this.keys !== 'page' || event.composedPath().includes(this)) return
    if (isBusy(event)) return
    // These scroll the page; they are the player's only while it has the focus.
    if (['ArrowUp', 'ArrowDown', 'Home', 'End'].includes(event.key)) return
    this.#onKey(event)
  }

  #onKey(event: KeyboardEvent): void {
    if (
      event.defaultPrevented ||
      this.problem !== null ||
      (this.source === null && !this.#isClock) ||
      isOwnKeyOfControl(event)
    )
      return
    const command = commandFor(event)
    if (command === null) return
    event.preventDefault()
    this.#run(command)
  }

  #run(command: PlayerCommand): void {
    const media = this.timing
    if (media === null) return
    const words = runCommand(command, {
      media,
      frameSeconds: this.#clock?.frameSeconds ?? 1 / 30,
      marks: this.marks,
      seek: (seconds) => this.seek(seconds),
      press: (control) => this.#press(`media-${control}-button`),
      showShortcuts: () => this.renderRoot.querySelector('dialog')?.showModal(),
    })
    if (words !== null) this.#say(words)
  }

  #press(tag: string): boolean {
    const control = this.renderRoot.querySelector<HTMLElement & { handleClick?(): void }>(tag)
    if (control === null || getComputedStyle(control).display === 'none') return false
    control.handleClick?.()
    return true
  }

  #say(words: string): void {
    this.hint = words
    this.hintShown = true
    clearTimeout(this.#hintTimer)
    this.#hintTimer = setTimeout(() => {
      this.hintShown = false
    }, hintMs)
  }
}

/** Null where the browser forbids it (sandboxed frame, cookies off). */
function ownStorage(): Storage | null {
  try {
    return localStorage
  } catch {
    return null
  }
}

/** A key press that belongs to something else on the page. */
function isBusy(event: KeyboardEvent): boolean {
  return event.composedPath().some((node) => {
    if (!(node instanceof HTMLElement)) return false
    if (node.isContentEditable || node.matches('input, select, textarea, dialog, [role=dialog], [role=menu]'))
      return true
    return [' ', 'Enter'].includes(event.key) && node.matches('button, a[href], summary, [role=button]')
  })
}

/** Space on a focused button, arrows on a focused range or menu: the control answers itself. */
function isOwnKeyOfControl(event: KeyboardEvent): boolean {
  return event.composedPath().some((node) => {
    if (!(node instanceof HTMLElement)) return false
    if (node.matches('dialog, [role=menu], media-playback-rate-menu')) return true
    if (event.key.startsWith('Arrow') || event.key === 'Home' || event.key === 'End') {
      return node.matches('media-time-range, media-volume-range, input')
    }
    return [' ', 'Enter'].includes(event.key) && node.matches('button, a[href], [role=button]')
  })
}

if (mediaControls.length > 0 && RushesClock && customElements.get('rushes-player') === undefined) {
  customElements.define('rushes-player', RushesPlayer)
}

declare global {
  interface HTMLElementTagNameMap {
    'rushes-player': RushesPlayer
  }
}
