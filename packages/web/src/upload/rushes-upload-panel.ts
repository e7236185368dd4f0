import type { UploadView } from '@rushes/protocol'
import type { FileUpload } from '@rushes/uploader'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { confirmWith } from '../app/confirm-dialog.ts'
import { faultWords } from '../app/fault-words.ts'
import { PageElement } from '../app/page-element.ts'
import { server } from '../app/server.ts'
import { toast } from '../app/toasts.ts'
import { formatBytes } from '../figures.ts'
import { queueWords, uploadWords } from './upload-words.ts'
import { cancelUpload, forgetUpload, onUploads, resumeUpload, uploadQueue } from './uploads.ts'

/** Files on their way, and those that an earlier visit left half sent. Asks for files with the event `choose-files`. */
export class RushesUploadPanel extends PageElement {
  static override properties: PropertyDeclarations = { left: { attribute: false } }
  /** Uploads that the server has a part of. */
  declare left: UploadView[]
  #endListening: (() => void) | null = null

  constructor() {
    super()
    this.left = []
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#endListening = onUploads(() => this.requestUpdate())
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#endListening?.()
  }

  async #cancel(upload: FileUpload): Promise<void> {
    const sure = await confirmWith({
      heading: `Cancel the upload of “${upload.file.name}”?`,
      words: 'What the server has of it is deleted. The file on your device stays as it is.',
      action: 'Cancel the upload',
    })
    if (!sure) return
    try {
      await cancelUpload(upload)
    } catch (fault) {
      toast(faultWords(fault), 'problem')
    }
  }

  async #discard(left: UploadView): Promise<void> {
    const sure = await confirmWith({
      heading: `Discard “${left.title}”?`,
      words: `${formatBytes(left.received)} of it are on the server and will be gone. The file on your device stays as it is.`,
      action: 'Discard',
    })
    if (!sure) return
    try {
      await server.remove(left.id)
      this.dispatchEvent(new CustomEvent('discarded', { detail: left.id, bubbles: true }))
    } catch (fault) {
      toast(faultWords(fault), 'problem')
    }
  }

  protected override render(): TemplateResult {
    const { uploads, figures } = uploadQueue
    const sent = new Set(uploads.map(({ file }) => `${file.name}\n${file.size}`))
    const left = this.left.filter(({ title, size }) => !sent.has(`${title}\n${size}`))
    if (uploads.length === 0 && left.length === 0) return html``
    const words = queueWords(figures)
    return html`<section class="card uploads" aria-label="Uploads">
      ${
        uploads.length === 0
          ? ''
          : html`<div class="row row-apart uploads-head">
              <h2>Uploads</h2>
              <p class="soft small figures">${figures.done} of ${figures.files} done${words === '' ? '' : ` · ${words}`}</p>
            </div>
            <span class="visually-hidden" role="status">${figures.done} of ${figures.files} files are uploaded.</span>`
      }
      <ul role="list" class="uploads-list">
        ${repeat(
          uploads,
          (upload) => upload,
          (upload) => this.#line(upload),
        )}
        ${repeat(
          left,
          ({ id }) => id,
          (each) => this.#leftLine(each),
        )}
      </ul>
    </section>`
  }

  #line(upload: FileUpload): TemplateResult {
    const { file, state, safe } = upload
    const { name, size } = file
    const isMoving = state.state === 'preparing' || state.state === 'sending' || state.state === 'waiting'
    const isDone = state.state === 'published' || state.state === 'refused'
    const role = state.state === 'refused' ? 'alert' : 'none'
    return html`<li class="upload upload-${state.state}">
      <div class="upload-words">
        <strong>${name}</strong>
        ${
          isDone
            ? ''
            : html`<progress class=${state.state === 'waiting' ? 'bar-caution' : 'bar-safe'} max=${size} .value=${safe}
                aria-label=${`Uploaded of ${name}`}></progress>`
        }
        <p class="soft small figures" role=${role}>${uploadWords(state, safe, size)}</p>
      </div>
      <div class="upload-actions">
        ${
          isMoving
            ? html`<button class="button button-quiet" type="button" aria-label=${`Pause ${name}`}
                @click=${() => upload.pause()}>Pause</button>`
            : ''
        }
        ${
          state.state === 'paused'
            ? html`<button class="button button-quiet" type="button" aria-label=${`Resume ${name}`}
                @click=${() => resumeUpload(upload)}>Resume</button>`
            : ''
        }
        ${
          state.state === 'published'
            ? html`<a class="button button-quiet" href=${`/watch/${state.recording.id}`} aria-label=${`Watch ${name}`}>Watch</a>`
            : ''
        }
        ${
          isDone
            ? html`<button class="button button-quiet" type="button" aria-label=${`Dismiss ${name}`}
                @click=${() => forgetUpload(upload)}>Dismiss</button>`
            : html`<button class="button button-quiet is-danger" type="button" aria-label=${`Cancel ${name}`}
                @click=${() => this.#cancel(upload)}>Cancel</button>`
        }
      </div>
    </li>`
  }

  #leftLine(left: UploadView): TemplateResult {
    const percent = Math.floor((100 * left.received) / left.size)
    return html`<li class="upload upload-left">
      <div class="upload-words">
        <strong>${left.title}</strong>
        <progress class="bar-caution" max=${left.size} .value=${left.received} aria-label=${`Uploaded of ${left.title}`}></progress>
        <p class="soft small figures">
          ${percent} % of it is here, from an earlier visit. Browsers may not open a file again by themselves: choose it
          once more, and it goes on from there.
        </p>
      </div>
      <div class="upload-actions">
        <button class="button button-quiet" type="button" aria-label=${`Choose it again: ${left.title}`}
          @click=${() => this.dispatchEvent(new CustomEvent('choose-files', { bubbles: true }))}>Choose it again</button>
        <button class="button button-quiet is-danger" type="button" aria-label=${`Discard ${left.title}`}
          @click=${() => this.#discard(left)}>Discard</button>
      </div>
    </li>`
  }
}
customElements.define('rushes-upload-panel', RushesUploadPanel)
