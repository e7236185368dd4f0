import '@rushes/player'
import type { PlayerMark, RushesPlayer } from '@rushes/player'
import type { RushesArchive } from '@rushes/player/archive'
import { ApiError, type RecordingView } from '@rushes/protocol'
import type { TimedOperation } from '@rushes/recorder'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { faultWords } from '../app/fault-words.ts'
import { PageElement } from '../app/page-element.ts'
import { server } from '../app/server.ts'
import { session } from '../app/session.ts'
import { formatBytes, formatLength, formatMoment, lengthWords } from '../figures.ts'
import { archiveAddress, archiveLinks } from '../recordings/archive-links.ts'
import { recordingSources } from '../recordings/recording-links.ts'
import { isWatchable, liveStanding, standingOf } from '../recordings/recording-standing.ts'
import '../recordings/rushes-title.ts'
import '../timeline/drawn-overlay.ts'
import '../timeline/rushes-moments.ts'
import { copyLinkButton, downloadLinks } from '../recordings/share-actions.ts'

/** Soon enough that somebody who waits for the end of a recording hardly notices the wait. */
const pollMs = 2000
const goesOnMs = 8000

type Watch =
  | { state: 'loading' }
  | { state: 'shown'; recording: RecordingView }
  | { state: 'missing' }
  | { state: 'failed'; words: string }

/** One recording: for whoever has its link (`shareId`), or for its owner (`recordingId`). */
export class RushesWatchPage extends PageElement {
  static override properties: PropertyDeclarations = {
    shareId: { attribute: false },
    recordingId: { attribute: false },
    start: { attribute: false },
    watch: { state: true },
    mayEdit: { state: true },
    set: { state: true },
    marks: { state: true },
    drawn: { state: true },
    drawnHidden: { state: true },
    finished: { state: true },
    goesOn: { state: true },
  }
  declare shareId: string | null
  declare recordingId: string | null
  declare start: string | null
  declare private watch: Watch
  declare private mayEdit: boolean
  /** Which of a delivery's sets is shown; null: the first. */
  declare private set: string | null
  declare private marks: readonly PlayerMark[]
  /** Drawings that are not in the picture. */
  declare private drawn: readonly TimedOperation[]
  declare private drawnHidden: boolean
  /** It was being recorded when the page opened. */
  declare private finished: boolean
  /** It was interrupted, and is no more: said for a moment. */
  declare private goesOn: boolean
  #timer: ReturnType<typeof setTimeout> | undefined
  #goesOnTimer: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    this.shareId = this.recordingId = this.start = this.set = null
    this.watch = { state: 'loading' }
    this.mayEdit = this.finished = this.goesOn = this.drawnHidden = false
    this.marks = this.drawn = []
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearTimeout(this.#timer)
    clearTimeout(this.#goesOnTimer)
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('shareId') && !changed.has('recordingId')) return
    this.watch = { state: 'loading' }
    this.finished = this.goesOn = false
    this.set = null
    this.marks = this.drawn = []
    void this.#load()
  }

  async #load(): Promise<void> {
    clearTimeout(this.#timer)
    const { shareId, recordingId } = this
    try {
      const recording = shareId === null ? await server.recording(recordingId ?? '') : await server.shared(shareId)
      if (shareId !== this.shareId || recordingId !== this.recordingId) return // meanwhile another one is wanted
      const before = this.watch.state === 'shown' ? this.watch.recording : null
      if (before?.state === 'receiving' && recording.state === 'published') this.finished = true
      this.#tellWhetherItGoesOn(before, recording)
      this.watch = { state: 'shown', recording }
      this.mayEdit = shareId === null || (await session()).user !== null
      document.title = `${recording.title} · Rushes`
    } catch (fault) {
      const missing = fault instanceof ApiError && [401, 403, 404, 410].includes(fault.status)
      if (missing) this.watch = { state: 'missing' }
      // While it waits for the end of a recording, a moment without the server changes nothing.
      else if (this.watch.state !== 'shown') this.watch = { state: 'failed', words: faultWords(fault) }
    }
    // An archive that came just now is looked through before what lies in it beside the picture is shown.
    const waits =
      this.watch.state === 'shown' &&
      (this.watch.recording.state === 'receiving' || this.watch.recording.archive?.state === 'checking')
    if (waits && this.isConnected) this.#timer = setTimeout(() => void this.#load(), pollMs)
  }

