import type { AlertSettings, CreatedWebhook, WebhookView } from '@rushes/protocol'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { copyText } from '../app/clipboard.ts'
import { faultWords } from '../app/fault-words.ts'
import { PageElement } from '../app/page-element.ts'
import { server } from '../app/server.ts'
import { toast } from '../app/toasts.ts'
import { copyIcon } from '../design/icons.ts'
import { moment } from './encoder-standing.ts'

/** An attempt that failed or worked shows without a reload. */
const refreshMs = 2000

/** From when on somebody is told of an encoder, and which addresses are. */
export class RushesFleetAlerts extends PageElement {
  static override properties: PropertyDeclarations = {
    settings: { state: true },
    created: { state: true },
    problem: { state: true },
  }
  declare private settings: AlertSettings | null
  declare private created: CreatedWebhook | null
  declare private problem: string
  #timer: ReturnType<typeof setInterval> | undefined

  constructor() {
    super()
    this.settings = this.created = null
    this.problem = ''
  }

  override connectedCallback(): void {
    super.connectedCallback()
    void this.#load()
    this.#timer = setInterval(() => void this.#refresh(), refreshMs)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearInterval(this.#timer)
  }

  async #load(): Promise<void> {
    await this.#attempt(async () => {
      this.settings = await server.alertSettings()
    })
  }

  /** The limits stay as they were read: somebody may be typing. */
  async #refresh(): Promise<void> {
    const { settings } = this
    if (settings === null || settings.webhooks.length === 0 || document.hidden) return
    try {
      const { webhooks } = await server.alertSettings()
      if (this.settings === settings) this.settings = { ...settings, webhooks }
    } catch {
      // Said when somebody does something.
    }
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
      this.problem = ''
    } catch (fault) {
      this.problem = faultWords(fault)
    }
  }

  #onLimits(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const fields = new FormData(event.target as HTMLFormElement)
    const number = (name: string): number => Number(fields.get(name))
    return this.#attempt(async () => {
      this.settings = await server.setAlertLimits({
        behindSeconds: number('behind'),
        silentSeconds: number('silent'),
        spoolPercent: number('spool'),
      })
      toast('The limits are saved.')
    })
  }

  #onAdd(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const form = event.target as HTMLFormElement
    return this.#attempt(async () => {
      this.created = await server.createWebhook(String(new FormData(form).get('url') ?? '').trim())
      form.reset()
      this.settings = await server.alertSettings()
      await this.updateComplete
      this.querySelector<HTMLElement>('#webhook-secret')?.focus()
    })
  }

  #remove({ id, url }: WebhookView): Promise<void> {
    return this.#attempt(async () => {
      await server.removeWebhook(id)
      if (this.created?.id === id) this.created = null
      this.settings = await server.alertSettings()
      toast(`${url} is told no more.`)
      this.querySelector<HTMLElement>('#webhooks-heading')?.focus()
    })
  }

  #test({ id, url }: WebhookView): Promise<void> {
    return this.#attempt(async () => {
      await server.testWebhook(id)
      toast(`A test is on its way to ${url}.`)
    })
  }

  protected override render(): TemplateResult {
    const { settings, problem } = this
    const trouble = problem === '' ? '' : html`<div class="notice notice-problem" role="alert">${problem}</div>`
    if (settings === null) return html`${trouble}<p class="soft" role="status">${problem === '' ? 'Loading …' : ''}</p>`
    return html`<div class="stack stack-wide">
      ${trouble}
      ${this.#limits(settings)}
      <section class="stack" aria-labelledby="webhooks-heading">
        <div class="stack stack-tight">
          <h3 id="webhooks-heading" tabindex="-1">Who is told</h3>
          <p class="soft small">Each address gets a signed POST, as Standard Webhooks describes, when something begins and
            when it is over. What does not arrive is sent again for three days.</p>
        </div>
        ${this.created === null ? '' : secretNotice(this.created)}
        ${
          settings.webhooks.length === 0
            ? ''
            : html`<ul role="list" class="lines">
                ${settings.webhooks.map((webhook) => this.#line(webhook))}
              </ul>`
        }
        <form class="field" @submit=${this.#onAdd}>
          <label for="webhook-url">Add an address</label>
          <div class="input-row">
            <input class="input" id="webhook-url" name="url" type="url" required maxlength="2000"
              placeholder="https://…" autocomplete="off" />
            <button class="button">Add</button>
          </div>
        </form>
      </section>
    </div>`
  }

  #limits({ limits }: AlertSettings): TemplateResult {
    const field = (name: string, label: string, unit: string, value: number, least: number, most: number) => html`<div
      class="field">
      <label for=${`alert-${name}`}>${label}</label>
      <div class="input-row alert-limit">
        <input class="input" id=${`alert-${name}`} name=${name} type="number" required min=${least} max=${most}
          .value=${String(value)} aria-describedby=${`alert-${name}-unit`} />
        <span class="soft" id=${`alert-${name}-unit`}>${unit}</span>
      </div>
    </div>`
    return html`<form class="stack" @submit=${this.#onLimits}>
      <h3>When</h3>
      <div class="alert-limits">
        ${field('behind', 'The oldest file waits longer than', 'seconds', limits.behindSeconds, 10, 86_400)}
        ${field('silent', 'Nothing is heard of it for', 'seconds', limits.silentSeconds, 20, 86_400)}
        ${field('spool', 'Of its room, there waits', 'percent', limits.spoolPercent, 20, 100)}
      </div>
      <p class="soft small">And whenever it records and has lost a source for 15 seconds.</p>
      <div class="buttons"><button class="button">Save</button></div>
    </form>`
  }

  #line(webhook: WebhookView): TemplateResult {
    const { url, lastError, deliveredAt, waiting } = webhook
    const last = deliveredAt === null ? 'Nothing was sent yet' : `Reached ${moment(deliveredAt)}`
    const state = lastError === null ? last : `The last message did not arrive: ${lastError}`
    return html`<li class="line schedule-line">
      <div class="webhook-words">
        <strong>${url}</strong>
        <div class="soft small" role="status">${state}${waiting > 0 ? `; ${waiting} to be sent` : ''}</div>
      </div>
      <div class="buttons">
        <button class="button button-quiet" type="button" aria-label=${`Send a test to ${url}`}
          @click=${() => this.#test(webhook)}>Test</button>
        <button class="button button-quiet is-danger" type="button" aria-label=${`Remove ${url}`}
          @click=${() => this.#remove(webhook)}>Remove</button>
      </div>
    </li>`
  }
}
customElements.define('rushes-fleet-alerts', RushesFleetAlerts)

function secretNotice({ secret }: CreatedWebhook): TemplateResult {
  return html`<div class="notice notice-safe" role="status">
    <strong id="webhook-secret-label">Copy the secret now: it is shown this once. With it, the other side checks who writes.</strong>
    <div class="input-row">
      <input class="input" id="webhook-secret" readonly aria-labelledby="webhook-secret-label" .value=${secret}
        @focus=${(event: FocusEvent) => (event.target as HTMLInputElement).select()} />
      <button class="button" type="button" @click=${() => copyText(secret, 'The secret')}>${copyIcon}Copy</button>
    </div>
  </div>`
}
