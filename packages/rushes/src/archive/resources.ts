// What is in an archive: the object that inspect, pack and convert print, and the same as a table for people.
import {
  type Archive,
  type CheckedSignature,
  checkSignatures,
  DEFAULT_LEVEL,
  type Item,
  type TimelineEvent,
} from '@rushes/umf'
import stringWidth from 'string-width'
import { byteCount, clockTime, oneLine } from '../status/quantities.ts'

export type Note = { severity: 'info' | 'warning' | 'critical'; code: string; message: string; resource?: string }

/** One item, or the main presentation. */
export type Resource = {
  name: string
  type: string
  contentType: string
  length: number | null
  level: number
  /** Null for a pointer without one, and for the main presentation, unless it was asked for. */
  digest: string | null
  offset?: number
  /** Of a folder that was converted: where in it. */
  file?: string
  startMs?: number
  endMs?: number
  pointer?: string
  title?: string
  limits?: Record<string, unknown>
  /** What decrypts it. */
  encryption?: { module: string }
  isPresentation?: true
}

export type ShownSignature = Pick<CheckedSignature, 'signer' | 'algorithm' | 'time' | 'key' | 'isValid' | 'standing'>

export type ArchiveDescription = {
  id: string
  format: string
  durationMs: number
  generation: number
  metadata: Readonly<Record<string, unknown>>
  resources: Resource[]
  events: TimelineEvent[]
  notes: Note[]
  signatures: ShownSignature[]
}

const standingWords = { valid: 'by', invalid: 'NOT VALID: by', unchecked: 'can’t be checked here: by' } as const

export type DescribeOptions = {
  /** Where it was computed. */
  presentationDigest?: string | null
  /** What `offset` is in: the archive, or what it was converted from. */
  places?: 'archive' | 'input'
}

export async function describeArchive(
  archive: Archive,
  notes: readonly Note[] = [],
  { presentationDigest = null, places = 'archive' }: DescribeOptions = {},
): Promise<ArchiveDescription> {
  const events: TimelineEvent[] = []
  const faults: Note[] = []
  try {
    events.push(...(await archive.events()))
  } catch (fault) {
    faults.push({ severity: 'critical', code: 'events', message: (fault as Error).message })
  }
  const placed = (item: Item) => (places === 'input' ? inputPlace(item) : archivePlace(item, archive.state.idat.at))
  const items = archive.items().map((item) => ({ ...resourceOf(item), ...placed(item) }))
  const resources = [...presentationOf(archive, presentationDigest), ...items]
  const { format } = archive.metadata
  const signatures = await checkSignatures(archive.state)
  return {
    id: archive.id,
    format: typeof format === 'string' ? format : 'umf',
    durationMs: durationOf(resources, events),
    generation: archive.generation,
    metadata: archive.metadata,
    resources,
    events,
    notes: [...notes, ...notesOf(archive.metadata), ...faults],
    signatures: signatures.map(({ signer, algorithm, time, key, isValid, standing }) => ({
      ...{ signer, algorithm, time, key, isValid, standing },
    })),
  }
}

function presentationOf({ presentation }: Archive, digest: string | null): Resource[] {
  if (presentation === null) return []
  const {
    name,
    type,
    contentType,
    length,
    level = DEFAULT_LEVEL,
    startMs = 0,
    durationMs,
    title,
    limits,
  } = presentation
  const span = { startMs, endMs: inMs(startMs + durationMs) }
  const also = { ...(title !== undefined && { title }), ...(limits !== undefined && { limits }) }
  return [{ name, type, contentType, length, level, digest, ...span, ...also, isPresentation: true }]
}

type Place = Pick<Resource, 'offset' | 'file'>

/** @param idatAt where the bytes of inline items begin */
function archivePlace({ inline, extents = [] }: Item, idatAt: number): Place {
  if (inline !== undefined) return { offset: idatAt + inline[0] }
  return extents.length === 1 ? { offset: extents[0]![0] } : {}
}

/** Where an item's bytes lay when it was converted, as the converter has kept it. */
function inputPlace({ metadata }: Item): Place {
  const { offset, file } = (metadata?.['origin'] ?? {}) as { offset?: unknown; file?: unknown }
  return { ...(typeof offset === 'number' && { offset }), ...(typeof file === 'string' && { file }) }
}

