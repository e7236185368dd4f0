import { ApiError } from '@rushes/protocol'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { faultWords } from '../app/fault-words.ts'
import { PageElement } from '../app/page-element.ts'
import { server } from '../app/server.ts'
import { setSession } from '../app/session.ts'
import { emailField, fieldText, formProblem, passwordField } from './sign-in-fields.ts'

const minPasswordLength = 10

/** Makes the owner's account from the one-time link: its token is in the fragment, so no server's log has it. */
export class RushesSetupPage extends PageElement {
  static override properties: PropertyDeclarations = {
    token: { attribute: false },
    shown: { state: true },
    problem: { state: true },
    busy: { state: true },
  }
  declare token: string
  declare private shown: boolean
  declare private problem: string
  declare private busy: boolean

  constructor() {
    super()
    this.token = this.problem = ''
    this.shown = this.busy = false
  }

  async #onSubmit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (this.busy) return
    const form = event.target as HTMLFormElement
    this.busy = true
    this.problem = ''
    try {
      const answer = await server.setup({
        token: this.token,
        name: fieldText(form, 'name').trim(),
        email: fieldText(form, 'email').trim(),
        password: fieldText(form, 'password'),
      })
      setSession(answer) // the frame leads on, and the token leaves the address bar with it
    } catch (fault) {
      const used = fault instanceof ApiError && [401, 403, 404, 409, 410].includes(fault.status)
      this.problem = used
        ? 'This link was used already or is not complete. Copy it once more from the server’s output; if the account exists, sign in.'
        : faultWords(fault)
    } finally {
      this.busy = false
    }
  }

  protected override render(): TemplateResult {
    if (this.token === '') {
      return html`<div class="page-narrow stack">
        <h1 tabindex="-1">This link is not complete</h1>
        <p>
          The one-time link that the server printed ends in <code>#</code> and a long token. Copy the whole line, or
          <a href="/login">sign in</a> if you have an account.
        </p>
      </div>`
    }
    return html`<div class="page-narrow stack stack-wide">
      <div class="stack stack-tight">
        <h1 tabindex="-1">Welcome to Rushes</h1>
        <p class="soft">Make the owner’s account. It is kept on this server alone.</p>
      </div>
      <form class="card stack" @submit=${this.#onSubmit}>
        <div class="field">
          <label for="name">Your name</label>
          <input class="input" id="name" name="name" required maxlength="200" autocomplete="name" />
        </div>
        ${emailField()}
        ${passwordField({
          shown: this.shown,
          autocomplete: 'new-password',
          minLength: minPasswordLength,
          hint: `At least ${minPasswordLength} characters`,
          onToggle: () => {
            this.shown = !this.shown
          },
        })}
        ${formProblem(this.problem)}
        <button class="button button-main" aria-disabled=${this.busy ? 'true' : 'false'}>
          ${this.busy ? 'Making the account …' : 'Make the account'}
        </button>
      </form>
    </div>`
  }
}
customElements.define('rushes-setup-page', RushesSetupPage)
