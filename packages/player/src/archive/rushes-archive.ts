import type { Item } from '@rushes/umf'
import { type CSSResultGroup, html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit'
import { keyed } from 'lit/directives/keyed.js'
import { RushesPlayer } from '../rushes-player.ts'
import { parseStartTime } from '../start-time.ts'
import { type ArchiveProblem, archiveProblem, explainArchiveProblem } from './archive-problem.ts'
import { archiveStyles } from './archive-styles.ts'
import { addCues, offerCaptions } from './caption-tracks.ts'
import { followClock } from './follow-clock.ts'
import { earlyType, type OpenedArchive, openedArchive } from './opened-archive.ts'
import { PictureCache } from './picture-cache.ts'
import { RushesArchiveChat } from './rushes-archive-chat.ts'
import { RushesArchiveSlides } from './rushes-archive-slides.ts'
import { RushesArchiveTranscript } from './rushes-archive-transcript.ts'
import type { Cue } from './transcript-cues.ts'

export type ArchivePanel = 'slides' | 'transcript' | 'chat'

/** empty → opening → open or failed; open → failed where the file is another one suddenly. */
type Opening =
  | { state: 'empty' }
  | { state: 'opening' }
  | { state: 'open'; opened: OpenedArchive; pictures: PictureCache }
  | { state: 'failed'; problem: ArchiveProblem }

/**
 * Plays a universal media file (`.umf`) from any server that answers range requests, or from disk: its main presentation, and
 * in step with it slides, transcript, captions, chat and questions. Only what is shown now or next is fetched, and shown only if it is
 * what its digest says; the presentation itself goes to the browser as it is.
 *
 * Attributes: `src` (URL of the file), `keys="page"` (as of `rushes-player`), `hidden-panels` (of `slides transcript chat`, those
 * that are hidden at first), `start` and `recording-id` (as of `rushes-player`, on the archive's timeline).
 * Properties: `file`, a `File` or `Blob`, goes before `src`.
 * Events, which bubble: `rushes-archive-open` with `{id, title, metadata}` as detail; `rushes-archive-problem` with the
 * {@link ArchiveProblem}.
 * What has `slot="overlay"` lies over the picture. Custom properties: those of `rushes-player`. Parts: `head`, `title`, `authors`, `toggle`, `notices`, `player`, `panel` (with `slides`,
 * `transcript` or `chat`), `panel-title`, `slide-frame`, `slide`, `slide-name`, `cue`, `message`, `button`, `select`, `problem`.
 * A page's policy must allow `img-src blob: data:` and `media-src blob:`, beside the server of the file in `connect-src` and
 * `media-src`; a server of another origin must let the page send `Range` and `If-Match` and read `Content-Range` and `ETag`.
 */
export class RushesArchive extends LitElement {
  static override styles: CSSResultGroup = archiveStyles
  static override properties: PropertyDeclarations = {
    src: {},
    file: { attribute: false },
    keys: {},
    hiddenPanels: { attribute: 'hidden-panels' },
    start: {},
    recordingId: { attribute: 'recording-id' },
    opening: { state: true },
    medium: { state: true },
    captionNotices: { state: true },
  }
  declare src: string | null
  declare file: Blob | null
  declare keys: 'player' | 'page'
  declare hiddenPanels: string
  declare start: string | null
  declare recordingId: string | null
  declare private opening: Opening
  /** What plays already while the archive is opened. */
  declare private medium: string | null
  declare private captionNotices: readonly string[]
  #unfollow: (() => void) | null = null
  #endCaptions: (() => void) | null = null
  #openings = 0

  constructor() {
    super()
    this.src = this.file = this.medium = this.start = this.recordingId = null
    this.keys = 'player'
    this.hiddenPanels = ''
    this.captionNotices = []
    this.opening = { state: 'empty' }
  }

  /** The player of the presentation, or of the clock in its place; null while no archive is open. */
  get player(): RushesPlayer | null {
    if (this.opening.state !== 'open') return null
    return this.renderRoot?.querySelector('rushes-player') ?? null
  }

  /** Seconds of the archive's timeline. */
  get currentTime(): number {
    return (this.player?.timing?.currentTime ?? 0) + this.#startMs / 1000
  }

  play(): Promise<void> {
    return this.player?.play() ?? Promise.resolve()
  }

  pause(): void {
    this.player?.pause()
  }

  /** Moves to `seconds` of the archive's timeline. */
  seek(seconds: number): void {
    this.player?.seek(seconds - this.#startMs / 1000)
  }

  override connectedCallback(): void {
    super.connectedCallback()
    // Moved in the document: what was closed with it is opened anew.
    if (this.hasUpdated) void this.#open()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#close({ state: 'empty' })
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('src') || changed.has('file')) void this.#open()
  }

  protected override updated(changed: Map<string, unknown>): void {
    if (changed.has('opening') || changed.has('hiddenPanels')) void this.#follow()
  }

  protected override render(): TemplateResult | typeof nothing {
    switch (this.opening.state) {
      case 'empty':
        return nothing
      case 'opening':
        return this.medium === null
          ? html`<div class="word" part="problem" role="status"><p>Opening the archive</p></div>`
          : this.#stage(null)
      case 'failed':
        return this.#problem(this.opening.problem)
      case 'open':
        return this.#hasNothing(this.opening.opened) ? this.#nothing(this.opening.opened) : this.#stage(this.opening)
    }
  }

  #problem(problem: ArchiveProblem): TemplateResult {
    const { heading, advice, mayRetry } = explainArchiveProblem(problem)
    return html`<div class="word" part="problem" role="alert">
      <h2>${heading}</h2>
      <p>${advice}</p>
      ${mayRetry ? html`<button type="button" part="button" @click=${this.#open}>Try again</button>` : nothing}
    </div>`
  }

  #hasNothing(opened: OpenedArchive): boolean {
    return opened.timekeeper.by === 'clock' && this.#panelsOf(opened).length === 0
  }

  #nothing({ archive, notices }: OpenedArchive): TemplateResult {
    const { length } = archive.items()
    return html`<div class="word" part="problem">
      <h2>Nothing in this archive can be played</h2>
      <p>It holds ${length === 1 ? 'one item' : `${length} items`}, and neither recording nor slides, transcript or chat. ${notices.join(' ')}</p>
    </div>`
  }

  /** @param open null while only the medium is there: its element stays the same */
  #stage(open: { opened: OpenedArchive; pictures: PictureCache } | null): TemplateResult {
    const opened = open?.opened ?? null
    const { title, authors } = opened ?? { title: '', authors: 'Opening the archive' }
    const notices = [...(opened?.notices ?? []), ...this.captionNotices]
    const there = opened === null ? [] : this.#panelsOf(opened)
    const seen = there.filter((panel) => !this.#hidden.has(panel.name))
    const shows = (name: ArchivePanel) => seen.some((panel) => panel.name === name)
    const timekeeper = opened?.timekeeper ?? null
    const hasPicture = timekeeper === null || (timekeeper.by === 'medium' && timekeeper.hasPicture)
    const hasSide = shows('transcript') || shows('chat')
    const layout = hasPicture && shows('slides') ? 'pair' : hasSide ? 'lone' : ''
    return html`
      <header class="head" part="head">
        <div class="names">
          ${title === '' ? nothing : html`<h2 part="title">${title}</h2>`}
          ${authors === '' ? nothing : html`<p class="authors" part="authors">${authors}</p>`}
        </div>
        ${there.length === 0 ? nothing : html`<div class="toggles" role="group" aria-label="Show or hide">${there.map((panel) => this.#toggle(panel))}</div>`}
      </header>
      ${notices.length === 0 ? nothing : html`<ul class="notices" part="notices">${notices.map((words) => html`<li>${words}</li>`)}</ul>`}
      <div class="stage ${layout}">
        <div class="main ${hasPicture ? '' : 'bar'}">
          ${this.#player(opened)}
          ${open !== null && shows('slides') ? html`<rushes-archive-slides exportparts="panel, slides, slide-frame, slide, slide-name, button" .schedule=${open.opened.slides} .pictures=${open.pictures} @go=${this.#go}></rushes-archive-slides>` : nothing}
        </div>
        ${opened !== null && hasSide ? this.#side(opened, shows) : nothing}
      </div>`
  }

  #side({ archive, transcripts, messages }: OpenedArchive, shows: (name: ArchivePanel) => boolean): TemplateResult {
    return html`<div class="side">
      ${
        shows('transcript')
          ? html`<rushes-archive-transcript exportparts="panel, transcript, panel-title, cue, button, select" .archive=${archive} .items=${transcripts}
              @go=${this.#go} @cues=${this.#onCues} @fault=${this.#onFault}></rushes-archive-transcript>`
          : nothing
      }
      ${
        shows('chat')
          ? html`<rushes-archive-chat exportparts="panel, chat, panel-title, message, button" .messages=${messages} .heading=${chatWords(messages)} @go=${this.#go}></rushes-archive-chat>`
          : nothing
      }
    </div>`
  }

  #player(opened: OpenedArchive | null): TemplateResult {
    const { timekeeper, marks, title } = opened ?? { ...early(this.medium!), marks: noMarks, title: '' }
    const placed = marks.map((mark) => ({ ...mark, t: mark.t - this.#startMs }))
    const key = `${this.#openings} ${timekeeper.by === 'medium' ? timekeeper.url : ''}`
    const start = parseStartTime(this.start)
    const from = start === null ? null : String(Math.max(0, start - this.#startMs / 1000))
    const overlay = html`<slot name="overlay" slot="overlay"></slot>`
    // A new element for each archive: text tracks can't be taken from a medium again.
    return html`${keyed(
      key,
      timekeeper.by === 'clock'
        ? html`<rushes-player part="player" duration=${timekeeper.durationMs / 1000} .keys=${this.keys} .title=${title} .marks=${placed}
            .start=${from} .recordingId=${this.recordingId}>${overlay}</rushes-player>`
        : html`<rushes-player part="player" src=${timekeeper.url} type=${timekeeper.type} ?audio=${!timekeeper.hasPicture} .keys=${this.keys} .title=${title} .marks=${placed}
            .start=${from} .recordingId=${this.recordingId} @rushes-player-problem=${this.#onMediumProblem}>${overlay}</rushes-player>`,
    )}`
  }

  /** An archive without a main presentation plays nothing by itself: what it has instead is known when it is open. */
  #onMediumProblem(): void {
    if (this.opening.state === 'opening') this.medium = null
  }

  #toggle({ name, words }: { name: ArchivePanel; words: string }): TemplateResult {
    const isSeen = !this.#hidden.has(name)
    const toggle = () => {
      const hidden = this.#hidden
      if (isSeen) hidden.add(name)
      else hidden.delete(name)
      this.hiddenPanels = [...hidden].join(' ')
    }
    return html`<button type="button" part="toggle" aria-pressed=${isSeen ? 'true' : 'false'} @click=${toggle}>${words}</button>`
  }

  #panelsOf({ slides, transcripts, messages }: OpenedArchive): { name: ArchivePanel; words: string }[] {
    const all: { name: ArchivePanel; words: string; isThere: boolean }[] = [
      {
        name: 'slides',
        words: 'Slides',
        isThere: slides.untimed.length > 0 || slides.shown.some(({ item }) => item !== null),
      },
      { name: 'transcript', words: 'Transcript', isThere: transcripts.length > 0 },
      { name: 'chat', words: chatWords(messages), isThere: messages.length > 0 },
    ]
    return all.filter(({ isThere }) => isThere)
  }

  get #hidden(): Set<string> {
    return new Set(this.hiddenPanels.split(/\s+/).filter((name) => name !== ''))
  }

  get #startMs(): number {
    if (this.opening.state !== 'open') return 0
    const { timekeeper } = this.opening.opened
    return timekeeper.by === 'medium' ? timekeeper.startMs : 0
  }

  async #open(): Promise<void> {
    const from = this.file ?? (this.src || null)
    this.#close({ state: from === null ? 'empty' : 'opening' })
    const { opening } = this
    if (from === null) return
    const onMedium = (url: string) => {
      if (this.opening === opening) this.medium = url
    }
    try {
      const opened = await openedArchive(from, { onMedium })
      if (this.opening !== opening) return opened.close()
      const pictures = new PictureCache(
        opened.archive,
        () => this.renderRoot.querySelector('rushes-archive-slides')?.requestUpdate(),
        (fault) => this.#fail(fault, opened),
      )
      this.opening = { state: 'open', opened, pictures }
      const { id, metadata } = opened.archive
      this.#tell('rushes-archive-open', { id, title: opened.title, metadata })
    } catch (fault) {
      if (this.opening === opening) this.#failed(archiveProblem(fault, from !== this.src))
    }
  }

  #leave(): void {
    this.#unfollow?.()
    this.#unfollow = null
  }

  #close(next: Opening): void {
    this.#leave()
    this.#endCaptions?.()
    this.#endCaptions = null
    this.captionNotices = []
    const { opening } = this
    this.opening = next
    this.medium = null
    this.#openings++
    if (opening.state !== 'open') return
    opening.pictures.close()
    opening.opened.close()
  }

  #fail(fault: unknown, opened: OpenedArchive): void {
    if (this.opening.state === 'open' && this.opening.opened === opened) {
      this.#failed(archiveProblem(fault, this.file !== null))
    }
  }

  #failed(problem: ArchiveProblem): void {
    this.#close({ state: 'failed', problem })
    this.#tell('rushes-archive-problem', problem)
  }

  #tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }))
  }

  /** The one clock: of the medium where there is one. Whatever is shown asks it. */
  async #follow(): Promise<void> {
    this.#leave()
    const { player, opening } = this
    if (player === null) return
    await player.updateComplete
    const { timing } = player
    if (timing === null || this.opening !== opening || opening.state !== 'open') return
    this.#leave()
    this.#offerCaptions(opening.opened, player)
    const panels = [
      ...this.renderRoot.querySelectorAll<RushesArchiveSlides | RushesArchiveTranscript | RushesArchiveChat>(
        'rushes-archive-slides, rushes-archive-transcript, rushes-archive-chat',
      ),
    ]
    this.#unfollow = followClock(timing, () => {
      const t = timing.currentTime * 1000 + this.#startMs
      for (const panel of panels) panel.showTime(t)
    })
  }

  /** Once for each archive: its player, and so its tracks, are its own. */
  #offerCaptions(opened: OpenedArchive, { media }: RushesPlayer): void {
    if (media === null || this.#endCaptions !== null) return
    this.#endCaptions = offerCaptions(media, opened.archive, opened.captions, {
      startMs: this.#startMs,
      onNotice: (words) => {
        this.captionNotices = [...this.captionNotices, words]
      },
      onFault: (fault) => this.#fail(fault, opened),
    })
  }

  #go({ detail }: CustomEvent<number>): void {
    this.seek(detail / 1000)
  }

  #onFault({ detail }: CustomEvent<unknown>): void {
    if (this.opening.state === 'open') this.#fail(detail, this.opening.opened)
  }

  /** A transcript serves as captions too, where there are none of its language. */
  #onCues({ detail: { item, cues } }: CustomEvent<{ item: Item; cues: readonly Cue[] }>): void {
    const media = this.player?.media ?? null
    if (media === null || this.opening.state !== 'open') return
    if (this.opening.opened.captions.some(({ language }) => language === item.language)) return
    const label = item.title ?? item.language ?? 'Transcript'
    if (Array.from(media.textTracks).some((track) => track.label === label)) return
    const track = media.addTextTrack('captions', label, item.language ?? '')
    track.mode = 'disabled'
    addCues(track, cues, this.#startMs)
  }
}

const noMarks: OpenedArchive['marks'] = []

function early(url: string): Pick<OpenedArchive, 'timekeeper'> {
  return { timekeeper: { by: 'medium', url, type: earlyType, hasPicture: true, startMs: 0 } }
}

function chatWords(messages: OpenedArchive['messages']): string {
  const hasChat = messages.some(({ kind }) => kind === 'chat')
  const hasQuestions = messages.some(({ kind }) => kind !== 'chat')
  if (!hasQuestions) return 'Chat'
  return hasChat ? 'Chat and questions' : 'Questions'
}

/** Named, so that a bundler keeps the modules that define them. */
const elements: readonly CustomElementConstructor[] = [
  RushesPlayer,
  RushesArchiveSlides,
  RushesArchiveTranscript,
  RushesArchiveChat,
]

if (elements.length > 0 && customElements.get('rushes-archive') === undefined) {
  customElements.define('rushes-archive', RushesArchive)
}

declare global {
  interface HTMLElementTagNameMap {
    'rushes-archive': RushesArchive
  }
}
