import type { Problem } from '@rushes/umf'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'
import { styled } from '../design/styled.ts'
import { formatBytes } from '../figures.ts'
import { type BarScale, barPlaces, type Place } from './bar-scale.ts'
import { boxName, boxWords } from './box-words.ts'
import { boxKind, condensed } from './file-regions.ts'
import './hex-view.ts'
import type { Inspection, Region, RegionKind } from './inspection.ts'
import { shortened } from './item-words.ts'
import type { ShownFile } from './shown-file.ts'

/** Parts of one row; more could not be told from each other. */
const mostParts = 120

export const kindWords: Record<RegionKind, string> = {
  head: 'Head',
  structure: 'Structure',
  media: 'Main video or sound',
  item: 'Items',
  index: 'Index',
  signature: 'Signatures',
  record: 'Changes since the index',
  footer: 'Footer',
  free: 'Not in use',
  erased: 'Erased',
  various: 'Various',
  unknown: 'Nobody knows',
}

/** Bytes that are looked at. */
export type Chosen = { offset: number; length: number; name: string; words: string }

type Part = Chosen & { kind: RegionKind }

/** The file from its first byte to its last, as a bar. What is chosen is shown with its first bytes. */
export class RushesFileMap extends PageElement {
  static override properties: PropertyDeclarations = {
    file: { attribute: false },
    inspection: { attribute: false },
    problems: { attribute: false },
    scale: { state: true },
    chosen: { state: true },
  }
  declare file: ShownFile | null
  declare inspection: Inspection | null
  declare problems: readonly Problem[]
  declare private scale: BarScale
  declare private chosen: Chosen | null
  #rows: { name: string; parts: Part[] }[] = []
  #edges: number[] = []

  constructor() {
    super()
    this.file = this.inspection = this.chosen = null
    this.problems = []
    this.scale = 'even'
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('inspection')) return
    this.chosen = null
    const { inspection } = this
    this.#rows = inspection === null ? [] : rowsOf(inspection)
    const edges = this.#rows.flatMap(({ parts }) => parts.flatMap(({ offset, length }) => [offset, offset + length]))
    this.#edges = [...new Set(edges)].sort((left, right) => left - right)
  }

  choose(chosen: Chosen): void {
    this.chosen = chosen
    this.scrollIntoView({ block: 'nearest' })
  }

  #onKey(event: KeyboardEvent, parts: readonly Part[]): void {
    const now = parts.findIndex((part) => isSame(part, this.chosen))
    const next: Record<string, number> = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: parts.length - 1 }
    if (!Object.hasOwn(next, event.key)) return
    event.preventDefault()
    this.chosen = parts[Math.min(Math.max(0, next[event.key]!), parts.length - 1)]!
  }

  protected override render(): TemplateResult | string {
    const { inspection } = this
    if (inspection === null || inspection.size === 0) return ''
    const place = barPlaces(this.#edges, this.scale)
    return html`<div class="row row-apart">
        <h2 id="map-heading">The file</h2>
        <label class="check small"><input type="checkbox" .checked=${this.scale === 'even'} @change=${() => {
          this.scale = this.scale === 'even' ? 'true' : 'even'
        }} />Small parts enlarged</label>
      </div>
      <div class="map">
        ${this.#rows.map((row, index) => this.#row(row, index, place))}
        ${this.problems.length === 0 ? '' : this.#marks(place)}
      </div>
      ${this.#legend()} ${this.chosen === null ? '' : this.#details(this.chosen)}`
  }

  #row({ name, parts }: { name: string; parts: Part[] }, row: number, place: Place): TemplateResult {
    const active = parts.findIndex((part) => isSame(part, this.chosen))
    return html`<p class="map-name small soft" id=${`map-row-${row}`}>${name}</p>
      <div class="map-row" role="listbox" tabindex="0" aria-orientation="horizontal" aria-labelledby=${`map-row-${row}`}
        aria-activedescendant=${active === -1 ? '' : `map-${row}-${active}`}
        @keydown=${(event: KeyboardEvent) => this.#onKey(event, parts)}>
        ${parts.map((part, index) => {
          const [from, to] = [place(part.offset), place(part.offset + part.length)]
          return html`<div class="map-part is-${part.kind}" role="option" id=${`map-${row}-${index}`}
            aria-selected=${index === active ? 'true' : 'false'} title=${`${part.name}, ${formatBytes(part.length)}`}
            aria-label=${`${part.name}, ${formatBytes(part.length)}`}
            ${styled({ 'inset-inline-start': percent(from), width: percent(to - from) })}
            @click=${() => {
              this.chosen = isSame(part, this.chosen) ? null : part
            }}>${to - from > 0.07 ? html`<span>${part.name}</span>` : ''}</div>`
        })}
      </div>`
  }

  #marks(place: Place): TemplateResult {
    return html`<div class="map-marks" role="list" aria-label="Where problems are">
      ${this.problems.slice(0, 200).map(
        ({ offset, message }) => html`<span role="listitem" class="map-mark" title=${message} aria-label=${message}
          ${styled({ 'inset-inline-start': percent(place(offset)) })}></span>`,
      )}
    </div>`
  }

  #legend(): TemplateResult {
    const sums = new Map<RegionKind, number>()
    for (const { kind, length } of this.#rows.at(-1)?.parts ?? []) sums.set(kind, (sums.get(kind) ?? 0) + length)
    const sorted = [...sums].toSorted(([, left], [, right]) => right - left)
    return html`<ul class="map-legend small" role="list" aria-label="What the bytes are for">
      ${sorted.map(
        ([kind, bytes]) => html`<li><span class="swatch is-${kind}"></span>${kindWords[kind]}
          <span class="soft figures">${formatBytes(bytes)}</span></li>`,
      )}
    </ul>`
  }

  #details({ offset, length, name, words }: Chosen): TemplateResult {
    const figure = (value: number) => value.toLocaleString('en')
    return html`<section class="map-details stack stack-tight" aria-label="What is chosen" aria-live="polite">
      <p><strong>${name}</strong>${words === '' ? '' : html` · ${words}`}</p>
      <p class="soft small figures">
        ${figure(length)} bytes${length < 1000 ? '' : ` (${formatBytes(length)})`}, from byte ${figure(offset)} up to ${figure(offset + length)}
      </p>
      <rushes-hex-view .file=${this.file} .offset=${offset} .length=${length}></rushes-hex-view>
    </section>`
  }
}
customElements.define('rushes-file-map', RushesFileMap)

