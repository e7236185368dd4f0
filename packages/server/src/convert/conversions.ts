// Contents that are made of a recording's items when somebody asks for them, once, and are items of it from then on.
import { createHash, randomBytes } from 'node:crypto'
import {
  type ConversionParameters,
  type ConversionRequest,
  type Converter,
  contentKind,
  type MadeFile,
  madeEnding,
  madeType,
  openConverter,
} from '@rushes/processors'
import { type ArchiveResource, type Caller, type Item, mayRead, nameProblem, strictest } from '@rushes/umf'
import type { Kysely } from 'kysely'
import { ContentError } from '../archive/content-error.ts'
import type { BodyFolder } from '../body/folder.ts'
import { streamLayout } from '../body/layout-stream.ts'
import { addDerivedItem, countDerivedItems, findDerivedItem } from '../catalog/derived-items.ts'
import type { Recording, Schema } from '../catalog/schema.ts'
import { getUploadedArchive } from '../catalog/uploaded-archives.ts'
import type { RecordingContent } from '../publish/archives.ts'
import { resourceLayout } from '../publish/resource-layout.ts'
import { shownVersion } from '../publish/view-file.ts'
import { storeDerivedFile } from './derived-file.ts'

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

  async function keep(made: MadeFile, { asked, madeAs }: Request, signal: AbortSignal): Promise<string> {
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

  return {
    async make(asked, signal) {
      const { recording, content, caller, wish } = asked
      const { archive } = content
      const names = [...new Set(wish.names)]
      const resources = names.map((name) => archive.resource(name))
      for (const resource of resources) checkSource(asked, resource)
      // L4: before anything is done for whoever would not get it.
      if (!mayRead(caller, strictest(resources)))
        throw new ContentError('limits-exclude', 'what is made of all of these together is not for you')
      if ((await getUploadedArchive(db, recording.id))?.state === 'checking')
        throw new ContentError('still-checking', 'this archive is still being checked; try again')
      const sources = resources.map((resource) => sourceOf(asked, resource))
      const { to, parameters } = wish
      const isThere = names.length === 1 && isOfKind(resources[0]!, to) && Object.keys(parameters).length === 0
      if (isThere) return names[0]!
      const madeAs = keyOf(sources, to, parameters)
      const known = await findDerivedItem(db, recording.id, madeAs)
      if (known !== undefined) return known.name
      const request = {
        place: recording.id,
        sources,
        to,
        parameters,
        madeAs,
        asked: { ...asked, wish: { ...wish, names } },
      }
      // What can't be done at all is said before anything else.
      converter.plan(request)
      await checkCount(asked)
      try {
        return await converter.convert(request, { signal })
      } catch (error) {
        const { detail } = error as { detail?: string }
        if (detail) log.warn({ id: recording.id, to, detail }, 'a conversion failed')
        throw error
      }
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

function checkSource({ content }: AskedConversion, resource: ArchiveResource): void {
  if (resource === content.archive.presentation) return
  const { pointer, encryption } = resource as Item
  if (pointer !== undefined)
    throw new ContentError('pointer-source', 'its bytes lie elsewhere: nothing is made of them here')
  if (encryption !== undefined) throw new ContentError('encrypted-source', 'it is encrypted')
}

/** Names are part of what it is: two items of the same bytes may have other limits. */
function sourceOf({ recording, content }: AskedConversion, resource: ArchiveResource): Request['sources'][number] {
  const { presentation } = content.archive
  const { name, type, contentType } = resource
  const isPresentation = resource === presentation
  const { startMs } = content.archive.span(resource)
  const { size, crc32 } = recording
  const digest = isPresentation ? `presentation ${shownVersion} ${size} ${crc32}` : (resource as Item).digest!
  return {
    identity: JSON.stringify([name, digest]),
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
