import type { EncoderView } from '@rushes/protocol'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { confirmWith } from '../app/confirm-dialog.ts'
import { faultWords } from '../app/fault-words.ts'
import { PageElement } from '../app/page-element.ts'
import { server } from '../app/server.ts'
import { toast } from '../app/toasts.ts'
import { formatMoment } from '../figures.ts'
import { encoderCard, orderLine } from './encoder-card.ts'
import { askName } from './rename-dialog.ts'
import './rushes-fleet-alerts.ts'
import './rushes-schedule.ts'
import { askStart } from './start-dialog.ts'
import { showDialog } from './wide-dialog.ts'

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

  #replace(changed: EncoderView): void {
    this.encoders = byName((this.encoders ?? []).map((shown) => (shown.id === changed.id ? changed : shown)))
  }

  /** What the server answered is shown at once; what it refused is said. */
  async #change(change: () => Promise<EncoderView>, said: string): Promise<void> {
    try {
      this.#replace(await change())
      toast(said)
    } catch (fault) {
      toast(faultWords(fault), 'problem')
    }
  }

  async #start(encoder: EncoderView): Promise<void> {
    const order = await askStart(encoder)
    if (order !== null)
      await this.#change(() => server.orderEncoder(encoder.id, order), `“${encoder.name}” is asked to start.`)
  }

  async #stop(encoder: EncoderView, event: { id: string; title: string }): Promise<void> {
    const sure = await confirmWith({
      heading: `Stop “${event.title}”?`,
      words: 'The recording ends there, and is published once all of it has arrived. It can’t be continued.',
      action: 'Stop recording',
    })
    if (!sure) return
    const stop = { action: 'stop', event: event.id } as const
    await this.#change(() => server.orderEncoder(encoder.id, stop), `“${encoder.name}” is asked to stop.`)
  }

  async #rename(encoder: EncoderView): Promise<void> {
    const name = await askName(encoder)
    if (name !== null && name !== encoder.name)
      await this.#change(() => server.renameEncoder(encoder.id, name), 'The name is saved.')
  }

  #schedule(encoder: EncoderView): Promise<void> {
    return showDialog(
      `Schedule of “${encoder.name}”`,
      html`<rushes-schedule .encoder=${encoder}
        @changed=${(event: CustomEvent<EncoderView>) => this.#replace(event.detail)}></rushes-schedule>`,
    )
  }

  #alerts(): Promise<void> {
    return showDialog('Alerts', html`<rushes-fleet-alerts></rushes-fleet-alerts>`)
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
    return html`<div class="page-head">
        <h1 tabindex="-1">Encoders</h1>
        <button class="button" type="button" @click=${this.#alerts}>Alerts</button>
      </div>
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
        <p>An encoder is a machine at an event that records and delivers without fail. Start one with a key from the settings, and it shows up here:</p>
        <code class="encoder-command">rushes encode --fleet NAME --input SOURCE --spool FOLDER --server ${location.origin}</code>
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
    const { name, schedule } = encoder
    const planned = schedule.length === 0 ? '' : ` (${schedule.length})`
    return html`${orderLine(encoder)}
      <div class="buttons encoder-actions">
        ${this.#mainAction(encoder)}
        <button class="button" type="button" aria-label=${`Schedule of ${name}`}
          @click=${() => this.#schedule(encoder)}>Schedule${planned}</button>
        <button class="button button-quiet" type="button" aria-label=${`Rename ${name}`}
          @click=${() => this.#rename(encoder)}>Rename</button>
        <button class="button button-quiet is-danger" type="button" aria-label=${`Forget ${name}`}
          @click=${() => this.#remove(encoder)}>Forget</button>
      </div>`
  }

  #mainAction(encoder: EncoderView): TemplateResult {
    const { name, report, online, order } = encoder
    const event = report?.state === 'recording' ? report.event : null
    const isAsked = order?.state === 'offered'
    if (event !== null) {
      return html`<button class="button button-danger" type="button" aria-label=${`Stop ${name}`} ?disabled=${isAsked}
        @click=${() => this.#stop(encoder, event)}>Stop</button>`
    }
    return html`<button class="button button-main" type="button" aria-label=${`Start ${name}`} ?disabled=${!online || isAsked}
      @click=${() => this.#start(encoder)}>Start</button>`
  }
}
customElements.define('rushes-encoders-page', RushesEncodersPage)

/** By name, and by id where names are equal: cards must not change places by themselves. */
function byName(encoders: readonly EncoderView[]): EncoderView[] {
  return encoders.toSorted((one, other) => one.name.localeCompare(other.name) || (one.id < other.id ? -1 : 1))
}
