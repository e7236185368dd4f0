import { html, render, type TemplateResult } from 'lit'

/** A dialog that shows something until it is closed; what is done in it counts at once. */
export function showDialog(heading: string, content: TemplateResult): Promise<void> {
  const dialog = document.createElement('dialog')
  dialog.className = 'dialog dialog-wide'
  dialog.setAttribute('aria-labelledby', 'dialog-heading')
  render(
    html`<div class="stack">
      <div class="row row-apart">
        <h2 id="dialog-heading">${heading}</h2>
        <button class="button" type="button" autofocus @click=${() => dialog.close()}>Close</button>
      </div>
      ${content}
    </div>`,
    dialog,
  )
  document.body.append(dialog)
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve()
    })
    dialog.showModal()
  })
}
