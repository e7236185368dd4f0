import { type Anchor, footer, head } from './anchor.ts'
import { Appender, type Content } from './appender.ts'
import { idBytes, newArchiveId } from './archive-id.ts'
import { box, HEAD_BYTES } from './box.ts'
import { ChangingDescription } from './changing-description.ts'
import { type CoverEntry, checkDescription, checkPresentation } from './description.ts'
import { appendIndex } from './index-commit.ts'
import { type Item, type Presentation, withRoundedTimes } from './item.ts'
import { appendItems, type InlineBytes, layInline, type NewItem } from './item-content.ts'
import { recordBox } from './record.ts'
import { type MakeSha256, sha256Of, toHex } from './sha256.ts'
import { emptyState } from './state.ts'
import { UmfError } from './umf-error.ts'

export type WriterOptions = {
  /** Takes the bytes in order; the next ones wait until it is through. */
  write: (bytes: Uint8Array) => Promise<void> | void
  sha256: MakeSha256
  /** Of the archive; a new one where it is left out. */
  id?: string
  metadata?: Record<string, unknown>
  /** Further members of the description: `requires`, `extensions`, and what is not known here (I5); not with `records`. */
  members?: Readonly<Record<string, unknown>>
  /** Writes a record after each addition (J4), so that a file that is cut off reads up to its last whole item. */
  records?: boolean
}

export type NewPresentation = Omit<Presentation, 'length'>

/**
 * Writes an archive from its first byte to its last, to a pipe or an object store: nothing is written twice. First the
 * {@link media}, then items, then {@link finish}. Where the medium can seek, {@link UmfWriter.slot} says what to put into
 * the head.
 */
export class UmfWriter {
  readonly id: string
  readonly #options: WriterOptions
  readonly #appender: Appender
  readonly #changing: ChangingDescription
  #presentation: Presentation | null = null
  #generation = 0
  #root: Uint8Array = new Uint8Array(32)
  #isBegun = false
  #hasItems = false
  /** What the next record or the index covers. */
  #metadata: Record<string, unknown>
  /** Of bytes 0 to 2,047; in the first record or the index. */
  #headCover: CoverEntry[] = []
  /** D5: they prove themselves until an index covers them. */
  readonly #records: CoverEntry[] = []
  readonly #inline: InlineBytes = new Map()
  #anchor: Anchor | null = null

  constructor(options: WriterOptions) {
    this.id = options.id ?? newArchiveId()
    this.#options = options
    this.#appender = new Appender(0, options.write, options.sha256)
    this.#metadata = options.metadata ?? {}
    const { description } = emptyState(idBytes(this.id))
    this.#changing = new ChangingDescription(checkDescription({ ...options.members, ...description }))
  }

  /**
   * The main presentation: `moov`, then the header of `mdat` and what is in it; chunk offsets as if the head of 8,192 bytes
   * were before them.
   *
   * @param structure what stands before the samples
   * @throws UmfError `invalid`
   */
  async media(presentation: NewPresentation, structure: Uint8Array, samples: Content): Promise<void> {
    if (this.#presentation !== null || this.#hasItems)
      throw new UmfError('invalid', 'the main presentation comes first, and once')
    const fields = withRoundedTimes(presentation)
    checkPresentation({ ...fields, length: HEAD_BYTES })
    await this.#begin()
    await this.#appender.structure(structure)
    await this.#appender.media(samples)
    this.#presentation = checkPresentation({ ...fields, length: this.#appender.at })
    await this.#record([])
  }

  /** @throws UmfError `invalid`, `name-taken`; `source`: content that is not as long as was said */
  async add(...news: readonly NewItem[]): Promise<Item[]> {
    await this.#begin()
    this.#hasItems = true
    const names = new Set<string>()
    for (const { item } of news) {
      if (this.#changing.isTaken(item.name) || names.has(item.name))
        throw new UmfError('name-taken', `there is an item ${JSON.stringify(item.name)}`)
      names.add(item.name)
    }
    const items = await appendItems(
      this.#appender,
      news,
      this.#options.records === true ? null : this.#inline,
      this.#options.sha256,
    )
    await this.#record(items)
    return items
  }

  /** An extension box of the caller's own (F7). */
  async extension(type: string, content: Uint8Array): Promise<void> {
    await this.#begin()
    if (/^(ftyp|umf.|meta|mdat|moov|moof|free|skip)$/.test(type) || !/^[\x20-\x7e]{4}$/.test(type)) {
      throw new UmfError('invalid', `no extension can be of type ${type}`)
    }
    if (type === 'uuid' && content.length < 16)
      throw new UmfError('invalid', 'an extension of type uuid begins with the 16 bytes of its own type')
    this.#hasItems = true
    await this.#appender.structure(box(type, content))
  }

  /** The index and the footer; nothing can be added after it. @returns bytes of the file */
  async finish(metadata: Record<string, unknown> = {}): Promise<number> {
    await this.#begin()
    this.#metadata = { ...this.#metadata, ...metadata }
    this.#changing.apply({
      cover: [...this.#takeCover(), ...this.#records],
      metadata: this.#metadata,
      ...(this.#presentation && { presentation: this.#presentation }),
    })
    this.#generation++
    const { sha256 } = this.#options
    const { description, idat } = layInline(this.#changing.description(this.#generation), this.#inline)
    const anchor = await appendIndex(this.#appender, { description, idat, type: 'meta' }, idBytes(this.id), sha256)
    this.#anchor = anchor
    await this.#appender.proven(footer(anchor, this.#options.sha256))
    return this.#appender.at
  }

  /** After {@link finish}: the anchor, for a slot of the head where the medium can seek. */
  get anchor(): Anchor {
    if (this.#anchor === null) throw new UmfError('invalid', 'the archive is not finished')
    return this.#anchor
  }

  async #begin(): Promise<void> {
    if (this.#anchor !== null) throw new UmfError('invalid', 'the archive is finished')
    if (this.#isBegun) return
    this.#isBegun = true
    const bytes = head(idBytes(this.id))
    await this.#appender.structure(bytes.subarray(0, 2048))
    // D2: the rest of the head holds the slots.
    this.#headCover = this.#appender.takeCover()
    await this.#appender.proven(bytes.subarray(2048))
  }

  async #record(put: Item[]): Promise<void> {
    if (this.#options.records !== true) {
      this.#changing.apply({ put, cover: this.#takeCover() })
      return
    }
    const isFirst = this.#generation === 0
    const change = {
      put,
      cover: this.#takeCover(),
      ...(isFirst && { metadata: this.#metadata }),
      ...(this.#presentation && { presentation: this.#presentation }),
    }
    this.#generation++
    const bytes = recordBox(this.#root, { id: this.id, generation: this.#generation, ...change }, this.#options.sha256)
    this.#changing.apply(change)
    this.#root = bytes.slice(-32)
    const digest = toHex(sha256Of(this.#options.sha256, bytes))
    this.#records.push([this.#appender.at, bytes.length, 'structure', digest])
    await this.#appender.proven(bytes)
  }

  #takeCover(): CoverEntry[] {
    return [...this.#headCover.splice(0), ...this.#appender.takeCover()]
  }
}