function rowsOf({ tree, archive, size }: Inspection): { name: string; parts: Part[] }[] {
  const top = tree.boxes.filter(({ depth }) => depth === 0)
  const boxes: (Region & { type?: string })[] = top.map(({ type, offset, size: length }) => {
    return { offset, length, kind: boxKind(type), name: boxName(type), count: 1, type }
  })
  if (tree.end < size) {
    const rest = { offset: tree.end, length: size - tree.end, count: 1 }
    boxes.push(tree.isCut ? { ...rest, kind: 'various', name: 'Further boxes' } : { ...rest, kind: 'unknown' })
  }
  const rows = [{ name: 'Boxes', parts: condensed(boxes, mostParts).map(boxPart) }]
  if (archive !== null)
    rows.push({ name: 'What they hold', parts: condensed(archive.regions, mostParts).map(regionPart) })
  return rows
}

function boxPart(region: Region & { type?: string }): Part {
  const { offset, length, kind, count, type, name } = region
  if (count > 1) return { offset, length, kind, name: `${count.toLocaleString('en')} boxes`, words: '' }
  if (type === undefined)
    return {
      offset,
      length,
      kind,
      name: name ?? 'No box',
      words: name === undefined ? 'bytes that are no whole box' : '',
    }
  return { offset, length, kind, name: boxName(type), words: boxWords(type) ?? 'an extension: somebody’s own' }
}

function regionPart({ offset, length, kind, name, count }: Region): Part {
  if (name !== undefined) return { offset, length, kind, name: shortened(name, 80), words: 'an item' }
  const words = kindWords[kind]
  if (count === 1) return { offset, length, kind, name: words, words: '' }
  const many = count.toLocaleString('en')
  return {
    offset,
    length,
    kind,
    name: kind === 'item' ? `${many} items` : words,
    words: kind === 'item' ? '' : `${many} parts`,
  }
}

function isSame(part: Chosen, chosen: Chosen | null): boolean {
  return chosen !== null && part.offset === chosen.offset && part.length === chosen.length && part.name === chosen.name
}

function percent(share: number): string {
  return `${(100 * share).toFixed(4)}%`
}
