import type { FoundView, JobTask } from '@rushes/protocol'
import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'
import { server } from '../app/server.ts'
import { formatBytes, formatLength } from '../figures.ts'
import type { TimelineLanes } from '../inspect/timeline-lanes.ts'
import '../inspect/timeline-picture.ts'
import { nameTree } from './name-tree.ts'
import { treeView } from './tree-view.ts'

/** Asked for again when more was done, so often at most. */
const paceMs = 700

/** What a conversion has found so far: files as a tree with their types and times, and the timeline as it fills. */
export class RushesFound extends PageElement {
  static override properties: PropertyDeclarations = {
    importId: { attribute: false },
    done: { attribute: false },
    found: { state: true },
  }
  declare importId: string
  /** How many tasks are done: with each there may be more. */
  declare done: number
  declare private found: FoundView | null
  #asked = -1
  #busy = false
  #lanes: { found: FoundView; lanes: TimelineLanes | null } | null = null

  constructor() {
    super()
    this.importId = ''
    this.done = 0
    this.found = null
  }

  protected override updated(changed: Map<string, unknown>): void {
    if (changed.has('importId')) this.#asked = -1
    if (this.importId !== '' && this.done !== this.#asked) void this.#ask()
  }

  async #ask(): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    this.#asked = this.done
    try {
      this.found = await server.found(this.importId)
    } catch {
      // The page says so if the server is away; what is shown stays.
    }
    await new Promise((resolve) => setTimeout(resolve, paceMs))
    this.#busy = false
    if (this.isConnected && this.done !== this.#asked) void this.#ask()
  }

  /** Made once of what was found: the picture begins anew with each. */
  #lanesOf(found: FoundView): TimelineLanes | null {
    if (this.#lanes?.found !== found) this.#lanes = { found, lanes: trackLanes(found) }
    return this.#lanes.lanes
  }

  protected override render(): TemplateResult {
    const { found } = this
    if (found === null || found.files.length === 0) {
      return html`<section class="card stack" aria-label="What was found">
        <h2>What was found</h2><p class="soft" role="status">Being looked at …</p></section>`
    }
    const lanes = this.#lanesOf(found)
    const times = new Map(found.tracks.map((track) => [track.file, track]))
    const more = found.filesCount - found.files.length
    return html`<section class="card stack" aria-labelledby="found-heading">
        <div class="row row-apart"><h2 id="found-heading">What was found</h2>
          <p class="soft small figures" role="status">${foundWords(found)}</p></div>
        ${treeView({
          label: 'Files',
          nodes: nameTree(found.files, ({ name }) => name),
          facts: ({ name, kind, bytes }) => {
            const track = times.get(name)
            return html`<span class="tree-facts soft small figures"><span>${kindWords(kind)}</span><span>${formatBytes(bytes)}</span>${
              track === undefined
                ? ''
                : html`<span>${formatLength(track.startMs)}–${track.endMs === null ? '…' : formatLength(track.endMs)}</span>`
            }</span>`
          },
        })}
        ${more > 0 ? html`<p class="soft small">And ${more.toLocaleString('en')} more.</p>` : ''}
      </section>
      ${
        lanes === null
          ? ''
          : html`<section class="card stack" aria-labelledby="found-times-heading">
              <h2 id="found-times-heading">Timeline so far</h2>
              <rushes-timeline-picture .lanes=${lanes}></rushes-timeline-picture>
            </section>`
      }`
  }
}
customElements.define('rushes-found', RushesFound)

/** `video/x-flv` is a name for programs, and right; XML is told by its root. */
function kindWords(kind: string): string {
  const [type = kind, root] = kind.split(';root=')
  return root === undefined ? type.replace('application/x-empty', 'empty') : `XML, ${root}`
}

function foundWords({ filesCount, tracks, decks }: FoundView): string {
  const counted = (count: number, word: string) =>
    count === 0 ? [] : [`${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`]
  return [...counted(filesCount, 'file'), ...counted(tracks.length, 'track'), ...counted(decks.length, 'deck')].join(
    ', ',
  )
}

const laneNames: Readonly<Record<string, string>> = {
  main: 'main',
  camera: 'cameras',
  screen: 'screen',
  voice: 'sound',
}

/** Times on the clock of the event: what of it was recorded is decided later. */
function trackLanes({ tracks }: FoundView): TimelineLanes | null {
  const timed = tracks.filter(({ endMs }) => endMs !== null)
  if (timed.length === 0) return null
  const first = timed.reduce((least, { startMs }) => Math.min(least, startMs), Number.POSITIVE_INFINITY)
  const last = timed.reduce((greatest, { endMs }) => Math.max(greatest, endMs!), 0)
  const roles = [...new Set(timed.map(({ role }) => role))]
  return {
    endMs: Math.max(1000, last - first),
    lanes: roles.map((role) => {
      const spans = timed
        .filter((track) => track.role === role)
        .map(({ file, startMs, endMs }) => ({
          ...{ startMs: startMs - first, endMs: endMs! - first, name: file.split('/').at(-1)! },
        }))
      return { kind: 'spans' as const, name: laneNames[role] ?? role, ...rowsOf(spans) }
    }),
  }
}

const mostRows = 4

function rowsOf<Span extends { startMs: number; endMs: number }>(spans: readonly Span[]) {
  const ends: number[] = []
  const placed = spans
    .toSorted((left, right) => left.startMs - right.startMs)
    .map((span) => {
      const free = ends.findIndex((end) => end <= span.startMs)
      const row = free === -1 ? Math.min(ends.length, mostRows - 1) : free
      ends[row] = Math.max(ends[row] ?? 0, span.endMs)
      return { ...span, row }
    })
  return { rows: Math.max(1, ends.length), spans: placed }
}

/** Notes of all tasks, the gravest first. */
export function notesOf(tasks: Iterable<JobTask>): JobTask['notes'] {
  return sortedNotes([...tasks].flatMap(({ notes }) => notes))
}

const gravity = { critical: 0, warning: 1, info: 2 } as const

export function sortedNotes<Note extends { severity: keyof typeof gravity }>(notes: readonly Note[]): Note[] {
  return notes.toSorted((left, right) => gravity[left.severity] - gravity[right.severity])
}
