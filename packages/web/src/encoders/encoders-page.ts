import type { EncoderView } from '@rushes/protocol'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { confirmWith } from '../app/confirm-dialog.ts'
import { faultWords } from '../app/fault-words.ts'
import { PageElement } from '../app/page-element.ts'
import { server } from '../app/server.ts'
import { toast } from '../app/toasts.ts'
import { formatMoment } from '../figures.ts'
import { encoderCard } from './encoder-card.ts'

const refreshMs = 3000

/** The encoders of this account, as they reported last. */
export class RushesEncodersPage extends PageElement {
  static override properties: PropertyDeclarations = {
    encoders: { state: true },
    problem: { state: true },
    askedAt: { state: true },
  }
  declare private encoders: EncoderView[] | null
  declare private problem: string
  declare private askedAt: Date | null
  #timer: ReturnType<typeof setInterval> | undefined
  #asking = false

  constructor() {
    super()
    this.encoders = this.askedAt = null
    this.problem = ''
  }

  override connectedCallback(): void {
    super.connectedCallback()
    void this.#refresh()
    this.#timer = setInterval(() => {
      if (!document.hidden) void this.#refresh()
    }, refreshMs)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearInterval(this.#timer)
  }

  async #refresh(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    try {
      this.encoders = byName(await server.encoders())
      this.askedAt = new Date()
      this.problem = ''
    } catch (fault) {
      this.problem = faultWords(fault)
    } finally {
      this.#asking = false
    }
  }

  async #remove({ id, name, online }: EncoderView): Promise<void> {
    const sure = await confirmWith({
      heading: `Forget “${name}”?`,
      words: online
        ? 'It is running: it will introduce itself again within seconds, without its schedule. Its recordings stay.'
        : 'Its schedule goes with it. Its recordings stay, and it comes back when it is started again.',
      action: 'Forget',
    })
    if (!sure) return
    try {
      await server.removeEncoder(id)
      this.encoders = (this.encoders ?? []).filter((encoder) => encoder.id !== id)
      toast(`“${name}” is forgotten.`)
      this.querySelector('h1')?.focus()
    } catch (fault) {
      toast(faultWords(fault), 'problem')
    }
  }

  protected override render(): TemplateResult {
    return html`<div class="page-head"><h1 tabindex="-1">Encoders</h1></div>
      ${this.#content()}`
  }

  #content(): TemplateResult {
    const { encoders, problem } = this
    if (encoders === null) {
      if (problem === '') return html`<div class="waiting" role="status">Loading …</div>`
      return html`<div class="notice notice-problem" role="alert">
        <span>${problem}</span>
        <div><button class="button" type="button" @click=${this.#refresh}>Try again</button></div>
      </div>`
    }
    const stale =
      problem === '' || this.askedAt === null
        ? ''
        : html`<div class="notice notice-caution encoders-stale" role="status">
            <span>${problem} What stands here is from ${formatMoment(this.askedAt)}.</span>
          </div>`
    if (encoders.length === 0) {
      return html`${stale}<div class="card empty">
        <h2>No encoders yet</h2>
        <p>An encoder is a machine at an event that records and delivers without fail. It shows up here once it reports.</p>
      </div>`
    }
    return html`${stale}<div class="encoders">
      ${repeat(
        encoders,
        ({ id }) => id,
        (encoder) => encoderCard(encoder, this.#actions(encoder)),
      )}
    </div>`
  }

  #actions(encoder: EncoderView): TemplateResult {
    return html`<div class="buttons encoder-actions">
      <button class="button button-quiet is-danger" type="button" aria-label=${`Forget ${encoder.name}`}
        @click=${() => this.#remove(encoder)}>Forget</button>
    </div>`
  }
}
customElements.define('rushes-encoders-page', RushesEncodersPage)

/** By name, and by id where names are equal: cards must not change places by themselves. */
function byName(encoders: readonly EncoderView[]): EncoderView[] {
  return encoders.toSorted((one, other) => one.name.localeCompare(other.name) || (one.id < other.id ? -1 : 1))
}
