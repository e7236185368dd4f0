// A recording as an archive: what it says of itself, and where in the body the rest lies.
import type { Extent, Layout, View } from '@rushes/media'
import { fileOrder, makeLayout, sliceLayout } from '@rushes/media'
import {
  type Caller,
  EVENTS_TYPE,
  eventsContent,
  type Item,
  mayRead,
  type PlannedArchive,
  type PlannedItem,
  type PlanPart,
  planArchive,
  type Restricted,
  type StoredBytes,
  strictest,
  type TimelineEvent,
  withOrigin,
} from '@rushes/umf'
import { nodeSha256 } from '@rushes/umf/node'
import type { DerivedItem, Recording } from '../catalog/schema.ts'
import { frontOf } from '../catalog/uploads.ts'
import { archiveHeadBytes } from './archive-head.ts'
import type { KeptContent } from './kept-content.ts'
import { type BodyRange, digestName } from './range-digest.ts'
import { summaryOf } from './summary.ts'
import { layoutVersion } from './view-file.ts'

/** Raised whenever the same recording would be planned otherwise here: two states of an archive have two generations. */
const planVersion = 0

/** What a recording is put together from. */
export type ArchiveSource = {
  recording: Recording
  mp4: View
  /** Of the MP4 view's media; of the whole body where there is no such view. */
  media: StoredBytes
  /** On the clock of the recording's files. */
  events: readonly TimelineEvent[]
  /** Of an uploaded archive. */
  kept: KeptContent | null
  /** Of an uploaded archive that is a plain recording: why. */
  note: string | null
  /** Whether the body itself may be an item: an uploaded archive holds more than everybody may read. */
  bodyFor: 'everybody' | 'owner' | 'nobody'
  /** In the order in which they were made: it is that of their files behind the body. */
  derived: readonly DerivedItem[]
  caller: Caller
}

/** Small enough to be kept for everybody who asks again. */
export type RecordingArchive = {
  planned: PlannedArchive
  /** Where the items lie in the body, by their place in the plan. */
  ranges: readonly (readonly BodyRange[])[]
  boxes: readonly BodyRange[]
  /** Of all derived items, the caller's or not: ranges behind the body count on them. */
  derivedFiles: readonly { digest: Buffer; size: number }[]
}

/** @throws UmfError */
export function planRecording(source: ArchiveSource): RecordingArchive {
  const { recording, mp4, media, kept } = source
  const structure = mp4.state === 'ready' ? { structure: structureOf(mp4.layout), media: [media] } : null
  const fields = structure && presentationOf(source)
  // An archive of items alone is no item of itself.
  const isItem = structure === null && kept === null
  const own = [...(isItem ? bodyItem(source) : []), ...(kept?.items ?? timelineItem(source))]
  const derived = plannedDerived(source, [...(fields ? [fields] : []), ...own.map(({ planned }) => planned.item)])
  const items = [...own, ...derived]
  const plan = {
    id: archiveIdOf(source),
    // What was made and is not for this caller changes nothing that this caller sees. A newer builder that lays the same recording
    // out otherwise makes another state of it, under a number of its own.
    generation: recording.generation + derived.length + layoutVersion + planVersion,
    metadata: metadataOf(source),
    further: kept?.further ?? {},
    presentation: structure && fields && { ...structure, fields },
    boxes: (kept?.boxes ?? []).map(([, length, digest]) => ({ length, digest })),
    items: items.map(({ planned }) => planned),
  }
  return {
    planned: planArchive(plan, nodeSha256),
    ranges: items.map(({ ranges }) => ranges),
    boxes: (kept?.boxes ?? []).map(([offset, length]) => ({ offset, length })),
    derivedFiles: source.derived.map(({ sha256, length }) => ({ digest: sha256, size: length })),
  }
}

/** F4: of an archive that was uploaded, the id that it came with, unless another recording here had it. */
function archiveIdOf({ recording, kept }: ArchiveSource): string {
  return recording.archive_id ?? kept?.archiveId ?? recording.id
}

/**
 * The file. Its type is that of its main presentation, which every player plays; where it has none, RFC 4337 has
 * `application/mp4` for an MP4 file that is neither to be seen nor to be heard.
 */
export function archiveLayout({ planned, ranges, boxes }: RecordingArchive, mp4: View): Layout {
  const shown = mp4.state === 'ready' ? mp4.layout : null
  const extentsOf = (part: PlanPart): readonly Extent[] => {
    if (part.kind === 'bytes') return [part]
    if (part.kind === 'box') return [{ kind: 'body', ...boxes[part.index]! }]
    if (part.kind === 'item') return ranges[part.index]!.map((range) => ({ kind: 'body', ...range }))
    return behindHead(shown!).filter(({ kind }) => (kind === 'body') === (part.kind === 'media'))
  }
  return makeLayout(shown?.contentType ?? 'application/mp4', planned.parts.flatMap(extentsOf), shown?.patches ?? null)
}

/** Of the MP4 view: which range of the body it shows. */
export function shownRange(layout: Layout): BodyRange {
  const [range, ...others] = layout.extents.filter((extent) => extent.kind === 'body')
  if (range === undefined || others.length > 0) throw new Error('an MP4 view shows one range of its body')
  return { offset: range.offset, length: range.length }
}

function behindHead(layout: Layout): Extent[] {
  return sliceLayout(layout, archiveHeadBytes, layout.size)
}

function structureOf(layout: Layout): Uint8Array[] {
  return behindHead(layout).flatMap((extent) => (extent.kind === 'bytes' ? [extent.bytes] : []))
}

