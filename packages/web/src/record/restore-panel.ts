import { html, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { confirmWith } from '../app/confirm-dialog.ts'
import { faultWords } from '../app/fault-words.ts'
import { PageElement } from '../app/page-element.ts'
import { toast } from '../app/toasts.ts'
import { formatBytes, formatMoment } from '../figures.ts'
import { copyLinkButton } from '../recordings/share-actions.ts'
import {
  dismissRestored,
  forgetRecording,
  onRestore,
  type Restoring,
  restoreRecordings,
  restoring,
  saveRecordingFile,
} from './restore.ts'

/** Recordings of earlier visits on their way to the server. Tells by `restored` that there are new ones. */
export class RushesRestorePanel extends PageElement {
  #endListening: (() => void) | null = null
  #restored = 0

  override connectedCallback(): void {
    super.connectedCallback()
    this.#restored = restoredCount()
    this.#endListening = onRestore(() => this.#onRestore())
    void restoreRecordings()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#endListening?.()
  }

  #onRestore(): void {
    this.requestUpdate()
    const before = this.#restored
    this.#restored = restoredCount()
    if (this.#restored > before) this.dispatchEvent(new Event('restored'))
  }

  async #forget({ spool }: Restoring): Promise<void> {
    const sure = await confirmWith({
      heading: 'Delete this recording from the device?',
      words: `${formatBytes(spool.heldBytes)} that are not on the server will be gone. This can’t be undone.`,
      action: 'Delete',
    })
    if (!sure) return
    try {
      await forgetRecording(spool.id)
    } catch (fault) {
      toast(faultWords(fault), 'problem')
    }
  }

  protected override render(): TemplateResult {
    const all = restoring()
    return html`<div role="status">
      ${
        all.length === 0
          ? ''
          : html`<ul role="list" class="restore stack">
              ${repeat(
                all,
                ({ spool }) => spool.id,
                (one) => html`<li>${this.#line(one)}</li>`,
              )}
            </ul>`
      }
    </div>`
  }

  #line(one: Restoring): TemplateResult {
    const from = formatMoment(new Date(one.spool.createdAt))
    switch (one.state) {
      case 'sending': {
        const away = one.connection === 'waiting'
        return html`<div class="notice ${away ? 'notice-caution' : ''}">
          <strong>Restoring your recording: ${from} …</strong>
          <progress max=${Math.max(1, one.totalBytes)} .value=${one.safeBytes} aria-label=${`Sent of the recording: ${from}`}></progress>
          <div class="row row-apart">
            <span class="figures">${formatBytes(one.safeBytes)} of ${formatBytes(one.totalBytes)} safe on the server${away ? '; the server is away, trying again' : ''}</span>
            ${this.#download(one)}
          </div>
        </div>`
      }
      case 'published':
        return html`<div class="notice notice-safe">
          <strong>Restored: your recording, ${from}</strong>
          <div class="row">
            <a href=${`/watch/${one.recording.id}`}>Watch it</a>
            ${copyLinkButton(one.recording)}
            <button class="button button-quiet" type="button" @click=${() => dismissRestored(one.spool.id)}>Fine</button>
          </div>
        </div>`
      case 'kept':
        return html`<div class="notice notice-caution">
          <strong>Your recording (${from}) is still on this device</strong>
          <span>${one.words}</span>
          <div class="row">
            ${one.signedOut ? '' : html`<button class="button" type="button" @click=${restoreRecordings}>Try again</button>`}
            ${this.#download(one)}
            ${
              one.signedOut
                ? ''
                : html`<button class="button button-quiet is-danger" type="button" @click=${() => this.#forget(one)}>Delete</button>`
            }
          </div>
        </div>`
    }
  }

  #download({ spool }: Restoring): TemplateResult {
    return html`<button class="button button-quiet" type="button"
      @click=${() => saveRecordingFile(spool.id, spool.title || 'recording')}>Download the file</button>`
  }
}
customElements.define('rushes-restore-panel', RushesRestorePanel)

function restoredCount(): number {
  return restoring().filter(({ state }) => state === 'published').length
}
