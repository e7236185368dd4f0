import type { Mend } from '@rushes/protocol'
import type { Item, Presentation, TimelineEvent } from '@rushes/umf'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'
import { formatBytes, formatLength } from '../figures.ts'
import { dataWords } from '../inspect/archive-events.ts'
import { spanWords } from '../inspect/item-words.ts'
import { pageOf, pager } from '../inspect/pager.ts'
import type { ConvertedArchive } from './converted-archive.ts'
import { askEvent, askItem, askKind, labelOf, mendWords } from './mend-dialogs.ts'
import { nameTree } from './name-tree.ts'
import { treeView } from './tree-view.ts'

type KindCount = { kind: string; label: string | null; count: number }

/**
 * What a conversion has made, and what is to be put right of it: gathered here, made all at once. Events: `mend` with the
 * list of {@link Mend}s; `go` with the ms of an event.
 */
export class RushesMendPanel extends PageElement {
  static override properties: PropertyDeclarations = {
    archive: { attribute: false },
    busy: { attribute: false },
    planned: { state: true },
    kind: { state: true },
    page: { state: true },
  }
  declare archive: ConvertedArchive | null
  declare busy: boolean
  declare private planned: readonly Mend[]
  /** Kind that is listed alone; empty: all. */
  declare private kind: string
  declare private page: number

