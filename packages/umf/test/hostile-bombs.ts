// Files that say much in few bytes, and what is to come of each.
import { encodeAnchor, footer, head, SLOTS } from '../src/anchor.ts'
import { idBytes } from '../src/archive-id.ts'
import { box, joined } from '../src/box.ts'
import type { Description } from '../src/description.ts'
import { indexPayload } from '../src/index-box.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'
import { recordBox } from '../src/record.ts'
import { sha256Of, toHex } from '../src/sha256.ts'
import { withPayload } from './hand-made.ts'

/** What opening and checking it answers: the code of the error that refuses it, or `opens`. */
export type Bomb = { make(): Uint8Array; answer: 'opens' | 'malformed' | 'too-large' }

const id = '019a0000-0000-7000-8000-000000000000'
const utf8 = new TextEncoder()
const mebibyte = 1024 * 1024
const noDigest = `sha256:${'0'.repeat(64)}`
const item = (name: string) => ({ name, type: 'data', contentType: 'text/plain', digest: noDigest })

const empty: Description = { version: 1, id, generation: 1, digest: 'sha-256', metadata: {}, items: [], cover: [] }

/** An archive of `content` and this description. */
function archive(
  description: unknown,
  content: Uint8Array = new Uint8Array(0),
  idat: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const json = typeof description === 'string' ? utf8.encode(description) : utf8.encode(JSON.stringify(description))
  const payload = joined([...indexPayload(empty, idat).slice(0, -1), box('umfx', json)])
  return withPayload(joined([head(idBytes(id)), box('mdat', content)]), payload, { id: idBytes(id), generation: 1 })
}

