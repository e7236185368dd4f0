// What a conversion is made of: items of a recording as they lie there, as they lie elsewhere, and as their keys open them.
import { createHash } from 'node:crypto'
import { ConversionError, type ConversionSource } from '@rushes/processors'
import {
  AES_MODULE,
  type Archive,
  type ArchiveResource,
  type ContentKey,
  decryptContent,
  type Item,
  ownIds,
  parsePointer,
  UmfError,
} from '@rushes/umf'
import { ContentError } from '../archive/content-error.ts'
import type { PointedContent, Pointers } from '../archive/pointed-content.ts'
import { streamLayout } from '../body/layout-stream.ts'
import type { Recording } from '../catalog/schema.ts'
import type { RecordingContent } from '../publish/archives.ts'
import { resourceLayout } from '../publish/resource-layout.ts'
import { shownVersion } from '../publish/view-file.ts'

export type SourcePlace = { recording: Recording; content: RecordingContent; key?: ContentKey | undefined }

/** A resource of the recording, what it points to in there, one after the other, and whether the last one points out of it. */
export type FollowedResource = { chain: readonly ArchiveResource[]; isElsewhere: boolean }

export type RecordingSource = ConversionSource & {
  /** It is in another recording, or was found through one: who may read that is not ours to say. */
  isOfOther: boolean
  /** How it is encrypted: what is made of it is to be as well. */
  encryption: Item['encryption']
}

/** P3. */
const mostSteps = 8
/** Of all sources of a conversion that lie elsewhere: this is read from others, for whoever has a link, and kept meanwhile. */
const mostPointedBytes = 4 * 2 ** 30
/** For each of them. */
const pointedTimeMs = 600_000

/** @throws ContentError `pointer-source`: it leads to nothing that there could be */
export function followed(archive: Archive, resource: ArchiveResource): FollowedResource {
  const ids = ownIds(archive.state.description)
  const chain = [resource]
  for (let at = resource; at !== archive.presentation; ) {
    const { pointer } = at as Item
    if (pointer === undefined) break
    const next = targetIn(archive, pointer, ids)
    if (next === 'elsewhere') return { chain, isElsewhere: true }
    if (next === null || chain.includes(next) || chain.length > mostSteps)
      throw new ContentError('pointer-source', 'it points to nothing that something could be made of')
    chain.push(next)
    at = next
  }
  return { chain, isElsewhere: false }
}

function targetIn(archive: Archive, text: string, ids: ReadonlySet<string>): ArchiveResource | 'elsewhere' | null {
  try {
    const pointer = parsePointer(text)
    // Recordings have no files beside them.
    if (pointer.kind === 'path') return null
    if (pointer.kind === 'url' || !ids.has(pointer.id)) return 'elsewhere'
    return archive.resource(pointer.name)
  } catch (error) {
    if (error instanceof UmfError) return null
    throw error
  }
}

/** Opens sources, all of one conversion: what they may read from elsewhere is bounded for them together. */
export class SourceOpener {
  readonly #pointers: Pointers
  readonly #place: SourcePlace
  #pointedBytes = 0

  constructor(pointers: Pointers, place: SourcePlace) {
    this.#pointers = pointers
    this.#place = place
  }

  /**
   * Where it lies elsewhere that is asked for here, but not its bytes.
   *
   * @throws ContentError `pointer-unresolved`, `encrypted-source`; ConversionError `input-too-large`
   */
  async source({ chain, isElsewhere }: FollowedResource): Promise<RecordingSource> {
    const { content, key } = this.#place
    const last = chain.at(-1)!
    const pointed = isElsewhere ? await this.#pointed(last.name, AbortSignal.timeout(pointedTimeMs)) : null
    const encryption = encryptionOf([...chain, ...(pointed === null ? [] : [pointed])], content.archive)
    if (encryption !== undefined) checkKey(encryption, key)
    const { contentType, type } = last
    // Names are part of what it is: two items of the same bytes may have other limits.
    const identity = JSON.stringify([...chain.map(({ name }) => name), this.#contentIdentity(last, pointed)])
    const open = () => (pointed === null ? this.#stored(last) : this.#pointedBytesOf(last.name))
    return {
      ...{ identity, contentType, type, startMs: content.archive.span(last).startMs, encryption },
      isOfOther: pointed?.isOfOther === true,
      open: () => (encryption === undefined ? open() : decrypted(open(), encryption, key!)),
    }
  }

  #contentIdentity(last: ArchiveResource, pointed: PointedContent | null): string {
    if (pointed !== null)
      return pointed.digest ?? JSON.stringify([(last as Item).pointer, pointed.size, pointed.version])
    const { size, crc32 } = this.#place.recording
    const isPresentation = last === this.#place.content.archive.presentation
    return isPresentation ? `presentation ${shownVersion} ${size} ${crc32}` : (last as Item).digest!
  }

  #stored(resource: ArchiveResource): AsyncIterable<Uint8Array> {
    const { content } = this.#place
    const layout = resourceLayout(content, resource)
    return streamLayout(layout, content.parts, 0, layout.size)
  }

  async #pointed(name: string, signal: AbortSignal): Promise<PointedContent> {
    const { recording, content } = this.#place
    return await this.#pointers.open(recording, content.archive, name, signal)
  }

  /** It may be another one than a moment ago: what it is made of then is what is there then. */
  async *#pointedBytesOf(name: string): AsyncGenerator<Uint8Array> {
    const { size, read } = await this.#pointed(name, AbortSignal.timeout(pointedTimeMs))
    this.#pointedBytes += size
    if (this.#pointedBytes > mostPointedBytes)
      throw new ConversionError('input-too-large', `over ${mostPointedBytes} bytes lie elsewhere`)
    yield* read(0, size)
  }
}

type MaybeEncrypted = { encryption?: Item['encryption'] }

/** Along a chain, one encryption: of what points and what it points to, both say it or one of them. */
function encryptionOf(chain: readonly (ArchiveResource | PointedContent)[], archive: Archive): Item['encryption'] {
  const found = new Map<string, NonNullable<Item['encryption']>>()
  for (const each of chain) {
    const { encryption } = each === archive.presentation ? ({} as MaybeEncrypted) : (each as MaybeEncrypted)
    if (encryption !== undefined) found.set(JSON.stringify(encryption), encryption)
  }
  if (found.size > 1) throw new ContentError('encrypted-source', 'it is encrypted more than once')
  return [...found.values()][0]
}

function checkKey({ module }: NonNullable<Item['encryption']>, key: ContentKey | undefined): void {
  if (module !== AES_MODULE)
    throw new ContentError('encrypted-source', 'it is encrypted by a module that is not run here')
  if (key === undefined) throw new ContentError('encrypted-source', 'it is encrypted, and no key came with the request')
}

async function* decrypted(
  content: AsyncIterable<Uint8Array>,
  encryption: NonNullable<Item['encryption']>,
  key: ContentKey,
): AsyncGenerator<Uint8Array> {
  try {
    yield* decryptContent(content, encryption, key)
  } catch (error) {
    if (error instanceof UmfError) throw lockedError(error)
    throw error
  }
}

/** For whoever gave a key: it is not the one, or what it opens is damaged. */
export function lockedError({ message }: UmfError): ContentError {
  return new ContentError('content-locked', message)
}

/** Tells askers with different keys apart, as long as a conversion runs; of the key itself it tells nothing. */
export function fingerprintOf(key: ContentKey): string {
  return createHash('sha256')
    .update(processSalt)
    .update(typeof key)
    .update(key)
    .digest('hex')
}

const processSalt = crypto.getRandomValues(new Uint8Array(32))
