// What the manifest of an event says so far (DELIVERY.md, Manifest). No I/O.
import type { GapEntry, ManifestEntry, RepresentationEntry, SegmentEntry, WithdrawnEntry } from '@rushes/protocol'
import { DecoderError } from './decoder-error.ts'

// DELIVERY.md, Limits.
const maxEntries = 2_000_000
const maxRepresentations = 64

export type ListedRepresentation = {
  entry: RepresentationEntry
  /** In order, from sequence 0; left empty once it is known that nobody plays it. */
  segments: SegmentEntry[]
  /** Sequences of those that were given up: nobody has them. */
  withdrawn: Set<number>
  first: SegmentEntry | null
  /** Segments listed, whether they are kept or not. */
  count: number
  /** End of the last one, in its timescale. */
  end: number
}

export class EventManifest {
  /** Entries taken so far. */
  next = 0
  ended = false
  readonly representations: Map<string, ListedRepresentation> = new Map()
  readonly gaps: GapEntry[] = []
  #kept: ReadonlySet<string> | null = null

  /** @throws DecoderError `bad-manifest` where an entry contradicts those before (M3) */
  append(entry: ManifestEntry): void {
    if (this.ended) refuse('something follows the end')
    if (this.next >= maxEntries) refuse(`it has more than ${maxEntries} entries`)
    add[entry.type](this, entry as never)
    this.next++
  }

  /** Forgets the segments of all other representations, now and from here on: a day of them is a lot of memory. */
  keepOnly(ids: ReadonlySet<string>): void {
    this.#kept = ids
    for (const [id, representation] of this.representations) if (!ids.has(id)) representation.segments = []
  }

  keeps(id: string): boolean {
    return this.#kept === null || this.#kept.has(id)
  }
}

const add = {
  representation(manifest: EventManifest, entry: RepresentationEntry): void {
    if (manifest.representations.size >= maxRepresentations) refuse('it has too many representations')
    if (manifest.representations.has(entry.id)) refuse(`representation ${entry.id} is listed twice`)
    manifest.representations.set(entry.id, {
      ...{ entry, segments: [], withdrawn: new Set(), first: null },
      ...{ count: 0, end: 0 },
    })
  },
  segment(manifest: EventManifest, entry: SegmentEntry): void {
    const representation = manifest.representations.get(entry.representation)
    if (representation === undefined) refuse(`a segment of ${entry.representation}, which is not listed`)
    if (entry.sequence !== representation.count)
      refuse(`segment ${entry.sequence} of ${entry.representation} where ${representation.count} should follow`)
    if (entry.start < representation.end)
      refuse(`segment ${entry.sequence} of ${entry.representation} begins before its predecessor ends`)
    // Its form is right, but there may be no such day, and everything that is due goes by it.
    if (Number.isNaN(Date.parse(entry.wallClock))) refuse(`there is no time ${entry.wallClock}`)
    representation.first ??= entry
    representation.count++
    representation.end = entry.start + entry.duration
    if (manifest.keeps(entry.representation)) representation.segments.push(entry)
  },
  gap(manifest: EventManifest, entry: GapEntry): void {
    manifest.gaps.push(entry)
  },
  withdrawn(manifest: EventManifest, entry: WithdrawnEntry): void {
    const representation = manifest.representations.get(entry.representation)
    if (representation === undefined || entry.sequence >= representation.count)
      refuse(`segment ${entry.sequence} of ${entry.representation} is withdrawn, and not listed`)
    representation.withdrawn.add(entry.sequence)
  },
  end(manifest: EventManifest): void {
    manifest.ended = true
  },
}

function refuse(message: string): never {
  throw new DecoderError('bad-manifest', `the manifest contradicts itself: ${message}`)
}
