import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'
import { formatLength, lengthWords } from '../figures.ts'
import type { EventRow } from './inspection.ts'
import { pageOf, pager } from './pager.ts'

/** Events one below the other. Event: `go` with the ms of the one that was chosen. */
export class RushesEventList extends PageElement {
  static override properties: PropertyDeclarations = { events: { attribute: false }, page: { state: true } }
  declare events: readonly EventRow[]
  declare private page: number

  constructor() {
    super()
    this.events = []
    this.page = 0
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('events')) this.page = 0
  }

  protected override render(): TemplateResult {
    return html`<ol class="moment-list" role="list">
        ${pageOf(this.events, this.page).map((event) => html`<li>${this.#row(event)}</li>`)}
      </ol>
      ${pager('events', this.page, this.events.length, (page) => {
        this.page = page
      })}`
  }

  #row({ t, kind, words, resource }: EventRow): TemplateResult {
    const go = () => this.dispatchEvent(new CustomEvent<number>('go', { detail: t, bubbles: true }))
    return html`<button class="moment" type="button" @click=${go}>
      <span class="moment-time figures" aria-hidden="true">${formatLength(t)}</span>
      <span class="visually-hidden">At ${lengthWords(t)}:</span>
      <span class="moment-words"><span class="badge">${kind}</span> ${words}
        ${resource === null ? '' : html`<span class="soft small">${resource}</span>`}</span>
    </button>`
  }
}
customElements.define('rushes-event-list', RushesEventList)
