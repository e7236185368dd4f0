import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { faultWords } from '../app/fault-words.ts'
import { PageElement } from '../app/page-element.ts'
import { server } from '../app/server.ts'
import { toast } from '../app/toasts.ts'

/**
 * A recording's title as a heading, and the field to change it. Fires `renamed` with the title the server keeps, and
 * bubbles.
 */
export class RushesTitle extends PageElement {
  static override properties: PropertyDeclarations = {
    recordingId: { attribute: false },
    text: { attribute: false },
    level: { attribute: false },
    href: { attribute: false },
    editable: { attribute: false },
    editing: { state: true },
  }
  declare recordingId: string
  declare text: string
  declare level: 1 | 2
  /** Where the title leads; none: it is no link. */
  declare href: string | null
  declare editable: boolean
  declare private editing: boolean

  constructor() {
    super()
    this.recordingId = this.text = ''
    this.level = 1
    this.href = null
    this.editable = true
    this.editing = false
  }

  async #edit(): Promise<void> {
    this.editing = true
    await this.updateComplete
    this.querySelector('input')?.select()
  }

  async #leave(): Promise<void> {
    this.editing = false
    await this.updateComplete
    this.querySelector('button')?.focus()
  }

  async #onSubmit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const wanted = this.querySelector('input')?.value.trim() ?? ''
    if (wanted === '' || wanted === this.text) {
      await this.#leave()
      return
    }
    try {
      this.text = (await server.rename(this.recordingId, wanted)).title
      this.dispatchEvent(new CustomEvent('renamed', { detail: this.text, bubbles: true }))
      await this.#leave()
      toast('The title is saved.')
    } catch (fault) {
      toast(faultWords(fault), 'problem')
    }
  }

  protected override render(): TemplateResult {
    if (this.editing) {
      return html`<form class="title-form" @submit=${this.#onSubmit}
        @keydown=${(event: KeyboardEvent) => {
          if (event.key === 'Escape') void this.#leave()
        }}>
        <input class="input" required maxlength="500" aria-label="Title" .value=${this.text} />
        <button class="button button-main">Save</button>
        <button class="button button-quiet" type="button" @click=${this.#leave}>Cancel</button>
      </form>`
    }
    const words = this.href === null ? this.text : html`<a href=${this.href}>${this.text}</a>`
    return html`<div class="title">
      ${this.level === 1 ? html`<h1 tabindex="-1">${words}</h1>` : html`<h2>${words}</h2>`}
      ${
        this.editable
          ? html`<button class="button button-quiet" type="button" aria-label=${`Rename ${this.text}`}
              @click=${this.#edit}>Rename</button>`
          : ''
      }
    </div>`
  }
}
customElements.define('rushes-title', RushesTitle)
