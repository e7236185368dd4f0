// What pointers of a recording's items lead to (packages/umf/SPEC.md, Pointers), for whoever may read both ends.
import { createHash } from 'node:crypto'
import { checkPublicUrl, publicFetch } from '@rushes/sandbox'
import {
  type Archive,
  httpSource,
  type Item,
  type ResolvedPointer,
  resolvePointer,
  type Source,
  UmfError,
} from '@rushes/umf'
import { nodeSha256 } from '@rushes/umf/node'
import type { Kysely } from 'kysely'
import { openArchiveRegistry } from '../catalog/archive-registry.ts'
import { parseRecordingId } from '../catalog/identifiers.ts'
import { getRecording } from '../catalog/recordings.ts'
import type { Recording, Schema } from '../catalog/schema.ts'
import type { Archives } from '../publish/archives.ts'
import { ContentError } from './content-error.ts'

export type PointedContent = {
  size: number
  /** Of all of it, where it is known. */
  digest: string | null
  /** What changes with it, where there is no digest and whoever has it tells. */
  version: string | null
  /** It is in another recording, or was found through one. */
  isOfOther: boolean
  /** Of the item that it is, where it is one. */
  encryption: Item['encryption']
  /** Bytes; all of them are checked before the last are given. @throws ContentError `pointer-unresolved` */
  read(start: number, end: number): AsyncGenerator<Uint8Array>
}

/** Where its bytes are: here, in another recording of the same owner, or at a URL. */
export type PointerTarget =
  | { kind: 'here'; name: string }
  | { kind: 'recording'; id: string; name: string }
  | { kind: 'url'; url: URL }

export interface Pointers {
  /** @throws ContentError `pointer-unresolved`, whatever the reason: reasons tell of what the caller may not see */
  open(recording: Recording, archive: Archive, name: string, signal: AbortSignal): Promise<PointedContent>
  /** As open; nothing is read but what decides where it is. */
  target(recording: Recording, archive: Archive, name: string): Promise<PointerTarget>
}

export type PointersOptions = {
  db: Kysely<Schema>
  archives: Archives
  /** Hosts that may be asked although their addresses are not public. */
  trusted: ReadonlySet<string>
  log: { info(details: object, message: string): void }
}

export function openPointers({ db, archives, trusted, log }: PointersOptions): Pointers {
  const fetchPublic = publicFetch({ trusted })
  const registry = openArchiveRegistry(db)

  /** Of the same owner, and where it is another recording for the owner alone: a link opens the one that it is of. */
  async function recordingOf(archiveId: string, from: Recording, archive: Archive): Promise<Recording> {
    if (archiveId === archive.id) return from
    const refused = new UmfError('pointer', 'no such archive for this caller')
    if (archive.caller.level !== 0) throw refused
    const id = parseRecordingId((await registry.holder(archiveId)) ?? '')
    const recording = id && (await getRecording(db, id))
    if (recording?.state !== 'published' || recording.owner_id !== from.owner_id) throw refused
    return recording
  }

  async function resolve(recording: Recording, archive: Archive, name: string) {
    // Ids of the archives on the way: where the last one is kept.
    const recordings = new Map([[archive.id, recording]])
    const store = {
      async archive(id: string): Promise<Source> {
        const next = recordings.get(id) ?? (await recordingOf(id, recording, archive))
        recordings.set(id, next)
        return await archives.source(next, archive.caller)
      },
    }
    const resolved = await resolvePointer(archive, name, { store, sha256: nodeSha256 })
    return { resolved, recordings }
  }

  /** The reason is for the log: in the answer it would tell a closed thing from one that is not there. */
  async function uniformly<Result>(recording: Recording, task: () => Promise<Result>): Promise<Result> {
    try {
      return await task()
    } catch (error) {
      log.info({ id: recording.id, reason: (error as Error).message }, 'a pointer was not followed')
      throw unresolved()
    }
  }

  return {
    open: (recording, archive, name, signal) =>
      uniformly(recording, async () => {
        const { resolved, recordings } = await resolve(recording, archive, name)
        const known = { digest: agreed(resolved.digests), isOfOther: recordings.size > 1 }
        if (resolved.kind === 'path') throw new UmfError('pointer', 'recordings have no files beside them')
        if (resolved.kind === 'item') {
          const { archive: last, resource } = resolved
          const read = (offset: number, length: number) => last.content(resource.name, { offset, length })
          const { size, crc32 } = recordings.get(last.id)!
          const encryption = resource === last.presentation ? undefined : (resource as Item).encryption
          return checked({ ...known, size: resource.length ?? 0, version: `${size} ${crc32}`, encryption }, read)
        }
        let version: string | null = null
        const asking: typeof fetch = async (...asked) => {
          const answer = await fetchPublic(...asked)
          version = answer.headers.get('etag') ?? answer.headers.get('last-modified')
          return answer
        }
        const { size } = await httpSource(resolved.url, { fetch: asking, signal })
        const read = (offset: number, length: number) =>
          streamed({ url: resolved.url, size, fetchPublic, signal }, offset, length)
        return checked({ ...known, size, version, encryption: undefined }, read)
      }),

    target: (recording, archive, name) =>
      uniformly(recording, async () => {
        const { resolved, recordings } = await resolve(recording, archive, name)
        return await targetOf(resolved, recordings, recording, trusted)
      }),
  }
}

