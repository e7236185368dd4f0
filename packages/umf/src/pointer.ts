// SPEC.md, Pointers.
import { type Archive, type ArchiveResource, openArchive } from './archive.ts'
import { isArchiveId } from './archive-id.ts'
import { ownIds } from './archive-registry.ts'
import type { Item } from './item.ts'
import { nameProblem } from './item-name.ts'
import { type MakeSha256, toHex } from './sha256.ts'
import { readThrough, type Source } from './source.ts'
import { UmfError } from './umf-error.ts'

export type Pointer =
  | { kind: 'item'; id: string; name: string }
  | { kind: 'url'; url: URL }
  | { kind: 'path'; path: string }

/**
 * Where pointers lead to, as the host has it (P2). It refuses by `pointer` what may not be asked for: before any
 * connection, and again at every redirect.
 */
export interface PointerStore {
  /** The archive of that id. */
  archive(id: string): Promise<Source>
  url(url: URL): Promise<Source>
  /** A file beside the archive; the path is one of E1. */
  file(path: string): Promise<Source>
}

/** P3. */
const MOST_STEPS = 8

/** P1. @throws UmfError `pointer` */
export function parsePointer(text: string): Pointer {
  const item = /^umf:\/\/([0-9a-f-]{36})\/(.+)$/.exec(text)
  if (item !== null) {
    const name = decoded(item[2]!)
    if (!isArchiveId(item[1]!) || name === null || nameProblem(name) !== null) throw nowhere(text)
    return { kind: 'item', id: item[1]!, name }
  }
  if (/^https?:\/\//i.test(text)) {
    if (!URL.canParse(text)) throw nowhere(text)
    const url = new URL(text)
    if (url.username !== '' || url.password !== '') throw nowhere(text)
    return { kind: 'url', url }
  }
  // A colon is in no path, so no other scheme passes.
  if (nameProblem(text) !== null) throw nowhere(text)
  return { kind: 'path', path: text }
}

/** The pointer to an item of an archive. */
export function itemPointer(id: string, name: string): string {
  return `umf://${id}/${name.split('/').map(encodeURIComponent).join('/')}`
}

/** Where the pointers of an item lead to in the end; `digests` are those that are known of it on the way. */
export type ResolvedPointer = { digests: readonly string[] } & (
  | { kind: 'item'; archive: Archive; resource: ArchiveResource }
  | Exclude<Pointer, { kind: 'item' }>
)

type Following = { store: Pick<PointerStore, 'archive'>; sha256: MakeSha256 }

/**
 * Follows pointers from archive to archive; nothing outside of archives is asked for. The caller of `archive` is asked for
 * at each step (P4).
 *
 * @throws UmfError `not-found`, `pointer`
 */
export async function resolvePointer(
  archive: Archive,
  name: string,
  { store, sha256 }: Following,
): Promise<ResolvedPointer> {
  let at = archive
  let resource = at.resource(name)
  const digests: string[] = []
  const seen = new Set<string>()
  for (;;) {
    // The presentation lies in the file: a member of it that is called so is somebody's own.
    const item: Pick<Item, 'digest' | 'pointer'> = resource === at.presentation ? {} : (resource as Item)
    if (item.digest !== undefined) digests.push(item.digest)
    if (item.pointer === undefined) return { kind: 'item', archive: at, resource, digests }
    const here = `${at.id}/${resource.name}`
    if (seen.has(here)) throw new UmfError('pointer', `the pointer of ${name} leads back to itself`)
    if (seen.size === MOST_STEPS)
      throw new UmfError('pointer', `the pointer of ${name} leads over more than ${MOST_STEPS} others`)
    seen.add(here)
    const pointer = parsePointer(item.pointer)
    if (pointer.kind !== 'item') return { ...pointer, digests }
    if (!ownIds(at).has(pointer.id)) {
      at = await openArchive(await store.archive(pointer.id), { sha256, caller: archive.caller })
      if (at.id !== pointer.id) throw new UmfError('pointer', `the pointer of ${name} leads to another archive`)
    }
    resource = at.resource(pointer.name)
  }
}

/**
 * The content of an item, wherever it lies; where a digest is known it is checked, and what differs ends in an error.
 *
 * @throws UmfError `not-found`, `pointer`, `malformed`: other bytes than the digest says
 */
export async function* resolvedContent(
  archive: Archive,
  name: string,
  { store, sha256 }: { store: PointerStore; sha256: MakeSha256 },
): AsyncGenerator<Uint8Array> {
  const resolved = await resolvePointer(archive, name, { store, sha256 })
  const { digests } = resolved
  const hash = sha256()
  for await (const piece of await contentAt(resolved, store)) {
    hash.update(piece)
    yield piece
  }
  const found = `sha256:${toHex(hash.digest())}`
  if (digests.some((digest) => digest !== found)) {
    throw new UmfError('malformed', `what the pointer of ${name} leads to has another digest`)
  }
}

async function contentAt(resolved: ResolvedPointer, store: PointerStore): Promise<AsyncGenerator<Uint8Array>> {
  if (resolved.kind === 'item') return resolved.archive.content(resolved.resource.name)
  const source = resolved.kind === 'url' ? await store.url(resolved.url) : await store.file(resolved.path)
  return readThrough(source, 0, source.size)
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

function nowhere(text: string): UmfError {
  return new UmfError('pointer', `no pointer that could be followed: ${JSON.stringify(text.slice(0, 200))}`)
}
