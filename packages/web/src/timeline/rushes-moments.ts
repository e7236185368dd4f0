import type { PlayerMark } from '@rushes/player'
import type { TimedOperation } from '@rushes/recorder'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'
import { server } from '../app/server.ts'
import { formatLength, lengthWords } from '../figures.ts'
import type { Moment } from './moment.ts'
import { operationOf } from './stored-operation.ts'
import { followTimeline } from './timeline-follower.ts'

/** Shown at once; more on asking. */
const pageLength = 50

/**
 * The list of what was marked, noted and asked in a recording, each a way to its place. Events: `marks` with the
 * {@link PlayerMark}s as detail, when there are more; `drawn` with the drawings that are not in the picture; `go` with seconds.
 */
export class RushesMoments extends PageElement {
  static override properties: PropertyDeclarations = {
    shareId: { attribute: false },
    recordingId: { attribute: false },
    playable: { attribute: false },
    elsewhere: { attribute: false },
    moments: { state: true },
    shown: { state: true },
  }
  declare shareId: string | null
  declare recordingId: string | null
  /** There is a player to go to these places in. */
  declare playable: boolean
  /** Kinds of events that are shown in another place. */
  declare elsewhere: readonly string[]
  declare private moments: readonly Moment[]
  declare private shown: number
  #drawn: TimedOperation[] = []
  #follower: { close(): void } | null = null

  constructor() {
    super()
    this.shareId = this.recordingId = null
    this.playable = false
    this.moments = this.elsewhere = []
    this.shown = pageLength
  }

  override connectedCallback(): void {
    super.connectedCallback()
    if (this.hasUpdated) this.#follow()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#follower?.close()
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('shareId') || changed.has('recordingId')) this.#follow()
  }

  #follow(): void {
    this.#follower?.close()
    this.moments = []
    this.#drawn = []
    this.shown = pageLength
    const { shareId, recordingId, elsewhere } = this
    if (shareId === null && recordingId === null) return
    this.#follower = followTimeline({
      async load(from) {
        const asked = shareId === null ? server.timeline(recordingId ?? '', from) : server.sharedTimeline(shareId, from)
        const page = await asked
        return { ...page, events: page.events.filter(({ kind }) => !elsewhere.includes(kind)) }
      },
      onEvents: (events) => {
        const more = events.map(operationOf).filter((operation) => operation !== null)
        if (more.length === 0) return
        this.#drawn = [...this.#drawn, ...more].sort((a, b) => a.t - b.t)
        this.dispatchEvent(new CustomEvent<TimedOperation[]>('drawn', { detail: this.#drawn }))
      },
      onMoments: (moments) => {
        this.moments = moments
        const marks = moments.filter(({ kind }) => kind === 'mark').map(({ t, words }) => ({ t, label: words }))
        this.dispatchEvent(new CustomEvent<PlayerMark[]>('marks', { detail: marks }))
      },
    })
  }

  #go(moment: Moment): void {
    this.dispatchEvent(new CustomEvent<number>('go', { detail: moment.t / 1000 }))
  }

  protected override render(): TemplateResult {
    if (this.moments.length === 0) return html``
    const left = this.moments.length - this.shown
    return html`<section class="moments" aria-labelledby="moments-heading">
      <h2 id="moments-heading">In this recording</h2>
      <ol class="moment-list">
        ${this.moments.slice(0, this.shown).map((moment) => html`<li>${this.#row(moment)}</li>`)}
      </ol>
      ${
        left > 0
          ? html`<button class="button" type="button" @click=${() => {
              this.shown += 4 * pageLength
            }}>Show more (${left})</button>`
          : ''
      }
    </section>`
  }

  #row(moment: Moment): TemplateResult {
    const { t, kind, words } = moment
    const content = html`<span class="moment-time figures" aria-hidden="true">${formatLength(t)}</span>
      <span class="visually-hidden">At ${lengthWords(t)}:</span>
      <span class="moment-words ${kind === 'mark' ? `is-mark is-${words.toLowerCase()}` : ''}">${words}</span>`
    return this.playable
      ? html`<button class="moment" type="button" @click=${() => this.#go(moment)}>${content}</button>`
      : html`<div class="moment">${content}</div>`
  }
}
customElements.define('rushes-moments', RushesMoments)
