/**
 * Archives made by hand that break one rule of SPEC.md each, with every digest right: no flipped bit tells, only whoever
 * knows the rule. Among them some that come close and break none.
 */
import { type Anchor, encodeAnchor, footer, head, SLOTS } from '../src/anchor.ts'
import { ascii } from '../src/ascii.ts'
import { box, boxHeader, joined } from '../src/box.ts'
import type { CoverEntry, Description } from '../src/description.ts'
import { indexPayload } from '../src/index-box.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'
import { sha256Of, toHex } from '../src/sha256.ts'

export type RuleBreaker = {
  name: string
  bytes: Uint8Array
  isIntact: boolean
  /** Already by whoever opens it; left out where SPEC.md leaves it to the check. */
  isRefused?: boolean
}

const id = '01900000-0000-7000-8000-0000000000ff'
const idBytes = Uint8Array.from(Buffer.from(id.replaceAll('-', ''), 'hex'))
export const hex = (...pieces: Uint8Array[]): string => toHex(sha256Of(sha256, ...pieces))

/** Where the payload of the one `mdat` begins: 64 bytes. */
export const DATA = 8200
const data = Uint8Array.from({ length: 64 }, (_, at) => at)
export const dataAt = (offset: number, length: number): Uint8Array =>
  data.subarray(offset - DATA, offset - DATA + length)
const entry = (offset: number, length: number, kind: CoverEntry[2]): CoverEntry => [
  offset,
  length,
  kind,
  hex(dataAt(offset, length)),
]

export type Loose = Record<string, unknown>
/** Of a description, so loose that it can be made wrong. */
export type Draft = { items: Loose[]; cover: unknown[] } & Loose

/** How an archive comes to be; each step can be made wrong. */
export type Making = {
  head: (head: Uint8Array) => void
  /** Type of the box of the items' bytes. */
  dataType: string
  describe: (draft: Draft) => void
  /** Of the description, as text or as bytes. */
  json: (text: string) => string | Uint8Array
  /** The boxes of the index before the description. */
  index: (pieces: Uint8Array[]) => Uint8Array[]
  anchor: (anchor: Anchor) => void
  /** The anchor once it is bytes; its digest is taken after. */
  anchorBytes: (bytes: Uint8Array) => void
  /** Between the index and its footer. */
  afterIndex: Uint8Array
  /** What stands in slot A; zeros by default. */
  slot: (anchor: Anchor) => Uint8Array
  /** Records, each with its root before. */
  records: Loose[]
}

function item(name: string, length: number, place: Loose, bytes: Uint8Array = new Uint8Array(0)): Loose {
  return { name, type: 'data', contentType: 'text/plain', length, digest: `sha256:${hex(bytes)}`, ...place }
}

function draft(headBytes: Uint8Array, dataHeader: Uint8Array): Draft {
  return {
    version: 1,
    id,
    generation: 1,
    digest: 'sha-256',
    metadata: {},
    items: [
      item('one', 16, { extents: [[DATA, 16]] }, dataAt(DATA, 16)),
      item('shared', 16, { extents: [[DATA, 16]] }, dataAt(DATA, 16)),
      item(
        'two',
        16,
        {
          extents: [
            [DATA + 24, 8],
            [DATA + 16, 8],
          ],
        },
        joined([dataAt(DATA + 24, 8), dataAt(DATA + 16, 8)]),
      ),
      item('in', 3, { inline: [0, 3] }, ascii('xyz')),
      item('empty', 0, { extents: [] }),
      { name: 'elsewhere', type: 'data', contentType: 'text/plain', pointer: 'https://example.org/' },
    ],
    cover: [
      [0, 2048, 'structure', hex(headBytes.subarray(0, 2048))],
      [8192, 8, 'structure', hex(dataHeader)],
      entry(DATA + 16, 8, 'item'),
      entry(DATA + 24, 8, 'item'),
      entry(DATA + 32, 32, 'free'),
    ],
  }
}

