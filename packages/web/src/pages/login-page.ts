import { ApiError } from '@rushes/protocol'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { faultWords } from '../app/fault-words.ts'
import { PageElement } from '../app/page-element.ts'
import { server } from '../app/server.ts'
import { session, setSession } from '../app/session.ts'
import { emailField, fieldText, formProblem, passwordField } from './sign-in-fields.ts'

export class RushesLoginPage extends PageElement {
  static override properties: PropertyDeclarations = {
    next: { attribute: false },
    shown: { state: true },
    problem: { state: true },
    busy: { state: true },
    setupNeeded: { state: true },
  }
  declare next: string | null
  declare private shown: boolean
  declare private problem: string
  declare private busy: boolean
  declare private setupNeeded: boolean

  constructor() {
    super()
    this.next = null
    this.shown = this.busy = this.setupNeeded = false
    this.problem = ''
  }

  override connectedCallback(): void {
    super.connectedCallback()
    session().then(
      (answer) => {
        this.setupNeeded = answer.setupNeeded
      },
      (fault: unknown) => {
        this.problem = faultWords(fault)
      },
    )
  }

  async #onSubmit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (this.busy) return
    const form = event.target as HTMLFormElement
    this.busy = true
    this.problem = ''
    try {
      // The frame leads on to `next` when it hears of the session.
      setSession(await server.login(fieldText(form, 'email').trim(), fieldText(form, 'password')))
    } catch (fault) {
      const refused = fault instanceof ApiError && [400, 401, 403].includes(fault.status)
      this.problem = refused ? 'E-mail or password is not right. Try again.' : faultWords(fault)
    } finally {
      this.busy = false
    }
  }

  protected override render(): TemplateResult {
    return html`<div class="page-narrow stack stack-wide">
      <h1 tabindex="-1">Sign in</h1>
      ${
        this.setupNeeded
          ? html`<div class="notice">
              <strong>This server has no account yet.</strong>
              <span>When it started for the first time it printed a one-time link. Open that link to make your account.</span>
            </div>`
          : ''
      }
      <form class="card stack" @submit=${this.#onSubmit}>
        ${emailField()}
        ${passwordField({
          shown: this.shown,
          autocomplete: 'current-password',
          onToggle: () => {
            this.shown = !this.shown
          },
        })}
        ${formProblem(this.problem)}
        <button class="button button-main" aria-disabled=${this.busy ? 'true' : 'false'}>
          ${this.busy ? 'Signing in …' : 'Sign in'}
        </button>
      </form>
      <p class="soft small">Without an account: <a href="/inspect">look inside a file</a>, on your own device.</p>
      <rushes-restore-panel></rushes-restore-panel>
    </div>`
  }
}
customElements.define('rushes-login-page', RushesLoginPage)
