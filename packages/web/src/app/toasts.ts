import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from './page-element.ts'

type Toast = { id: number; words: string; tone: 'plain' | 'problem' }

/** A problem stays long enough to be read twice. */
const shownMs = { plain: 4000, problem: 10_000 }

let area: RushesToasts | null = null

/** Says something at the edge of the page, aloud too. */
export function toast(words: string, tone: Toast['tone'] = 'plain'): void {
  area?.show(words, tone)
}

/** Holds the toasts; there from the start, so that screen readers watch it. */
export class RushesToasts extends PageElement {
  static override properties: PropertyDeclarations = { toasts: { state: true } }
  declare private toasts: Toast[]
  #next = 0

  constructor() {
    super()
    this.toasts = []
  }

  override connectedCallback(): void {
    super.connectedCallback()
    area = this
  }

  show(words: string, tone: Toast['tone']): void {
    const id = this.#next++
    this.toasts = [...this.toasts.slice(-2), { id, words, tone }]
    setTimeout(() => this.#drop(id), shownMs[tone])
  }

  #drop(id: number): void {
    this.toasts = this.toasts.filter((shown) => shown.id !== id)
  }

  protected override render(): TemplateResult {
    return html`<div class="toasts" role="status" aria-live="polite">
      ${this.toasts.map(
        ({ id, words, tone }) => html`<div class="toast toast-${tone}">
          <span>${words}</span>
          <button class="toast-close" type="button" aria-label="Dismiss" @click=${() => this.#drop(id)}>×</button>
        </div>`,
      )}
    </div>`
  }
}
customElements.define('rushes-toasts', RushesToasts)