function resourceOf(item: Item): Resource {
  const { name, type, contentType, length = null, level = DEFAULT_LEVEL, digest = null } = item
  const { startMs, endMs, pointer, title, limits, encryption } = item
  return {
    ...{ name, type, contentType, length, level, digest },
    ...(startMs !== undefined && { startMs }),
    ...(endMs !== undefined && { endMs }),
    ...(pointer !== undefined && { pointer }),
    ...(title !== undefined && { title }),
    ...(limits !== undefined && { limits }),
    ...(encryption !== undefined && { encryption: { module: encryption.module } }),
  }
}

function durationOf(resources: readonly Resource[], events: readonly TimelineEvent[]): number {
  let longest = events.at(-1)?.t ?? 0
  for (const { startMs = 0, endMs = startMs } of resources) longest = Math.max(longest, endMs)
  return longest
}

/** M1: what a conversion or a host has noted. What is of another form is metadata only. */
function notesOf({ notes }: Readonly<Record<string, unknown>>): Note[] {
  if (!Array.isArray(notes)) return []
  return notes.filter((note: Partial<Note> | null): note is Note => {
    const isKnown = ['info', 'warning', 'critical'].includes(String(note?.severity))
    return isKnown && typeof note?.code === 'string' && typeof note.message === 'string'
  })
}

function inMs(value: number): number {
  return Math.round(value * 1000) / 1000
}

/** Lines for people. */
export function archiveLines(described: ArchiveDescription): string[] {
  const { id, generation, metadata, durationMs, resources, events, notes, signatures } = described
  const kinds = new Map<string, number>()
  for (const { kind } of events) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  const { title } = metadata
  const head: [string, string][] = [
    ...(typeof title === 'string' ? [['title', title] as [string, string]] : []),
    ['id', `${id}, generation ${generation}`],
    ['duration', durationMs === 0 ? '–' : clockTime(durationMs)],
    ['events', events.length === 0 ? 'none' : [...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ')],
    ...signatures.map(({ signer, algorithm, time, standing }): [string, string] => [
      'signed',
      `${standingWords[standing]} ${signer}, ${time} (${algorithm})`,
    ]),
    ...(signatures.length === 0 ? [['signed', 'by nobody'] as [string, string]] : []),
  ]
  const rows = resources.map((resource) => [
    `${resource.name}${resource.isPresentation === true ? ' ▶' : ''}`,
    resource.type,
    resource.contentType,
    resource.length === null ? '–' : byteCount(resource.length),
    String(resource.level),
    resource.limits === undefined ? '' : Object.keys(resource.limits).join(', '),
    resource.startMs === undefined ? '' : spanOf(resource.startMs, resource.endMs),
    [
      resource.pointer === undefined ? (resource.title ?? '') : `→ ${resource.pointer}`,
      ...(resource.encryption === undefined ? [] : ['(encrypted)']),
    ]
      .join(' ')
      .trim(),
  ])
  return [...alignedLines(head), '', ...resourceLines(rows), ...noteLines(notes)]
}

export function noteLines(notes: readonly Note[]): string[] {
  return notes.map(({ severity, message, resource }) =>
    oneLine(`${severity}: ${resource === undefined ? '' : `${resource}: `}${message}`),
  )
}

/** Columns as wide as their widest cell, of at most 60. */
export function alignedLines(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map(oneLine))
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => Math.min(stringWidth(row[column]!), 60))),
  )
  return cells.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(Math.max(widths[column]! - stringWidth(cell), 0)))
      .join('  ')
      .trimEnd(),
  )
}

const headings = ['NAME', 'TYPE', 'CONTENT TYPE', 'SIZE', 'LEVEL', 'LIMITS', 'TIME', '']

/** Columns that are empty in every row are left out. */
function resourceLines(rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return ['no items']
  const isUsed = headings.map((_, column) => rows.some((row) => row[column] !== ''))
  return alignedLines([headings, ...rows].map((row) => row.filter((_, column) => isUsed[column])))
}

function spanOf(startMs: number, endMs: number | undefined): string {
  return endMs === undefined || endMs === startMs ? clockTime(startMs) : `${clockTime(startMs)}–${clockTime(endMs)}`
}
