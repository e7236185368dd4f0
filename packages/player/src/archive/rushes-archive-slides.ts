import {
  type CSSResultGroup,
  html,
  LitElement,
  type nothing,
  type PropertyDeclarations,
  type TemplateResult,
} from 'lit'
import { panelStyles } from './archive-styles.ts'
import { ItemError } from './item-content.ts'
import type { Picture, PictureCache } from './picture-cache.ts'
import { type ScheduledSlide, type SlideSchedule, slideAt } from './slide-schedule.ts'

/** The slide of the time, and the ways to its neighbours. Events: `go` with ms of the timeline. */
export class RushesArchiveSlides extends LitElement {
  static override styles: CSSResultGroup = panelStyles
  static override properties: PropertyDeclarations = {
    schedule: { attribute: false },
    pictures: { attribute: false },
    shownIndex: { state: true },
  }
  declare schedule: SlideSchedule
  declare pictures: PictureCache | null
  declare private shownIndex: number

  constructor() {
    super()
    this.schedule = { shown: [], untimed: [] }
    this.pictures = null
    this.shownIndex = -1
  }

  /** ms of the timeline. */
  showTime(t: number): void {
    if (this.#isTimed) this.shownIndex = slideAt(this.schedule.shown, t)
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('schedule')) this.shownIndex = this.#isTimed ? -1 : 0
    if (this.pictures === null) return
    // The next one is there when its time comes.
    const near = [0, 1, -1].map((step) => this.#slides[this.shownIndex + step]?.item ?? null)
    this.pictures.want(near.filter((item) => item !== null))
  }

  protected override render(): TemplateResult {
    const slide = this.#slides[this.shownIndex] ?? null
    return html`<figure part="panel slides">
      <div class="frame" part="slide-frame">${slide === null ? html`<p class="nothing">No slide at this time</p>` : this.#picture(slide)}</div>
      <figcaption>
        ${this.#step(-1, 'Previous slide', 'M15 5l-7 7 7 7')}
        <span class="name" part="slide-name">${slide?.name ?? ''}</span>
        ${this.#step(1, 'Next slide', 'M9 5l7 7-7 7')}
      </figcaption>
    </figure>`
  }

  get #isTimed(): boolean {
    return this.schedule.untimed.length === 0
  }

  get #slides(): readonly ScheduledSlide[] {
    if (this.#isTimed) return this.schedule.shown
    return this.schedule.untimed.map((item, index) => {
      return { fromMs: 0, toMs: 0, item, name: item.title ?? `Slide ${index + 1}` }
    })
  }

  #picture({ item, name }: ScheduledSlide): TemplateResult | typeof nothing {
    const picture: Picture =
      item === null
        ? { state: 'failed', error: new ItemError('absent') }
        : (this.pictures?.get(item.name) ?? { state: 'loading' })
    switch (picture.state) {
      case 'loading':
        return html`<p class="nothing loading">Loading ${name}</p>`
      case 'failed':
        return html`<p class="nothing failed">${name} ${picture.error.message}.</p>`
      case 'ready':
        return html`<img part="slide" src=${picture.url} alt=${name} decoding="async" draggable="false">`
    }
  }

  #step(step: 1 | -1, words: string, path: string): TemplateResult {
    const to = this.#slides[this.shownIndex + step]
    const go = () => {
      if (to === undefined) return
      if (this.#isTimed) this.dispatchEvent(new CustomEvent<number>('go', { detail: to.fromMs }))
      else this.shownIndex += step
    }
    // Not `disabled`: the focus would be lost at either end.
    return html`<button type="button" part="button" aria-label=${words} title=${words}
      aria-disabled=${to === undefined ? 'true' : 'false'} @click=${go}><svg viewBox="0 0 24 24" aria-hidden="true"><path d=${path} /></svg></button>`
  }
}

customElements.define('rushes-archive-slides', RushesArchiveSlides)

declare global {
  interface HTMLElementTagNameMap {
    'rushes-archive-slides': RushesArchiveSlides
  }
}
