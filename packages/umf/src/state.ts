// SPEC.md, Open: which state a file is in, whatever was going on when it was left.
import { type Anchor, decodeAnchor, FOOTER_BYTES, readFooter, readHead } from './anchor.ts'
import { idText } from './archive-id.ts'
import { HEAD_BYTES, MOST_INDEX_BYTES, readBoxHeader, walkBoxes } from './box.ts'
import { ChangingDescription } from './changing-description.ts'
import { type Description, parseDescription } from './description.ts'
import { readIndexPayload } from './index-box.ts'
import { checkApart, checkCover, checkNamed } from './places.ts'
import { readRecord } from './record.ts'
import { type MakeSha256, sameBytes, sha256OfWhole } from './sha256.ts'
import { MOST_SIGNATURE_BYTES, MOST_SIGNATURES, readSignature, type Signature } from './signature-box.ts'
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
  const found = (await stateByFooter(source, sha256)) ?? (await stateBySlots(source, sha256))
  const state = found.end === source.size ? found : await walkOn(source, found, sha256)
  checkApart(state.description.items)
  return state
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
  if (!sameBytes(await sha256OfWhole(sha256, payload), root)) return null
  const parts = readIndexPayload(payload, indexOffset + 8)
  const description = parseDescription(parts.description, indexOffset + 8 + parts.descriptionAt)
  if (description.id !== idText(id) || description.generation > generation) {
    throw new UmfError('malformed', 'the description is of another archive', indexOffset)
  }
  const idat = { at: indexOffset + 8 + parts.idat.at, length: parts.idat.length }
  checkNamed(description, indexOffset, idat.length)
  checkCover(description.cover, HEAD_BYTES, indexOffset, true)
  const signatures = await signaturesIn(source, indexOffset + indexSize, end, sha256)
  return { id, generation, root, end, description, anchor, idat, records: [], signatures }
}

async function signaturesIn(source: Source, from: number, to: number, sha256: MakeSha256): Promise<Signature[]> {
  const signatures: Signature[] = []
  for await (const box of walkBoxes(source, from, to)) {
    if (box.type !== 'umfs' || box.size > MOST_SIGNATURE_BYTES) continue
    const signature = readSignature(await source.read(box.offset + 8, box.size - 8), sha256)
    if (signature === null) continue
    if (signatures.push(signature) > MOST_SIGNATURES)
      throw new UmfError('too-large', `more than ${MOST_SIGNATURES} signatures`, box.offset)
  }
  return signatures
}

/**
 * O4: what a footer makes of the state before it; null where it is none of a later commit. Each index is read once, however
 * many footers name it.
 */
async function nextState(
  source: Source,
  state: ArchiveState,
  anchor: Anchor,
  sha256: MakeSha256,
): Promise<ArchiveState | null> {
  if (!sameBytes(anchor.id, state.id) || anchor.generation <= state.generation) return null
  if (anchor.indexOffset >= state.end) return await stateAt(source, anchor, sha256)
  // S1: the same index once more, with signatures.
  const { anchor: before, end, records } = state
  if (before === null || records.length > 0 || anchor.indexOffset !== before.indexOffset) return null
  if (anchor.indexSize !== before.indexSize || !sameBytes(anchor.root, before.root)) return null
  const signatures = [...state.signatures, ...(await signaturesIn(source, end, anchor.end, sha256))]
  if (signatures.length > MOST_SIGNATURES)
    throw new UmfError('too-large', `more than ${MOST_SIGNATURES} signatures`, anchor.end)
  return { ...state, generation: anchor.generation, end: anchor.end, anchor, signatures }
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
      if (content.put?.some(({ inline }) => inline !== undefined))
        throw new UmfError('malformed', 'an item of a record is inline', offset)
      checkCover(content.cover, state.end, offset, state.generation === 0)
      changing ??= new ChangingDescription(state.description)
      const before = changing.presentation
      changing.apply(content)
      if (before && before.length !== changing.presentation?.length)
        throw new UmfError('malformed', 'a record gives the presentation another length', offset)
      // E4: one that comes to be is to lie beside all items that are there.
      const items = before ? (content.put ?? []) : changing.items
      checkNamed({ items, presentation: changing.presentation }, offset, state.idat.length)
      state.records.push({ offset, size, cover: content.cover })
      state = { ...state, generation: content.generation, root, end: offset + size, signatures: [] }
    } else if (type === 'umff' && size === FOOTER_BYTES) {
      const anchor = readFooter(await source.read(offset, FOOTER_BYTES), sha256)
      if (anchor === null || anchor.end !== offset + size) continue
      const next = await nextState(source, state, anchor, sha256)
      if (next === null) continue
      state = next
      changing = null
    }
  }
  return changing === null ? state : { ...state, description: changing.description(state.generation) }
}
