import '@rushes/player'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { faultWords } from '../app/fault-words.ts'
import { PageElement } from '../app/page-element.ts'
import { listenForDrops } from '../upload/dropped-files.ts'
import type { CheckState } from './check-panel.ts'
import type { Inspection } from './inspection.ts'
import { InspectFault, Inspector } from './inspector.ts'
import './inspected-file.ts'
import type { ShownFile } from './shown-file.ts'

type PageState =
  | { state: 'empty'; refusal: { heading: string; words: string } | null }
  | { state: 'opening'; file: ShownFile }
  | { state: 'shown'; file: ShownFile; inspection: Inspection }

/** Up to here a file is checked without being asked: a few seconds. Over a network nothing is fetched unasked. */
const checkedAtOnce = 256 * 1024 * 1024

/** Shows what is inside a file. Everything happens in the browser: no byte of it is sent anywhere. */
export class RushesInspectPage extends PageElement {
  static override properties: PropertyDeclarations = {
    start: { attribute: false },
    shown: { state: true },
    check: { state: true },
    dragging: { state: true },
    addressProblem: { state: true },
  }
  /** Address on this server of a file that is opened at once. */
  declare start: string | null
  declare private shown: PageState
  declare private check: CheckState
  declare private dragging: boolean
  declare private addressProblem: string
  #inspector: Inspector | null = null
  readonly #ends: (() => void)[] = []

  constructor() {
    super()
    this.start = null
    this.shown = { state: 'empty', refusal: null }
    this.check = { state: 'cancelled' }
    this.dragging = false
    this.addressProblem = ''
  }

