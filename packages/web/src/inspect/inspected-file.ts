import type { RushesPlayer } from '@rushes/player'
import type { Item, Problem } from '@rushes/umf'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { faultWords } from '../app/fault-words.ts'
import { PageElement } from '../app/page-element.ts'
import { toast } from '../app/toasts.ts'
import { downloadIcon } from '../design/icons.ts'
import { formatBytes } from '../figures.ts'
import './box-panel.ts'
import { boxWords } from './box-words.ts'
import { type CheckState, checkPanel } from './check-panel.ts'
import './event-list.ts'
import { metadataPanel, signaturesPanel } from './facts-panels.ts'
import './file-map.ts'
import type { RushesFileMap } from './file-map.ts'
import type { ArchiveView, BoxEntry, BoxTree, Inspection } from './inspection.ts'
import { shortened } from './item-words.ts'
import './items-panel.ts'
import { saveBlob } from './saved-file.ts'
import { presentationOf, type ShownFile } from './shown-file.ts'
import { noArchiveNotice, summaryFacts, titleOf } from './summary-panel.ts'
import { type TimelineLanes, timelineLanes } from './timeline-lanes.ts'
import './timeline-picture.ts'

type Tab = 'items' | 'timeline' | 'about' | 'signatures' | 'boxes'

const mostMarks = 300
/** The same one each time: what did not change is not drawn anew. */
const noProblems: readonly Problem[] = []
const playable = /^(video|audio)\/[\w.+-]+( ?;[\x20-\x7e]*)?$/

/** One file that is open. Events: `check`, `cancel-check`, `another`. */
export class RushesInspectedFile extends PageElement {
  static override properties: PropertyDeclarations = {
    file: { attribute: false },
    inspection: { attribute: false },
    check: { attribute: false },
    tab: { state: true },
    playing: { state: true },
  }
  declare file: ShownFile | null
  declare inspection: Inspection | null
  declare check: CheckState
  declare private tab: Tab
  /** Address of what the player plays; null where there is nothing to play. */
  declare private playing: string | null
  #lanes: TimelineLanes | null = null
  #damaged: ReadonlySet<string> = new Set()
  #made: string | null = null

