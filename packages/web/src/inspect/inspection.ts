// What the worker tells the page of a file: plain values, all of them bounded, so that a hostile file costs the page little.
import type { CheckedSignature, CheckResult, Item, Presentation } from '@rushes/umf'

/** A box of the file, in the order of the bytes; a box of depth n + 1 lies in the last one of depth n before it. */
export type BoxEntry = { type: string; offset: number; size: number; headerSize: number; depth: number }

export type BoxTree = {
  boxes: BoxEntry[]
  /** Where boxes that can be told from each other end; less than the file where something else follows. */
  end: number
  /** There are more than are listed. */
  isCut: boolean
}

/** A run of bytes and what it is for. */
export type Region = {
  offset: number
  length: number
  kind: RegionKind
  /** Of the item that lies here, where it is one. */
  name?: string
  /** Neighbours that are shown as one. */
  count: number
}

export type RegionKind =
  | 'head'
  | 'structure'
  | 'media'
  | 'item'
  | 'index'
  | 'signature'
  | 'record'
  | 'footer'
  | 'free'
  | 'erased'
  | 'various'
  | 'unknown'

export type SignatureView = Omit<CheckedSignature, 'isValid' | 'key'> & {
  /** SHA-256 of the public key, hex. */
  fingerprint: string
}

/** An event of the timeline, its data as words. */
export type EventRow = { t: number; kind: string; resource: string | null; words: string }

export type ArchiveView = {
  id: string
  generation: number
  /** Hex. */
  root: string
  /** It opens by its index; else by its records alone. */
  hasIndex: boolean
  records: number
  metadata: Readonly<Record<string, unknown>>
  presentation: Presentation | null
  items: Item[]
  /** Where the bytes of inline items begin in the file. */
  idatAt: number
  requires: { for: string; module: string }[]
  extensions: ExtensionView[]
  signatures: SignatureView[]
  events: EventRow[]
  /** Why not all events are here, in words. */
  eventsNote: string | null
  regions: Region[]
}

/** Somebody's own, of the archive or of an item. */
export type ExtensionView = { name: string; bytes: number; item: string | null }

export type Inspection = {
  size: number
  tree: BoxTree
  archive: ArchiveView | null
  /** Why it is none, in the words of the reader. */
  noArchive: { code: string; message: string; offset: number | null } | null
}

export type Task = { task: 'open' | 'check' } & ({ file: Blob } | { address: string })

export type TaskAnswer =
  | { kind: 'progress'; done: number; total: number }
  | { kind: 'opened'; inspection: Inspection }
  | { kind: 'checked'; result: CheckResult }
  | { kind: 'failed'; code: string; message: string }
