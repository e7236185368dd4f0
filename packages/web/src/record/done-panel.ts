import '@rushes/player'
import type { RecordingView } from '@rushes/protocol'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { copyText } from '../app/clipboard.ts'
import { PageElement } from '../app/page-element.ts'
import { copyIcon } from '../design/icons.ts'
import { recordingSources } from '../recordings/recording-links.ts'
import { isWatchable, standingOf } from '../recordings/recording-standing.ts'
import '../recordings/rushes-title.ts'
import { copyLinkButton, downloadLinks } from '../recordings/share-actions.ts'
import { again, renamed } from './record-session.ts'

/** The recording is published: its link, and itself, playing. */
export class RushesDonePanel extends PageElement {
  static override properties: PropertyDeclarations = {
    recording: { attribute: false },
    link: { attribute: false },
    copied: { attribute: false },
    notice: { attribute: false },
  }
  declare recording: RecordingView | null
  declare link: string | null
  declare copied: boolean
  /** What went wrong while it was recorded; empty where nothing did. */
  declare notice: string

  constructor() {
    super()
    this.recording = this.link = null
    this.copied = false
    this.notice = ''
  }

  protected override render(): TemplateResult {
    const { recording } = this
    if (recording === null) return html``
    const { src, type, srcWebm, typeWebm } = recordingSources(recording)
    return html`<div class="done stack stack-wide">
      <rushes-title .recordingId=${recording.id} .text=${recording.title}
        @renamed=${(event: CustomEvent<string>) => renamed(event.detail)}></rushes-title>
      ${this.notice === '' ? '' : html`<p class="notice notice-caution">${this.notice}</p>`}
      ${this.#linkField(recording)}
      ${
        isWatchable(recording)
          ? html`<rushes-player keys="page" autoplay .src=${src} .type=${type} .srcWebm=${srcWebm}
              .typeWebm=${typeWebm} .title=${recording.title}></rushes-player>`
          : html`<p class="notice notice-caution">${standingOf(recording).note}</p>`
      }
      <div class="buttons">
        ${downloadLinks(recording)}
        <button class="button button-main" type="button" @click=${again}>Record again</button>
        <a class="button button-quiet" href="/library">Library</a>
      </div>
    </div>`
  }

  #linkField(recording: RecordingView): TemplateResult {
    const { link } = this
    if (link === null) return html`<div class="row">${copyLinkButton(recording, 'main')}</div>`
    return html`<div class="field">
      <label for="share-link">Link for everybody who gets it</label>
      <div class="input-row">
        <input class="input" id="share-link" readonly .value=${link}
          @focus=${(event: FocusEvent) => (event.target as HTMLInputElement).select()} />
        <button class="button button-main" type="button" @click=${() => copyText(link, 'The link')}>
          ${copyIcon}Copy<span class="visually-hidden"> link</span>
        </button>
      </div>
      <span class="field-hint" role="status">${this.copied ? 'Ready to watch, and the link is already copied.' : 'Ready to watch.'}</span>
    </div>`
  }
}
customElements.define('rushes-done-panel', RushesDonePanel)
