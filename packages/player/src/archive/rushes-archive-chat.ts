import { type CSSResultGroup, html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit'
import { formatClock } from '../start-time.ts'
import { panelStyles } from './archive-styles.ts'
import { BoxResizes } from './box-resizes.ts'
import type { Message } from './conversation.ts'
import { rove, takeStop } from './roving-focus.ts'
import { lastAt } from './slide-schedule.ts'

/** Shown at once, the latest; more on asking. */
const pageLength = 200
/** So near its end a list counts as being at it, px. */
const nearEnd = 40

const kindWords: Record<Message['kind'], string> = { chat: '', question: 'Question', answer: 'Answer' }

/** What was written up to the time. Events: `go` with ms of the timeline. */
export class RushesArchiveChat extends LitElement {
  static override styles: CSSResultGroup = panelStyles
  static override properties: PropertyDeclarations = {
    messages: { attribute: false },
    heading: { attribute: false },
    written: { state: true },
    shown: { state: true },
  }
  declare messages: readonly Message[]
  declare heading: string
  /** How many of the messages were written up to now. */
  declare private written: number
  declare private shown: number
  /** Who reads above is left there. */
  #isAtEnd = true

  constructor() {
    super()
    new BoxResizes(this, () => this.#keepAtEnd())
    this.messages = []
    this.heading = 'Chat'
    this.written = 0
    this.shown = pageLength
  }

  /** ms of the timeline. */
  showTime(t: number): void {
    this.written = lastAt(this.messages, t + 0.5, (message) => message.t) + 1
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('messages')) this.shown = pageLength
  }

  protected override updated(changed: Map<string, unknown>): void {
    const times = this.#times()
    if (this.renderRoot.querySelector('.time:focus') === null) {
      takeStop(
        times.find(({ tabIndex }) => tabIndex === 0),
        times.at(-1),
      )
    }
    if (changed.has('written')) this.#keepAtEnd()
  }

  protected override render(): TemplateResult {
    const from = Math.max(0, this.written - this.shown)
    const more = () => {
      this.shown += pageLength
    }
    return html`<section part="panel chat" aria-label=${this.heading}>
      <div class="panel-head"><h3 part="panel-title">${this.heading}</h3></div>
      <div class="scroll" @scroll=${this.#onScroll} @keydown=${(event: KeyboardEvent) => rove(this.#times(), event)}>
        ${from > 0 ? html`<button type="button" part="button" class="more" @click=${more}>Show earlier (${from})</button>` : nothing}
        ${this.written === 0 ? html`<p class="nothing">Nothing was written yet</p>` : nothing}
        <ol class="messages">${this.messages.slice(from, this.written).map((message) => this.#message(message))}</ol>
      </div>
    </section>`
  }

  get #box(): Element {
    return this.renderRoot.querySelector('.scroll')!
  }

  #onScroll(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.#box
    this.#isAtEnd = scrollTop + clientHeight > scrollHeight - nearEnd
  }

  #keepAtEnd(): void {
    if (this.#isAtEnd) this.#box.scrollTo({ top: this.#box.scrollHeight, behavior: 'instant' })
  }

  #times(): HTMLElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLElement>('button.time')]
  }

  #message({ t, kind, sender, text }: Message): TemplateResult {
    const clock = formatClock(t / 1000)
    const go = () => this.dispatchEvent(new CustomEvent<number>('go', { detail: t }))
    return html`<li class="message ${kind}" part="message">
      <p class="from">
        ${sender === '' ? nothing : html`<b>${sender}</b>`}
        ${kind === 'chat' ? nothing : html`<span class="kind">${kindWords[kind]}</span>`}
        <button type="button" class="time" tabindex="-1" aria-label="Go to ${clock}" @click=${go}>${clock}</button>
      </p>
      <p class="text">${text}</p>
    </li>`
  }
}

customElements.define('rushes-archive-chat', RushesArchiveChat)

declare global {
  interface HTMLElementTagNameMap {
    'rushes-archive-chat': RushesArchiveChat
  }
}