  constructor() {
    super()
    this.file = this.inspection = this.playing = null
    this.check = { state: 'cancelled' }
    this.tab = 'items'
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#release()
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('inspection')) this.#begin()
    if (changed.has('check')) this.#damaged = new Set(problemsOf(this.check).flatMap(({ item }) => item ?? []))
  }

  protected override firstUpdated(): void {
    this.querySelector('h1')?.focus()
  }

  #begin(): void {
    const archive = this.inspection?.archive ?? null
    this.#lanes = archive === null ? null : timelineLanes(archive)
    this.tab = archive === null ? 'boxes' : archive.items.length > 0 ? 'items' : 'about'
    this.#release()
    this.playing = null
    void this.#play()
  }

  #release(): void {
    if (this.#made !== null) URL.revokeObjectURL(this.#made)
    this.#made = null
  }

  async #play(): Promise<void> {
    const { file, inspection } = this
    if (file === null || inspection === null || !hasPlayer(inspection)) return
    if (file.kind === 'address') {
      this.playing = file.address
      return
    }
    const type = mediaType(inspection)
    const { presentation = null } = inspection.archive ?? {}
    const blob =
      presentation === null ? file.blob.slice(0, file.blob.size, type) : await presentationOf(file, presentation, type)
    if (file !== this.file || !this.isConnected) return
    this.#made = URL.createObjectURL(blob)
    this.playing = this.#made
  }

  /** @param t ms on the archive's timeline */
  #seek(t: number): void {
    const startMs = this.inspection?.archive?.presentation?.startMs ?? 0
    this.querySelector<RushesPlayer>('rushes-player')?.seek(Math.max(0, t - startMs) / 1000)
  }

  #showProblem({ offset, message, item }: Problem): void {
    const regions = this.inspection?.archive?.regions ?? []
    const region = regions.find((each) => offset >= each.offset && offset < each.offset + each.length)
    const exact = item === undefined ? undefined : extentAt(this.inspection?.archive ?? null, item, offset)
    const end = exact ?? (region === undefined ? (this.inspection?.size ?? offset) : region.offset + region.length)
    this.querySelector<RushesFileMap>('rushes-file-map')?.choose({
      offset,
      length: end - offset,
      name: item ?? 'Problem',
      words: message,
    })
  }

  #showItem({ name, extents }: Item): void {
    const [first] = extents ?? []
    if (first === undefined) return
    this.querySelector<RushesFileMap>('rushes-file-map')?.choose({
      offset: first[0],
      length: first[1],
      name,
      words: 'an item',
    })
  }

  async #download(): Promise<void> {
    const { file, inspection } = this
    const presentation = inspection?.archive?.presentation ?? null
    if (file === null || presentation === null) return
    try {
      saveBlob(await presentationOf(file, presentation, 'application/octet-stream'), presentation.name)
    } catch (fault) {
      toast(faultWords(fault), 'problem')
    }
  }

  #say(event: string): void {
    this.dispatchEvent(new CustomEvent(event, { bubbles: true }))
  }

  protected override render(): TemplateResult | string {
    const { file, inspection } = this
    if (file === null || inspection === null) return ''
    const { archive } = inspection
    return html`<article class="stack stack-wide inspected">
      <div class="page-head">
        <div class="inspected-title">
          <h1 tabindex="-1">${titleOf(archive, file)}</h1>
          <p class="soft">${file.name} · ${formatBytes(inspection.size)}</p>
        </div>
        <button class="button" type="button" @click=${() => this.#say('another')}>Another file</button>
      </div>
      <div class=${hasPlayer(inspection) ? 'inspected-top has-player' : 'inspected-top'}>
        ${hasPlayer(inspection) ? this.#player(inspection) : ''}
        <section class="card stack" aria-label="Summary">
          ${archive === null ? noArchiveNotice(inspection) : summaryFacts(archive)}
          ${this.#downloadButton(archive)}
          ${isCheckable(inspection) ? this.#check() : ''}
        </section>
      </div>
      <rushes-file-map class="card stack" .file=${file} .inspection=${inspection} .problems=${problemsOf(this.check)}></rushes-file-map>
      ${this.#tabs(inspection)}
    </article>`
  }

  #check(): TemplateResult {
    return checkPanel(this.check, {
      start: () => this.#say('check'),
      cancel: () => this.#say('cancel-check'),
      show: (problem) => this.#showProblem(problem),
    })
  }

  #player(inspection: Inspection): TemplateResult {
    const events = inspection.archive?.events ?? []
    const startMs = inspection.archive?.presentation?.startMs ?? 0
    const marks = events
      .filter(({ kind, t }) => kind === 'mark' && t >= startMs)
      .slice(0, mostMarks)
      .map(({ t, words }) => ({ t: t - startMs, label: words }))
    return html`<div class="inspected-player">
      ${
        this.playing === null
          ? ''
          : html`<rushes-player .src=${this.playing} .type=${mediaType(inspection)} .title=${inspection.archive?.presentation?.name ?? ''} .marks=${marks}></rushes-player>`
      }
    </div>`
  }

  #downloadButton(archive: ArchiveView | null): TemplateResult | string {
    const name = archive?.presentation?.name
    if (name === undefined) return ''
    return html`<div><button class="button" type="button" @click=${this.#download}>${downloadIcon}Download ${shortened(name, 60)}</button></div>`
  }

  #tabs(inspection: Inspection): TemplateResult {
    const { archive, tree } = inspection
    const figure = (count: number) => html`<span class="tab-count figures">${count.toLocaleString('en')}</span>`
    const tabs: [Tab, string, TemplateResult | string][] = []
    if (archive !== null) {
      tabs.push(['items', 'Items', figure(archive.items.length)])
      if (this.#lanes !== null || archive.eventsNote !== null) tabs.push(['timeline', 'Timeline', ''])
      tabs.push(['about', 'About', ''], ['signatures', 'Signatures', figure(archive.signatures.length)])
    }
    tabs.push(['boxes', 'Boxes', figure(tree.boxes.length)])
    return html`<section class="card stack">
      <div class="tabs" role="tablist" aria-label="What is inside" @keydown=${this.#onTabKey}>
        ${tabs.map(
          ([
            tab,
            words,
            count,
          ]) => html`<button class="tab" type="button" role="tab" id=${`tab-${tab}`} aria-controls="tab-panel"
            aria-selected=${this.tab === tab ? 'true' : 'false'} tabindex=${this.tab === tab ? '0' : '-1'} @click=${() => {
              this.tab = tab
            }}>${words} ${count}</button>`,
        )}
      </div>
      <div class="stack" role="tabpanel" id="tab-panel" aria-labelledby=${`tab-${this.tab}`}>${this.#panel(inspection)}</div>
    </section>`
  }

  #onTabKey(event: KeyboardEvent): void {
    const tabs = [...this.querySelectorAll<HTMLElement>('[role=tab]')]
    const now = tabs.findIndex((tab) => tab.id === `tab-${this.tab}`)
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    const next = by === undefined ? undefined : tabs[(now + by + tabs.length) % tabs.length]
    if (next === undefined) return
    event.preventDefault()
    next.click()
    next.focus()
  }

  #panel({ archive, tree }: Inspection): TemplateResult | string {
    if (this.tab === 'boxes' || archive === null)
      return html`<rushes-box-panel .file=${this.file} .tree=${tree}></rushes-box-panel>`
    switch (this.tab) {
      case 'items':
        return html`<rushes-items-panel class="stack" .file=${this.file} .archive=${archive} .damaged=${this.#damaged}
          @show-bytes=${({ detail }: CustomEvent<Item>) => this.#showItem(detail)}></rushes-items-panel>`
      case 'timeline':
        return this.#timeline(archive)
      case 'about':
        return metadataPanel(archive, extensionBoxes(tree))
      case 'signatures':
        return signaturesPanel(archive.signatures)
    }
  }

  #timeline({ events, eventsNote }: ArchiveView): TemplateResult {
    const go = ({ detail }: CustomEvent<number>) => this.#seek(detail)
    return html`${
      this.#lanes === null
        ? ''
        : html`<rushes-timeline-picture class="stack stack-tight" .lanes=${this.#lanes} @go=${go}></rushes-timeline-picture>`
    }
      ${eventsNote === null ? '' : html`<p class="notice">${eventsNote}</p>`}
      ${events.length === 0 ? '' : html`<h3>Events</h3><rushes-event-list class="stack stack-tight" .events=${events} @go=${go}></rushes-event-list>`}`
  }
}
customElements.define('rushes-inspected-file', RushesInspectedFile)

function problemsOf(check: CheckState): readonly Problem[] {
  return check.state === 'done' ? check.result.problems : noProblems
}

function isCheckable({ archive, noArchive }: Inspection): boolean {
  return archive !== null || noArchive?.code !== 'not-umf'
}

function hasPlayer({ archive, tree }: Inspection): boolean {
  if (archive !== null) return archive.presentation !== null && playable.test(archive.presentation.contentType)
  return tree.boxes.some(({ type, depth }) => type === 'moov' && depth === 0)
}

function mediaType({ archive }: Inspection): string {
  return archive?.presentation?.contentType ?? 'video/mp4'
}

function extentAt(archive: ArchiveView | null, name: string, at: number): number | undefined {
  const item = archive?.items.find((each) => each.name === name)
  const extent = item?.extents?.find(([offset, length]) => at >= offset && at < offset + length)
  return extent === undefined ? undefined : extent[0] + extent[1]
}

/** F7: boxes of the file itself that this format does not know. */
function extensionBoxes({ boxes }: BoxTree): BoxEntry[] {
  return boxes.filter(({ type, depth }) => depth === 0 && (boxWords(type) === null || type === 'uuid'))
}
