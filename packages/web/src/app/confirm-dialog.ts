import { html, render, type TemplateResult } from 'lit'

type Question = { heading: string; words: string; action: string; danger?: boolean }

/** Asks before something that can't be undone. Escape and a click beside the dialog say no. */
export function confirmWith(question: Question): Promise<boolean> {
  const dialog = document.createElement('dialog')
  dialog.className = 'dialog'
  dialog.setAttribute('aria-labelledby', 'confirm-heading')
  dialog.setAttribute('aria-describedby', 'confirm-words')
  const answer = (value: string) => () => dialog.close(value)
  const body: TemplateResult = html`<div class="stack">
    <h2 id="confirm-heading">${question.heading}</h2>
    <p id="confirm-words" class="soft">${question.words}</p>
    <div class="buttons">
      <button class="button" type="button" autofocus @click=${answer('no')}>Cancel</button>
      <button class="button ${question.danger === false ? 'button-main' : 'button-danger'}" type="button"
        @click=${answer('yes')}>${question.action}</button>
    </div>
  </div>`
  render(body, dialog)
  document.body.append(dialog)
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close('no')
  })
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(dialog.returnValue === 'yes')
    })
    dialog.showModal()
  })
}