  #tellWhetherItGoesOn(before: RecordingView | null, now: RecordingView): void {
    if (before?.live == null || now.live == null) {
      this.goesOn = false
      return
    }
    const [then, since] = [liveStanding(before.live), liveStanding(now.live)]
    if (since.note !== null) this.goesOn = false
    if (then.note === null || since.note !== null) return
    this.goesOn = true
    clearTimeout(this.#goesOnTimer)
    this.#goesOnTimer = setTimeout(() => {
      this.goesOn = false
    }, goesOnMs)
  }

  protected override render(): TemplateResult {
    switch (this.watch.state) {
      case 'loading':
        return html`<div class="waiting" role="status">Loading …</div>`
      case 'missing':
        return html`<div class="empty">
          <h1 tabindex="-1">This recording is not here</h1>
          <p>It may have been deleted, or the link was withdrawn or mistyped. Ask whoever sent it to you.</p>
          <a class="button" href="/">To the start</a>
        </div>`
      case 'failed':
        return html`<div class="empty">
          <h1 tabindex="-1">The recording could not be loaded</h1>
          <p>${this.watch.words}</p>
          <button class="button button-main" type="button" @click=${this.#load}>Try again</button>
        </div>`
      case 'shown':
        return this.#shown(this.watch.recording)
    }
  }

  #shown(recording: RecordingView): TemplateResult {
    const { badge, note } = standingOf(recording)
    const live = recording.state === 'receiving'
    const isPlayable = isWatchable(recording) || recording.delivery?.hlsUrl != null
    return html`<article class="watch stack">
      ${this.#stage(recording)} ${this.#sets(recording)}
      <div class="visually-hidden" role="status">${this.finished ? 'The recording is finished and can be watched.' : ''}</div>
      <div class="watch-words">
        <div class="watch-title">
          <rushes-title .recordingId=${recording.id} .text=${recording.title} .editable=${this.mayEdit}
            @renamed=${(event: CustomEvent<string>) => this.#onRenamed(recording, event.detail)}></rushes-title>
          <p class="recording-facts soft figures">
            <span>${formatMoment(new Date(recording.createdAt))}</span>
            <span><span class="visually-hidden">Length ${lengthWords(recording.durationMs)}</span
              ><span aria-hidden="true">${formatLength(recording.durationMs)}</span></span>
            <span>${formatBytes(recording.bytes)}</span>
            ${live && badge !== null ? html`<span class="badge badge-${badge.tone}">${badge.words}</span>` : ''}
          </p>
        </div>
        <div class="buttons">
          ${this.mayEdit ? copyLinkButton(recording, 'main') : ''} ${live ? '' : downloadLinks(recording)}
          ${archiveLinks(recording, this.shareId === null ? 'owner' : 'link')}
        </div>
      </div>
      ${this.#moments(recording)}
      ${this.#notice(isPlayable ? note : null)}
      ${recording.archive?.note == null ? '' : html`<p class="notice">${recording.archive.note}</p>`}
      ${!isPlayable ? '' : html`<p class="soft small watch-keys">Press <kbd>?</kbd> for the keyboard shortcuts.</p>`}
    </article>`
  }

  /** There from the start, so that screen readers say what comes into it. */
  #notice(note: string | null): TemplateResult {
    const words = this.goesOn ? 'The recording goes on.' : note
    return html`<div role="status" class=${words === null ? 'visually-hidden' : ''}>
      ${words === null ? '' : html`<p class="notice">${words}</p>`}
    </div>`
  }

  #moments(recording: RecordingView): TemplateResult {
    const { srcHls, src, srcWebm } = recordingSources(recording, undefined, this.set)
    const inStep = this.#archiveInStep(recording)
    const onGo = ({ detail }: CustomEvent<number>) => {
      const player = this.querySelector<RushesPlayer | RushesArchive>('rushes-player, rushes-archive')
      player?.seek(detail)
      player?.scrollIntoView({ block: 'nearest' })
    }
    const onMarks = ({ detail }: CustomEvent<PlayerMark[]>) => {
      this.marks = detail
    }
    const onDrawn = ({ detail }: CustomEvent<TimedOperation[]>) => {
      this.drawn = detail
    }
    const hide = (event: Event) => {
      this.drawnHidden = !(event.target as HTMLInputElement).checked
    }
    return html`${
      this.drawn.length === 0
        ? ''
        : html`<label class="check"><input type="checkbox" .checked=${!this.drawnHidden} @change=${hide} /> Show drawings</label>`
    }<rushes-moments @drawn=${onDrawn} .shareId=${this.shareId} .recordingId=${this.shareId === null ? recording.id : null}
      .playable=${(srcHls ?? src ?? srcWebm ?? inStep) !== null} .elsewhere=${inStep === null ? [] : conversation} @go=${onGo} @marks=${onMarks}></rushes-moments>`
  }

  #sets({ delivery }: RecordingView): TemplateResult | string {
    // Sound alone is heard beside the picture, not looked at.
    const sets = delivery?.sets.filter(({ kinds }) => kinds.includes('video')) ?? []
    if (delivery?.hlsUrl == null || sets.length < 2) return ''
    const shown = this.set ?? delivery.sets[0]?.name
    return html`<fieldset class="sets">
      <legend class="visually-hidden">What is shown</legend>
      ${sets.map(
        ({ name }) => html`<label class="set">
          <input type="radio" name="set" .checked=${name === shown} @change=${() => {
            this.set = name
          }} />
          <span>${setWords(name)}</span>
        </label>`,
      )}
    </fieldset>`
  }

  #stage(recording: RecordingView): TemplateResult {
    const { delivery } = recording
    const sources = recordingSources(recording, undefined, this.set)
    if (recording.state === 'receiving' && delivery !== null && sources.srcHls === null) {
      return html`<div class="stage-words">
        <h2>Nothing of this event has arrived yet</h2>
        <p>It begins here by itself, as soon as something does.</p>
      </div>`
    }
    if (recording.state === 'receiving' && delivery === null && sources.srcHls === null) {
      return html`<div class="stage-words">
        <span class="badge badge-live">Recording now</span>
        <p class="stage-figure figures">${formatLength(recording.durationMs)}</p>
        <p>This is being recorded at this moment. It turns into the finished video by itself as soon as it is stopped.</p>
      </div>`
    }
    const inStep = this.#archiveInStep(recording)
    if (inStep !== null) {
      void import('@rushes/player/archive')
      return html`<rushes-archive keys="page" .src=${inStep} .start=${this.start} .recordingId=${recording.id}>${this.#overlay()}</rushes-archive>`
    }
    if (sources.srcHls === null && !isWatchable(recording)) {
      return html`<div class="stage-words">
        <h2>Browsers can’t play this recording as it is</h2>
        <p>${recording.viewNote ?? 'Its sound or picture is in a form that has to be converted first.'}</p>
        <p>Nothing is lost: the recording is stored here exactly as it was made.</p>
      </div>`
    }
    const { srcHls, typeHls, startedAt, src, type, srcWebm, typeWebm } = sources
    return html`<rushes-player keys="page" .srcHls=${srcHls} .typeHls=${typeHls} .startedAt=${startedAt} .src=${src} .type=${type} .srcWebm=${srcWebm} .typeWebm=${typeWebm}
      .title=${recording.title} .start=${this.start} .recordingId=${recording.id} .marks=${this.marks}
      @rushes-player-problem=${() => this.#onProblem(recording)}>${this.#overlay()}</rushes-player>`
  }

  #overlay(): TemplateResult | string {
    if (this.drawn.length === 0 || this.drawnHidden) return ''
    return html`<rushes-drawn-overlay slot="overlay" .operations=${this.drawn}></rushes-drawn-overlay>`
  }

  /** The address of an archive that came with what else is in it: slides, transcript and chat are shown in step. */
  #archiveInStep(recording: RecordingView): string | null {
    if (recording.archive?.state !== 'restored') return null
    // Picture that only a WebM can hold is in no MP4, and so not in the archive's.
    if (isWatchable(recording) && recording.mp4State !== 'ready') return null
    return archiveAddress(recording, this.shareId === null ? 'owner' : 'link')
  }

  /** It may have ended since it was last looked at. */
  #onProblem(recording: RecordingView): void {
    if (recording.state === 'receiving') void this.#load()
  }

  #onRenamed(recording: RecordingView, title: string): void {
    this.watch = { state: 'shown', recording: { ...recording, title } }
    document.title = `${title} · Rushes`
  }
}

/** Beside the picture already, where an archive is played. */
const conversation = ['chat', 'question', 'answer'] as const

/** `camera-2` as `Camera 2`. */
function setWords(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1).replaceAll('-', ' ')}`
}

customElements.define('rushes-watch-page', RushesWatchPage)
