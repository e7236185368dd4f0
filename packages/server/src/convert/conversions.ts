// Contents that are made of a recording's items when somebody asks for them, once, and are items of it from then on.
import { createHash, randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import {
  type Asker,
  type ConversionParameters,
  type ConversionRequest,
  type Converter,
  contentKind,
  type MadeFile,
  madeEnding,
  madeType,
  openConverter,
} from '@rushes/processors'
import {
  type Archive,
  type ArchiveResource,
  type Caller,
  type Item,
  mayRead,
  nameProblem,
  ownIds,
  parsePointer,
  strictest,
  UmfError,
} from '@rushes/umf'
import type { Kysely } from 'kysely'
import { ContentError } from '../archive/content-error.ts'
import { type BodyFolder, derivedPath } from '../body/folder.ts'
import { streamLayout } from '../body/layout-stream.ts'
import { addDerivedItem, countDerivedItems, findDerivedItem, removeDerivedItem } from '../catalog/derived-items.ts'
import type { Recording, Schema } from '../catalog/schema.ts'
import { getUploadedArchive } from '../catalog/uploaded-archives.ts'
import type { RecordingContent } from '../publish/archives.ts'
import { resourceLayout } from '../publish/resource-layout.ts'
import { shownVersion } from '../publish/view-file.ts'
import { storeDerivedFile } from './derived-file.ts'
import { PolledWork, type Told } from './polled-work.ts'

export type ConversionWish = {
  /** All of them are used; the first is the one that something is made of. */
  names: readonly string[]
  /** Content type. */
  to: string
  parameters: ConversionParameters
}

export type AskedConversion = { recording: Recording; content: RecordingContent; caller: Caller; wish: ConversionWish }

export interface Conversions {
  /**
   * The name of the item that has it, made now where it was not before. Whether the caller may have it is decided first, and
   * whoever else asks for the same meanwhile waits for the same.
   *
   * @param signal aborted: this caller has left; the work goes on for others
   * @throws UmfError `not-found`; ContentError, ConversionError, BodyError
   */
  make(asked: AskedConversion, signal: AbortSignal): Promise<string>
  /**
   * The same for whoever asks again and again: the name where it is there within `waitMs`, else how far it is, 0 to 1. It goes on
   * for some seconds after each ask.
   *
   * @throws as {@link make}
   */
  makeWithin(asked: AskedConversion, waitMs: number): Promise<Told<string>>
  /**
   * Takes away what was made, with its bytes and with what was made of it. A download of the archive that goes on meanwhile ends
   * early: that archive is no more.
   *
   * @returns whether it was something that was made
   */
  remove(recording: Recording, name: string): Promise<boolean>
  close(): Promise<void>
}

export type ConversionsOptions = {
  db: Kysely<Schema>
  folder: BodyFolder
  /** Of the disk, which are left free. */
  reserveBytes: number
  log: { warn(details: object, message: string): void }
}

/** Items of one recording, made for its owner, and for all others together: whoever has a link can't fill the disk. */
const mostDerived = { owner: 1000, others: 100 }
const concurrency = 2
const mostWaiting = 100

type Request = ConversionRequest & { asked: AskedConversion; madeAs: string }

export function openConversions({ db, folder, reserveBytes, log }: ConversionsOptions): Conversions {
  const converter: Converter<string, Request> = openConverter<string, Request>({ keep, concurrency, mostWaiting })

  /** A file and its row come and go together: two files may be one, by their digest. */
  const turns = new Map<string, Promise<unknown>>()

  function inTurn<Result>(id: string, task: () => Promise<Result>): Promise<Result> {
    const result = (turns.get(id) ?? Promise.resolve()).then(task)
    const settled = result.then(
      () => {},
      () => {},
    )
    turns.set(id, settled)
    void settled.then(() => turns.get(id) === settled && turns.delete(id))
    return result
  }

  function keep(made: MadeFile, request: Request, signal: AbortSignal): Promise<string> {
    return inTurn(request.asked.recording.id, () => keepNow(made, request, signal))
  }

  async function keepNow(made: MadeFile, { asked, madeAs }: Request, signal: AbortSignal): Promise<string> {
    const { recording, content, caller, wish } = asked
    const sha256 = Buffer.from(made.digest.slice('sha256:'.length), 'hex')
    await storeDerivedFile(folder, { id: recording.id, sha256, made, reserveBytes, signal })
    const added = await addDerivedItem(db, {
      ...{ recording_id: recording.id, made_as: madeAs, for_owner: caller.level === 0, sha256 },
      ...{ name: nameFor(wish.names[0]!, made.contentType), content_type: made.contentType, length: made.length },
      type: madeType(made.contentType, content.archive.resource(wish.names[0]!).type),
      ...{ sources: [...wish.names], made_by: made.by },
    })
    return added.name
  }

  const polled = new PolledWork<string>()

  /** Decides whether the caller may have it, and whether it can be made. @returns its name, where it is there */
  async function prepared(asked: AskedConversion): Promise<string | Request> {
    const { recording, content, caller, wish } = asked
    const { archive } = content
    const given = [...new Set(wish.names)].map((name) => followed(archive, archive.resource(name)))
    const resources = [...new Set(given.flat())]
    // L4: before anything is done for whoever would not get it.
    if (!mayRead(caller, strictest(resources)))
      throw new ContentError('limits-exclude', 'what is made of all of these together is not for you')
    if ((await getUploadedArchive(db, recording.id))?.state === 'checking')
      throw new ContentError('still-checking', 'this archive is still being checked; try again')
    const sources = given.map((chain) => sourceOf(asked, chain))
    const { to, parameters } = wish
    const [only] = given
    const isThere = given.length === 1 && isOfKind(only!.at(-1)!, to) && Object.keys(parameters).length === 0
    if (isThere) return only!.at(-1)!.name
    const madeAs = keyOf(sources, to, parameters)
    const known = await findDerivedItem(db, recording.id, madeAs)
    if (known !== undefined) return known.name
    const request = {
      place: recording.id,
      sources,
      to,
      parameters,
      madeAs,
      // P4, L4: what is made has the limits of what points as well.
      asked: { ...asked, wish: { ...wish, names: resources.map(({ name }) => name) } },
    }
    // What can't be done at all is said before anything else.
    converter.plan(request)
    await checkCount(asked)
    return request
  }

  async function converted(request: Request, asker: Asker): Promise<string> {
    try {
      return await converter.convert(request, asker)
    } catch (error) {
      const { detail } = error as { detail?: string }
      if (detail) log.warn({ id: request.place, to: request.to, detail }, 'a conversion failed')
      throw error
    }
  }

  return {
    async make(asked, signal) {
      const request = await prepared(asked)
      return typeof request === 'string' ? request : await converted(request, { signal })
    },
    async makeWithin(asked, waitMs) {
      const request = await prepared(asked)
      if (typeof request === 'string') return { state: 'done', result: request }
      const key = `${request.place} ${request.madeAs}`
      return await polled.ask(key, (signal, onProgress) => converted(request, { signal, onProgress }), waitMs)
    },
    remove({ id }, name) {
      return inTurn(id, async () => {
        const digests = await removeDerivedItem(db, id, name)
        for (const digest of digests ?? []) await rm(derivedPath(folder, id, digest), { force: true })
        return digests !== undefined
      })
    },
    close: () => converter.close(),
  }

  async function checkCount({ recording, caller }: AskedConversion): Promise<void> {
    const forOwner = caller.level === 0
    const most = forOwner ? mostDerived.owner : mostDerived.others
    if ((await countDerivedItems(db, recording.id, forOwner)) < most) return
    throw new ContentError('too-many-derived', `${most} items were made of this recording already`)
  }
}

/** P3. */
const mostSteps = 8

/**
 * A resource and, where it points to another one of the same archive, what it leads to; the last one has the bytes. Of what lies
 * elsewhere nothing is made: its limits are kept there, and may change there.
 *
 * @throws ContentError
 */
function followed(archive: Archive, resource: ArchiveResource): ArchiveResource[] {
  const ids = ownIds(archive.state.description)
  const chain = [resource]
  for (let at = resource; at !== archive.presentation; ) {
    const { pointer, encryption } = at as Item
    if (encryption !== undefined) throw new ContentError('encrypted-source', 'it is encrypted')
    if (pointer === undefined) break
    const next = targetIn(archive, pointer, ids)
    if (next === undefined || chain.includes(next) || chain.length > mostSteps)
      throw new ContentError('pointer-source', 'its bytes lie elsewhere: nothing is made of them here')
    chain.push(next)
    at = next
  }
  return chain
}

function targetIn(archive: Archive, text: string, ids: ReadonlySet<string>): ArchiveResource | undefined {
  try {
    const pointer = parsePointer(text)
    return pointer.kind === 'item' && ids.has(pointer.id) ? archive.resource(pointer.name) : undefined
  } catch (error) {
    if (error instanceof UmfError) return undefined
    throw error
  }
}

/** Names are part of what it is: two items of the same bytes may have other limits. */
function sourceOf(
  { recording, content }: AskedConversion,
  chain: readonly ArchiveResource[],
): Request['sources'][number] {
  const { presentation } = content.archive
  const resource = chain.at(-1)!
  const { type, contentType } = resource
  const isPresentation = resource === presentation
  const { startMs } = content.archive.span(resource)
  const { size, crc32 } = recording
  const digest = isPresentation ? `presentation ${shownVersion} ${size} ${crc32}` : (resource as Item).digest!
  return {
    identity: JSON.stringify([...chain.map(({ name }) => name), digest]),
    ...{ contentType, type, startMs },
    open() {
      const layout = resourceLayout(content, resource)
      return streamLayout(layout, content.parts, 0, layout.size)
    },
  }
}

function isOfKind({ contentType }: ArchiveResource, to: string): boolean {
  return contentKind(contentType) === contentKind(to)
}

function keyOf(sources: Request['sources'], to: string, parameters: ConversionParameters): string {
  const given = sources.map(({ identity, contentType, type, startMs }) => [
    identity,
    contentType,
    type,
    startMs ?? null,
  ])
  const sorted = Object.entries(parameters).sort(([one], [other]) => (one < other ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([given, contentKind(to), sorted]))
    .digest('hex')
}

/** After what it was made of; with a word of chance, so that it is nobody's else and tells of no other. */
function nameFor(source: string, contentType: string): string {
  const file = source.slice(source.lastIndexOf('/') + 1)
  const stem = [...file.replace(/\.[^.]*$/, '')].slice(0, 50).join('')
  const ending = `-${randomBytes(6).toString('hex')}${madeEnding(contentType)}`
  const name = `made/${stem}${ending}`
  return nameProblem(name) === null ? name : `made/item${ending}`
}
