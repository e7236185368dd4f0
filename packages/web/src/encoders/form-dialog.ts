import { render, type TemplateResult } from 'lit'

/**
 * A dialog with a form of its own: answers what `read` makes of it when it is sent, null when it is left. Escape and a click
 * beside it leave it. `body` gets what closes it.
 */
export function formDialog<Value>(
  headingId: string,
  body: (close: () => void, send: (event: SubmitEvent) => void) => TemplateResult,
  read: (form: HTMLFormElement) => Value,
): Promise<Value | null> {
  const dialog = document.createElement('dialog')
  dialog.className = 'dialog'
  dialog.setAttribute('aria-labelledby', headingId)
  let answer: Value | null = null
  const close = (): void => dialog.close()
  const send = (event: SubmitEvent): void => {
    event.preventDefault()
    answer = read(event.target as HTMLFormElement)
    dialog.close()
  }
  render(body(close, send), dialog)
  document.body.append(dialog)
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close()
  })
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(answer)
    })
    dialog.showModal()
  })
}
