import type { EncoderView } from '@rushes/protocol'
import { html } from 'lit'
import { formDialog } from './form-dialog.ts'

/** Asks for another name; null: it keeps the one it has. */
export function askName({ name }: EncoderView): Promise<string | null> {
  return formDialog(
    'rename-heading',
    (close, send) => html`<form class="stack" @submit=${send}>
      <h2 id="rename-heading">Rename “${name}”</h2>
      <div class="field">
        <label for="encoder-name">Name</label>
        <input class="input" id="encoder-name" name="name" required maxlength="100" autocomplete="off" autofocus .value=${name} />
      </div>
      <div class="buttons">
        <button class="button" type="button" @click=${close}>Cancel</button>
        <button class="button button-main">Save</button>
      </div>
    </form>`,
    (form) => String(new FormData(form).get('name') ?? '').trim() || name,
  )
}
