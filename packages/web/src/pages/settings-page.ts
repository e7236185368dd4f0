import type { ApiKeyView, CreatedApiKey } from '@rushes/protocol'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { copyText } from '../app/clipboard.ts'
import { confirmWith } from '../app/confirm-dialog.ts'
import { faultWords } from '../app/fault-words.ts'
import { goTo } from '../app/navigation.ts'
import { PageElement } from '../app/page-element.ts'
import { server } from '../app/server.ts'
import { session, signOut } from '../app/session.ts'
import { toast } from '../app/toasts.ts'
import { copyIcon } from '../design/icons.ts'
import { formatMoment } from '../figures.ts'
import { fieldText, formProblem } from './sign-in-fields.ts'

export class RushesSettingsPage extends PageElement {
  static override properties: PropertyDeclarations = {
    keys: { state: true },
    created: { state: true },
    problem: { state: true },
    who: { state: true },
  }
  declare private keys: ApiKeyView[] | null
  declare private created: CreatedApiKey | null
  declare private problem: string
  declare private who: string

  constructor() {
    super()
    this.keys = this.created = null
    this.problem = this.who = ''
  }

  override connectedCallback(): void {
    super.connectedCallback()
    void this.#load()
  }

  async #load(): Promise<void> {
    try {
      const { user } = await session()
      this.who = user === null ? '' : [user.name, user.email].filter(Boolean).join(', ')
      this.keys = await server.keys()
    } catch (fault) {
      this.problem = faultWords(fault)
    }
  }

  async #onCreate(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const form = event.target as HTMLFormElement
    try {
      this.created = await server.createKey(fieldText(form, 'key-name').trim())
      this.problem = ''
      form.reset()
      this.keys = await server.keys()
    } catch (fault) {
      this.problem = faultWords(fault)
    }
    await this.updateComplete
    this.querySelector<HTMLElement>('#new-key')?.focus()
  }

  async #revoke(key: ApiKeyView): Promise<void> {
    const sure = await confirmWith({
      heading: `Revoke “${key.name}”?`,
      words: 'Programs that use this key can no longer reach the server. This can’t be undone.',
      action: 'Revoke key',
    })
    if (!sure) return
    try {
      await server.revokeKey(key.id)
      if (this.created?.id === key.id) this.created = null
      this.keys = await server.keys()
      toast(`“${key.name}” is revoked.`)
    } catch (fault) {
      toast(faultWords(fault), 'problem')
    }
  }

  async #signOut(): Promise<void> {
    try {
      await signOut()
      goTo('/login')
    } catch (fault) {
      toast(faultWords(fault), 'problem')
    }
  }

  protected override render(): TemplateResult {
    return html`<div class="page-mid stack stack-wide">
      <h1 tabindex="-1">Settings</h1>
      <section class="card stack" aria-labelledby="keys-heading">
        <div class="stack stack-tight">
          <h2 id="keys-heading">API keys</h2>
          <p class="soft">
            For the command line (<code>RUSHES_KEY</code>) and other programs. Each key may do what you may.
          </p>
        </div>
        <form class="field" @submit=${this.#onCreate}>
          <label for="key-name">Name of a new key</label>
          <div class="input-row">
            <input class="input" id="key-name" name="key-name" required maxlength="100" placeholder="e.g. laptop" autocomplete="off" />
            <button class="button button-main">Create key</button>
          </div>
        </form>
        ${formProblem(this.problem)}
        ${this.created === null ? '' : this.#newKey(this.created)}
        ${this.#list()}
      </section>
      <section class="card stack" aria-labelledby="files-heading">
        <h2 id="files-heading">Files</h2>
        <div class="row row-apart">
          <p class="soft">What is inside an archive or an MP4, and whether it is intact. Nothing is uploaded.</p>
          <a class="button" href="/inspect">Look inside a file</a>
        </div>
      </section>
      <section class="card stack" aria-labelledby="jobs-heading">
        <h2 id="jobs-heading">Jobs</h2>
        <div class="row row-apart">
          <p class="soft">Work that goes on behind, and what became of it.</p>
          <a class="button" href="/jobs">Show jobs</a>
        </div>
      </section>
      <section class="card stack" aria-labelledby="account-heading">
        <h2 id="account-heading">Account</h2>
        <div class="row row-apart">
          <p class="soft">${this.who === '' ? '' : `Signed in as ${this.who}`}</p>
          <button class="button" type="button" @click=${this.#signOut}>Sign out</button>
        </div>
      </section>
    </div>`
  }

  #newKey(created: CreatedApiKey): TemplateResult {
    return html`<div class="notice notice-safe" role="status">
      <strong id="new-key-label">Copy the key “${created.name}” now: it is shown this once.</strong>
      <div class="input-row">
        <input class="input" id="new-key" readonly aria-labelledby="new-key-label" .value=${created.key}
          @focus=${(event: FocusEvent) => (event.target as HTMLInputElement).select()} />
        <button class="button" type="button" @click=${() => copyText(created.key, 'The key')}>${copyIcon}Copy</button>
      </div>
    </div>`
  }

  #list(): TemplateResult {
    if (this.keys === null) return html`<p class="soft" role="status">${this.problem === '' ? 'Loading …' : ''}</p>`
    if (this.keys.length === 0) return html`<p class="soft">No keys yet.</p>`
    return html`<ul role="list" class="lines">
      ${this.keys.map(
        (key) => html`<li class="line">
          <div>
            <strong>${key.name}</strong>
            ${key.origin === 'environment' ? html`<span class="badge">from RUSHES_OWNER_KEY</span>` : ''}
            <div class="soft small">
              ${formatMoment(new Date(key.createdAt))} ·
              ${key.lastUsedAt === null ? 'never used' : `last used: ${formatMoment(new Date(key.lastUsedAt))}`}
            </div>
          </div>
          ${
            key.origin === 'environment'
              ? html`<span class="soft small">Change it where the server is started</span>`
              : html`<button class="button button-quiet is-danger" type="button" aria-label=${`Revoke ${key.name}`}
                  @click=${() => this.#revoke(key)}>Revoke</button>`
          }
        </li>`,
      )}
    </ul>`
  }
}
customElements.define('rushes-settings-page', RushesSettingsPage)