export function made(making: Partial<Making>): Uint8Array {
  const headBytes = head(idBytes)
  making.head?.(headBytes)
  const dataHeader = boxHeader(making.dataType ?? 'mdat', data.length)
  const description = draft(headBytes, dataHeader)
  making.describe?.(description)
  const pieces = indexPayload(description as unknown as Description, ascii('xyz')).slice(0, -1)
  const text = making.json?.(JSON.stringify(description)) ?? JSON.stringify(description)
  const json = typeof text === 'string' ? new TextEncoder().encode(text) : text
  const payload = joined([...(making.index?.(pieces) ?? pieces), box('umfx', json)])
  const index = box('meta', payload)
  const afterIndex = making.afterIndex ?? new Uint8Array(0)
  const indexOffset = DATA + data.length
  const anchor: Anchor = {
    generation: 1,
    indexOffset,
    indexSize: index.length,
    end: indexOffset + index.length + afterIndex.length + 136,
    id: idBytes,
    root: sha256Of(sha256, payload),
  }
  making.anchor?.(anchor)
  const end = footer(anchor, sha256)
  making.anchorBytes?.(end.subarray(8))
  end.set(sha256Of(sha256, end.subarray(8, 104)), 104)
  if (making.slot !== undefined) headBytes.set(making.slot(anchor), SLOTS[0])
  const parts = [headBytes, dataHeader, data, index, afterIndex, end]
  let root: Uint8Array = anchor.root
  for (const record of making.records ?? []) {
    const json = new TextEncoder().encode(JSON.stringify({ id, generation: 2, cover: [], ...record }))
    const next = sha256Of(sha256, root, json)
    parts.push(box('umfj', root, json, next))
    root = next
  }
  return joined(parts)
}

/** Members of the description, of an item, a part of an entry of cover, set to what is given. */
const said = (fields: Loose): Partial<Making> => ({ describe: (draft) => void Object.assign(draft, fields) })
const itemSaid = (fields: Loose, at = 0): Partial<Making> => ({
  describe: (draft) => void Object.assign(draft.items[at]!, fields),
})
const covered = (at: number, part: 2 | 3, value: string): Partial<Making> => ({
  describe: (draft) => void (draft.cover[at] as unknown[]).splice(part, 1, value),
})
const anchored = (fields: (anchor: Anchor) => Partial<Anchor>): Partial<Making> => ({
  anchor: (anchor) => void Object.assign(anchor, fields(anchor)),
})
const named = (name: string): Partial<Making> => itemSaid({ name })
const film = { name: 'film', type: 'video', contentType: 'video/mp4', length: 8192, durationMs: 5 }
export const presented = (fields: Loose = {}): Partial<Making> => said({ presentation: { ...film, ...fields } })
const extents = (...extents: [number, number][]): Partial<Making> => ({
  describe: (draft) => {
    const bytes = joined(extents.map(([offset, length]) => dataAt(offset, length)))
    Object.assign(draft.items[4]!, { extents, length: bytes.length, digest: `sha256:${hex(bytes)}` })
  },
})
const nested = (depth: number): unknown => (depth === 0 ? [] : [nested(depth - 1)])
export const recordItem = (fields: Loose): Loose => ({ ...item('later', 0, { extents: [] }), ...fields })

/** An item of these extents, as a record puts it. */
const lying = (name: string, ...extents: [number, number][]): Loose => {
  const bytes = joined(extents.map(([offset, length]) => dataAt(offset, length)))
  return recordItem({ name, extents, length: bytes.length, digest: `sha256:${hex(bytes)}` })
}
const free: [number, number] = [DATA + 32, 32]
const grown = { remove: ['shared'], put: [lying('one', [DATA, 16], free)] }

