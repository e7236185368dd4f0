import type { ImportView } from '@rushes/protocol'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { confirmWith } from '../app/confirm-dialog.ts'
import { faultWords } from '../app/fault-words.ts'
import { goTo } from '../app/navigation.ts'
import { PageElement } from '../app/page-element.ts'
import { server } from '../app/server.ts'
import { toast } from '../app/toasts.ts'
import { formatBytes, formatMoment } from '../figures.ts'
import { listenForDrops, type PlacedFile } from '../upload/dropped-files.ts'
import { importBadges, importWords } from './import-words.ts'
import './learned-formats.ts'
import { sendingPanel } from './sending-panel.ts'
import { onSentArchives, type SentArchive, sendArchive, sentArchives } from './sent-archives.ts'

const pollMs = 3000
/** As many as the converter takes. */
const mostFiles = 20_000

/** Archives of other systems: where they are dropped, and what became of them. */
export class RushesConvertPage extends PageElement {
  static override properties: PropertyDeclarations = {
    imports: { state: true },
    problem: { state: true },
    dragging: { state: true },
  }
  declare private imports: readonly ImportView[] | null
  declare private problem: string
  declare private dragging: boolean
  #timer: ReturnType<typeof setInterval> | undefined
  readonly #ends: (() => void)[] = []

  constructor() {
    super()
    this.imports = null
    this.problem = ''
    this.dragging = false
  }

  override connectedCallback(): void {
    super.connectedCallback()
    void this.#load()
    this.#timer = setInterval(() => {
      if (!document.hidden) void this.#load()
    }, pollMs)
    this.#ends.push(
      onSentArchives(() => this.requestUpdate()),
      listenForDrops(
        {
          onDragging: (isOver) => {
            this.dragging = isOver
          },
          onFiles: (_files, placed) => void this.#send(placed),
          onFault: (fault) => toast(faultWords(fault), 'problem'),
        },
        mostFiles,
      ),
    )
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearInterval(this.#timer)
    for (const end of this.#ends.splice(0)) end()
  }

  async #load(): Promise<void> {
    try {
      this.imports = await server.imports()
      this.problem = ''
    } catch (fault) {
      if (this.imports === null) this.problem = faultWords(fault)
    }
  }

  async #send(placed: readonly PlacedFile[]): Promise<void> {
    if (placed.length === 0) return
    if (placed.length >= mostFiles) {
      toast(`That are ${mostFiles.toLocaleString('en')} files or more: zip the folder, and drop the zip.`, 'problem')
      return
    }
    try {
      const archive = await sendArchive(placed)
      await known(archive)
      // Whoever has gone elsewhere meanwhile stays there.
      if (archive.upload.id !== null && this.isConnected) goTo(`/convert/${archive.upload.id}`)
    } catch (fault) {
      toast(faultWords(fault), 'problem')
    }
  }

  #chosen(event: Event): void {
    const input = event.target as HTMLInputElement
    const placed = [...(input.files ?? [])]
      .map((file) => ({ path: file.webkitRelativePath || file.name, file }))
      .filter(({ path }) => !path.split('/').some((part) => part.startsWith('.')))
    input.value = ''
    void this.#send(placed)
  }

  async #remove({ id, name, state }: ImportView): Promise<void> {
    const sure = await confirmWith({
      heading: `Remove “${name}”?`,
      words:
        state === 'kept'
          ? 'It goes from this list. The recording stays in the library.'
          : 'What the server has of it is deleted. The files on your device stay as they are.',
      action: 'Remove',
      ...(state === 'kept' && { danger: false }),
    })
    if (!sure) return
    try {
      await server.removeImport(id)
      this.imports = (this.imports ?? []).filter((each) => each.id !== id)
    } catch (fault) {
      toast(faultWords(fault), 'problem')
    }
  }

  #choose(which: 'files' | 'folder'): void {
    this.querySelector<HTMLInputElement>(`input[data-which=${which}]`)?.click()
  }

  protected override render(): TemplateResult {
    const waiting = sentArchives().filter(({ upload }) => upload.state.state !== 'sent' && upload.id === null)
    return html`<div class="page-head">
        <h1 tabindex="-1">Convert</h1>
      </div>
      <section class="card empty convert-drop ${this.dragging ? 'is-over' : ''}" aria-label="Drop an archive">
        <h2>${this.dragging ? 'Drop it' : 'Drop a recording of another system'}</h2>
        <p>
          A folder, a zip or any file: BigBlueButton, Opencast, Zoom, Teams, Adobe Connect, slides with media, or something
          nobody knows. It is taken apart, and becomes one recording with everything in step.
        </p>
        <div class="buttons">
          <button class="button button-main" type="button" @click=${() => this.#choose('folder')}>Choose a folder</button>
          <button class="button" type="button" @click=${() => this.#choose('files')}>Choose files</button>
        </div>
        <input type="file" hidden multiple data-which="files" aria-label="Files to convert" @change=${this.#chosen}>
        <input type="file" hidden webkitdirectory data-which="folder" aria-label="Folder to convert" @change=${this.#chosen}>
      </section>
      ${waiting.map((archive) => sendingPanel(archive))}
      ${this.#list()}
      <rushes-learned-formats></rushes-learned-formats>`
  }

  #list(): TemplateResult | string {
    if (this.problem !== '') {
      return html`<div class="notice notice-problem" role="alert"><span>${this.problem}</span>
        <div><button class="button" type="button" @click=${this.#load}>Try again</button></div></div>`
    }
    if (this.imports === null) return html`<div class="waiting" role="status">Loading …</div>`
    if (this.imports.length === 0) return ''
    return html`<section class="stack" aria-labelledby="converted-heading">
      <h2 id="converted-heading">Lately</h2>
      <ul role="list" class="recordings card">
        ${repeat(
          this.imports,
          ({ id }) => id,
          (each) => this.#line(each),
        )}
      </ul>
    </section>`
  }

  #line(view: ImportView): TemplateResult {
    const { id, name, state, size, createdAt, problem } = view
    return html`<li class="recording">
      <div class="recording-words">
        <h3 class="convert-name"><a href=${`/convert/${id}`}>${name}</a></h3>
        <p class="recording-facts soft small figures">
          <span>${formatMoment(new Date(createdAt))}</span><span>${formatBytes(size)}</span>
          <span class=${importBadges[state]}>${importWords[state]}</span>
        </p>
        ${problem === null ? '' : html`<p class="soft small">${problem}</p>`}
      </div>
      <div class="recording-actions">
        ${state === 'kept' ? html`<a class="button button-quiet" href=${`/watch/${id}`} aria-label=${`Watch ${name}`}>Watch</a>` : ''}
        <button class="button button-quiet is-danger" type="button" aria-label=${`Remove ${name}`}
          @click=${() => this.#remove(view)}>Remove</button>
      </div>
    </li>`
  }
}
customElements.define('rushes-convert-page', RushesConvertPage)

/** Settles when the server knows it, or will not. */
async function known({ upload }: SentArchive): Promise<void> {
  if (upload.id !== null) return
  await new Promise<void>((resolve) => {
    const end = onSentArchives(() => {
      if (upload.id === null && upload.state.state !== 'refused') return
      end()
      resolve()
    })
  })
}
