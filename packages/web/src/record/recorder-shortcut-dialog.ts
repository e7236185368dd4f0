import { html, render } from 'lit'
import { shortcutGroups } from './recorder-shortcuts.ts'

/** The list that `?` opens. */
export function showRecorderShortcuts(): void {
  const dialog = document.createElement('dialog')
  dialog.className = 'dialog dialog-wide'
  dialog.setAttribute('aria-labelledby', 'recorder-shortcuts-heading')
  render(
    html`<div class="stack">
      <h2 id="recorder-shortcuts-heading">Keyboard shortcuts</h2>
      <div class="shortcut-groups">${shortcutGroups.map(
        ({ name, keys }) => html`<section class="stack stack-tight">
          <h3>${name}</h3>
          <dl class="shortcut-list">
            ${keys.map(([key, words]) => html`<dt>${key.split(' ').map((part) => html`<kbd>${part}</kbd> `)}</dt><dd>${words}</dd>`)}
          </dl>
        </section>`,
      )}</div>
      <div class="buttons"><button class="button" type="button" autofocus @click=${() => dialog.close()}>Close</button></div>
    </div>`,
    dialog,
  )
  document.body.append(dialog)
  dialog.addEventListener('close', () => dialog.remove())
  dialog.showModal()
}