function presentationOf({ recording, mp4, kept }: ArchiveSource) {
  const hasPicture = mp4.state === 'ready' && mp4.layout.contentType.startsWith('video/')
  const { durationMs = 0 } = summaryOf(recording)
  const own = { name: hasPicture ? 'recording.mp4' : 'recording.m4a', durationMs: rounded(durationMs) }
  const type = hasPicture ? ('video' as const) : ('audio' as const)
  return { ...own, ...kept?.presentation, type, contentType: hasPicture ? 'video/mp4' : 'audio/mp4' }
}

function metadataOf(source: ArchiveSource): Record<string, unknown> {
  const { recording, kept, note } = source
  const { title, created_at: created, published_at: ended, duration_ms: durationMs } = recording
  const isRecorded = recording.end_reason !== 'uploaded'
  const own = {
    created: created.toISOString(),
    // Of a file that was made elsewhere nobody told when it was recorded.
    ...(isRecorded && { started: created.toISOString(), ...(ended && { ended: ended.toISOString() }) }),
    ...(durationMs !== null && { durationMs: rounded(durationMs) }),
    ...(note !== null && { notes: [{ severity: 'warning', code: 'archive-not-restored', message: note }] }),
  }
  if (kept === null) return { title, ...own }
  const { archiveId, generation, metadata } = kept
  const said = { ...metadata, title: restoredTitle(metadata) === title ? metadata['title'] : title }
  return archiveIdOf(source) === archiveId ? said : withOrigin(said, { id: archiveId, generation, by: 'upload' })
}

const mostTitle = 500

/** The title that a recording takes over from an archive; null where it says none. */
export function restoredTitle({ title }: Readonly<Record<string, unknown>>): string | null {
  const text = typeof title === 'string' ? title.trim().slice(0, mostTitle) : ''
  return text === '' ? null : text.toWellFormed().replaceAll('\u0000', '\ufffd')
}

type PlacedItem = { planned: PlannedItem; ranges: readonly BodyRange[] }

function timelineItem({ events }: ArchiveSource): PlacedItem[] {
  if (events.length === 0) return []
  const item = { name: 'timeline.json', type: 'events', contentType: EVENTS_TYPE }
  return [{ planned: { item, bytes: eventsContent(events) }, ranges: [] }]
}

const bodies: Readonly<Record<string, { contentType: string; ending: string }>> = {
  webm: { contentType: 'video/webm', ending: '.webm' },
  matroska: { contentType: 'video/matroska', ending: '.mkv' },
  mp4: { contentType: 'video/mp4', ending: '.mp4' },
}

/** A recording that no MP4 player knows is an item as it was sent. */
function bodyItem({ recording, media, bodyFor }: ArchiveSource): PlacedItem[] {
  if (bodyFor === 'nobody') return []
  const { container = '', tracks = [] } = summaryOf(recording)
  const { contentType, ending } = bodies[container] ?? { contentType: 'application/octet-stream', ending: '' }
  const kinds = tracks.map(({ kind }) => kind)
  const type = kinds.includes('video') ? 'video' : kinds.includes('audio') ? 'audio' : 'data'
  const item = {
    name: `recording${ending}`,
    type,
    contentType: type === 'audio' ? contentType.replace('video/', 'audio/') : contentType,
    ...(bodyFor === 'owner' && { level: 0 }),
  }
  return [{ planned: { item, stored: media }, ranges: fileOrder(frontOf(recording), recording.size!) }]
}

/**
 * L4: what was made of items is there for whoever may read all of them, with the strictest of their limits as they are now:
 * nothing of them is kept beside it that could grow old.
 */
function plannedDerived(
  { recording, derived, caller }: ArchiveSource,
  items: readonly (Restricted & Span & { name: string })[],
): PlacedItem[] {
  const known = new Map(items.map((item) => [item.name, item]))
  const placed: PlacedItem[] = []
  let offset = recording.size!
  for (const row of derived) {
    const { name, type, content_type: contentType, length, sha256, sources, made_by: by, encryption } = row
    const at = offset
    offset += length
    const from = sources.map((source) => known.get(source)).filter((source) => source !== undefined)
    if (from.length < sources.length || known.has(name)) continue
    // P4: what an item of another recording leads to has limits that are kept there.
    const limits = strictest(row.owner_alone ? [...from, { level: 0 }] : from)
    if (!mayRead(caller, limits)) continue
    const item = {
      ...{ name, type, contentType, ...limits, ...joinedSpan(from), from: { items: sources, by } },
      ...(encryption !== null && { encryption: encryption as Item['encryption'] & {} }),
    }
    known.set(name, item)
    const stored = { length, digest: digestName(sha256) }
    placed.push({ planned: { item, stored }, ranges: [{ offset: at, length }] })
  }
  return placed
}

type Span = { startMs?: number | undefined; endMs?: number | undefined; durationMs?: unknown }

/** From the first beginning to the last end, where all have both. */
function joinedSpan(sources: readonly Span[]): { startMs?: number; endMs?: number } {
  const starts = sources.map(({ startMs, durationMs }) => startMs ?? (durationMs === undefined ? Number.NaN : 0))
  const ends = sources.map(({ startMs, endMs, durationMs }) =>
    typeof durationMs === 'number' ? (startMs ?? 0) + durationMs : (endMs ?? startMs ?? Number.NaN),
  )
  const [startMs, endMs] = [Math.min(...starts), Math.max(...ends)]
  return endMs >= startMs ? { startMs: rounded(startMs), endMs: rounded(endMs) } : {}
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