/** They break nothing. */
const good: Record<string, Partial<Making>> = {
  'nothing is wrong': {},
  'I2 nested 64 deep': said({ metadata: { deep: nested(61) } }),
  'I5 one name in two objects': {
    json: (text) => text.replace('"metadata":{}', '"metadata":{"a":{"a":1},"b":"{\\"a\\":"}'),
  },
  'E1 the longest name': named(`${'é'.repeat(127)}x`),
  'E4 a presentation': presented(),
  '1.0 is an integer': { json: (text) => text.replace('"version":1', '"version":1.0') },
  'D6 the slot is the anchor': { slot: (anchor) => encodeAnchor(anchor, sha256) },
  'D6 a slot of a commit before': {
    slot: (anchor) => encodeAnchor({ ...anchor, root: new Uint8Array(32), end: anchor.end - 1, indexSize: 20 }, sha256),
  },
  'J3 a record': { records: [{ put: [recordItem({})], remove: ['one'], metadata: { a: 1, b: null } }] },
  'J3 takes what was free': { records: [{ put: [lying('back', free)] }] },
  'J3 takes what was free, and lets it go': {
    records: [{ put: [lying('back', free)] }, { generation: 3, remove: ['back'] }],
  },
  'J3 a whole content becomes a part': { records: [grown] },
  'J3 a part becomes the whole content': {
    records: [grown, { generation: 3, put: [lying('one', [DATA, 16])] }, { generation: 4, remove: ['one', 'two'] }],
  },
  'J3 removed and put again': { records: [{ remove: ['empty'], put: [recordItem({ name: 'empty' })] }] },
}

/** Bytes that no record of ours reaches: what lies there is wrong wherever it is named. */
const beyond = { extents: [[20_000, 8]], length: 8, digest: `sha256:${hex(dataAt(DATA, 8))}` }

/** They break a rule in what a later record takes back. */
const takenBack: Record<string, Partial<Making>> = {
  'E2 past the record that names it, and removed': {
    records: [{ put: [recordItem({ name: 'late', ...beyond })] }, { generation: 3, remove: ['late'] }],
  },
  'E2 past the record that names it, and replaced': {
    records: [
      { put: [recordItem({ name: 'late', ...beyond })] },
      { generation: 3, put: [recordItem({ name: 'late' })] },
    ],
  },
  'E2 in the head, and removed': {
    records: [
      { put: [recordItem({ name: 'late', ...beyond, extents: [[4096, 8]] })] },
      { generation: 3, remove: ['late'] },
    ],
  },
  'E2 past the index, and removed': { ...itemSaid(beyond, 4), records: [{ remove: ['empty'] }] },
  'E2 inline past idat, and removed': { ...itemSaid({ inline: [1, 3] }, 3), records: [{ remove: ['in'] }] },
  'E1 the name of the presentation, and removed': { ...presented({ name: 'one' }), records: [{ remove: ['one'] }] },
  'E4 over items, and these removed': {
    ...presented({ length: DATA + 1 }),
    records: [{ remove: ['one', 'shared'] }],
  },
  'E4 past the index, without items': {
    ...presented({ length: DATA + 65 }),
    records: [{ remove: ['one', 'shared', 'two'] }],
  },
  'J3 a presentation past its record': {
    records: [{ remove: ['one', 'shared', 'two'], presentation: { ...film, length: 20_000 } }],
  },
  'J3 a presentation over items that go later': {
    records: [{ presentation: { ...film, length: 8210 } }, { generation: 3, remove: ['one', 'shared', 'two'] }],
  },
}

/** Of the index itself. */
const noIndex: Record<string, Partial<Making>> = {
  'I1 another order': { index: ([full, hdlr, iloc, iinf, ...rest]) => [full!, hdlr!, iinf!, iloc!, ...rest] },
  'I1 a box too many': { index: (pieces) => [...pieces, box('abcd')] },
  'I1 flags': { index: ([, ...rest]) => [Uint8Array.from([0, 0, 0, 1]), ...rest] },
  'I1 two descriptions': { index: (pieces) => [...pieces, box('umfx', ascii('{}'))] },
  'I1 another handler': {
    index: ([full, hdlr, ...rest]) => [
      full!,
      Buffer.from(Buffer.from(hdlr!).toString('latin1').replace('umf ', 'pict'), 'latin1'),
      ...rest,
    ],
  },
}

/** Of the state that is opened alone. */
const goneAgain: Record<string, Partial<Making>> = {
  'E2 overlaps, and removed': { ...extents([DATA + 8, 16]), records: [{ remove: ['empty'] }] },
}

