import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'
import { styled } from '../design/styled.ts'
import { formatBytes } from '../figures.ts'
import { boxName, boxWords } from './box-words.ts'
import { boxKind } from './file-regions.ts'
import './hex-view.ts'
import type { BoxEntry, BoxTree } from './inspection.ts'
import { pageOf, pager } from './pager.ts'
import type { ShownFile } from './shown-file.ts'

type Row = BoxEntry & { index: number; hasParts: boolean }

/** Boxes of a file as a tree: each may be opened, and its first bytes shown. */
export class RushesBoxPanel extends PageElement {
  static override properties: PropertyDeclarations = {
    file: { attribute: false },
    tree: { attribute: false },
    opened: { state: true },
    page: { state: true },
    chosen: { state: true },
  }
  declare file: ShownFile | null
  declare tree: BoxTree | null
  declare private opened: ReadonlySet<number>
  declare private page: number
  declare private chosen: number | null

  constructor() {
    super()
    this.file = this.tree = this.chosen = null
    this.opened = new Set()
    this.page = 0
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('tree')) return
    this.opened = new Set()
    this.page = 0
    this.chosen = null
  }

  #toggle(index: number): void {
    const opened = new Set(this.opened)
    if (!opened.delete(index)) opened.add(index)
    this.opened = opened
  }

  protected override render(): TemplateResult | string {
    const { tree } = this
    if (tree === null) return ''
    const rows = visibleRows(tree.boxes, this.opened)
    return html`<table class="boxes">
        <thead><tr><th scope="col">Box</th><th scope="col">What it is for</th><th scope="col" class="figure">Size</th>
          <th scope="col" class="figure">At byte</th></tr></thead>
        <tbody>${pageOf(rows, this.page).map((row) => this.#row(row))}</tbody>
      </table>
      ${pager('boxes', this.page, rows.length, (page) => {
        this.page = page
      })}
      ${tree.isCut ? html`<p class="soft small">There are more boxes: the first ${tree.boxes.length.toLocaleString('en')} are listed.</p>` : ''}`
  }

  #row({ index, type, depth, size, offset, hasParts }: Row): TemplateResult {
    const name = boxName(type)
    const isOpen = this.opened.has(index)
    const isChosen = this.chosen === index
    const words = boxWords(type)
    return html`<tr class=${isChosen ? 'box is-chosen' : 'box'}>
        <th scope="row" ${styled({ '--depth': String(depth) })}>
          ${
            hasParts
              ? html`<button class="box-toggle" type="button" aria-expanded=${isOpen ? 'true' : 'false'}
                  aria-label=${`Boxes in ${name}`} @click=${() => this.#toggle(index)}></button>`
              : html`<span class="box-toggle"></span>`
          }
          <button class="box-name" type="button" aria-expanded=${isChosen ? 'true' : 'false'} @click=${() => {
            this.chosen = isChosen ? null : index
          }}><span class="swatch is-${boxKind(type)}"></span><code>${name}</code></button>
        </th>
        <td class="box-words">${words ?? (depth === 0 ? 'an extension: somebody’s own' : html`<span class="soft">not known here</span>`)}</td>
        <td class="figure nowrap">${formatBytes(size)}</td>
        <td class="figure box-place">${offset.toLocaleString('en')}</td>
      </tr>
      ${
        isChosen
          ? html`<tr><td colspan="4"><rushes-hex-view .file=${this.file} .offset=${offset} .length=${size}></rushes-hex-view></td></tr>`
          : ''
      }`
  }
}
customElements.define('rushes-box-panel', RushesBoxPanel)

/** Boxes whose containers are all open. */
function visibleRows(boxes: readonly BoxEntry[], opened: ReadonlySet<number>): Row[] {
  const rows: Row[] = []
  /** Deeper boxes than this are in one that is closed. */
  let shownTo = 0
  for (const [index, box] of boxes.entries()) {
    if (box.depth > shownTo) continue
    shownTo = opened.has(index) ? box.depth + 1 : box.depth
    rows.push({ ...box, index, hasParts: (boxes[index + 1]?.depth ?? 0) > box.depth })
  }
  return rows
}
