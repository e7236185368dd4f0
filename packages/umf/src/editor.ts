// SPEC.md, Commit. Every step is on disk before the next one: a crash at any instant leaves the old state or the new one.
import { type Anchor, decodeAnchor, encodeAnchor, FOOTER_BYTES, footer, readFooter, readHead, SLOTS } from './anchor.ts'
import { Appender } from './appender.ts'
import { ascii } from './ascii.ts'
import { fourcc, HEAD_BYTES, walkBoxes } from './box.ts'
import { type Change, ChangingDescription } from './changing-description.ts'
import { carve, hashOf, headEntry, indexEntry } from './cover.ts'
import { type CoverEntry, checkItem, checkPresentation, type Description } from './description.ts'
import { appendIndex } from './index-commit.ts'
import { type Item, type Presentation, withRoundedTimes } from './item.ts'
import { appendItems, type InlineBytes, layInline, type NewItem } from './item-content.ts'
import { recordBox } from './record.ts'
import { type MakeSha256, sameBytes, toHex } from './sha256.ts'
import { type Signature, signatureBox } from './signature-box.ts'
import type { EditableFile } from './source.ts'
import { type ArchiveState, openState } from './state.ts'
import { UmfError } from './umf-error.ts'

export type Edit = {
  /** Items of a name that is there replace it. */
  put?: readonly NewItem[]
  /** Members of items to set, and to remove where null; the bytes stay. A new `name` renames. */
  change?: readonly { name: string; fields: Readonly<Record<string, unknown>> }[]
  remove?: readonly string[]
  /** Members to set, and to remove where null. */
  metadata?: Readonly<Record<string, unknown>>
  /** Members of the main presentation to set, and to remove where null. */
  presentation?: Readonly<Record<string, unknown>>
}

export type EditOptions = {
  /** `record`: cheap however many items there are, but whoever opens the file has to walk (J4). `index` by default. */
  by?: 'index' | 'record'
}

/** What a signer is told; gives back what {@link Signature} says. */
export type Signer = (state: { id: string; root: string; generation: number }) => Promise<Signature>

/**
 * Opens an archive to change it in place, after mending what a crash has left. One editor at a time.
 *
 * @throws UmfError as {@link openState}; `malformed` too where its newest state is damaged
 */
export async function openEditor(file: EditableFile, sha256: MakeSha256): Promise<Editor> {
  const editor = new Editor(file, sha256, await openState(file, sha256))
  await editor.mend()
  return editor
}

export class Editor {
  readonly #file: EditableFile
  readonly #sha256: MakeSha256
  #state: ArchiveState
  #isLost = false

  constructor(file: EditableFile, sha256: MakeSha256, state: ArchiveState) {
    this.#file = file
    this.#sha256 = sha256
    this.#state = state
  }

  get state(): ArchiveState {
    return this.#state
  }