  override connectedCallback(): void {
    super.connectedCallback()
    // Now, so that nothing at all is asked of the server once there is a file.
    this.#inspector = new Inspector()
    this.#ends.push(
      listenForDrops({
        onDragging: (isOver) => {
          this.dragging = isOver
        },
        onFiles: ([file]) => {
          if (file !== undefined) this.#openFile(file)
        },
        onFault: (fault) => this.#refuse('The file can’t be read', faultWords(fault)),
      }),
    )
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('start') && this.start !== null) this.#openAddress(this.start)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#inspector?.close()
    this.#inspector = null
    for (const end of this.#ends.splice(0)) end()
  }

  #choose(): void {
    this.querySelector<HTMLInputElement>('input[type=file]')?.click()
  }

  #chosen(event: Event): void {
    const input = event.target as HTMLInputElement
    const file = input.files?.[0]
    if (file !== undefined) void this.#openFile(file)
    input.value = ''
  }

  #openFile(file: File): Promise<void> {
    return this.#open({ kind: 'file', name: file.name, blob: file })
  }

  #onAddress(event: SubmitEvent): void {
    event.preventDefault()
    this.#openAddress(String(new FormData(event.target as HTMLFormElement).get('address') ?? '').trim())
  }

  #openAddress(typed: string): void {
    const address = addressOf(typed)
    this.addressProblem = ''
    if (address === null) {
      this.addressProblem = 'That is no address.'
    } else if (address.origin !== location.origin) {
      this.addressProblem = `This page may read from ${location.host} alone, so that nothing of what you look at here can be sent elsewhere. Download the file from ${address.host || 'there'}, and choose it here.`
    } else {
      const name = address.pathname.split('/').at(-1) || address.host
      void this.#open({ kind: 'address', name, address: address.href })
    }
  }

  async #open(file: ShownFile): Promise<void> {
    const inspector = this.#inspector
    if (inspector === null) return
    this.shown = { state: 'opening', file }
    try {
      const inspection = await inspector.open(file)
      if (this.shown.state !== 'opening' || this.shown.file !== file) return
      this.shown = { state: 'shown', file, inspection }
      document.title = `${file.name} · Rushes`
      this.check = { state: 'none', size: inspection.size }
      const isArchive = inspection.archive !== null || inspection.noArchive?.code !== 'not-umf'
      if (isArchive && file.kind === 'file' && inspection.size <= checkedAtOnce) void this.#check(file)
    } catch (fault) {
      if (this.shown.state !== 'opening' || this.shown.file !== file) return
      this.#refuse(`“${file.name}” can’t be shown`, refusalWords(fault))
    }
  }

  #refuse(heading: string, words: string): void {
    this.shown = { state: 'empty', refusal: { heading, words } }
    document.title = 'Look inside a file · Rushes'
  }

  async #check(file: ShownFile): Promise<void> {
    const inspector = this.#inspector
    if (inspector === null || this.shown.state !== 'shown') return
    const sinceMs = performance.now()
    const isStill = () => this.shown.state === 'shown' && this.shown.file === file
    this.check = { state: 'running', done: 0, total: this.shown.inspection.size, sinceMs, rate: 0 }
    try {
      const result = await inspector.check(file, (done, total) => {
        const seconds = (performance.now() - sinceMs) / 1000
        if (isStill()) this.check = { state: 'running', done, total, sinceMs, rate: seconds > 0.3 ? done / seconds : 0 }
      })
      if (isStill()) this.check = { state: 'done', result, ms: performance.now() - sinceMs }
    } catch (fault) {
      if (!isStill()) return
      const isCancelled = fault instanceof InspectFault && fault.code === 'cancelled'
      this.check = isCancelled ? { state: 'cancelled' } : { state: 'failed', words: faultWords(fault) }
    }
  }

  async #another(): Promise<void> {
    this.#inspector?.cancel()
    this.shown = { state: 'empty', refusal: null }
    document.title = 'Look inside a file · Rushes'
    await this.updateComplete
    this.querySelector('h1')?.focus()
  }

  protected override render(): TemplateResult {
    const { shown } = this
    return html`<input type="file" hidden aria-label="File to look into" accept=".umf,.mp4,.m4a,.m4v,.mov,video/mp4,audio/mp4,video/quicktime,application/octet-stream" @change=${this.#chosen} />
      ${this.dragging ? html`<div class="drop-target" role="status">Drop the file to look inside. It stays on your device.</div>` : ''}
      <div class="visually-hidden" role="status">${
        shown.state === 'shown'
          ? `${shown.file.name} is open.`
          : shown.state === 'opening'
            ? `Opening ${shown.file.name}`
            : ''
      }</div>
      ${shown.state === 'shown' ? this.#shownFile(shown) : this.#start(shown)}`
  }

  #shownFile({ file, inspection }: Extract<PageState, { state: 'shown' }>): TemplateResult {
    return html`<rushes-inspected-file .file=${file} .inspection=${inspection} .check=${this.check}
      @check=${() => this.#check(file)} @cancel-check=${() => this.#inspector?.cancel()}
      @another=${this.#another}></rushes-inspected-file>`
  }

  #start(shown: Extract<PageState, { state: 'empty' | 'opening' }>): TemplateResult {
    return html`<div class="page-mid stack stack-wide inspect-start">
      <div class="stack stack-tight">
        <h1 tabindex="-1">Look inside a file</h1>
        <p class="soft">
          See what a <code>.umf</code> archive or an MP4 holds, hear and watch it, and check that no byte of it has changed.
        </p>
      </div>
      ${
        shown.state === 'empty' && shown.refusal !== null
          ? html`<div class="notice notice-problem" role="alert"><strong>${shown.refusal.heading}</strong><span>${shown.refusal.words}</span></div>`
          : ''
      }
      <div class="inspect-drop">
        ${
          shown.state === 'opening'
            ? html`<p role="status">Opening “${shown.file.name}” …</p>
              <button class="button" type="button" @click=${this.#another}>Cancel</button>`
            : html`<p class="inspect-drop-words">Drop a file here</p>
              <button class="button button-main" type="button" @click=${this.#choose}>Choose a file</button>`
        }
        <p class="soft small">It is read on your device. Nothing is uploaded.</p>
      </div>
      <details class="inspect-address" ?open=${this.addressProblem !== ''}>
        <summary>Open an address on this server</summary>
        <form class="field" @submit=${this.#onAddress}>
          <label for="address">Address</label>
          <div class="input-row">
            <input class="input" id="address" name="address" inputmode="url" autocomplete="off" required
              placeholder="/api/v1/recordings/…/file.umf" aria-describedby="address-hint" />
            <button class="button">Open</button>
          </div>
          <p class="field-hint" id="address-hint">Only the parts that you look at are fetched. Files from other sites: download them first.</p>
        </form>
        ${this.addressProblem === '' ? '' : html`<p class="notice notice-caution" role="alert">${this.addressProblem}</p>`}
      </details>
    </div>`
  }
}
customElements.define('rushes-inspect-page', RushesInspectPage)

function addressOf(typed: string): URL | null {
  try {
    return typed === '' ? null : new URL(typed, location.href)
  } catch {
    return null
  }
}

function refusalWords(fault: unknown): string {
  if (!(fault instanceof InspectFault)) return faultWords(fault)
  if (fault.code === 'not-umf')
    return `This page shows .umf archives and MP4 files, and this is neither: ${fault.message}.`
  return faultWords(fault)
}
