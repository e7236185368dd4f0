import type { ManifestEntry, RepresentationEntry } from '@rushes/protocol'

export type RenditionTotals = {
  id: string
  set: string
  kind: 'video' | 'audio'
  codecs: string
  /** Bits a second at most. */
  bandwidth: number
  width: number | null
  height: number | null
  segments: number
}

/** What an event has in all, from its manifest, whoever wrote it. */
export class EventTotals {
  gaps = 0
  gapMs = 0
  /** Segments that were given up before they were delivered. */
  withdrawn = 0
  readonly #renditions = new Map<string, RenditionTotals & { timescale: number }>()
  /** By set: media that is there, counted once, and where it ends, ms. */
  readonly #covered = new Map<string, { ms: number; end: number }>()

  add(entry: ManifestEntry): void {
    if (entry.type === 'representation') this.#represent(entry)
    else if (entry.type === 'gap') {
      this.gaps++
      this.gapMs += Date.parse(entry.to) - Date.parse(entry.from)
    } else if (entry.type === 'withdrawn') {
      this.withdrawn++
    } else if (entry.type === 'segment') {
      const rendition = this.#renditions.get(entry.representation)
      if (rendition === undefined) return
      rendition.segments++
      const start = (entry.start * 1000) / rendition.timescale
      this.#cover(rendition.set, start, start + (entry.duration * 1000) / rendition.timescale)
    }
  }

  /** Of the set that has most. */
  get recordedMs(): number {
    return Math.max(0, ...Array.from(this.#covered.values(), ({ ms }) => ms))
  }

  get renditions(): RenditionTotals[] {
    return Array.from(this.#renditions.values(), ({ timescale: _, ...rendition }) => ({ ...rendition }))
  }

  #represent(entry: RepresentationEntry): void {
    const { id, set, kind, codecs, bandwidth, timescale, width = null, height = null } = entry
    this.#renditions.set(id, { id, set, kind, codecs, bandwidth, timescale, width, height, segments: 0 })
  }

  #cover(set: string, start: number, end: number): void {
    const before = this.#covered.get(set) ?? { ms: 0, end: Number.NEGATIVE_INFINITY }
    const added = Math.max(0, end - Math.max(start, before.end))
    this.#covered.set(set, { ms: before.ms + added, end: Math.max(before.end, end) })
  }
}

const step = 5000

/** @param list what a spool answers for entries from a number on */
export function totalsOf(list: (from: number, limit: number) => ManifestEntry[]): EventTotals {
  const totals = new EventTotals()
  for (let from = 0; ; from += step) {
    const entries = list(from, step)
    for (const entry of entries) totals.add(entry)
    if (entries.length < step) return totals
  }
}