  constructor() {
    super()
    this.archive = null
    this.busy = false
    this.planned = []
    this.kind = ''
    this.page = 0
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('archive')) return
    this.planned = []
    this.page = 0
    if (!this.archive?.events.some(({ kind }) => kind === this.kind)) this.kind = ''
  }

  async #plan(asked: Promise<Mend[] | null>): Promise<void> {
    const mends = await asked
    if (mends !== null && mends.length > 0)
      this.planned = [...this.planned.filter((each) => !replaces(mends, each)), ...mends]
  }

  #send(mends: readonly Mend[]): void {
    this.dispatchEvent(new CustomEvent<readonly Mend[]>('mend', { detail: mends, bubbles: true }))
  }

  protected override render(): TemplateResult | string {
    const { archive } = this
    if (archive === null) return ''
    const { length } = this.planned
    return html`<p class="visually-hidden" role="status">${length === 0 ? '' : `${length} ${length === 1 ? 'change' : 'changes'} to make`}</p>
      <section class="card stack" aria-labelledby="items-heading">
        <h2 id="items-heading">What is in it</h2>
        ${this.#items(archive)}
      </section>
      ${archive.events.length === 0 ? '' : this.#events(archive)} ${this.#waiting(archive)}`
  }

  /** What is to be done, before it is. */
  #waiting({ events, isMended }: ConvertedArchive): TemplateResult | string {
    const { planned, busy } = this
    if (planned.length === 0 && !isMended) return ''
    return html`<section class="notice mend-planned" aria-labelledby="planned-heading">
      <h2 id="planned-heading" class="mend-heading">
        ${planned.length === 0 ? 'It was mended by hand. What it was is kept in it.' : `${planned.length} ${planned.length === 1 ? 'change' : 'changes'} to make`}
      </h2>
      ${
        planned.length === 0
          ? ''
          : html`<ul role="list" class="mend-list">
              ${planned.map(
                (mend) => html`<li><span class="convert-name">${mendWords(mend, events)}</span>
                  <button class="button button-quiet" type="button" aria-label=${`Leave out: ${mendWords(mend, events)}`}
                    @click=${() => {
                      this.planned = planned.filter((each) => each !== mend)
                    }}>Leave out</button></li>`,
              )}
            </ul>`
      }
      <div class="buttons">
        ${
          planned.length === 0
            ? ''
            : html`<button class="button button-main" type="button" aria-disabled=${busy ? 'true' : 'false'}
                @click=${() => (busy ? undefined : this.#send(planned))}>${busy ? 'Mending …' : 'Make the changes'}</button>`
        }
        ${
          isMended && planned.length === 0
            ? html`<button class="button" type="button" @click=${() => this.#send([{ do: 'restore' }])}>Undo all mending</button>`
            : ''
        }
      </div>
    </section>`
  }

  #items({ items, presentation }: ConvertedArchive): TemplateResult {
    const shown: (Item | Presentation)[] = [...(presentation === null ? [] : [presentation]), ...items]
    return treeView({
      label: 'Items',
      nodes: nameTree(shown, ({ name }) => name),
      facts: (item) => {
        const isMain = item === presentation
        const span = isMain ? mainSpan(presentation) : spanWords(item as Item)
        return html`<span class="tree-facts soft small figures">
          <span class="badge">${isMain ? `main ${item.type}` : item.type}</span>
          ${span === '' ? '' : html`<span>${span}</span>`}
          ${item.length === undefined ? '' : html`<span>${formatBytes(item.length)}</span>`}
          <button class="button button-quiet tree-mend" type="button" aria-label=${`Mend ${item.name}`}
            @click=${() => void this.#plan(askItem(item, isMain))}>Mend</button>
        </span>`
      },
    })
  }

  #events({ events }: ConvertedArchive): TemplateResult {
    const kinds = kindsOf(events)
    const shown = events
      .map((event, number) => ({ event, number }))
      .filter(({ event }) => this.kind === '' || event.kind === this.kind)
    const dropped = new Set(this.planned.flatMap((mend) => (mend.do === 'drop' ? [mend.event] : [])))
    return html`<section class="card stack" aria-labelledby="events-heading">
      <h2 id="events-heading">What happened <span class="soft figures">${events.length.toLocaleString('en')}</span></h2>
      <ul role="list" class="mend-kinds" aria-label="Kinds of events">
        ${kinds.map(
          ({ kind, label, count }) => html`<li>
            <span class="badge">${label ?? kind} <span class="figures">${count.toLocaleString('en')}</span></span>
            <button class="button button-quiet" type="button" aria-label=${`Name the kind ${label ?? kind}`}
              @click=${() => void this.#plan(askKind(kind, label, count))}>Name</button>
          </li>`,
        )}
      </ul>
      <div class="field mend-filter">
        <label for="mend-shown">Show</label>
        <select class="select" id="mend-shown" @change=${(event: Event) => {
          this.kind = (event.target as HTMLSelectElement).value
          this.page = 0
        }}>
          <option value="" ?selected=${this.kind === ''}>All events</option>
          ${[...new Set(kinds.map(({ kind }) => kind))].map((kind) => html`<option value=${kind} ?selected=${kind === this.kind}>${kind}</option>`)}
        </select>
      </div>
      <ol class="mend-events" role="list">
        ${pageOf(shown, this.page).map(({ event, number }) => this.#row(event, number, dropped.has(number)))}
      </ol>
      ${pager('events', this.page, shown.length, (page) => {
        this.page = page
      })}
    </section>`
  }

  #row(event: TimelineEvent, number: number, isDropped: boolean): TemplateResult {
    const { t, kind, data } = event
    const words = dataWords(number, t, kind, data)
    const go = () => this.dispatchEvent(new CustomEvent<number>('go', { detail: t, bubbles: true }))
    return html`<li class=${isDropped ? 'is-dropped' : ''}>
      <button class="button button-quiet figures" type="button" aria-label=${`Go to ${formatLength(t)}`} @click=${go}>${formatLength(t)}</button>
      <span class="mend-words"><span class="badge">${kind}</span> <span>${words}</span></span>
      <button class="button button-quiet" type="button" aria-label=${`Mend ${kind} at ${formatLength(t)}`}
        @click=${() => void this.#plan(askEvent(number, event, words))}>Mend</button>
    </li>`
  }
}
customElements.define('rushes-mend-panel', RushesMendPanel)

/** Of one event or item, what was said of it last counts; one that is dropped is not moved as well. */
function replaces(mends: readonly Mend[], former: Mend): boolean {
  return mends.some((mend) => {
    if ('event' in mend && 'event' in former) {
      return mend.event === former.event && (mend.do === 'drop' || former.do === 'drop' || mend.do === former.do)
    }
    if ('item' in mend && 'item' in former) return mend.item === former.item && mend.do === former.do
    return (
      mend.do === 'name-kind' && former.do === 'name-kind' && mend.kind === former.kind && mend.label === former.label
    )
  })
}

function mainSpan({ startMs = 0, durationMs }: Presentation): string {
  return `${formatLength(startMs)}–${formatLength(startMs + durationMs)}`
}

/** Events of no known kind are told apart by what they are labelled. */
function kindsOf(events: readonly TimelineEvent[]): KindCount[] {
  const counts = new Map<string, KindCount>()
  for (const event of events) {
    const label = event.kind === 'event' ? labelOf(event) : null
    const key = JSON.stringify([event.kind, label])
    const known = counts.get(key) ?? { kind: event.kind, label, count: 0 }
    known.count++
    counts.set(key, known)
  }
  return [...counts.values()].sort((left, right) => right.count - left.count).slice(0, 50)
}