async function targetOf(
  resolved: ResolvedPointer,
  recordings: ReadonlyMap<string, Recording>,
  from: Recording,
  trusted: ReadonlySet<string>,
): Promise<PointerTarget> {
  if (resolved.kind === 'path') throw new UmfError('pointer', 'recordings have no files beside them')
  if (resolved.kind === 'url') {
    // Nobody is sent by us where we would not go.
    await checkPublicUrl(resolved.url, trusted)
    return { kind: 'url', url: resolved.url }
  }
  const { name } = resolved.resource
  const { id } = recordings.get(resolved.archive.id)!
  return id === from.id ? { kind: 'here', name } : { kind: 'recording', id, name }
}

/** Several can't all be right. @throws UmfError `pointer` */
function agreed(digests: readonly string[]): string | null {
  if (new Set(digests).size > 1) throw new UmfError('pointer', 'the digests on the way to it are not the same')
  return digests[0] ?? null
}

function checked(
  known: Omit<PointedContent, 'read'>,
  read: (offset: number, length: number) => AsyncGenerator<Uint8Array>,
): PointedContent {
  const { size, digest } = known
  return {
    ...known,
    async *read(start, end) {
      const hash = digest !== null && start === 0 && end === size ? createHash('sha256') : null
      let held: Uint8Array | null = null
      for await (const piece of read(start, end - start)) {
        hash?.update(piece)
        if (held !== null) yield held
        held = piece
      }
      // P3: what is not whole is not taken for it.
      if (hash !== null && `sha256:${hash.digest('hex')}` !== digest) throw unresolved()
      if (held !== null) yield held
    },
  }
}

type WebFile = { url: URL; size: number; fetchPublic: typeof fetch; signal: AbortSignal }

/** One request, however long the range is. */
async function* streamed(
  { url, size, fetchPublic, signal }: WebFile,
  offset: number,
  length: number,
): AsyncGenerator<Uint8Array> {
  if (length === 0) return
  const last = offset + length - 1
  const answer = await fetchPublic(url, { headers: { Range: `bytes=${offset}-${last}` }, signal })
  if (answer.status !== 206 || answer.headers.get('content-range') !== `bytes ${offset}-${last}/${size}`) {
    await answer.body?.cancel()
    throw unresolved()
  }
  let at = 0
  for await (const piece of answer.body ?? []) {
    at += piece.length
    if (at > length) throw unresolved()
    yield piece
  }
  if (at < length) throw unresolved()
}

function unresolved(): ContentError {
  return new ContentError('pointer-unresolved', 'what this item points to is not there, or not for you')
}
