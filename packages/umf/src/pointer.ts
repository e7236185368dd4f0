// SPEC.md, Pointers.
import { type Archive, openArchive } from './archive.ts'
import { isArchiveId } from './archive-id.ts'
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

/**
 * The content of an item, wherever it lies; where a digest is known it is checked, and what differs ends in an error.
 * The caller of `archive` is asked for at each step (P4).
 *
 * @throws UmfError `not-found`, `pointer`, `malformed`: other bytes than the digest says
 */
export async function* resolvedContent(
  archive: Archive,
  name: string,
  { store, sha256 }: { store: PointerStore; sha256: MakeSha256 },
): AsyncGenerator<Uint8Array> {
  let at = archive
  let item = at.item(name)
  const digests: string[] = []
  const seen = new Set<string>()
  let source: Source | null = null
  while (item.pointer !== undefined && source === null) {
    const here = `${at.id}/${item.name}`
    if (seen.has(here)) throw new UmfError('pointer', `the pointer of ${name} leads back to itself`)
    if (seen.size === MOST_STEPS)
      throw new UmfError('pointer', `the pointer of ${name} leads over more than ${MOST_STEPS} others`)
    seen.add(here)
    if (item.digest !== undefined) digests.push(item.digest)
    const pointer = parsePointer(item.pointer)
    if (pointer.kind === 'item') {
      at = await openArchive(await store.archive(pointer.id), { sha256, caller: archive.caller })
      if (at.id !== pointer.id) throw new UmfError('pointer', `the pointer of ${name} leads to another archive`)
      item = at.item(pointer.name)
    } else source = pointer.kind === 'url' ? await store.url(pointer.url) : await store.file(pointer.path)
  }
  if (source === null && item.digest !== undefined) digests.push(item.digest)
  const hash = sha256()
  for await (const piece of source === null ? at.content(item.name) : readThrough(source, 0, source.size)) {
    hash.update(piece)
    yield piece
  }
  const found = `sha256:${toHex(hash.digest())}`
  if (digests.some((digest) => digest !== found)) {
    throw new UmfError('malformed', `what the pointer of ${name} leads to has another digest`)
  }
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
