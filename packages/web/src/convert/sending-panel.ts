import { html, type TemplateResult } from 'lit'
import { confirmWith } from '../app/confirm-dialog.ts'
import { faultWords } from '../app/fault-words.ts'
import { toast } from '../app/toasts.ts'
import { sendingWords } from './import-words.ts'
import { forgetArchive, type SentArchive } from './sent-archives.ts'

/** One archive on its way: how far, how fast, how long still. */
export function sendingPanel(archive: SentArchive): TemplateResult {
  const { upload } = archive
  const { file, state, safe } = upload
  const isMoving = ['preparing', 'sending', 'waiting'].includes(state.state)
  const words = sendingWords(upload, archive.figures())
  const isRefused = state.state === 'refused'
  return html`<section class="card stack" aria-label=${`Sending ${file.name}`}>
    <div class="row row-apart">
      <strong class="convert-name">${file.name}</strong>
      <div class="buttons">
        ${isMoving ? html`<button class="button button-quiet" type="button" @click=${() => upload.pause()}>Pause</button>` : ''}
        ${state.state === 'paused' ? html`<button class="button" type="button" @click=${() => void upload.run()}>Resume</button>` : ''}
        ${
          state.state === 'sent'
            ? ''
            : html`<button class="button button-quiet is-danger" type="button" @click=${() => leave(archive)}
                >${isRefused ? 'Dismiss' : 'Cancel'}</button>`
        }
      </div>
    </div>
    ${
      isRefused
        ? html`<p class="notice notice-problem" role="alert">${words}</p>`
        : html`<progress class=${state.state === 'waiting' ? 'bar-caution' : 'bar-safe'} max=${file.size} .value=${safe}
            aria-label=${`Sent of ${file.name}`}></progress>
          <p class="soft small figures">${words}</p>`
    }
  </section>`
}

async function leave(archive: SentArchive): Promise<void> {
  const { upload } = archive
  if (upload.state.state !== 'refused') {
    const sure = await confirmWith({
      heading: `Cancel sending “${upload.file.name}”?`,
      words: 'What the server has of it is deleted. The files on your device stay as they are.',
      action: 'Cancel sending',
    })
    if (!sure) return
  }
  try {
    await upload.cancel()
  } catch (fault) {
    toast(faultWords(fault), 'problem')
  } finally {
    forgetArchive(archive)
  }
}
