import { html, type TemplateResult } from 'lit'

type PasswordField = { shown: boolean; autocomplete: string; minLength?: number; hint?: string; onToggle: () => void }

/** A password field that can be read: typing it twice catches fewer mistakes than seeing it once. */
export function passwordField({ shown, autocomplete, minLength, hint, onToggle }: PasswordField): TemplateResult {
  return html`<div class="field">
    <label for="password">Password</label>
    <div class="input-row">
      <input class="input" id="password" name="password" required maxlength="1000" minlength=${minLength ?? 1}
        type=${shown ? 'text' : 'password'} autocomplete=${autocomplete} spellcheck="false" autocapitalize="off"
        aria-describedby="password-hint" />
      <button class="button" type="button" aria-pressed=${shown ? 'true' : 'false'} @click=${onToggle}
        aria-label="Show password">${shown ? 'Hide' : 'Show'}</button>
    </div>
    <span class="field-hint" id="password-hint">${hint ?? ''}</span>
  </div>`
}

export function emailField(): TemplateResult {
  return html`<div class="field">
    <label for="email">E-mail</label>
    <input class="input" id="email" name="email" type="email" required maxlength="254" autocomplete="username"
      spellcheck="false" autocapitalize="off" />
  </div>`
}

/** What is wrong with a form, above its button; there from the start, so that it is read aloud when it fills. */
export function formProblem(words: string): TemplateResult {
  return html`<div role="alert">${words === '' ? '' : html`<p class="notice notice-problem">${words}</p>`}</div>`
}

/** A field of the form that was sent, as text. */
export function fieldText(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name)
  return typeof value === 'string' ? value : ''
}
