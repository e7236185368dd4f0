import { ApiError, type LayoutView } from '@rushes/protocol'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { confirmWith } from '../app/confirm-dialog.ts'
import { faultWords } from '../app/fault-words.ts'
import { PageElement } from '../app/page-element.ts'
import { server } from '../app/server.ts'
import { toast } from '../app/toasts.ts'
import { formatMoment } from '../figures.ts'

/** Formats that conversions on this server have learned; nothing where there are none. */
export class RushesLearnedFormats extends PageElement {
  static override properties: PropertyDeclarations = { layouts: { state: true } }
  declare private layouts: readonly LayoutView[]

  constructor() {
    super()
    this.layouts = []
  }

  override connectedCallback(): void {
    super.connectedCallback()
    void this.#load()
  }

  async #load(): Promise<void> {
    // Beside what the page is for: without it the page is what it is.
    this.layouts = await server.layouts().catch(() => [])
  }

  async #forget({ signature, name }: LayoutView): Promise<void> {
    const sure = await confirmWith({
      heading: `Forget “${name}”?`,
      words:
        'The next archive of this kind is looked through as if it were the first. Archives that were converted stay.',
      action: 'Forget',
    })
    if (!sure) return
    try {
      await server.forgetLayout(signature)
    } catch (fault) {
      const isOthers = fault instanceof ApiError && fault.status === 403
      toast(isOthers ? 'Only the owner of this server can forget formats.' : faultWords(fault), 'problem')
    }
    await this.#load()
  }

  protected override render(): TemplateResult | string {
    if (this.layouts.length === 0) return ''
    return html`<section class="stack" aria-labelledby="learned-heading">
      <div class="stack stack-tight">
        <h2 id="learned-heading">Formats that were learned</h2>
        <p class="soft">Discovered in archives of no known kind; the next one is read at once.
          <a href="/api/v1/layouts/export.json" download="layouts.json">Download them</a> for another server or the command line.</p>
      </div>
      <ul role="list" class="recordings card">${this.layouts.map((layout) => this.#line(layout))}</ul>
    </section>`
  }

  #line(layout: LayoutView): TemplateResult {
    const { name, learnedAt, records } = layout
    const kinds = [...new Set(records.map(({ kind }) => kind))].join(', ')
    return html`<li class="recording">
      <div class="recording-words">
        <h3 class="convert-name">${name}</h3>
        <p class="recording-facts soft small figures">
          <span>${formatMoment(new Date(learnedAt))}</span><span>${kinds}</span>
          <span>${records.length === 1 ? 'one kind of record' : `${records.length} kinds of records`}</span>
        </p>
      </div>
      <div class="recording-actions">
        <button class="button button-quiet is-danger" type="button" aria-label=${`Forget ${name}`}
          @click=${() => this.#forget(layout)}>Forget</button>
      </div>
    </li>`
  }
}
customElements.define('rushes-learned-formats', RushesLearnedFormats)
