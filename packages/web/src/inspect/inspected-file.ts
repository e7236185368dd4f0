import type { RushesPlayer } from '@rushes/player'
import type { Item, Problem } from '@rushes/umf'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { faultWords } from '../app/fault-words.ts'
import { PageElement } from '../app/page-element.ts'
import { toast } from '../app/toasts.ts'
import { downloadIcon } from '../design/icons.ts'
import { formatBytes, formatDate, formatLength } from '../figures.ts'
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
          ${archive === null ? this.#noArchive(inspection) : this.#summary(archive)}
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

  #noArchive({ noArchive }: Inspection): TemplateResult {
    if (noArchive?.code === 'not-umf') {
      return html`<div class="notice"><strong>This is an MP4, and no archive</strong>
        <span>It has no index of items and no digests, so there is nothing to check. Its boxes are shown below.</span></div>`
    }
    return html`<div class="notice notice-problem" role="alert"><strong>This archive can’t be opened</strong>
      <span>${faultWords(new Error(noArchive?.message ?? ''))} What can be told of it by its boxes is shown below.</span></div>`
  }

  #summary(archive: ArchiveView): TemplateResult {
    const { metadata, presentation, items, events, signatures } = archive
    const people = namesIn(metadata['authors'])
    const when = [metadata['started'], metadata['created']].find((value) => typeof value === 'string')
    const date = when === undefined ? null : new Date(when as string)
    const valid = signatures.filter(({ standing }) => standing === 'valid').length
    const facts: [string, string][] = [
      ['When', date === null || Number.isNaN(date.getTime()) ? '' : formatDate(date)],
      ['By', people],
      ['Length', presentation === null ? '' : formatLength(presentation.durationMs)],
      ['Holds', `${counted(items.length, 'item')}${events.length === 0 ? '' : `, ${counted(events.length, 'event')}`}`],
      ['Signed', signatures.length === 0 ? '' : `${valid} of ${counted(signatures.length, 'signature')} valid`],
      ['Id', archive.id],
      ['Generation', archive.generation.toLocaleString('en')],
    ]
    return html`<dl class="facts">
        ${facts.filter(([, value]) => value !== '').map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
      </dl>
      ${
        presentation === null
          ? ''
          : html`<div><button class="button" type="button" @click=${this.#download}>${downloadIcon}Download ${shortened(presentation.name, 60)}</button></div>`
      }`
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

function titleOf(archive: ArchiveView | null, file: ShownFile): string {
  const title = archive?.metadata['title']
  return typeof title === 'string' && title.trim() !== '' ? shortened(title.trim(), 140) : file.name
}

function namesIn(people: unknown): string {
  if (!Array.isArray(people)) return ''
  const names = people.flatMap((person) => (typeof person?.name === 'string' ? [person.name as string] : []))
  return shortened(names.join(', '))
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`
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
