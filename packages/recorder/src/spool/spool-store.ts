// Where recordings wait on this machine: one folder (or record set) a recording.

export type SpoolKind = 'opfs' | 'indexeddb' | 'memory'

/** Where the bytes are being delivered to. */
export type SpoolTarget = {
  recordingId: string
  ingestUrl: string
  token: string
  /**
   * 0 for the recording itself. Where the server published it before everything had come (SPEC.md Q2), the rest goes to
   * a new recording: the spool's head, then the body from this offset.
   */
  cut: number
  /** Acknowledged, in the target's own offsets; and the chain there. */
  offset: number
  crc: number
  /** Number, in the spool, of the event that is the target's first. */
  firstEvent: number
}

export type SpoolMeta = {
  id: string
  title: string
  contentType: string
  /** ms since 1970 */
  createdAt: number
  state: 'recording' | 'stopped'
  target: SpoolTarget | null
  /** Where the body's head ends (headers without media); 0 while unknown. */
  headBytes: number
}

/** One recording's bytes. Offsets are those of the body. */
export interface SpoolFile {
  readonly meta: SpoolMeta
  /** First byte that is still held (after the head), and the end; what a crash tore is not counted. */
  readonly start: number
  readonly size: number
  /** Resolves when the bytes are durable. @throws SpoolError `quota`, after which nothing of `bytes` is there */
  append(bytes: Uint8Array): Promise<void>
  /** At most `length` bytes from `offset`; fewer at the end. The head stays readable. */
  read(offset: number, length: number): Promise<Uint8Array>
  /**
   * Bytes before `offset` may be forgotten, but for the head; some of them may stay. Where `offset` lies beyond the end,
   * nothing stays and the next append begins there.
   */
  release(offset: number): Promise<void>
  /** How many events there are; what a crash tore is not counted. */
  readonly events: number
  /** Resolves when they are durable, after those that are there. @throws SpoolError `quota`, after which none of them is */
  appendEvents(events: readonly string[]): Promise<void>
  /** At most `most` from number `first` on. They stay until the spool is removed. */
  readEvents(first: number, most: number): Promise<string[]>
  /** Replaces the metadata, durably: old or new after a crash. */
  describe(meta: SpoolMeta): Promise<void>
  close(): Promise<void>
}

export interface SpoolStore {
  readonly kind: SpoolKind
  list(): Promise<{ meta: SpoolMeta; heldBytes: number }[]>
  create(meta: SpoolMeta): Promise<SpoolFile>
  /** @throws SpoolError `missing` */
  open(id: string): Promise<SpoolFile>
  remove(id: string): Promise<void>
}