const bad: Record<string, Partial<Making>> = {
  'F2 no iso6': { head: (bytes) => bytes.set(ascii('iso5'), 20) },
  'F2 no umf1': { head: (bytes) => bytes.set(ascii('umf2'), 32) },
  'F3 a byte of the head': { head: (bytes) => bytes.set([1], 8191) },
  'F3 another version': { head: (bytes) => bytes.set([0, 0, 0, 2], 44) },
  'F5 a second meta': { dataType: 'meta' },
  'F6 no mdat': { dataType: 'abcd' },
  'A1 another version': { anchorBytes: (bytes) => bytes.set([0, 0, 0, 2], 4) },
  'A1 a byte that must be zero': { anchorBytes: (bytes) => bytes.set([1], 63) },
  'A1 generation 0': anchored(() => ({ generation: 0 })),
  'A1 an index in the head': anchored(() => ({ indexOffset: 4096 })),
  'A1 another size': anchored(({ indexSize }) => ({ indexSize: indexSize - 1 })),
  'A1 an end before the footer': anchored(({ end }) => ({ end: end - 1 })),
  'I2 not UTF-8': {
    json: (text) => Buffer.from(text.replace('"metadata":{}', '"metadata":{"a":"\xff"}'), 'latin1'),
  },
  'E1 half of a character': named('\ud800'),
  'I2 nested 65 deep': {
    json: (text) => text.replace('"metadata":{}', `"metadata":{"deep":${JSON.stringify(nested(62))}}`),
  },
  'I2 an array': { json: (text) => `[${text}]` },
  'I2 more after it': { json: (text) => `${text}{}` },
  'I2 NaN': { json: (text) => text.replace('"metadata":{}', '"metadata":{"a":NaN}') },
  'I3 another name': {
    index: (pieces) =>
      pieces.map((piece) => Buffer.from(Buffer.from(piece).toString('latin1').replace('one', 'eno'), 'latin1')),
  },
  'I4 another id': said({ id: id.replace('ff', 'fe') }),
  'I4 a generation to come': said({ generation: 2 }),
  'I4 another version': said({ version: 2 }),
  'I4 other digests': said({ digest: 'md5' }),
  'I4 no metadata': { json: (text) => text.replace('"metadata":{},', '') },
  'I4 no base64': said({ extensions: [{ name: 'org.example', data: 'A' }] }),
  'I5 a member twice': { json: (text) => text.replace('"metadata":{}', '"metadata":{"a":1,"a":1}') },
  'I5 a member twice, written in two ways': {
    json: (text) => text.replace('"metadata":{}', '"metadata":{"a":1,"\\u0061":2}'),
  },
  'E1 an empty name': named(''),
  'E1 a way out': named('../one'),
  'E1 an empty part': named('a//b'),
  'E1 from the root': named('/a'),
  'E1 a drive': named('c:/a'),
  'E1 a backslash': named('a\\b'),
  'E1 a full stop': named('a./b'),
  'E1 a space': named('a '),
  'E1 a control character': named('a\u001f'),
  'E1 DEL': named('a\u007f'),
  'E1 form D': named('e\u0301'),
  'E1 256 bytes': named('é'.repeat(128)),
  'E1 two of one name': named('two'),
  'Items no type': itemSaid({ type: undefined }),
  'Items a type in capitals': itemSaid({ type: 'Data' }),
  'Items no media type': itemSaid({ contentType: 'text' }),
  'Items another length': itemSaid({ length: 15 }),
  'Items no digest': itemSaid({ digest: undefined }),
  'Items another digest': itemSaid({ digest: `sha256:${'0'.repeat(64)}` }, 1),
  'Items a digest in capitals': itemSaid({ digest: `sha256:${'A'.repeat(64)}` }),
  'Items at two places': itemSaid({ pointer: 'https://example.org/' }),
  'Items nowhere': itemSaid({ extents: undefined }),
  'Items a level below 0': itemSaid({ level: -1 }),
  'Items half a level': itemSaid({ level: 0.5 }),
  'Items limits that are an array': itemSaid({ limits: [] }),
  'Items ends before it starts': itemSaid({ startMs: 2, endMs: 1 }),
  'Items inline past idat': itemSaid({ inline: [1, 3] }, 3),
  'E2 inline without a byte': {
    describe: (draft) => Object.assign(draft.items[4]!, { inline: [0, 0], extents: undefined }),
  },
  'E2 the same extent twice': extents([DATA + 32, 32], [DATA + 32, 32]),
  'E2 overlaps': extents([DATA + 8, 16]),
  'E2 shares a part': extents([DATA, 16], [DATA + 16, 8]),
  'E2 the other order': extents([DATA + 16, 8], [DATA + 24, 8]),
  'E2 in the head': itemSaid({ extents: [[8184, 16]] }),
  'E2 in the index': itemSaid({ extents: [[DATA + 60, 16]] }),
  'E2 an empty extent': itemSaid({ extents: [[DATA, 0]] }, 4),
  'E4 the name of an item': presented({ name: 'one' }),
  'E4 a slide': presented({ type: 'slide' }),
  'E4 shorter than the head': presented({ length: 8191 }),
  'E4 over an item': presented({ length: DATA + 1 }),
  'E4 past the index': presented({ length: DATA + 65 }),
  'E4 no duration': presented({ durationMs: undefined }),
  'X1 for nothing': itemSaid({ requires: [{ for: 'fun', module: 'urn:a' }] }),
  'Bounds 101 requirements': itemSaid({ requires: Array(101).fill({ for: 'show', module: 'urn:a' }) }),
  'Bounds a long title': itemSaid({ title: 'a'.repeat(10_001) }),
  'D2 a gap': { describe: (draft) => void draft.cover.splice(1, 1) },
  'D2 covered twice': { describe: (draft) => void draft.cover.splice(2, 0, entry(DATA, 16, 'item')) },
  'D2 not sorted': { describe: (draft) => void draft.cover.reverse() },
  'D2 several extents under one entry': {
    describe: (draft) => void draft.cover.splice(2, 2, entry(DATA + 16, 16, 'item')),
  },
  'D3 an unknown kind': covered(0, 2, 'other'),
  'D3 another digest': covered(4, 3, '0'.repeat(64)),
  'D3 erased, and not zero': covered(4, 2, 'erased'),
  'D4 no index': covered(4, 2, 'index'),
  'D5 a box after the index': { afterIndex: box('free', ascii('1234')) },
  'S1 a signature of nothing': { afterIndex: box('umfs', ascii('{}'), sha256Of(sha256, ascii('{}'))) },
  'D6 a slot from the future': { slot: (anchor) => encodeAnchor({ ...anchor, generation: 2 }, sha256) },
  'D6 a slot past the end': { slot: (anchor) => encodeAnchor({ ...anchor, end: anchor.end + 1 }, sha256) },
  'D6 a slot of another archive': { slot: (anchor) => encodeAnchor({ ...anchor, id: new Uint8Array(16) }, sha256) },
  'J2 a generation left out': { records: [{ generation: 3 }] },
  'J2 another id': { records: [{ id: id.replace('ff', 'fe') }] },
  'J3 no cover': { records: [{ cover: undefined }] },
  'J3 put twice': { records: [{ put: [recordItem({}), recordItem({})] }] },
  'J3 inline': { records: [{ put: [recordItem({ extents: undefined, inline: [0, 3], length: 3 })] }] },
  'J3 the presentation gone': { ...presented(), records: [{ presentation: null }] },
  'J3 the presentation shorter': {
    ...presented({ length: 8200 }),
    records: [{ presentation: film }],
  },
  'J3 a presentation over items': {
    records: [{ presentation: { ...film, length: 8210 } }],
  },
  'J3 an item over the presentation': { ...presented(), records: [{ put: [recordItem({ name: 'film' })] }] },
  'J3 a part of what another has': { records: [{ put: [lying('one', [DATA, 16], free)] }] },
  'J3 cover of bytes before': { records: [{ cover: [entry(DATA + 32, 32, 'free')] }] },
}

export function ruleBreakers(): RuleBreaker[] {
  const all = (makings: Record<string, Partial<Making>>, judged: Omit<RuleBreaker, 'name' | 'bytes'>) =>
    Object.entries(makings).map(([name, making]) => ({ name, bytes: made(making), ...judged }))
  return [
    ...all(good, { isIntact: true, isRefused: false }),
    ...all(bad, { isIntact: false }),
    ...all(noIndex, { isIntact: false, isRefused: true }),
    ...all(takenBack, { isIntact: false, isRefused: true }),
    ...all(goneAgain, { isIntact: false, isRefused: false }),
  ]
}
