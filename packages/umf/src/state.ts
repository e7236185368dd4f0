// SPEC.md, Open: which state a file is in, whatever was going on when it was left.
import { type Anchor, decodeAnchor, FOOTER_BYTES, readFooter, readHead, SLOTS } from './anchor.ts'
import { idText } from './archive-id.ts'
import { HEAD_BYTES, MOST_INDEX_BYTES, readBoxHeader, walkBoxes } from './box.ts'
import { ChangingDescription } from './changing-description.ts'
import { type Description, parseDescription } from './description.ts'
import { readIndexPayload } from './index-box.ts'
import { readRecord } from './record.ts'
import { type MakeSha256, sameBytes, sha256Of } from './sha256.ts'
import { readSignature, type Signature } from './signature-box.ts'
import type { Source } from './source.ts'
import { UmfError } from './umf-error.ts'

/** One state of an archive, and where in the file it stands. */
export type ArchiveState = {
  /** 16 bytes. */
  id: Uint8Array
  generation: number
  /** 32 bytes; zeros where nothing was committed yet. */
  root: Uint8Array
  /** Where the state ends in the file; what follows is no part of it. */
  end: number
  description: Description
  /** Null for an archive that reads by its records alone. */
  anchor: Anchor | null
  /** Of the payload of `idat` in the file. */
  idat: { at: number; length: number }
  /** Since the index. */
  records: { offset: number; size: number; cover: Description['cover'] }[]
  /** Of this very state; none where records follow. */
  signatures: Signature[]
}

/** The state that a file is in. @throws UmfError `not-umf`, `malformed`, `too-large`, `source` */
export async function openState(source: Source, sha256: MakeSha256): Promise<ArchiveState> {
  if (source.size < HEAD_BYTES) throw new UmfError('not-umf', 'no universal media file: it is too short', 0)
  const state = (await stateByFooter(source, sha256)) ?? (await stateBySlots(source, sha256))
  return state.end === source.size ? state : await walkOn(source, state, sha256)
}

/** O1. The head is not asked for: that the ids agree is the check's to say. */
async function stateByFooter(source: Source, sha256: MakeSha256): Promise<ArchiveState | null> {
  const anchor = readFooter(await source.read(source.size - FOOTER_BYTES, FOOTER_BYTES), sha256)
  return anchor === null || anchor.end !== source.size ? null : await stateAt(source, anchor, sha256)
}

/** O2, O3. */
async function stateBySlots(source: Source, sha256: MakeSha256): Promise<ArchiveState> {
  const { id, slots } = readHead(await source.read(0, HEAD_BYTES))
  const anchors = slots
    .map((slot) => decodeAnchor(slot, sha256))
    .filter((anchor) => anchor !== null && anchor.end <= source.size && sameBytes(anchor.id, id)) as Anchor[]
  for (const anchor of anchors.sort((left, right) => right.generation - left.generation)) {
    const state = await stateAt(source, anchor, sha256)
    if (state !== null) return state
  }
  return emptyState(id)
}

export function emptyState(id: Uint8Array): ArchiveState {
  const description: Description = {
    version: 1,
    id: idText(id),
    generation: 0,
    digest: 'sha-256',
    metadata: {},
    items: [],
    cover: [],
  }
  const root = new Uint8Array(32)
  return {
    id,
    generation: 0,
    root,
    end: HEAD_BYTES,
    description,
    anchor: null,
    idat: { at: 0, length: 0 },
    records: [],
    signatures: [],
  }
}

