import type { Recording } from '@rushes/recorder'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'
import { formatLength } from '../figures.ts'

export type MarkLabel = 'important' | 'question'

const kinds = [
  { label: 'important', words: 'Important', key: 'i' },
  { label: 'question', words: 'Question', key: 'q' },
] as const satisfies { label: MarkLabel; words: string; key: string }[]

const saidMs = 4000

/** Marks the moment that is being recorded, by a click, or by one key (recorder-shortcuts.ts): each becomes a chapter. */
export class RushesMarkButtons extends PageElement {
  static override properties: PropertyDeclarations = {
    recording: { attribute: false },
    counts: { state: true },
    said: { state: true },
  }
  declare recording: Recording | null
  declare private counts: Readonly<Record<string, number>>
  declare private said: string
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    this.recording = null
    this.counts = {}
    this.said = ''
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearTimeout(this.#timer)
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('recording')) return
    this.counts = {}
    this.said = ''
  }

  mark(label: MarkLabel): void {
    const { words } = kinds.find((kind) => kind.label === label)!
    try {
      const { t } = this.recording!.mark(label)
      this.counts = { ...this.counts, [label]: (this.counts[label] ?? 0) + 1 }
      this.#say(`${words} marked at ${formatLength(t)}`)
    } catch {
      this.#say('This recording takes no more marks')
    }
  }

  #say(words: string): void {
    this.said = words
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.said = ''
    }, saidMs)
  }

  protected override render(): TemplateResult {
    return html`<div class="stack stack-tight">
      <div class="buttons mark-buttons" role="group" aria-label="Mark this moment">
        ${kinds.map(({ label, words, key }) => {
          const count = this.counts[label] ?? 0
          return html`<button class="button" type="button" aria-keyshortcuts=${key} @click=${() => this.mark(label)}>
            ${words} <kbd aria-hidden="true">${key.toUpperCase()}</kbd>
            ${count === 0 ? '' : html`<span class="mark-count figures"><span class="visually-hidden">marked </span>${count}<span class="visually-hidden"> times</span></span>`}
          </button>`
        })}
      </div>
      <p class="mark-said soft small" role="status">${this.said}</p>
    </div>`
  }
}
customElements.define('rushes-mark-buttons', RushesMarkButtons)
