// Archives that somebody made to do harm: any of their parts altered, with digests made anew, so that they get past them.
import type { RandomSource } from '../../../drill/random-source.ts'
import { encodeAnchor, footer, SLOTS } from '../src/anchor.ts'
import { box, fourcc, joined } from '../src/box.ts'
import { indexPayload } from '../src/index-box.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'
import { sha256Of } from '../src/sha256.ts'
import { bytesSource } from '../src/source.ts'
import { type ArchiveState, openState } from '../src/state.ts'
import { withPayload } from './hand-made.ts'

type Mutation = (file: Uint8Array, random: RandomSource, state: ArchiveState) => Uint8Array | Promise<Uint8Array>

const utf8 = new TextEncoder()

export const hostileNames: readonly string[] = [
  ...[
    '..',
    '../x',
    '/etc/passwd',
    'a/../b',
    'a//b',
    'C:\\x',
    'c:x',
    '\\\\host\\x',
    'a/.',
    '.',
    '',
    ' ',
    'x.',
    'a\0b',
    'e\u0301',
  ],
  ...[
    '\ud800',
    `${'x'.repeat(256)}`,
    'a/b/',
    '\n',
    '%2e%2e/x',
    'aux',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
  ],
]

const numbers = [-1, 0, 1, 7, 8191, 8192, 65_536, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e300, -0.5, 0.1]

function hostileValue(random: RandomSource): unknown {
  return random.pick<() => unknown>([
    () => random.pick(numbers),
    () => random.pick(hostileNames),
    () => null,
    () => true,
    () => [],
    () => ({}),
    () => Array.from({ length: 300 }, () => random.pick(numbers)),
    () => JSON.parse(`${'['.repeat(70)}${']'.repeat(70)}`),
    () => JSON.parse('{"__proto__": {"level": 0}, "constructor": {"prototype": 1}}'),
    () => 'x'.repeat(20_000),
  ])()
}

/** Somewhere in a value, something else. */
function altered(value: unknown, random: RandomSource): unknown {
  if (typeof value === 'number' && random.chance(0.5)) return value + random.pick([-8192, -8, -1, 1, 8, 100, 2 ** 32])
  if (typeof value !== 'object' || value === null || random.chance(0.15)) return hostileValue(random)
  if (Array.isArray(value)) {
    const copy: unknown[] = [...value]
    const at = random.integer(0, Math.max(copy.length - 1, 0))
    const change = random.integer(0, 5)
    if (change === 0) copy.splice(at, 1)
    else if (change === 1) copy.splice(random.integer(0, copy.length), 0, copy[at])
    else if (change === 2) copy.reverse()
    else copy[at] = altered(copy[at], random)
    return copy
  }
  const entries = Object.entries(value)
  const name = random.chance(0.1) || entries.length === 0 ? random.pick(membersInUse) : random.pick(entries)[0]
  if (random.chance(0.1)) return Object.fromEntries(entries.filter(([each]) => each !== name))
  const before = (value as Record<string, unknown>)[name]
  return Object.fromEntries([...entries, [name, altered(before, random)]])
}

const membersInUse = [
  'extents',
  'inline',
  'pointer',
  'presentation',
  'erases',
  'level',
  'limits',
  'extensions',
  'from',
  '__proto__',
]

function someBytes(file: Uint8Array, random: RandomSource): Uint8Array {
  const copy = file.slice()
  const at = random.integer(0, copy.length - 1)
  copy.set(random.bytes(random.integer(1, 12)).subarray(0, copy.length - at), at)
  return copy
}

/** Where boxes begin, of those that are found by their types. */
function boxStarts(file: Uint8Array): number[] {
  const starts: number[] = []
  for (let at = 0; at + 8 <= file.length; at++) {
    if (/^(ftyp|umf[hxifsj]|meta|mdat|free|moov|iloc|iinf|infe|idat|hdlr|umff)$/.test(fourcc(file, at + 4)))
      starts.push(at)
  }
  return starts
}