/** The state that an anchor names; null where its index is not what it says. */
async function stateAt(source: Source, anchor: Anchor, sha256: MakeSha256): Promise<ArchiveState | null> {
  const { indexOffset, indexSize, end, id, generation, root } = anchor
  if (end > source.size) return null
  // Footers and signatures follow the index; most often they come with it.
  const bytes = await source.read(indexOffset, indexSize)
  const header = readBoxHeader(bytes.subarray(0, 16), indexOffset, end)
  if (header === null || header.headerSize !== 8 || header.size !== indexSize) return null
  const payload = bytes.subarray(8)
  if (!sameBytes(sha256Of(sha256, payload), root)) return null
  const parts = readIndexPayload(payload, indexOffset + 8)
  const description = parseDescription(parts.description, indexOffset + 8 + parts.descriptionAt)
  if (description.id !== idText(id) || description.generation > generation) {
    throw new UmfError('malformed', 'the description is of another archive', indexOffset)
  }
  const idat = { at: indexOffset + 8 + parts.idat.at, length: parts.idat.length }
  checkPlaces(description, indexOffset, idat.length)
  const signatures: Signature[] = []
  for await (const box of walkBoxes(source, indexOffset + indexSize, end)) {
    if (box.type !== 'umfs') continue
    const signature = readSignature(await source.read(box.offset + 8, box.size - 8), sha256)
    if (signature !== null) signatures.push(signature)
  }
  return { id, generation, root, end, description, anchor, idat, records: [], signatures }
}

/** O4. */
async function walkOn(source: Source, from: ArchiveState, sha256: MakeSha256): Promise<ArchiveState> {
  let state = from
  let changing: ChangingDescription | null = null
  for await (const { type, offset, size, headerSize } of walkBoxes(source, from.end, source.size)) {
    if (type === 'umfj' && headerSize === 8 && size <= MOST_INDEX_BYTES) {
      const record = readRecord(await source.read(offset + 8, size - 8), offset + 8, state, sha256)
      if (record === null) continue
      const { content, root } = record
      changing ??= new ChangingDescription(state.description)
      const before = changing.presentation
      changing.apply(content)
      const { presentation } = changing
      if (before && before.length !== presentation?.length)
        throw new UmfError('malformed', 'a record gives the presentation another length', offset)
      checkPlaces({ items: content.put ?? [], presentation }, offset, 0)
      if (!before && presentation) {
        const stored = changing.description(0).items.filter(({ inline }) => inline === undefined)
        checkPlaces({ items: stored, presentation }, offset, 0)
      }
      checkRecordCover(content.cover, state, offset)
      state.records.push({ offset, size, cover: content.cover })
      state = { ...state, generation: content.generation, root, end: offset + size, signatures: [] }
    } else if (type === 'umff' && size === FOOTER_BYTES) {
      const anchor = readFooter(await source.read(offset, FOOTER_BYTES), sha256)
      if (anchor === null || anchor.end !== offset + size || !sameBytes(anchor.id, state.id)) continue
      const next = await stateAt(source, anchor, sha256)
      if (next === null) continue
      state = next
      changing = null
    }
  }
  return changing === null ? state : { ...state, description: changing.description(state.generation) }
}

/** J3: a record covers what lies between the state before and itself, the first one of a file its head as well. */
function checkRecordCover(cover: Description['cover'], before: ArchiveState, offset: number): void {
  const isFirst = before.anchor === null && before.records.length === 0
  for (const [from, length] of cover) {
    const isOfHead = isFirst && from + length <= SLOTS[0]
    if (!isOfHead && (from < before.end || from + length > offset))
      throw new UmfError('malformed', 'a record covers what is not its own', offset)
  }
}

/** Every extent lies behind the head and the presentation and before the index; inline bytes lie in `idat`. */
function checkPlaces(
  { items, presentation }: Pick<Description, 'items' | 'presentation'>,
  end: number,
  idatLength: number,
): void {
  const from = Math.max(HEAD_BYTES, presentation?.length ?? 0)
  if (from > end) throw new UmfError('malformed', 'the presentation ends past its index', end)
  for (const { name, extents = [], inline } of items) {
    if (name === presentation?.name)
      throw new UmfError('malformed', `an item has the name of the main presentation, ${name}`, end)
    for (const [offset, length] of extents) {
      if (offset < from || offset + length > end)
        throw new UmfError('malformed', `item ${name} lies where no item can`, offset)
    }
    if (inline !== undefined && inline[0] + inline[1] > idatLength) {
      throw new UmfError('malformed', `item ${name} lies past the inline bytes`, end)
    }
  }
}
