// SPEC.md, Index: the file-level `meta` that holds the description, and tells other programs of the items.
import { ascii } from './ascii.ts'
import { box, joined, readBoxHeader } from './box.ts'
import { type Description, toJson } from './description.ts'
import type { Item } from './item.ts'
import { sameBytes } from './sha256.ts'
import { UmfError } from './umf-error.ts'

/** I3: programs that read ISO files slow down with each item; Chromium takes 30 ms for so many, see docs/benchmarks.md. */
const MOST_LISTED = 1000

const fullBoxHead = new Uint8Array(4)
const utf8 = new TextEncoder()

/**
 * Payload of an index box, in pieces.
 *
 * @param idat bytes of inline items, joined
 * @param json the description, where it is at hand
 */
export function indexPayload(
  description: Description,
  idat: Uint8Array,
  json: Uint8Array = toJson(description),
): Uint8Array[] {
  return [...listing(description.items, idat), box('umfx', json)]
}

const hdlr = box('hdlr', fullBoxHead, new Uint8Array(4), ascii('umf '), new Uint8Array(12), new Uint8Array(1))
/** I1: what it holds, and nothing else. */
const orders: ReadonlySet<string> = new Set(['hdlr iloc iinf umfx', 'hdlr iloc iinf idat umfx'])

/** What stands before the description, and follows from it (I3). */
function listing(items: readonly Item[], idat: Uint8Array): Uint8Array[] {
  const listed = items.slice(0, MOST_LISTED).flatMap((item, index) => {
    const place = placeOf(item)
    return place === null ? [] : [{ id: index + 1, item, ...place }]
  })
  const iloc = box(
    'iloc',
    new Uint8Array([1, 0, 0, 0]),
    new Uint8Array([0x88, 0x00]), // 8 bytes for offsets and lengths, none for base offset and index
    u16(listed.length),
    ...listed.map(({ id, method, offset, length }) => joined([u16(id, method, 0, 1), u64(offset, length)])),
  )
  const entries = listed.map(({ id, item }) =>
    box(
      'infe',
      new Uint8Array([2, 0, 0, 0]),
      u16(id, 0),
      ascii('mime'),
      cString(item.name),
      cString(item.contentType),
      cString(''),
    ),
  )
  const iinf = box('iinf', fullBoxHead, u16(entries.length), ...entries)
  return [fullBoxHead, hdlr, iloc, iinf, ...(idat.length > 0 ? [box('idat', idat)] : [])]
}

export type IndexParts = {
  description: Uint8Array
  /** Offsets in the payload. */
  descriptionAt: number
  idat: { at: number; length: number }
  /** Everything before `umfx`. */
  before: Uint8Array
}

/** @param payload of the index box. @throws UmfError `malformed` */
export function readIndexPayload(payload: Uint8Array, offset: number): IndexParts {
  const parts = new Map<string, { at: number; bytes: Uint8Array }>()
  const types: string[] = []
  for (let at = 4; at < payload.length; ) {
    const header = readBoxHeader(payload.subarray(at, at + 16), at, payload.length)
    if (header === null || header.headerSize !== 8)
      throw new UmfError('malformed', 'a box of the index is cut', offset + at)
    types.push(header.type)
    parts.set(header.type, { at, bytes: payload.subarray(at, at + header.size) })
    at += header.size
    if (types.length > 5) break
  }
  if (!sameBytes(payload.subarray(0, 4), fullBoxHead) || !orders.has(types.join(' ')))
    throw new UmfError('malformed', 'the index does not hold what an index holds', offset)
  if (!sameBytes(parts.get('hdlr')!.bytes, hdlr))
    throw new UmfError('malformed', 'the index is that of another format', offset)
  const idat = parts.get('idat')
  const { at: descriptionAt, bytes } = parts.get('umfx')!
  return {
    description: bytes.subarray(8),
    descriptionAt,
    idat: idat === undefined ? { at: 0, length: 0 } : { at: idat.at + 8, length: idat.bytes.length - 8 },
    before: payload.subarray(0, descriptionAt),
  }
}

/** Whether `iloc`, `iinf` and what else stands before the description are what the description asks for (I3). */
export function repeatsDescription(parts: IndexParts, payload: Uint8Array, description: Description): boolean {
  const idat = payload.subarray(parts.idat.at, parts.idat.at + parts.idat.length)
  const wanted = joined(listing(description.items, idat))
  return wanted.length === parts.before.length && wanted.every((byte, index) => byte === parts.before[index])
}

function placeOf(item: Item): { method: 0 | 1; offset: number; length: number } | null {
  if (item.inline !== undefined) {
    const [offset, length] = item.inline
    return length === 0 ? null : { method: 1, offset, length }
  }
  if (item.extents?.length !== 1) return null
  const [offset, length] = item.extents[0]!
  return { method: 0, offset, length }
}

function u16(...values: number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value >> 8, value & 0xff]))
}

function u64(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(8 * values.length)
  const view = new DataView(bytes.buffer)
  values.forEach((value, index) => {
    view.setBigUint64(8 * index, BigInt(value))
  })
  return bytes
}

function cString(text: string): Uint8Array {
  return joined([utf8.encode(text), new Uint8Array(1)])
}
