import type { EncoderView, OrderEncoderRequest } from '@rushes/protocol'
import { html } from 'lit'
import { formDialog } from './form-dialog.ts'

const minutes = [30, 60, 90, 120, 180, 240, 480]

/** Asks what is to be recorded, and for how long; null: nothing. */
export function askStart({ name }: EncoderView): Promise<OrderEncoderRequest | null> {
  return formDialog(
    'start-heading',
    (close, send) => html`<form class="stack" @submit=${send}>
      <h2 id="start-heading">Start “${name}”</h2>
      <div class="field">
        <label for="start-title">Title of the recording</label>
        <input class="input" id="start-title" name="title" maxlength="200" autocomplete="off" autofocus
          aria-describedby="start-hint" />
        <p class="field-hint" id="start-hint">Left empty, it is called after the encoder and the hour.</p>
      </div>
      <div class="field">
        <label for="start-length">It ends</label>
        <select class="select" id="start-length" name="length">
          <option value="">when somebody stops it</option>
          ${minutes.map((count) => html`<option value=${count * 60}>by itself after ${lengthOf(count)}</option>`)}
        </select>
      </div>
      <div class="buttons">
        <button class="button" type="button" @click=${close}>Cancel</button>
        <button class="button button-main">Start recording</button>
      </div>
    </form>`,
    (form) => {
      const fields = new FormData(form)
      const [title, length] = [String(fields.get('title') ?? '').trim(), Number(fields.get('length'))]
      return {
        action: 'start',
        ...(title !== '' && { title }),
        ...(length > 0 && { durationSeconds: length }),
      }
    },
  )
}

function lengthOf(count: number): string {
  if (count < 60) return `${count} minutes`
  return count === 60 ? '1 hour' : `${count / 60} hours`
}
