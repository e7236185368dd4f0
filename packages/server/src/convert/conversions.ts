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
  type AesEncryption,
  type ArchiveResource,
  type Caller,
  type ContentKey,
  encryptContent,
  encryptedLength,
  mayRead,
  nameProblem,
  strictest,
} from '@rushes/umf'
import type { Kysely } from 'kysely'
import { ContentError } from '../archive/content-error.ts'
import type { Pointers } from '../archive/pointed-content.ts'
import { type BodyFolder, derivedPath } from '../body/folder.ts'
import type { HeldFiles } from '../body/held-files.ts'
import {
  addDerivedItem,
  countDerivedItems,
  findDerivedItem,
  isDerivedFile,
  removeDerivedItem,
} from '../catalog/derived-items.ts'
import type { RecordingId } from '../catalog/identifiers.ts'
import type { Recording, Schema } from '../catalog/schema.ts'
import { getUploadedArchive } from '../catalog/uploaded-archives.ts'
import type { RecordingContent } from '../publish/archives.ts'
import {
  type FollowedResource,
  fingerprintOf,
  followed,
  type RecordingSource,
  SourceOpener,
} from './conversion-sources.ts'
import { storeDerivedFile } from './derived-file.ts'
import { PolledWork, type Told } from './polled-work.ts'

export type ConversionWish = {
  /** All of them are used; the first is the one that something is made of. */
  names: readonly string[]
  /** Content type. */
  to: string
  parameters: ConversionParameters
  /** What opens those that are encrypted, all by the same; what is made of them is encrypted with it again. */
  key?: ContentKey | undefined
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
   * Takes away what was made, with its bytes and with what was made of it. A download of the archive that began before goes on to
   * its end: bytes that it holds go when it has ended.
   *
   * @returns whether it was something that was made
   */
  remove(recording: Recording, name: string): Promise<boolean>
  close(): Promise<void>
}

export type ConversionsOptions = {
  db: Kysely<Schema>
  folder: BodyFolder
  pointers: Pointers
  held: HeldFiles
  /** Of the disk, which are left free. */
  reserveBytes: number
  log: { warn(details: object, message: string): void }
}

/** Items of one recording, made for its owner, and for all others together: whoever has a link can't fill the disk. */
const mostDerived = { owner: 1000, others: 100 }
const concurrency = 2
const mostWaiting = 100

/** Who asks others where sources are, at once. */
const mostLookedUp = 20

type Request = Omit<ConversionRequest, 'sources'> & {
  sources: readonly RecordingSource[]
  asked: AskedConversion
  madeAs: string
}

