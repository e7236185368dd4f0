import type { Item } from '@rushes/umf'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { faultWords } from '../app/fault-words.ts'
import { PageElement } from '../app/page-element.ts'
import { toast } from '../app/toasts.ts'
import { downloadIcon } from '../design/icons.ts'
import { formatBytes } from '../figures.ts'
import type { ArchiveView } from './inspection.ts'
import './item-preview.ts'
import { placeWords, readersWords, shortened, spanWords } from './item-words.ts'
import { metadataRows } from './metadata-rows.ts'
import { pageOf, pager } from './pager.ts'
import { saveBlob } from './saved-file.ts'
import { partsOf, rangesOf, type ShownFile } from './shown-file.ts'

/** Items of an archive as a table. Event: `show-bytes` with the item whose place in the file is asked for. */
export class RushesItemsPanel extends PageElement {
  static override properties: PropertyDeclarations = {
    file: { attribute: false },
    archive: { attribute: false },
    damaged: { attribute: false },
    wanted: { state: true },
    type: { state: true },
    page: { state: true },
    open: { state: true },
  }
  declare file: ShownFile | null
  declare archive: ArchiveView | null
  /** Names of items that the check has found damaged. */
  declare damaged: ReadonlySet<string>
  declare private wanted: string
  declare private type: string
  declare private page: number
  /** Name of the item whose content is shown. */
  declare private open: string | null

