import type { Archive, Item } from '@rushes/umf'
import { type CSSResultGroup, html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit'
import { formatClock } from '../start-time.ts'
import { panelStyles } from './archive-styles.ts'
import { BoxResizes } from './box-resizes.ts'
import { ItemError, itemContent } from './item-content.ts'
import { languageWords } from './item-language.ts'
import { rove, takeStop } from './roving-focus.ts'
import { lastAt } from './slide-schedule.ts'
import { type Cue, cuesOf } from './transcript-cues.ts'

type Shown = { state: 'loading' } | { state: 'failed'; words: string } | { state: 'shown'; cues: readonly Cue[] }

const mostBytes = 8 * 1024 * 1024
/** Laid out together, or not at all (archive-styles.ts). */
const blockLength = 50

/**
 * A transcript that is read along with the time. Events: `go` with ms of the timeline; `cues` with the {@link Cue}s of the
 * one that was loaded, on the timeline, and its item; `fault` with what is wrong with the archive as a whole.
 */
export class RushesArchiveTranscript extends LitElement {
  static override styles: CSSResultGroup = panelStyles
  static override properties: PropertyDeclarations = {
    archive: { attribute: false },
    items: { attribute: false },
    chosen: { state: true },
    shown: { state: true },
    isFollowing: { state: true },
  }
  declare archive: Archive | null
  declare items: readonly Item[]
  declare private chosen: number
  declare private shown: Shown
  declare private isFollowing: boolean
  #current = -1
  #rows: readonly HTMLElement[] = []
  #time = 0

  constructor() {
    super()
    new BoxResizes(this, () => {
      if (this.isFollowing) this.#scrollToCurrent()
    })
    this.archive = null
    this.items = []
    this.chosen = 0
    this.shown = { state: 'loading' }
    this.isFollowing = true
  }

  /** ms of the timeline. */
  showTime(t: number): void {
    this.#time = t
    if (this.shown.state !== 'shown') return
    const { cues } = this.shown
    const last = lastAt(cues, t + 0.5, ({ fromMs }) => fromMs)
    const current = last >= 0 && cues[last]!.toMs > t + 0.5 ? last : -1
    if (current === this.#current) return
    this.#rows[this.#current]?.removeAttribute('aria-current')
    this.#current = current
    this.#rows[current]?.setAttribute('aria-current', 'true')
    if (current >= 0 && this.renderRoot.querySelector('.cue:focus') === null) {
      takeStop(
        this.#rows.find(({ tabIndex }) => tabIndex === 0),
        this.#rows[current],
      )
    }
    if (this.isFollowing) this.#scrollToCurrent()
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('items')) this.chosen = 0
    if (changed.has('items') || changed.has('chosen') || changed.has('archive')) void this.#load()
  }

  protected override updated(changed: Map<string, unknown>): void {
    if (!changed.has('shown')) return
    this.#rows = [...this.renderRoot.querySelectorAll<HTMLElement>('.cue')]
    this.#current = -1
    takeStop(undefined, this.#rows[0])
    this.showTime(this.#time)
  }

  protected override render(): TemplateResult {
    return html`<section part="panel transcript" aria-label="Transcript">
      <div class="panel-head">
        <h3 part="panel-title">Transcript</h3>
        ${this.items.length > 1 ? this.#choice() : nothing}
        ${this.isFollowing ? nothing : html`<button type="button" part="button" @click=${this.#follow}>Follow</button>`}
      </div>
      <div class="scroll" @wheel=${this.#leave} @touchmove=${this.#leave} @keydown=${this.#onKey}>${this.#body()}</div>
    </section>`
  }

  #choice(): TemplateResult {
    const choose = (event: Event) => {
      this.chosen = (event.target as HTMLSelectElement).selectedIndex
    }
    return html`<select part="select" aria-label="Language of the transcript" @change=${choose}>
      ${this.items.map((item, index) => html`<option ?selected=${index === this.chosen}>${languageWords(item)}</option>`)}
    </select>`
  }

  #body(): TemplateResult {
    switch (this.shown.state) {
      case 'loading':
        return html`<p class="nothing loading">Loading the transcript</p>`
      case 'failed':
        return html`<p class="nothing failed">${this.shown.words}</p>`
      case 'shown':
        return html`<div class="cues" role="list">${blocksOf(this.shown.cues).map(
          (block) => html`<div class="block">${block.map((cue) => this.#cue(cue))}</div>`,
        )}</div>`
    }
  }

  #cue(cue: Cue): TemplateResult {
    return html`<div role="listitem"><button type="button" class="cue" part="cue" tabindex="-1" @click=${() => this.#go(cue)}>
      <span class="time">${formatClock(cue.fromMs / 1000)}</span>
      <span class="words">${cue.speaker === '' ? nothing : html`<b>${cue.speaker}</b> `}${cue.text}</span>
    </button></div>`
  }

  async #load(): Promise<void> {
    const { archive } = this
    const item = this.items[this.chosen]
    if (archive === null || item === undefined) return
    this.shown = { state: 'loading' }
    const shown = await this.#read(archive, item)
    // Meanwhile another one may have been chosen.
    if (shown === null || this.archive !== archive || this.items[this.chosen] !== item) return
    this.shown = shown
    if (shown.state !== 'shown') return
    this.dispatchEvent(new CustomEvent('cues', { detail: { item, cues: shown.cues } }))
  }

  async #read(archive: Archive, item: Item): Promise<Shown | null> {
    try {
      const bytes = await itemContent(archive, item, mostBytes)
      return { state: 'shown', cues: await cuesOf(item, bytes) }
    } catch (fault) {
      if (fault instanceof ItemError) return { state: 'failed', words: `The transcript ${fault.message}.` }
      this.dispatchEvent(new CustomEvent('fault', { detail: fault }))
      return null
    }
  }

  #go({ fromMs }: Cue): void {
    this.isFollowing = true
    this.dispatchEvent(new CustomEvent<number>('go', { detail: fromMs }))
  }

  /** Who reads elsewhere is left there. */
  #leave(): void {
    this.isFollowing = false
  }

  #onKey(event: KeyboardEvent): void {
    if (['ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End'].includes(event.key)) this.#leave()
    rove(this.#rows, event)
  }

  #follow(): void {
    this.isFollowing = true
    this.#scrollToCurrent()
  }

  /** Within its own box: `scrollIntoView` would move the page too. */
  #scrollToCurrent(): void {
    const row = this.#rows[this.#current]
    const box = this.renderRoot.querySelector('.scroll')
    if (row === undefined || box === null) return
    const away = row.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 3
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches || Math.abs(away) > box.clientHeight
    box.scrollBy({ top: away, behavior: isStill ? 'instant' : 'smooth' })
  }
}

function blocksOf(cues: readonly Cue[]): (readonly Cue[])[] {
  const count = Math.ceil(cues.length / blockLength)
  return Array.from({ length: count }, (_, index) => cues.slice(index * blockLength, (index + 1) * blockLength))
}

customElements.define('rushes-archive-transcript', RushesArchiveTranscript)

declare global {
  interface HTMLElementTagNameMap {
    'rushes-archive-transcript': RushesArchiveTranscript
  }
}