function boxes(file: Uint8Array, random: RandomSource): Uint8Array {
  const copy = file.slice()
  const at = random.pick(boxStarts(file))
  const view = new DataView(copy.buffer)
  if (random.chance(0.3))
    copy.set(utf8.encode(random.pick(['free', 'meta', 'umfj', 'umff', 'umfs', 'mdat', 'umfx', 'idat'])), at + 4)
  else
    view.setUint32(
      at,
      random.pick([0, 1, 2, 7, 8, 9, 136, 0x7fffffff, 0xffffffff, view.getUint32(at) + random.integer(-9, 9)]),
    )
  return copy
}

function pieces(file: Uint8Array, random: RandomSource): Uint8Array {
  const from = random.integer(0, file.length - 1)
  const piece = file.subarray(from, from + random.integer(1, 3000))
  const at = random.integer(8192, file.length)
  if (random.chance(0.3)) return file.subarray(0, at)
  if (random.chance(0.5)) return joined([file.subarray(0, at), file.subarray(at + piece.length)])
  return joined([file.subarray(0, at), piece, file.subarray(at)])
}

/** The index, of a description or boxes that were altered. */
function index(file: Uint8Array, random: RandomSource, { anchor, description, idat, id }: ArchiveState): Uint8Array {
  if (anchor === null) return file
  const inline = file.subarray(idat.at, idat.at + idat.length)
  let changed: unknown = description
  for (let count = random.integer(1, 3); count > 0; count--) changed = altered(changed, random)
  const json = utf8.encode(JSON.stringify(changed))
  const own = joined(indexPayload(description, inline).slice(0, -1))
  const alteredBoxes = random.chance(0.2) ? someBytes(own, random) : own
  const payload = joined([alteredBoxes, box('umfx', json), ...(random.chance(0.05) ? [box('umfx', json)] : [])])
  return withPayload(file.subarray(0, anchor.indexOffset), payload, { id, generation: anchor.generation })
}

/** Anchors that say anything, and are whole. */
function anchors(file: Uint8Array, random: RandomSource, { anchor }: ArchiveState): Uint8Array {
  if (anchor === null) return file
  const fields = ['generation', 'indexOffset', 'indexSize', 'end'] as const
  const copy = file.slice()
  for (const place of [...SLOTS, copy.length - 128]) {
    if (random.chance(0.4)) continue
    const name = random.pick(fields)
    const value = random.chance(0.5) ? anchor[name] + random.integer(-200, 200) : Math.abs(random.pick(numbers))
    const safe = Number.isSafeInteger(Math.trunc(value)) ? Math.max(0, Math.trunc(value)) : Number.MAX_SAFE_INTEGER
    copy.set(encodeAnchor({ ...anchor, [name]: safe }, sha256), place)
  }
  return random.chance(0.3)
    ? joined([copy, footer({ ...anchor, end: copy.length + 136, generation: anchor.generation + 1 }, sha256)])
    : copy
}

/** Records that are right, and say anything. */
function records(file: Uint8Array, random: RandomSource, state: ArchiveState): Uint8Array {
  const all = [file.subarray(0, state.end)]
  let { root, generation } = state
  for (let count = random.integer(1, 4); count > 0; count--) {
    const { items, cover, metadata, id } = state.description
    const own = {
      id,
      generation: ++generation,
      put: items.filter((item) => item.inline === undefined),
      metadata,
      cover: cover.slice(0, 1),
    }
    const plain = { id, generation, put: [], cover: [] }
    const json = utf8.encode(
      JSON.stringify(random.chance(0.2) ? plain : altered(random.chance(0.5) ? own : plain, random)),
    )
    const digest = sha256Of(sha256, root, json)
    all.push(box('umfj', root, json, digest))
    root = digest
  }
  return joined(all)
}

const mutations: readonly Mutation[] = [someBytes, boxes, pieces, index, index, index, anchors, records, records]

/** One of many archives, altered once or more often. */
export async function hostileArchive(originals: readonly Uint8Array[], random: RandomSource): Promise<Uint8Array> {
  let file = random.pick(originals)
  for (let count = random.pick([1, 1, 1, 2, 3]); count > 0; count--) {
    const state = await openState(bytesSource(file), sha256).catch(() => null)
    if (state === null) break
    file = await random.pick(mutations)(file, random, state)
  }
  return file
}