  constructor() {
    super()
    this.file = this.archive = this.open = null
    this.damaged = new Set()
    this.wanted = this.type = ''
    this.page = 0
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('archive')) return
    this.open = null
    this.wanted = this.type = ''
    this.page = 0
  }

  /** Shows one item, whatever is being looked for. */
  async show(name: string): Promise<void> {
    this.wanted = name
    this.type = ''
    this.page = 0
    this.open = name
    await this.updateComplete
    this.querySelector('.item-open')?.scrollIntoView({ block: 'nearest' })
  }

  #found(items: readonly Item[]): readonly Item[] {
    const { type } = this
    const words = this.wanted.trim().toLowerCase()
    if (words === '' && type === '') return items
    return items.filter(
      (item) =>
        (type === '' || item.type === type) &&
        (words === '' || `${item.name}\n${item.title ?? ''}\n${item.contentType}`.toLowerCase().includes(words)),
    )
  }

  async #download(item: Item): Promise<void> {
    const ranges = rangesOf(item, this.archive?.idatAt ?? 0)
    if (ranges === null || this.file === null) return
    try {
      saveBlob(await partsOf(this.file, ranges, 'application/octet-stream'), item.name)
    } catch (fault) {
      toast(faultWords(fault), 'problem')
    }
  }

  protected override render(): TemplateResult | string {
    const { archive } = this
    if (archive === null) return ''
    if (archive.items.length === 0) return html`<p class="soft">There are no items in this archive.</p>`
    const found = this.#found(archive.items)
    return html`${archive.items.length > 5 ? this.#search(archive.items) : ''}
      <p class="visually-hidden" role="status">${found.length.toLocaleString('en')} items</p>
      ${found.length === 0 ? html`<p class="soft">No item is called like that.</p>` : this.#table(found)}
      ${pager('items', this.page, found.length, (page) => {
        this.page = page
        this.open = null
      })}`
  }

  #search(items: readonly Item[]): TemplateResult {
    const types = [...new Set(items.map(({ type }) => type))].slice(0, 100)
    return html`<div class="items-search">
      <input class="input" type="search" aria-label="Find items by name" placeholder="Find by name" .value=${this.wanted}
        @input=${(event: Event) => {
          this.wanted = (event.target as HTMLInputElement).value
          this.page = 0
        }} />
      <select class="select" aria-label="Type of items" @change=${(event: Event) => {
        this.type = (event.target as HTMLSelectElement).value
        this.page = 0
      }}>
        <option value="" .selected=${this.type === ''}>All types</option>
        ${types.map((type) => html`<option value=${type} .selected=${this.type === type}>${type}</option>`)}
      </select>
    </div>`
  }

  #table(found: readonly Item[]): TemplateResult {
    return html`<table class="items">
      <thead>
        <tr><th scope="col">Name</th><th scope="col">Type</th><th scope="col" class="figure">Size</th><th scope="col">Time</th>
          <th scope="col">May be read by</th><th scope="col">Lies at</th><th scope="col">Digest</th></tr>
      </thead>
      <tbody>
        ${repeat(
          pageOf(found, this.page),
          ({ name }) => name,
          (item) => this.#rows(item),
        )}
      </tbody>
    </table>`
  }

  #rows(item: Item): TemplateResult {
    const isOpen = this.open === item.name
    const toggle = () => {
      this.open = isOpen ? null : item.name
    }
    const cell = (content: unknown, kind = '', label = '') =>
      html`<td class=${content === '–' ? `${kind} cell-empty` : kind}>${
        label === '' ? '' : html`<span class="cell-label" aria-hidden="true">${label}</span>`
      }${content}</td>`
    return html`<tr class=${isOpen ? 'item item-open' : 'item'}>
        <th scope="row">
          <button class="item-name" type="button" aria-expanded=${isOpen ? 'true' : 'false'} @click=${toggle}>
            <span class="item-words"><span>${item.name}</span>${
              item.title === undefined ? '' : html`<span class="soft small">${shortened(item.title, 100)}</span>`
            }</span>
          </button>
          ${this.damaged.has(item.name) ? html`<span class="badge badge-problem">Damaged</span>` : ''}
          ${item.encryption === undefined ? '' : html`<span class="badge">Encrypted</span>`}
        </th>
        ${cell(html`<span>${item.type}</span> <span class="soft small">${item.contentType}</span>`, 'item-type')}
        ${cell(item.length === undefined ? '–' : formatBytes(item.length), 'figure nowrap')}
        ${cell(spanWords(item) || '–', 'figures nowrap')}
        ${cell(readersWords(item), '', 'read by ')}
        ${cell(placeWords(item), 'figures nowrap')}
        ${cell(item.digest === undefined ? '–' : html`<code>${item.digest.slice(7, 15)}…</code>`)}
      </tr>
      ${isOpen ? html`<tr class="item-content"><td colspan="7">${this.#content(item)}</td></tr>` : ''}`
  }

  #content(item: Item): TemplateResult {
    const isHere = item.pointer === undefined
    const { name, digest, pointer, from, requires, metadata, encryption, language, extents } = item
    const facts: [string, string | undefined][] = [
      ['SHA-256', digest?.slice('sha256:'.length)],
      ['Lies elsewhere', pointer],
      ['Language', language],
      ['Made from', from === undefined ? undefined : `${from.items.join(', ')} by ${from.by}`],
      ['Needs', requires?.map((need) => `${need.module} to ${need.for}`).join(', ')],
      ['Decrypted by', encryption?.module],
    ]
    const own = metadataRows(metadata ?? {}).map(({ name: label, value }): [string, string] => [label, value])
    return html`<div class="stack">
      <rushes-item-preview .file=${this.file} .item=${item} .idatAt=${this.archive?.idatAt ?? 0}></rushes-item-preview>
      <dl class="facts">
        ${[...facts, ...own]
          .filter(([, value]) => value !== undefined && value !== '')
          .map(([label, value]) => html`<div><dt>${label}</dt><dd>${shortened(value!, 500)}</dd></div>`)}
      </dl>
      <div class="buttons">
        ${
          isHere
            ? html`<button class="button" type="button" aria-label=${`Download ${name}`} @click=${() => this.#download(item)}>${downloadIcon}Download</button>`
            : ''
        }
        ${
          extents !== undefined && extents.length > 0
            ? html`<button class="button button-quiet" type="button"
                @click=${() => this.dispatchEvent(new CustomEvent<Item>('show-bytes', { detail: item, bubbles: true }))}>Show its place in the file</button>`
            : ''
        }
      </div>
    </div>`
  }
}
customElements.define('rushes-items-panel', RushesItemsPanel)
