import type { RecordingView, UploadView } from '@rushes/protocol'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { confirmWith } from '../app/confirm-dialog.ts'
import { faultWords } from '../app/fault-words.ts'
import { PageElement } from '../app/page-element.ts'
import { server } from '../app/server.ts'
import { toast } from '../app/toasts.ts'
import { formatBytes, formatLength, formatMoment, lengthWords } from '../figures.ts'
import { archiveLinks } from '../recordings/archive-links.ts'
import { standingOf } from '../recordings/recording-standing.ts'
import '../recordings/rushes-title.ts'
import { copyLinkButton } from '../recordings/share-actions.ts'
import { listenForDrops } from '../upload/dropped-files.ts'
import '../upload/rushes-upload-panel.ts'
import { addFiles, newlyPublished, onUploads } from '../upload/uploads.ts'

/** While something is being recorded, its length grows on the page too. */
const refreshMs = 4000

export class RushesLibraryPage extends PageElement {
  static override properties: PropertyDeclarations = {
    recordings: { state: true },
    next: { state: true },
    problem: { state: true },
    busy: { state: true },
    unfinished: { state: true },
    dragging: { state: true },
  }
  declare private recordings: RecordingView[] | null
  declare private next: string | null
  declare private problem: string
  declare private busy: boolean
  /** Files of which the server has a part: they are no recordings yet. */
  declare private unfinished: UploadView[]
  declare private dragging: boolean
  #timer: ReturnType<typeof setInterval> | undefined
  /** Deleted here; an answer that was on its way may still name them. */
  #removed = new Set<string>()
  readonly #ends: (() => void)[] = []

  constructor() {
    super()
    this.recordings = this.next = null
    this.problem = ''
    this.busy = this.dragging = false
    this.unfinished = []
  }

  override connectedCallback(): void {
    super.connectedCallback()
    void this.#load()
    this.#timer = setInterval(() => void this.#refresh(), refreshMs)
    this.#ends.push(
      onUploads(() => this.#showUploaded()),
      listenForDrops({
        onDragging: (isOver) => {
          this.dragging = isOver
        },
        onFiles: addFiles,
        onFault: (fault) => toast(faultWords(fault), 'problem'),
      }),
    )
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearInterval(this.#timer)
    for (const end of this.#ends.splice(0)) end()
  }

  #choose(): void {
    this.querySelector<HTMLInputElement>('input[type=file]')?.click()
  }

  #chosen(event: Event): void {
    const input = event.target as HTMLInputElement
    addFiles([...(input.files ?? [])])
    input.value = ''
  }

