// What tasks of a conversion hand to each other; of what is large, the file in which it lies.
import type { Json, Resource } from '@rushes/pipeline'
import { z } from 'zod'
import type { Deck, Track } from './families/family.ts'
import { type FoundFile, foundFileSchema } from './input/found-file.ts'
import { type TrackFacts, trackFactsSchema } from './media/track-facts.ts'
import type { AlignedFile } from './timeline/correlated-reading.ts'
import { type Wishes, wishesSchema } from './wishes.ts'

/** One kind of resource: how it is made, and read again from a journal. */
export class ResourceKind<Data> {
  readonly kind: string
  readonly #schema: z.ZodType<Data>

  constructor(kind: string, schema: z.ZodType<Data>) {
    this.kind = kind
    this.#schema = schema
  }

  make(name: string, data: Data, bytes?: number): Resource {
    return { name, kind: this.kind, data: data as Json, ...(bytes !== undefined && { bytes: Math.round(bytes) }) }
  }

  is({ kind }: Resource): boolean {
    return kind === this.kind
  }

  read({ data }: Resource): Data {
    return this.#schema.parse(data)
  }

  all(resources: readonly Resource[]): Data[] {
    return resources.filter((each) => this.is(each)).map((each) => this.read(each))
  }

  /** @throws Error where there is none: a mistake of the ruleset */
  one(resources: readonly Resource[]): Data {
    const found = resources.find((each) => this.is(each))
    if (found === undefined) throw new Error(`there is no ${this.kind}`)
    return this.read(found)
  }
}

const path = z.string()
const index = z.number().int().min(0)

export const trackSchema: z.ZodType<Track> = z.strictObject({
  file: z.string(),
  role: z.enum(['main', 'camera', 'screen', 'voice']),
  startMs: z.number(),
  endMs: z.number().nullable(),
  isStretched: z.boolean().optional(),
  side: z.string().optional(),
})

export const deckSchema: z.ZodType<Deck> = z.strictObject({
  name: z.string(),
  title: z.string().optional(),
  document: z.string().optional(),
  pages: z.array(z.string().nullable()),
  thumbnails: z.array(z.string().nullable()).optional(),
})

type AtPath = { path: string }
type OfMontage = { montage: string }

/** `stamp`: another one where the input has changed. `prefix`: in front of names of its files. */
export const inputKind: ResourceKind<AtPath & { prefix: string; stamp: string }> = new ResourceKind(
  'input',
  z.strictObject({ path, prefix: z.string(), stamp: z.string() }),
)
export const wishesKind: ResourceKind<Wishes> = new ResourceKind('wishes', wishesSchema)
export const identityKind: ResourceKind<{ id: string; createdAt: number }> = new ResourceKind(
  'identity',
  z.strictObject({ id: z.string(), createdAt: z.number() }),
)
export const readingKind: ResourceKind<AtPath> = new ResourceKind('reading', z.strictObject({ path }))
export const trackKind: ResourceKind<{ index: number; track: Track; file: FoundFile }> = new ResourceKind(
  'track',
  z.strictObject({ index, track: trackSchema, file: foundFileSchema }),
)
export const lookedKind: ResourceKind<{ index: number; track: Track; facts: TrackFacts }> = new ResourceKind(
  'looked-track',
  z.strictObject({ index, track: trackSchema, facts: trackFactsSchema }),
)
export const deckKind: ResourceKind<{ index: number; deck: Deck; document: FoundFile | null }> = new ResourceKind(
  'deck',
  z.strictObject({ index, deck: deckSchema, document: foundFileSchema.nullable() }),
)
export const pagesKind: ResourceKind<AtPath> = new ResourceKind('pages', z.strictObject({ path }))
export const montageKind: ResourceKind<AtPath> = new ResourceKind('montage', z.strictObject({ path }))
export const cutKind: ResourceKind<OfMontage & { index: number }> = new ResourceKind(
  'cut',
  z.strictObject({ montage: path, index }),
)
export const segmentKind: ResourceKind<AtPath & { index: number }> = new ResourceKind(
  'segment',
  z.strictObject({ path, index }),
)
export const soundPlanKind: ResourceKind<OfMontage> = new ResourceKind('sound-plan', z.strictObject({ montage: path }))
export const soundKind: ResourceKind<AtPath> = new ResourceKind('sound', z.strictObject({ path }))
/** `file`: the one that it is as it is, and that is no item then. */
export const presentationKind: ResourceKind<AtPath & { startMs: number; file: string | null }> = new ResourceKind(
  'presentation',
  z.strictObject({ path, startMs: z.number().min(0), file: z.string().nullable() }),
)
/** A recording of the event of which nothing says when it began. */
export const unplacedKind: ResourceKind<{ file: FoundFile }> = new ResourceKind(
  'unplaced',
  z.strictObject({ file: foundFileSchema }),
)
const alignedFields = { startMs: z.number(), durationMs: z.number(), driftPpm: z.number() }
export const alignedKind: ResourceKind<AlignedFile> = new ResourceKind(
  'aligned',
  z.strictObject({ file: z.string(), to: z.string(), ...alignedFields, agreement: z.number(), spreadMs: z.number() }),
)
/** There are decks of which nothing says when they are shown. `track`: index of the one in which they may be seen. */
export const slideWatchKind: ResourceKind<{ track: number | null }> = new ResourceKind(
  'slide-watch',
  z.strictObject({ track: index.nullable() }),
)
export const seenSlidesKind: ResourceKind<AtPath> = new ResourceKind('seen-slides', z.strictObject({ path }))
/** `finding`, `discovered`: files that tell what was extracted and discovered. */
export const umfKind: ResourceKind<AtPath & { finding: string | null; discovered: string | null }> = new ResourceKind(
  'umf',
  z.strictObject({ path, finding: path.nullable(), discovered: path.nullable() }),
)

/** What the extractor has seen in a file that is no whole resource of one kind. */
export const blobIndexKind: ResourceKind<AtPath> = new ResourceKind('blob-index', z.strictObject({ path }))
/** What nobody knows: files, and what of them. */
export const leftoverKind: ResourceKind<AtPath> = new ResourceKind('leftover', z.strictObject({ path }))
export const discoveredKind: ResourceKind<AtPath> = new ResourceKind('discovered', z.strictObject({ path }))

/** Of any content. */
export const fileKind: { make(file: FoundFile): Resource; all(resources: readonly Resource[]): FoundFile[] } = {
  make: (file) => ({
    ...{ name: `file:${file.name}`, kind: `file/${file.kind.replaceAll(/\s/g, '')}`, bytes: file.size },
    data: JSON.parse(JSON.stringify(file)) as Json,
  }),
  all: (resources) =>
    resources.filter(({ kind }) => kind.startsWith('file/')).map(({ data }) => foundFileSchema.parse(data)),
}
