import '@rushes/player'
import { ApiError, type ImportView, type Mend } from '@rushes/protocol'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { keyed } from 'lit/directives/keyed.js'
import { confirmWith } from '../app/confirm-dialog.ts'
import { faultWords } from '../app/fault-words.ts'
import { PageElement } from '../app/page-element.ts'
import { server } from '../app/server.ts'
import { toast } from '../app/toasts.ts'
import { formatBytes, formatLength, formatMoment } from '../figures.ts'
import '../inspect/timeline-picture.ts'
import { type FollowedJob, followJob } from '../jobs/job-feed.ts'
import { type ConvertedArchive, readConverted } from './converted-archive.ts'
import { findingCard } from './finding-card.ts'
import { importBadges, importWords } from './import-words.ts'
import './mend-panel.ts'
import { notesCard } from './notes-card.ts'
import { notesOf, sortedNotes } from './rushes-found.ts'
import { sendingPanel } from './sending-panel.ts'
import { onSentArchives, sentArchive } from './sent-archives.ts'

const pollMs = 1000

/** One archive of another system: how it arrives, is taken apart, is looked at and mended, and kept. */
export class RushesImportPage extends PageElement {
  static override properties: PropertyDeclarations = {
    importId: { attribute: false },
    view: { state: true },
    followed: { state: true },
    archive: { state: true },
    problem: { state: true },
    busy: { state: true },
  }
  declare importId: string
  declare private view: ImportView | null
  declare private followed: FollowedJob | null
  declare private archive: ConvertedArchive | null
  declare private problem: string
  declare private busy: boolean
  #timer: ReturnType<typeof setTimeout> | undefined
  #feed: { job: string; close(): void } | null = null
  #endListening: (() => void) | null = null