  /** What was uploaded here takes its place in the list. */
  #showUploaded(): void {
    const published = newlyPublished()
    if (published.length === 0) return
    const ids = new Set(published.map(({ id }) => id))
    this.unfinished = this.unfinished.filter(({ id }) => !ids.has(id))
    this.recordings = [...published.reverse(), ...(this.recordings ?? []).filter(({ id }) => !ids.has(id))]
  }

  async #load(): Promise<void> {
    try {
      const [page, unfinished] = await Promise.all([server.recordings(), server.uploads()])
      newlyPublished()
      this.recordings = page.recordings
      this.unfinished = unfinished.filter(({ isComplete }) => !isComplete)
      this.next = page.next
      this.problem = ''
    } catch (fault) {
      this.problem = faultWords(fault)
    }
  }

  async #more(): Promise<void> {
    if (this.next === null || this.busy) return
    this.busy = true
    try {
      const page = await server.recordings(this.next)
      const shown = this.recordings ?? []
      const known = new Set(shown.map(({ id }) => id))
      this.recordings = [...shown, ...page.recordings.filter(({ id }) => !known.has(id))]
      this.next = page.next
    } catch (fault) {
      toast(faultWords(fault), 'problem')
    } finally {
      this.busy = false
    }
  }

  /** What is being recorded grows, and new recordings appear; a moment without the server is no news here. */
  async #refresh(): Promise<void> {
    const shown = this.recordings
    const isGrowing = shown?.some(({ state }) => state === 'receiving') ?? false
    if (shown === null || !isGrowing || document.hidden || this.busy) return
    try {
      const [{ recordings: newest }, unfinished] = await Promise.all([server.recordings(), server.uploads()])
      if (this.recordings !== shown) return // renamed, deleted or paged meanwhile: the next turn shows it
      this.unfinished = unfinished.filter(({ id, isComplete }) => !isComplete && !this.#removed.has(id))
      const byId = new Map(newest.map((recording) => [recording.id, recording]))
      const known = new Set(shown.map(({ id }) => id))
      const added = newest.filter(({ id }) => !known.has(id) && !this.#removed.has(id))
      this.recordings = [...added, ...shown.map((recording) => byId.get(recording.id) ?? recording)]
    } catch {
      // Said when somebody does something.
    }
  }

  #replace(changed: RecordingView): void {
    this.recordings = (this.recordings ?? []).map((shown) => (shown.id === changed.id ? changed : shown))
  }

  #discarded(id: string): void {
    this.#removed.add(id)
    this.unfinished = this.unfinished.filter((upload) => upload.id !== id)
    this.recordings = (this.recordings ?? []).filter((recording) => recording.id !== id)
  }

  async #remove(recording: RecordingView): Promise<void> {
    const sure = await confirmWith({
      heading: `Delete “${recording.title}”?`,
      words: 'The recording and its links are gone at once, for everybody. This can’t be undone.',
      action: 'Delete',
    })
    if (!sure) return
    try {
      await server.remove(recording.id)
      this.#removed.add(recording.id)
      this.recordings = (this.recordings ?? []).filter(({ id }) => id !== recording.id)
      toast(`“${recording.title}” is deleted.`)
      this.querySelector('h1')?.focus()
      if (this.recordings.length === 0) await this.#load()
    } catch (fault) {
      toast(faultWords(fault), 'problem')
    }
  }

  protected override render(): TemplateResult {
    return html`<div class="page-head">
        <h1 tabindex="-1">Library</h1>
        <div class="page-actions">
          <button class="button" type="button" @click=${this.#choose}>Upload files</button>
          <a class="button button-main" href="/record">New recording</a>
        </div>
        <input type="file" multiple hidden aria-label="Files to upload" @change=${this.#chosen}>
      </div>
      <rushes-restore-panel @restored=${this.#load}></rushes-restore-panel>
      <rushes-upload-panel .left=${this.unfinished} @choose-files=${this.#choose}
        @discarded=${(event: CustomEvent<string>) => this.#discarded(event.detail)}></rushes-upload-panel>
      ${this.dragging ? html`<div class="drop-target" role="status">Drop files or folders to upload them</div>` : ''}
      ${this.#content()}
      <p class="soft small library-more">A recording that another system has made, whole folders of it too, is
        <a href="/convert">converted</a> first. To see what a file holds before it goes anywhere, <a href="/inspect">look inside it</a>.</p>`
  }

  #content(): TemplateResult {
    if (this.problem !== '') {
      return html`<div class="notice notice-problem" role="alert">
        <span>${this.problem}</span>
        <div><button class="button" type="button" @click=${this.#load}>Try again</button></div>
      </div>`
    }
    if (this.recordings === null) return html`<div class="waiting" role="status">Loading …</div>`
    const unfinished = new Set(this.unfinished.map(({ id }) => id))
    const shown = this.recordings.filter(({ id }) => !unfinished.has(id))
    if (shown.length === 0) {
      return html`<div class="card empty">
        <h2>No recordings yet</h2>
        <p>Record your screen or camera: it can be watched the moment you stop, and nothing is lost on the way. Or drop video files on this page.</p>
        <a class="button button-main" href="/record">Make the first one</a>
      </div>`
    }
    return html`<ul role="list" class="recordings card">
        ${repeat(
          shown,
          ({ id }) => id,
          (recording) => this.#line(recording),
        )}
      </ul>
      ${
        this.next === null
          ? ''
          : html`<div class="more"><button class="button" type="button" aria-disabled=${this.busy ? 'true' : 'false'}
              @click=${this.#more}>${this.busy ? 'Loading …' : 'Show more'}</button></div>`
      }`
  }

  #line(recording: RecordingView): TemplateResult {
    const { badge, note } = standingOf(recording)
    return html`<li class="recording">
      <div class="recording-words">
        <rushes-title .recordingId=${recording.id} .text=${recording.title} .level=${2} .href=${`/watch/${recording.id}`}
          @renamed=${(event: CustomEvent<string>) => this.#replace({ ...recording, title: event.detail })}></rushes-title>
        <p class="recording-facts soft small figures">
          <span>${formatMoment(new Date(recording.createdAt))}</span>
          <span><span class="visually-hidden">Length ${lengthWords(recording.durationMs)}</span
            ><span aria-hidden="true">${formatLength(recording.durationMs)}</span></span>
          <span>${formatBytes(recording.bytes)}</span>
          ${badge === null ? '' : html`<span class="badge badge-${badge.tone}">${badge.words}</span>`}
        </p>
        ${note === null ? '' : html`<p class="soft small">${note}</p>`}
        ${arrivalBar(recording)}
      </div>
      <div class="recording-actions">
        ${
          recording.state === 'receiving' && (recording.delivery?.hlsUrl ?? recording.live) != null
            ? html`<a class="button button-quiet" href=${`/watch/${recording.id}`}
                aria-label=${`Watch live: ${recording.title}`}>Watch live</a>`
            : ''
        }
        ${archiveLinks(recording, 'owner', 'quiet')} ${copyLinkButton(recording)}
        <button class="button button-quiet is-danger" type="button" aria-label=${`Delete ${recording.title}`}
          @click=${() => this.#remove(recording)}>Delete</button>
      </div>
    </li>`
  }
}
/** How much of a delivery is here of what its encoder has listed. */
function arrivalBar({ state, delivery }: RecordingView): TemplateResult | string {
  if (state !== 'receiving' || delivery === null || delivery.bytes.listed === 0) return ''
  const { here, listed } = delivery.bytes
  return html`<progress class="arrival bar-safe" max=${listed} .value=${here}
    aria-label=${`${Math.floor((100 * here) / listed)} % of what is recorded has arrived`}></progress>`
}

customElements.define('rushes-library-page', RushesLibraryPage)