  /** W1: what an earlier commit has left unfinished. */
  async mend(): Promise<void> {
    const { anchor, end } = this.#state
    await this.#refuseDamage()
    if (this.#file.size > end) {
      await this.#file.truncate(end)
      await this.#file.sync()
    }
    if (anchor === null) return
    const current = encodeAnchor(anchor, this.#sha256)
    const named = (await this.#slots()).filter((slot) => sameBytes(slot, current)).length
    if (named === 0) await this.#writeSlot(anchor)
    await this.#setTypes(anchor)
    if (this.#state.description.erases === true && named < SLOTS.length) await this.#overwrite(anchor)
  }

  /**
   * Commits a change.
   *
   * @throws UmfError `invalid`, `not-found`, `name-taken`, `source`; the file is as before. Where even that could not be
   *   made sure of, every further edit throws `source`, and whoever opens the file anew finds the old state or the new
   */
  async edit(edit: Edit, { by = 'index' }: EditOptions = {}): Promise<void> {
    await this.#append(async (appender) => {
      const { description } = this.#state
      const changed = this.#changedItems(edit)
      const presentation = edit.presentation && this.#changedPresentation(edit.presentation)
      checkNames(edit, changed, { ...description, ...(presentation && { presentation }) })
      // Items of a record are not inline (J3).
      const isIndexed = by === 'index' || changed.some(({ inline }) => inline !== undefined)
      const inline: InlineBytes = new Map()
      const added = await appendItems(appender, edit.put ?? [], isIndexed ? inline : null, this.#sha256)
      const renamed = (edit.change ?? []).filter(({ name }, index) => changed[index]!.name !== name)
      const change: Change = {
        put: [...changed, ...added],
        remove: [...(edit.remove ?? []), ...renamed.map(({ name }) => name)],
        ...(edit.metadata && { metadata: { ...edit.metadata } }),
        ...(presentation && { presentation }),
        cover: [...(await this.#headCover()), ...appender.takeCover()],
      }
      const changing = new ChangingDescription(description)
      if (isIndexed) await this.#keepInline(inline, edit.change ?? [], changed)
      changing.apply(change)
      if (isIndexed) await this.#commitIndex(appender, changing, inline)
      else await this.#commitRecord(appender, change)
    })
  }

  /** Writes the index that records have left out. */
  async writeIndex(): Promise<void> {
    await this.#append(async (appender) => {
      const changing = new ChangingDescription(this.#state.description)
      changing.apply({ cover: await this.#headCover() })
      await this.#commitIndex(appender, changing, await this.#keepInline(new Map()))
    })
  }

  /** S1: signatures of the current state, whose index is written first where it is missing. */
  async sign(signers: readonly Signer[]): Promise<void> {
    if (this.#state.anchor === null || this.#state.records.length > 0) await this.writeIndex()
    await this.#append(async (appender) => {
      const { anchor, description, root } = this.#state
      const state = { id: description.id, root: toHex(root), generation: description.generation }
      const signatures = await Promise.all(signers.map((sign) => sign(state)))
      for (const signature of signatures) await appender.proven(signatureBox(signature, this.#sha256))
      await this.#file.sync()
      const next = { ...anchor!, generation: anchor!.generation + 1, end: appender.at + FOOTER_BYTES }
      await this.#commit(appender, next)
    })
  }

  /** W6: removes items, and overwrites with zeros all that no state needs any more: their bytes, older indexes, records. */
  async erase(names: readonly string[]): Promise<void> {
    await this.#append(async (appender) => {
      for (const name of names) this.#itemOf(name)
      const changing = new ChangingDescription(this.#state.description)
      changing.apply({ remove: [...names], cover: [...(await this.#headCover()), ...(await this.#coverOfLast())] })
      const { cover } = changing.description(0)
      const records: [number, number][] = []
      for await (const { type, offset, size } of walkBoxes(this.#file, HEAD_BYTES, this.#state.end)) {
        if (type === 'umfj') records.push([offset + 8, size - 8])
      }
      const free = cover
        .filter(([, , kind]) => kind === 'free')
        .map(([offset, length]): [number, number] => [offset, length])
      const indexes = cover.filter(([, length, kind]) => kind === 'index' && length > 8)
      const payloads = indexes.map(([offset, length]): [number, number] => [offset + 8, length - 8])
      const carved = await carve(this.#file, cover, [...free, ...payloads, ...records], this.#sha256)
      await this.#commitIndex(appender, changing, await this.#keepInline(new Map()), carved)
      await this.#overwrite(this.#state.anchor!)
    })
  }

  /** Runs what appends; where it fails, what it appended is taken back. */
  async #append(run: (appender: Appender) => Promise<void>): Promise<void> {
    if (this.#isLost) throw new UmfError('source', 'an edit was broken off: the file has to be opened anew')
    const { generation, end } = this.#state
    // The last ones are for an index that a signature needs, and the signature.
    if (generation > Number.MAX_SAFE_INTEGER - 3) throw new UmfError('too-large', 'no generation is left')
    const appender = new Appender(end, (bytes) => this.#file.write(appender.at, bytes), this.#sha256)
    // What a sync that failed has left on the disk is not known, and what is read back may be in memory alone.
    this.#isLost = true
    try {
      await run(appender)
      this.#isLost = false
    } catch (fault) {
      if (this.#state.generation === generation) await this.#takeBack(end)
      throw fault
    }
  }

  async #takeBack(end: number): Promise<void> {
    try {
      await this.#file.truncate(end)
      await this.#file.sync()
      this.#isLost = false
    } catch {
      // The next editor mends it; the first fault is what is told.
    }
  }

  /** @param erasing the whole cover of a state whose `erased` bytes are still to be overwritten */
  async #commitIndex(
    appender: Appender,
    changing: ChangingDescription,
    inline: InlineBytes,
    erasing?: CoverEntry[],
  ): Promise<void> {
    const { generation, id } = this.#state
    if (erasing === undefined) changing.apply({ cover: await this.#coverOfLast() })
    const laid = layInline(changing.description(generation + 1), inline)
    const { erases: _, ...before } = laid.description
    const description: Description = erasing === undefined ? before : { ...before, erases: true, cover: erasing }
    const anchor = await appendIndex(appender, { description, idat: laid.idat, type: 'umfi' }, id, this.#sha256)
    await this.#file.sync()
    await this.#commit(appender, anchor)
    await this.#setTypes(anchor)
  }

  /** W3. */
  async #commit(appender: Appender, anchor: Anchor): Promise<void> {
    await appender.proven(footer(anchor, this.#sha256))
    await this.#syncCommit(anchor.generation)
    await this.#writeSlot(anchor)
    this.#state = await openState(this.#file, this.#sha256)
  }

  /** W5. */
  async #commitRecord(appender: Appender, change: Change): Promise<void> {
    const { generation, root, description } = this.#state
    await this.#file.sync()
    await appender.proven(recordBox(root, { id: description.id, generation: generation + 1, ...change }, this.#sha256))
    await this.#syncCommit(generation + 1)
    this.#state = await openState(this.#file, this.#sha256)
  }

  /** After this the edit is made: whatever fails then, nothing is taken back. */
  async #syncCommit(generation: number): Promise<void> {
    await this.#file.sync()
    this.#state = { ...this.#state, generation }
  }

  /** No crash leaves an anchor whose index is not on the disk: to cut off what follows would lose what may be saved. */
  async #refuseDamage(): Promise<void> {
    const { id, generation } = this.#state
    const last = readFooter(await this.#file.read(this.#file.size - FOOTER_BYTES, FOOTER_BYTES), this.#sha256)
    for (const anchor of [...(await this.#slots()).map((slot) => decodeAnchor(slot, this.#sha256)), last]) {
      if (anchor === null || !sameBytes(anchor.id, id) || anchor.generation <= generation) continue
      throw new UmfError(
        'malformed',
        `generation ${anchor.generation} is damaged, and is not cut off`,
        anchor.indexOffset,
      )
    }
  }

  async #writeSlot(anchor: Anchor): Promise<void> {
    const generations = (await this.#slots()).map((slot) => decodeAnchor(slot, this.#sha256)?.generation ?? 0)
    const place = generations[0]! <= generations[1]! ? SLOTS[0] : SLOTS[1]
    await this.#file.write(place, encodeAnchor(anchor, this.#sha256))
    await this.#file.sync()
  }

  /** W4: the index before becomes `free`, then the new one `meta`. */
  async #setTypes({ indexOffset }: Anchor): Promise<void> {
    const before = this.#state.description.cover.filter(([, , kind]) => kind === 'index').at(-1)
    if (before !== undefined) await this.#setType(before[0], 'free')
    await this.#setType(indexOffset, 'meta')
    await this.#file.sync()
  }

  async #setType(offset: number, type: 'free' | 'meta'): Promise<void> {
    if (fourcc(await this.#file.read(offset, 8), 4) !== type) await this.#file.write(offset + 4, ascii(type))
  }

  /** W6: the second half, from when the anchor is in one slot until it is in both. */
  async #overwrite(anchor: Anchor): Promise<void> {
    const zeros = new Uint8Array(1024 * 1024)
    for (const [offset, length, kind] of this.#state.description.cover) {
      if (kind !== 'erased') continue
      for (let at = 0; at < length; at += zeros.length) {
        await this.#file.write(offset + at, zeros.subarray(0, Math.min(zeros.length, length - at)))
      }
    }
    await this.#file.sync()
    const current = encodeAnchor(anchor, this.#sha256)
    for (const [index, slot] of (await this.#slots()).entries()) {
      if (!sameBytes(slot, current)) await this.#file.write(SLOTS[index as 0 | 1], current)
    }
    await this.#file.sync()
  }

  /** Entries for what the next index leaves behind: the last one with what followed it, and the records since. */
  async #coverOfLast(): Promise<CoverEntry[]> {
    const { anchor, records } = this.#state
    const entries: CoverEntry[] = []
    if (anchor !== null) {
      const after = anchor.indexOffset + anchor.indexSize
      entries.push(await indexEntry(this.#file, anchor.indexOffset, anchor.indexSize, this.#sha256))
      entries.push([
        after,
        anchor.end - after,
        'structure',
        await hashOf(this.#file, after, anchor.end - after, this.#sha256),
      ])
    }
    for (const { offset, size } of records) {
      entries.push([offset, size, 'structure', await hashOf(this.#file, offset, size, this.#sha256)])
    }
    return entries
  }

  /** Of an archive that has neither index nor record. */
  async #headCover(): Promise<CoverEntry[]> {
    return this.#state.generation === 0 ? [await headEntry(this.#file, this.#sha256)] : []
  }

  async #slots(): Promise<readonly Uint8Array[]> {
    return readHead(await this.#file.read(0, HEAD_BYTES)).slots
  }

  /** The bytes of inline items that stay, which the next index holds. */
  async #keepInline(
    inline: InlineBytes,
    change: NonNullable<Edit['change']> = [],
    changed: readonly Item[] = [],
  ): Promise<InlineBytes> {
    const { description, idat } = this.#state
    const names = new Map(change.map(({ name }, index) => [name, changed[index]!.name]))
    for (const { name, inline: place } of description.items) {
      const next = names.get(name) ?? name
      if (place !== undefined && !inline.has(next))
        inline.set(next, await this.#file.read(idat.at + place[0], place[1]))
    }
    return inline
  }

  #changedItems({ remove = [], change = [], presentation }: Edit): Item[] {
    for (const name of remove) this.#itemOf(name)
    const shown = presentation?.['name']
    if (this.#state.description.items.some(({ name }) => name === shown))
      throw new UmfError('name-taken', `there is an item ${JSON.stringify(shown)}`)
    return this.#merged(change)
  }

  #merged(change: NonNullable<Edit['change']>): Item[] {
    return change.map(({ name, fields }) => {
      const before = this.#itemOf(name)
      for (const fixed of ['extents', 'inline', 'length', 'digest']) {
        if (Object.hasOwn(fields, fixed)) throw new UmfError('invalid', `${fixed} of an item can't be set: put it anew`)
      }
      const item = checkItem(withRoundedTimes(merged(before, fields)))
      if (item.name !== name && this.#state.description.items.some((other) => other.name === item.name)) {
        throw new UmfError('name-taken', `there is an item ${JSON.stringify(item.name)}`)
      }
      return item
    })
  }

  #changedPresentation(fields: Readonly<Record<string, unknown>>): Presentation {
    const before = this.#state.description.presentation
    if (!before) throw new UmfError('not-found', 'there is no main presentation')
    for (const fixed of ['length', 'type']) {
      if (Object.hasOwn(fields, fixed)) throw new UmfError('invalid', `${fixed} of the presentation can't be set`)
    }
    return checkPresentation(withRoundedTimes(merged(before, fields)))
  }

  #itemOf(name: string): Item {
    const item = this.#state.description.items.find((each) => each.name === name)
    if (item === undefined) throw new UmfError('not-found', `no item ${JSON.stringify(name)}`)
    return item
  }
}

/** What an edit leaves behind it has distinct names: two would be an archive that nobody can open. */
function checkNames(
  { put = [], remove = [], change = [] }: Edit,
  changed: readonly Item[],
  { items, presentation }: Pick<Description, 'items' | 'presentation'>,
): void {
  const added = [...changed.map(({ name }) => name), ...put.map(({ item }) => item.name)]
  const gone = new Set([...remove, ...change.map(({ name }) => name), ...added])
  const names = new Set(items.map(({ name }) => name).filter((name) => !gone.has(name)))
  for (const name of [...added, ...(presentation ? [presentation.name] : [])]) {
    if (names.has(name)) throw new UmfError('name-taken', `${JSON.stringify(name)} is given twice`)
    names.add(name)
  }
}

function merged(before: object, fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept = Object.entries(before).filter(([name]) => !Object.hasOwn(fields, name))
  return Object.fromEntries([...kept, ...Object.entries(fields).filter(([, value]) => value !== null)])
}
