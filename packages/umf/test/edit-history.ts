// Archives that were edited in every way there is, with what was done to the file by each edit.
import type { RandomSource } from '../../../drill/random-source.ts'
import { joined } from '../src/box.ts'
import {
  type Archive,
  bytesSource,
  type Editor,
  encodeAnchor,
  head,
  idBytes,
  type NewItem,
  newSigningKey,
  openArchive,
  openEditor,
  SLOTS,
  type Source,
  signer,
  UmfWriter,
} from '../src/index.ts'
import { nodeSha256 as sha256 } from '../src/node.ts'
import { type Run, tornImage } from './crash-images.ts'
import { reindexed, split } from './hand-made.ts'
import { MemoryFile } from './memory-file.ts'

/** One edit: what its reader saw before and sees after, as {@link seen} tells it. */
export type Step = Run & { name: string; old: string; next: string; erased: readonly string[] }

const utf8 = new TextEncoder()
const keys = await Promise.all([newSigningKey('ed25519'), newSigningKey('ecdsa-p256-sha256')])

/** All that an archive gives to its reader; not where it lies, nor how often it was committed. */
export async function seen(source: Source): Promise<string> {
  const archive = await openArchive(source, { sha256 })
  const items = []
  for (const { extents: _, inline: __, ...item } of archive.items()) {
    items.push([
      item,
      item.pointer === undefined ? Buffer.from(await archive.bytes(item.name)).toString('latin1') : null,
    ])
  }
  const { metadata, presentation, signatures } = archive
  const played = presentation && Buffer.from(await archive.bytes(presentation.name)).toString('latin1')
  return JSON.stringify([items, metadata, presentation, played, signatures.map((each) => each.signer)])
}

type Naming = { random: RandomSource; next(): number }

function newItem({ random, next }: Naming, name: string | null = null): NewItem {
  const number = next()
  const item = {
    name: name ?? `made-${number}.txt`,
    type: random.pick(['slide', 'data', 'chat']),
    contentType: 'text/plain',
    ...(random.chance(0.3) && { level: random.integer(0, 1000), startMs: number, endMs: number + 5 }),
  }
  const text = `<content ${number}>`
  const content = utf8.encode(text + 'x'.repeat(random.pick([0, 0, 40, 700, 5000])))
  async function* grows(): AsyncGenerator<Uint8Array> {
    yield content.subarray(0, 7)
    yield content.subarray(7)
  }
  return random.pick<NewItem>([
    { item, content },
    { item, content },
    { item, content: new Uint8Array(0) },
    { item, content: grows() },
    { item, content: grows(), length: content.length },
    { item, inline: utf8.encode(text) },
    { item, pointer: `https://example.org/${number}`, length: 7 },
  ])
}

type Plan = { editor: Editor; archive: Archive; naming: Naming; by: { by: 'index' | 'record' } }

/** Each does one edit. @returns texts that may be nowhere in the file after it; null where there is nothing to edit */
const edits: Record<string, (plan: Plan) => Promise<readonly string[] | null>> = {
  async put({ editor, naming, by }) {
    const many = Array.from({ length: naming.random.integer(1, 3) }, () => newItem(naming))
    await editor.edit({ put: many }, by)
    return []
  },
  async replace({ editor, archive, naming, by }) {
    const name = anyName(archive, naming)
    if (name === null) return null
    await editor.edit({ put: [newItem(naming, name)] }, by)
    return []
  },
  async remove({ editor, archive, naming, by }) {
    const name = anyName(archive, naming)
    if (name === null) return null
    await editor.edit({ remove: [name] }, by)
    return []
  },
  async rename({ editor, archive, naming, by }) {
    const name = anyName(archive, naming)
    if (name === null) return null
    await editor.edit({ change: [{ name, fields: { name: `renamed-${naming.next()}`, title: 'other' } }] }, by)
    return []
  },
  async several({ editor, archive, naming, by }) {
    const [name, other] = archive.items().map((item) => item.name)
    if (name === undefined || other === undefined) return null
    const change = [{ name, fields: { level: naming.random.integer(0, 5) } }]
    await editor.edit({ put: [newItem(naming)], remove: [other], change, metadata: { title: 'several' } }, by)
    return []
  },
  async metadata({ editor, naming, by }) {
    await editor.edit(
      { metadata: { [naming.random.pick(['a', 'b', 'title'])]: naming.random.pick([null, 1, 'x']) } },
      by,
    )
    return []
  },
  async presentation({ editor, archive, naming, by }) {
    if (archive.presentation === null) return null
    await editor.edit({ presentation: { title: `shown ${naming.next()}` } }, by)
    return []
  },
  async writeIndex({ editor }) {
    await editor.writeIndex()
    return []
  },
  async sign({ editor, naming }) {
    await editor.sign(keys.slice(naming.random.integer(0, 1)).map((pair, index) => signer(`Signer ${index}`, pair)))
    return []
  },
  async erase({ editor, archive, naming }) {
    const name = anyName(archive, naming)
    if (name === null) return null
    const { pointer, digest } = archive.item(name)
    // Bytes that another item has as well stay.
    const isShared = archive.items().some((other) => other.name !== name && other.digest === digest)
    const start = pointer === undefined ? new TextDecoder().decode(await archive.bytes(name)).slice(0, 12) : pointer
    await editor.erase([name])
    return start === '' || isShared ? [name] : [name, start]
  },
}