  constructor() {
    super()
    this.importId = this.problem = ''
    this.view = null
    this.followed = null
    this.archive = null
    this.busy = false
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#endListening = onSentArchives(() => {
      this.requestUpdate()
      // All of it is there: what becomes of it now is the server's to say.
      const isSent = sentArchive(this.importId)?.upload.state.state === 'sent'
      if (isSent && this.view?.state === 'receiving') void this.#load()
    })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#endListening?.()
    this.#feed?.close()
    this.#feed = null
    clearTimeout(this.#timer)
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('importId') || this.importId === '') return
    this.#feed?.close()
    this.#feed = null
    this.view = this.followed = this.archive = null
    this.problem = ''
    void this.#load()
  }

  async #load(): Promise<void> {
    clearTimeout(this.#timer)
    const id = this.importId
    try {
      const view = await server.import(id)
      if (id !== this.importId) return
      this.problem = ''
      await this.#become(view)
    } catch (fault) {
      const isMissing = fault instanceof ApiError && fault.status === 404
      if (this.view === null || isMissing) this.problem = faultWords(fault)
    }
    const waits = this.view === null || !['kept', 'failed', 'converted'].includes(this.view.state)
    if (waits && this.isConnected) this.#timer = setTimeout(() => void this.#load(), pollMs)
  }

  async #become(view: ImportView): Promise<void> {
    const before = this.view?.state
    this.view = view
    document.title = `${view.name} · Rushes`
    if (view.jobId !== null && this.#feed?.job !== view.jobId) this.#follow(view.jobId)
    if (view.state === 'converting') {
      void import('./rushes-found.ts')
      void import('../jobs/rushes-job.ts')
    }
    if (view.state === 'converted' && before !== 'converted') await this.#open(view)
    // The recording that it became has the player's place.
    if (view.state === 'kept') this.archive = null
  }

  #follow(job: string): void {
    this.#feed?.close()
    const feed = followJob(job, {
      onChange: (followed) => {
        this.followed = followed
        if (followed.job.endedAt !== null) void this.#load()
      },
      onSilence: () => {},
    })
    this.#feed = { job, close: () => feed.close() }
  }

  async #open(view: ImportView): Promise<void> {
    void import('@rushes/player/archive')
    try {
      this.archive = await readConverted(addressOf(view.id))
    } catch (fault) {
      this.problem = `The archive can’t be read: ${faultWords(fault)}`
    }
  }

  async #mend(mends: readonly Mend[]): Promise<void> {
    const { archive, view } = this
    if (archive === null || view === null) return
    this.busy = true
    try {
      await server.mendImport(view.id, { generation: archive.generation, mends: [...mends] })
      toast(mends[0]?.do === 'restore' ? 'All is as it was converted.' : 'Mended.')
      await this.#open(view)
    } catch (fault) {
      toast(faultWords(fault), 'problem')
      if (fault instanceof ApiError && fault.code === 'changed-meanwhile') await this.#open(view)
    } finally {
      this.busy = false
    }
  }

  async #keep(): Promise<void> {
    const { view } = this
    if (view === null || this.busy) return
    this.busy = true
    try {
      await this.#become(await server.keepImport(view.id))
      await this.#load()
    } catch (fault) {
      toast(faultWords(fault), 'problem')
    } finally {
      this.busy = false
    }
  }

  async #cancel(job: string): Promise<void> {
    const sure = await confirmWith({
      heading: 'Cancel the conversion?',
      words: 'What was done of it is given up. What you sent can be sent again.',
      action: 'Cancel the conversion',
    })
    if (!sure) return
    try {
      await server.cancelJob(job)
      await this.#load()
    } catch (fault) {
      toast(faultWords(fault), 'problem')
    }
  }

  #go(t: number): void {
    const player = this.querySelector('rushes-archive')
    player?.seek(t / 1000)
    player?.scrollIntoView({ block: 'nearest' })
  }

  protected override render(): TemplateResult {
    const { view } = this
    if (view === null) {
      if (this.problem === '') return html`<div class="waiting" role="status">Loading …</div>`
      return html`<div class="empty">
        <h1 tabindex="-1">This conversion is not here</h1>
        <p>${this.problem}</p>
        <a class="button" href="/convert">To all conversions</a>
      </div>`
    }
    return html`<article class="stack stack-wide">
      <div class="page-head convert-head">
        <div class="convert-title">
          <h1 tabindex="-1" class="convert-name">${this.archive?.title ?? view.name}</h1>
          <p class="recording-facts soft small figures">
            <span>${formatMoment(new Date(view.createdAt))}</span><span>${formatBytes(view.size)}</span>
            ${this.archive?.format == null ? '' : html`<span>${this.archive.format}</span>`}
            <span class=${importBadges[view.state]} role="status">${importWords[view.state]}</span>
          </p>
        </div>
        <div class="page-actions">${this.#actions(view)}</div>
      </div>
      ${this.problem === '' ? '' : html`<p class="notice notice-problem" role="alert">${this.problem}</p>`}
      ${this.#content(view)}
    </article>`
  }

  #actions({ id, state, jobId, umfUrl, name }: ImportView): TemplateResult | string {
    if (state === 'converting' && jobId !== null) {
      return html`<button class="button" type="button" @click=${() => this.#cancel(jobId)}>Cancel</button>`
    }
    if (state === 'kept') return html`<a class="button button-main" href=${`/watch/${id}`}>Watch</a>`
    if (state !== 'converted') return html`<a class="button" href="/convert">All conversions</a>`
    return html`<a class="button" href=${addressOf(id)} download=${`${name}.umf`} aria-disabled=${umfUrl === null ? 'true' : 'false'}>Download UMF</a>
      <button class="button button-main" type="button" aria-disabled=${this.busy ? 'true' : 'false'} @click=${this.#keep}>Keep it</button>`
  }

  #content(view: ImportView): TemplateResult {
    switch (view.state) {
      case 'receiving':
        return this.#arriving(view)
      case 'converting':
        return this.#running(view)
      case 'converted':
        return this.#made()
      case 'keeping':
        return view.problem === null
          ? html`<div class="waiting" role="status">It is put into the library …</div>`
          : html`<div class="notice notice-caution" role="alert">
              <strong>It waits: nobody keeps it yet</strong>
              <span>${sentence(view.problem)}</span>
              <div><a class="button" href=${addressOf(view.id)} download=${`${view.name}.umf`}>Download UMF</a></div>
            </div>`
      case 'kept':
        return html`<section class="card empty">
          <h2>It is a recording now</h2>
          <p>It is in the library, with its own link, and plays with everything in step.</p>
          <a class="button button-main" href=${`/watch/${view.id}`}>Watch it</a>
        </section>`
      case 'failed':
        return html`<div class="notice notice-problem" role="alert">
            <strong class="convert-name">${sentence(view.problem ?? 'it could not be converted')}</strong>
            <span><a href="/convert">Choose it once more</a> to try again. Where it ends the same way, the tasks say which step could not
              be done, and why.</span>
          </div>
          ${this.#tasks(view)}`
    }
  }

  #arriving({ id, size, received, name }: ImportView): TemplateResult {
    const sending = sentArchive(id)
    if (sending !== undefined) return sendingPanel(sending)
    const percent = Math.floor((100 * received) / size)
    return html`<section class="card stack" aria-label="Arriving">
      <progress class="bar-caution" max=${size} .value=${received} aria-label=${`Sent of ${name}`}></progress>
      <p class="soft">${percent} % of it is here, from an earlier visit or another tab. <a href="/convert">Choose it once more</a>,
        and it goes on from there.</p>
    </section>`
  }

  #running(view: ImportView): TemplateResult {
    const { followed } = this
    const tasks = followed?.job.tasks
    const done = tasks === undefined ? 0 : tasks.done + tasks.failed
    const all = tasks === undefined ? 0 : done + tasks.waiting + tasks.running
    return html`<section class="card stack" aria-label="How far it is">
        <progress max=${Math.max(1, all)} .value=${done} aria-label="Tasks that are done"></progress>
        <p class="soft figures">${all === 0 ? 'It waits for its turn.' : `${done} of ${all} tasks done; there may be more with what is found.`}</p>
      </section>
      <rushes-found .importId=${view.id} .done=${done}></rushes-found>
      ${notesCard(sortedNotes(notesOf(followed?.tasks.values() ?? [])))}
      ${view.jobId === null ? '' : html`<rushes-job .jobId=${view.jobId}></rushes-job>`}`
  }

  #made(): TemplateResult {
    const { archive } = this
    if (archive === null) {
      const again = () => {
        this.problem = ''
        if (this.view !== null) void this.#open(this.view)
      }
      return this.problem === ''
        ? html`<div class="waiting" role="status">It is opened …</div>`
        : html`<div><button class="button" type="button" @click=${again}>Try again</button></div>`
    }
    const { address, generation, presentation, lanes } = archive
    const isHeard =
      presentation !== null || archive.items.some(({ type }) => ['video', 'audio', 'slide', 'chat'].includes(type))
    return html`${
      // Another generation is another file to a player.
      isHeard || archive.events.length > 0
        ? keyed(
            generation,
            html`<rushes-archive keys="page" src=${`${address}?generation=${generation}`}></rushes-archive>`,
          )
        : ''
    }
      ${
        lanes === null
          ? ''
          : html`<section class="card stack" aria-labelledby="timeline-heading">
              <div class="row row-apart"><h2 id="timeline-heading">Timeline</h2>
                <p class="soft small figures">${formatLength(lanes.endMs)}</p></div>
              <rushes-timeline-picture .lanes=${lanes} @go=${(event: CustomEvent<number>) => this.#go(event.detail)}></rushes-timeline-picture>
            </section>`
      }
      ${notesCard(sortedNotes(archive.notes))} ${findingCard(archive.finding)}
      <rushes-mend-panel .archive=${archive} .busy=${this.busy}
        @mend=${(event: CustomEvent<readonly Mend[]>) => void this.#mend(event.detail)}
        @go=${(event: CustomEvent<number>) => this.#go(event.detail)}></rushes-mend-panel>
      ${this.view === null ? '' : this.#tasks(this.view)}`
  }

  #tasks({ jobId }: ImportView): TemplateResult | string {
    if (jobId === null) return ''
    return html`<p><a href=${`/jobs/${jobId}`}>What was done, and when</a></p>`
  }
}
customElements.define('rushes-import-page', RushesImportPage)

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.!?…]$/.test(words) ? '' : '.'}`
}

function addressOf(id: string): string {
  return `/api/v1/archives/${encodeURIComponent(id)}/file.umf`
}