export function openConversions(options: ConversionsOptions): Conversions {
  const { db, folder, pointers, held, reserveBytes, log } = options
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

  async function keepNow(made: MadeFile, { asked, madeAs, sources }: Request, signal: AbortSignal): Promise<string> {
    const { recording, content, caller, wish } = asked
    const isEncrypted = sources.some(({ encryption }) => encryption !== undefined)
    // As closed as what it was made of: whoever has it without the key has nothing.
    const { encryption, open, most } = isEncrypted ? await encrypted(made, sources, wish.key!) : plain(made)
    const stored = { id: recording.id, content: open, length: most, reserveBytes, signal }
    const { sha256, length } = await storeDerivedFile(folder, stored)
    const added = await addDerivedItem(db, {
      ...{ recording_id: recording.id, made_as: madeAs, for_owner: caller.level === 0, sha256, encryption },
      ...{ name: nameFor(wish.names[0]!, made.contentType), content_type: made.contentType, length },
      type: madeType(made.contentType, content.archive.resource(wish.names[0]!).type),
      ...{ sources: [...wish.names], made_by: made.by },
      owner_alone: sources.some(({ isOfOther }) => isOfOther),
    })
    return added.name
  }

  const polled = new PolledWork<string>()

  /** Files that were taken away, and that somebody still reads. */
  const leaving = new Set<Promise<void>>()
  const isClosing = Promise.withResolvers<void>()

  /** Decides whether the caller may have it, and whether it can be made. @returns its name, where it is there */
  async function prepared(asked: AskedConversion): Promise<string | Request> {
    const { recording, content, caller, wish } = asked
    const { archive } = content
    const given = [...new Set(wish.names)].map((name) => followed(archive, archive.resource(name)))
    const resources = [...new Set(given.flatMap(({ chain }) => chain))]
    // L4: before anything is done for whoever would not get it.
    if (!mayRead(caller, strictest(resources)))
      throw new ContentError('limits-exclude', 'what is made of all of these together is not for you')
    if ((await getUploadedArchive(db, recording.id))?.state === 'checking')
      throw new ContentError('still-checking', 'this archive is still being checked; try again')
    const { to, parameters, key } = wish
    const kinds = given.map(({ chain }) => chain.at(-1)!)
    const isThere = given.length === 1 && isOfKind(kinds[0]!, to) && Object.keys(parameters).length === 0
    if (isThere) return kinds[0]!.name
    // What can't be done at all is said before anything else, and before anybody is asked where something lies.
    converter.plan({ sources: kinds.map(kindAlone), to, parameters })
    const opened = await openedSources(asked, given)
    const madeAs = keyOf(opened, to, parameters)
    // Whoever has another key waits for no result of this one.
    const mark = key === undefined ? '' : fingerprintOf(key)
    const sources = opened.map((source) => ({ ...source, identity: source.identity + mark }))
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
    await checkCount(asked)
    return request
  }

  let lookedUp = 0

  async function openedSources(
    { recording, content, wish }: AskedConversion,
    given: readonly FollowedResource[],
  ): Promise<RecordingSource[]> {
    const opener = new SourceOpener(pointers, { recording, content, key: wish.key })
    const isAsked = given.some(({ isElsewhere }) => isElsewhere)
    if (isAsked && lookedUp >= mostLookedUp)
      throw new ContentError('too-many-pointers', 'too many pointers are being followed; try again')
    if (isAsked) lookedUp++
    try {
      const sources: RecordingSource[] = []
      // One after the other: whoever names hundreds of them asks for them in this time.
      for (const each of given) sources.push(await opener.source(each))
      return sources
    } finally {
      if (isAsked) lookedUp--
    }
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
        for (const digest of digests ?? []) await takeAway(id, digest)
        return digests !== undefined
      })
    },
    async close() {
      await converter.close()
      isClosing.resolve()
      await Promise.all(leaving)
    },
  }

  /** Its bytes, at once, or when nobody reads them any more: who began before reads the old state to its end. */
  async function takeAway(id: RecordingId, digest: Buffer): Promise<void> {
    const path = derivedPath(folder, id, digest)
    if (!held.isHeld(path)) {
      await rm(path, { force: true })
      return
    }
    const task = Promise.race([held.free(path), isClosing.promise])
      .then(() =>
        inTurn(id, async () => {
          // Made again meanwhile, it is the file of that.
          if (!(await isDerivedFile(db, id, digest))) await rm(path, { force: true })
        }),
      )
      .catch((error: unknown) => log.warn({ id, error }, 'what was taken away could not be removed'))
      .finally(() => leaving.delete(task))
    leaving.add(task)
  }

  async function checkCount({ recording, caller }: AskedConversion): Promise<void> {
    const forOwner = caller.level === 0
    const most = forOwner ? mostDerived.owner : mostDerived.others
    if ((await countDerivedItems(db, recording.id, forOwner)) < most) return
    throw new ContentError('too-many-derived', `${most} items were made of this recording already`)
  }
}

type KeptFile = { encryption: AesEncryption | null; open: AsyncIterable<Uint8Array>; most: number }

function plain(made: MadeFile): KeptFile {
  return { encryption: null, open: made.open(), most: made.length }
}

async function encrypted(made: MadeFile, sources: readonly RecordingSource[], key: ContentKey): Promise<KeptFile> {
  const keyId = sources.map(({ encryption }) => (encryption as AesEncryption | undefined)?.keyId).find(Boolean)
  const { encryption, content } = await encryptContent(made.open(), key, keyId)
  return { encryption, open: content, most: encryptedLength(made.length) }
}

/** As far as a plan goes. */
function kindAlone({ contentType, type }: ArchiveResource): RecordingSource {
  const open = (): never => {
    throw new Error('a plan opens nothing')
  }
  return { identity: '', contentType, type, isOfOther: false, encryption: undefined, open }
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