function anyName(archive: Archive, { random }: Naming): string | null {
  const names = archive.items().map(({ name }) => name)
  return names.length === 0 ? null : random.pick(names)
}

/** An archive as writers leave it: by records or not, with a slot written or not, with something to play or not. */
export async function freshArchive(random: RandomSource, next: () => number = counter()): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  const records = random.chance(0.5)
  const writer = new UmfWriter({
    write: (piece) => void all.push(piece.slice()),
    sha256,
    metadata: { title: 'A day' },
    records,
  })
  if (random.chance(0.5)) {
    const fields = { name: 'main.mp4', type: 'video', contentType: 'video/mp4', durationMs: 1000 } as const
    const structure = joined([boxOf('moov', random.bytes(60)), boxOf('mdat', new Uint8Array(900)).subarray(0, 8)])
    await writer.media(fields, structure, random.bytes(900))
  }
  const naming = { random, next }
  for (let count = random.integer(0, 4); count > 0; count--) await writer.add(newItem(naming))
  if (random.chance(0.3)) await writer.extension('abcd', random.bytes(50))
  // Cut off before its index, or even before anything was added.
  if (all.length === 0 && random.chance(0.3)) return head(idBytes(writer.id))
  if (records && all.length > 0 && random.chance(0.5)) return joined(all)
  await writer.finish()
  const bytes = joined(all)
  if (random.chance(0.5)) bytes.set(encodeAnchor(writer.anchor, sha256), SLOTS[0])
  return random.chance(0.5) ? await rearranged(bytes, random) : bytes
}

/** What only other writers write: items of several extents, and such as share their bytes. */
async function rearranged(file: Uint8Array, random: RandomSource): Promise<Uint8Array> {
  const { items } = (await openArchive(bytesSource(file), { sha256 })).state.description
  const long = items.filter(({ extents, length = 0 }) => extents?.length === 1 && length > 10)
  if (long.length === 0) return file
  const parted = await split(file, random.pick(long).name, random.integer(1, 10))
  return await reindexed(parted, (description) => {
    const stored = description.items.filter(({ extents = [] }) => extents.length > 0)
    description.items.push({ ...random.pick(stored), name: 'shared', title: 'the same bytes' })
  })
}

function boxOf(type: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + content.length)
  new DataView(bytes.buffer).setUint32(0, bytes.length)
  bytes.set(utf8.encode(type), 4)
  bytes.set(content, 8)
  return bytes
}

function counter(): () => number {
  let count = 100
  return () => ++count
}

/**
 * A history of `length` edits, some of which crash: the next one then works on what a torn write left.
 *
 * @param first the archive that is edited; left out, it is made up
 */
export async function editHistory(random: RandomSource, length: number, first?: Uint8Array): Promise<Step[]> {
  const naming = { random, next: counter() }
  const steps: Step[] = []
  let bytes = first ?? (await freshArchive(random, naming.next))
  let editor: Editor | null = null
  let file = new MemoryFile(bytes)
  while (steps.length < length) {
    const old = await seen(bytesSource(bytes))
    const step = (name: string, next: string, erased: readonly string[]): Step => {
      const made = { name, before: bytes, operations: file.operations.splice(0), old, next, erased }
      steps.push(made)
      bytes = file.bytes
      return made
    }
    if (editor === null) {
      editor = await openEditor(file, sha256)
      step('open', old, [])
      continue
    }
    const name = random.pick(Object.keys(edits))
    const archive = await openArchive(file, { sha256 })
    const by = { by: random.pick(['index', 'record'] as const) }
    const erased = await edits[name]!({ editor, archive, naming, by })
    if (erased === null) continue
    const done = step(`${name} by ${by.by}`, await seen(file), erased)
    const fate = random.pick(['crash', 'closed', 'open', 'open', 'open'])
    if (fate === 'crash') {
      bytes = tornImage(done, random).bytes
      file = new MemoryFile(bytes)
    }
    if (fate !== 'open') editor = null
  }
  return steps
}
