// Edits that follow from a seed and a number alone, and what an archive holds after each: told without asking the archive.
import { createHash } from 'node:crypto'
import type { Edit, EditOptions } from '@rushes/umf'
import { randomSource } from '../random-source.ts'

/** Of each item by name, what its reader sees. */
export type Held = {
  items: ReadonlyMap<string, { sha256: string; bytes: number; title: string }>
  title: string | null
}

export type PlannedEdit =
  | { kind: 'edit'; edit: Edit; options: EditOptions }
  | { kind: 'erase'; names: string[] }
  | { kind: 'index' }
  | { kind: 'sign' }

export type PlannedStep = { plan: PlannedEdit; after: Held; bytes: number }

export const nothingHeld: Held = { items: new Map(), title: null }

const mostItems = 12

/** The edit of this number. @param before what is held before it */
export function plannedEdit(seed: number, number: number, before: Held): PlannedStep {
  const random = randomSource(seed).fork(`edit ${number}`)
  const names = [...before.items.keys()]
  const items = new Map(before.items)
  const options: EditOptions = { by: random.pick(['index', 'record']) }
  const done = (plan: PlannedEdit, bytes = 0, title = before.title): PlannedStep => ({
    plan,
    after: { items, title },
    bytes,
  })
  const kind =
    names.length >= mostItems
      ? 'remove'
      : random.pick(['put', 'put', 'put', 'replace', 'remove', 'rename', 'title', 'erase', 'index', 'sign'])
  if (kind === 'index' || kind === 'sign') return done({ kind })
  if (kind === 'title')
    return done({ kind: 'edit', edit: { metadata: { title: `title ${number}` } }, options }, 0, `title ${number}`)
  const name = names.length === 0 ? null : random.pick(names)
  if (name !== null && (kind === 'erase' || kind === 'remove')) {
    items.delete(name)
    return done(kind === 'erase' ? { kind, names: [name] } : { kind: 'edit', edit: { remove: [name] }, options })
  }
  if (name !== null && kind === 'rename') {
    const next = `renamed-${number}`
    const held = items.get(name)!
    items.delete(name)
    items.set(next, { ...held, title: `of ${number}` })
    const change = [{ name, fields: { name: next, title: `of ${number}` } }]
    return done({ kind: 'edit', edit: { change }, options })
  }
  const put = name !== null && kind === 'replace' ? name : `item-${number}`
  const content = contentOf(seed, number, random.pick([0, 10, 3000, 40_000, 40_000, 300_000, 1_300_000]))
  const item = { name: put, type: 'data', contentType: 'text/plain', title: `of ${number}` }
  items.set(put, {
    sha256: createHash('sha256').update(content).digest('hex'),
    bytes: content.length,
    title: item.title,
  })
  const grows = random.chance(0.3)
  const added = grows
    ? { item, content: inPieces(content) }
    : content.length < 20
      ? { item, inline: content }
      : { item, content }
  return done({ kind: 'edit', edit: { put: [added] }, options }, content.length)
}

/** Content that occurs in no other edit. */
export function contentOf(seed: number, number: number, length: number): Buffer {
  return Buffer.alloc(length, `<${seed}:${number}>`)
}

async function* inPieces(content: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 100_000) yield content.subarray(at, at + 100_000)
}
