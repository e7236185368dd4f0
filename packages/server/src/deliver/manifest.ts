// A delivery's manifest as its entries are appended: DELIVERY.md, Manifest. No I/O.
//
//   live ── end ──> ended
import type { ListedFile, ManifestEntry, RepresentationEntry, SegmentEntry, WithdrawnEntry } from '@rushes/protocol'
import { DeliveryError } from './delivery-error.ts'

const maxRepresentations = 64
const maxEntries = 2_000_000

export type Representation = {
  entry: RepresentationEntry
  /** By sequence. */
  segments: SegmentEntry[]
  /** M5: sequences of segments that are no files any more. */
  withdrawn: Set<number>
  end: number
}

export class Manifest {
  readonly entries: ManifestEntry[] = []
  readonly representations: Map<string, Representation> = new Map()
  /** Every listed file that was not withdrawn, in the order of its entry. */
  readonly files: Map<string, ListedFile> = new Map()
  /** Of all listed files. */
  bytes = 0
  ended = false

  /**
   * Adds an entry that follows all others.
   *
   * @throws DeliveryError `bad-entry` (M3); nothing has changed then
   */
  append(entry: ManifestEntry): void {
    if (this.ended) refuse('nothing may follow the end')
    if (this.entries.length >= maxEntries) refuse(`a manifest has at most ${maxEntries} entries`)
    if (entry.type === 'representation') this.#addRepresentation(entry)
    else if (entry.type === 'segment') this.#addSegment(entry)
    else if (entry.type === 'withdrawn') this.#withdraw(entry)
    else if (entry.type === 'end') this.ended = true
    else if (entry.to < entry.from) refuse('a gap ends before it begins')
    this.entries.push(entry)
  }

  /** Takes back the last entry, which could not be stored. */
  removeLast(): void {
    const entry = this.entries.pop()
    if (entry === undefined) return
    if (entry.type === 'end') this.ended = false
    if (entry.type === 'representation') {
      this.representations.delete(entry.id)
      this.#removeFile(entry.init)
    }
    if (entry.type === 'segment') {
      const representation = this.representations.get(entry.representation)!
      representation.segments.pop()
      const last = representation.segments.at(-1)
      representation.end = last === undefined ? 0 : last.start + last.duration
      this.#removeFile(entry.file)
    }
    if (entry.type === 'withdrawn') this.#restore(entry)
  }

  /** What an entry withdrew. */
  withdrawnFile({ representation, sequence }: WithdrawnEntry): ListedFile {
    return this.representations.get(representation)!.segments[sequence]!.file
  }

  /** The representations whose segments make the recording's own body: the first set's first video and first audio. */
  bodyRepresentations(): Representation[] {
    const [first] = this.representations.values()
    if (first === undefined) return []
    const { set } = first.entry
    return [this.#firstOf(set, 'video'), this.#firstOf(set, 'audio')].filter((found) => found !== undefined)
  }

  #firstOf(set: string, kind: 'video' | 'audio'): Representation | undefined {
    for (const each of this.representations.values())
      if (each.entry.set === set && each.entry.kind === kind) return each
    return undefined
  }

  /** DELIVERY.md, E1: where on the event's timeline the body begins, s; 0 while nothing of it is listed. */
  bodyStart(): number {
    const body = new Map(this.bodyRepresentations().map(({ entry }) => [entry.id, entry.timescale]))
    const first = this.entries.find((entry) => entry.type === 'segment' && body.has(entry.representation))
    return first?.type === 'segment' ? first.start / body.get(first.representation)! : 0
  }

  #addRepresentation(entry: RepresentationEntry): void {
    if (this.representations.size >= maxRepresentations)
      refuse(`a delivery has at most ${maxRepresentations} representations`)
    if (this.representations.has(entry.id)) refuse(`there is a representation ${entry.id} already`)
    // What the body is made of is settled by then: it is appended as segments come.
    const first = [...this.representations.values()][0]
    if (first !== undefined && entry.set === first.entry.set) {
      const joinsBody = !this.bodyRepresentations().some((other) => other.entry.kind === entry.kind)
      const begun = this.bodyRepresentations().some(({ segments }) => segments.length > 0)
      if (joinsBody && begun) refuse(`the set ${entry.set} has begun without ${entry.kind}`)
    }
    this.#addFile(entry.init)
    this.representations.set(entry.id, { entry, segments: [], withdrawn: new Set(), end: 0 })
  }

  #addSegment(entry: SegmentEntry): void {
    const representation = this.representations.get(entry.representation)
    if (representation === undefined) refuse(`no representation ${entry.representation} is listed before its segment`)
    const { segments, end } = representation
    if (entry.sequence !== segments.length)
      refuse(`segment ${entry.sequence} of ${entry.representation} where ${segments.length} should follow`)
    if (entry.start < end) refuse(`segment ${entry.sequence} of ${entry.representation} begins before ${end}`)
    this.#addFile(entry.file)
    segments.push(entry)
    representation.end = entry.start + entry.duration
  }

  #withdraw({ representation: id, sequence }: WithdrawnEntry): void {
    const representation = this.representations.get(id)
    const segment = representation?.segments[sequence]
    if (representation === undefined || segment === undefined) refuse(`there is no segment ${sequence} of ${id}`)
    if (representation.withdrawn.has(sequence)) refuse(`segment ${sequence} of ${id} is withdrawn already`)
    const { set, kind } = representation.entry
    if (this.#firstOf(set, kind) === representation) refuse(`${id} is the first ${kind} of its set: nothing of it goes`)
    representation.withdrawn.add(sequence)
    this.#removeFile(segment.file)
  }

  /** Files are in the order of their entries, so all of them are put down again. */
  #restore({ representation, sequence }: WithdrawnEntry): void {
    this.representations.get(representation)!.withdrawn.delete(sequence)
    this.files.clear()
    this.bytes = 0
    for (const entry of this.entries) {
      if (entry.type === 'representation') this.#addFile(entry.init)
      else if (entry.type === 'segment' && !this.#isWithdrawn(entry)) this.#addFile(entry.file)
    }
  }

  #isWithdrawn({ representation, sequence }: SegmentEntry): boolean {
    return this.representations.get(representation)!.withdrawn.has(sequence)
  }

  #addFile(file: ListedFile): void {
    if (this.files.has(file.name)) refuse(`the file ${file.name} is listed already`)
    this.files.set(file.name, file)
    this.bytes += file.size
  }

  #removeFile(file: ListedFile): void {
    this.files.delete(file.name)
    this.bytes -= file.size
  }
}

function refuse(message: string): never {
  throw new DeliveryError('bad-entry', message)
}