const described = (member: string, json: string): string => {
  const members = Object.entries({ ...empty, [member]: undefined }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${JSON.stringify(name)}:${JSON.stringify(value)}`],
  )
  return `{${[...members, `"${member}":${json}`].join(',')}}`
}

const many = (count: number, text: string): string => `[${Array(count).fill(text).join(',')}]`

/** Behind the end of an archive: so many boxes. */
function followed(count: number, one: (index: number) => Uint8Array): Uint8Array {
  return joined([archive(empty), ...Array.from({ length: count }, (_, index) => one(index))])
}

function withRecords(count: number, metadata: Record<string, unknown>): Uint8Array {
  const all = [archive({ ...empty, metadata })]
  let root = sha256Of(sha256, all[0]!.subarray(8192 + 8 + 8, all[0]!.length - 136))
  for (let index = 0; index < count; index++) {
    const change = { id, generation: 2 + index, metadata: { [`k${index % 7}`]: index }, cover: [] }
    const bytes = recordBox(root, change, sha256)
    all.push(bytes)
    root = bytes.slice(-32)
  }
  return joined(all)
}

function withFooters(count: number): Uint8Array {
  const file = archive({ ...empty, metadata: { a: 'x'.repeat(8 * mebibyte) } })
  const indexOffset = 8200
  const payload = file.subarray(indexOffset + 8, file.length - 136)
  const same = { id: idBytes(id), indexOffset, indexSize: payload.length + 8, root: sha256Of(sha256, payload) }
  const first = { ...same, generation: 1, end: file.length }
  file.set(encodeAnchor(first, sha256), SLOTS[0])
  const all = [file]
  for (let index = 1; index <= count; index++) {
    all.push(footer({ ...same, generation: 1 + index, end: file.length + 136 * index }, sha256))
  }
  return joined([...all, box('free', new Uint8Array(3))])
}

function withSignatures(count: number, length: number): Uint8Array {
  const payload = joined(indexPayload(empty, new Uint8Array(0)))
  const key = btoa('k'.repeat(length))
  const json = utf8.encode(
    JSON.stringify({
      signer: 'A',
      algorithm: 'ed25519',
      key,
      time: '2026-01-01T00:00:00Z',
      root: '0'.repeat(64),
      generation: 1,
      signature: '',
    }),
  )
  const one = box('umfs', json, sha256Of(sha256, json))
  const before = joined([head(idBytes(id)), box('meta', payload), ...Array(count).fill(one)])
  const indexSize = payload.length + 8
  const root = sha256Of(sha256, payload)
  return joined([
    before,
    footer({ id: idBytes(id), generation: 1, indexOffset: 8192, indexSize, root, end: before.length + 136 }, sha256),
  ])
}

const sharing = (extents: [number, number][]) =>
  Array.from({ length: 65_535 }, (_, index) => ({ ...item(`n${index}`), length: 2 * mebibyte, extents }))

export const bombs: Record<string, Bomb> = {
  'a million boxes behind its end': { make: () => followed(1_000_000, () => box('free')), answer: 'opens' },
  'more boxes than may be': { make: () => followed(1_048_577, () => box('free')), answer: 'too-large' },
  'a million boxes before its index': {
    make: () => archive(empty, joined([box('free'), ...Array.from({ length: 1_000_000 }, () => box('free'))])),
    answer: 'opens',
  },
  'twenty million empty lists': {
    make: () => archive(described('metadata', `{"a":${many(20_000_000, '[]')}}`)),
    answer: 'too-large',
  },
  'thirty million items': { make: () => archive(described('items', many(30_000_000, '0'))), answer: 'too-large' },
  'four million items that are none': {
    make: () => archive(described('items', many(4_000_000, '0'))),
    answer: 'malformed',
  },
  'sixty thousand items that are none': {
    make: () => archive(described('items', many(65_000, '{"name":0}'))),
    answer: 'malformed',
  },
  'a million entries of cover that are none': {
    make: () => archive(described('cover', many(1_000_000, '[0]'))),
    answer: 'malformed',
  },
  'sixty million brackets': { make: () => archive(described('metadata', '['.repeat(60_000_000))), answer: 'too-large' },
  'four million extensions': {
    make: () => archive(described('extensions', many(2_000_000, '{}'))),
    answer: 'malformed',
  },
  'a million times the same extent': {
    make: () =>
      archive(
        described(
          'items',
          JSON.stringify([{ ...item('a'), length: 1e12, extents: Array(1_000_000).fill([8200, 1_000_000]) }]),
        ),
        new Uint8Array(mebibyte),
      ),
    answer: 'malformed',
  },
  'all items at one place': {
    make: () => archive({ ...empty, items: sharing([[8200, 2 * mebibyte]]) }, new Uint8Array(2 * mebibyte)),
    answer: 'opens',
  },
  'all items at the same two places': {
    make: () =>
      archive(
        {
          ...empty,
          items: sharing([
            [8200 + mebibyte, mebibyte],
            [8200, mebibyte],
          ]),
        },
        new Uint8Array(2 * mebibyte),
      ),
    answer: 'opens',
  },
  'all items at the same two places, in another order each': {
    make: () => {
      const items = sharing([
        [8200 + mebibyte, mebibyte],
        [8200, mebibyte],
      ])
      for (const each of items.filter((_, index) => index % 2 === 0))
        each.extents = [
          [8200, mebibyte],
          [8200 + mebibyte, mebibyte],
        ]
      return archive({ ...empty, items }, new Uint8Array(2 * mebibyte))
    },
    answer: 'malformed',
  },
  'all items inline, at one place': {
    make: () => {
      const items = Array.from({ length: 65_535 }, (_, index) => ({
        ...item(`n${index}`),
        length: mebibyte,
        inline: [0, mebibyte],
      }))
      return archive({ ...empty, items }, new Uint8Array(0), new Uint8Array(mebibyte))
    },
    answer: 'malformed',
  },
  'all the file in each entry of cover': {
    make: () => {
      const digest = toHex(new Uint8Array(32))
      return archive(
        { ...empty, cover: Array(500_000).fill([8192, mebibyte, 'free', digest]) },
        new Uint8Array(mebibyte),
      )
    },
    answer: 'malformed',
  },
  'an erasure of a petabyte': {
    make: () => archive({ ...empty, erases: true, cover: [[8192, 2 ** 50, 'erased', '0'.repeat(64)]] }),
    answer: 'malformed',
  },
  'twenty thousand records of much metadata': {
    make: () =>
      withRecords(20_000, Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`m${index}`, index]))),
    answer: 'opens',
  },
  'twenty thousand footers of one index': { make: () => withFooters(20_000), answer: 'opens' },
  'a hundred thousand signatures': { make: () => withSignatures(100_000, 100), answer: 'too-large' },
  'a signature of forty megabytes': { make: () => withSignatures(1, 40_000_000), answer: 'opens' },
}
