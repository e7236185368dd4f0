// Recordings as archives: file.umf, and archives that were uploaded.
import type { Layout } from '@rushes/media'
import { fileOrder } from '@rushes/media'
import type { ArchiveStanding } from '@rushes/protocol'
import {
  type Archive,
  type ArchiveRegistry,
  type Caller,
  openArchive,
  type Source,
  type StoredBytes,
  UmfError,
} from '@rushes/umf'
import { nodeSha256 } from '@rushes/umf/node'
import type { Kysely } from 'kysely'
import { type BodyFolder, bodyPath, derivedPath } from '../body/folder.ts'
import type { HeldFiles } from '../body/held-files.ts'
import { type BodyPart, streamLayout } from '../body/layout-stream.ts'
import { listDerivedItems } from '../catalog/derived-items.ts'
import type { RecordingId } from '../catalog/identifiers.ts'
import { getMediaDigest, storeMediaDigest } from '../catalog/media-digests.ts'
import { listEvents } from '../catalog/recording-events.ts'
import { getRecording } from '../catalog/recordings.ts'
import type { Recording, Schema, UploadedArchive } from '../catalog/schema.ts'
import {
  expectArchive,
  getUploadedArchive,
  keepArchivePlain,
  listUncheckedArchives,
  restoreArchive,
} from '../catalog/uploaded-archives.ts'
import { frontOf, uploadContentType } from '../catalog/uploads.ts'
import { examineArchive, holdsItemsAlone } from './archive-check.ts'
import { isArchiveBody } from './archive-head.ts'
import { archiveLayout, planRecording, type RecordingArchive, shownRange } from './archive-plan.ts'
import { readKeptContent } from './kept-content.ts'
import { oneAtATime } from './one-at-a-time.ts'
import type { Publisher } from './publisher.ts'
import { digestName, hashRanges } from './range-digest.ts'
import { placed, summaryOf } from './summary.ts'
import { shownAs } from './view-file.ts'

export type ArchiveFile = {
  layout: Layout
  /** The body, and behind it the files that were made of its items. */
  parts: readonly BodyPart[]
  /** Of all of its bytes. */
  root: string
}

/** What there is in a recording for one caller; places of its items are those in the layout. */
export type RecordingContent = Omit<ArchiveFile, 'root'> & { archive: Archive }

export interface Archives {
  /**
   * A published recording as an archive: a layout over its body, put together in the time that its header takes. There is
   * nothing in it that its caller may not read (packages/umf/SPEC.md, L5).
   */
  file(recording: Recording, caller: Caller): Promise<ArchiveFile>
  /** The same file, to be read. */
  source(recording: Recording, caller: Caller): Promise<Source>
  /** And opened. */
  content(recording: Recording, caller: Caller): Promise<RecordingContent>
  /** Of a body that is about to be published: where it is an archive, {@link restore} will be owed. */
  expect(id: RecordingId): Promise<void>
  /** Of a body in which nothing plays: whether it is an archive, of items alone. */
  holdsItems(id: RecordingId): Promise<boolean>
  /** Checks an uploaded archive and takes over what the catalog has a place for; settles when that is done, or fails. */
  restore(id: RecordingId): Promise<void>
  /** What became of an uploaded archive; undefined: it is none. */
  standing(recording: Recording, caller: Caller): Promise<ArchiveStanding | undefined>
  close(): Promise<void>
}

export type ArchivesOptions = {
  db: Kysely<Schema>
  folder: BodyFolder
  publisher: Publisher
  registry: ArchiveRegistry
  /** Files of made items that are being read: what was taken away stays for whoever is reading it. */
  held: HeldFiles
  log: { info(details: object, message: string): void; error(details: object, message: string): void }
}

/** Indexes of archives that were asked for lately, bytes in all. */
const budgetBytes = 32 * 1024 * 1024

/** Also takes up what the last process was still checking. */
export function openArchives({ db, folder, publisher, registry, held, log }: ArchivesOptions): Archives {
  const kept = new Map<string, KeptArchive>()
  let keptBytes = 0
  /** Reading bodies from end to end: for one at a time; whoever waits for a file does not wait for uploads. */
  const reading = oneAtATime()
  const checking = oneAtATime()
  const planning = new Map<string, Promise<KeptArchive>>()
  const preparing = new Set<Promise<void>>()
  const closing = new AbortController()

  async function plan(recording: Recording, caller: Caller): Promise<RecordingArchive> {
    const [{ mp4 }, uploaded, derived] = await Promise.all([
      publisher.views(recording),
      uploadedArchive(recording),
      listDerivedItems(db, recording.id, recording.derived),
    ])
    const events = (await allEvents(recording.id)).map((event) => placed(summaryOf(recording), event))
    const media = mp4.state === 'ready' ? await shownMedia(recording, mp4.layout) : await wholeFile(recording)
    const path = bodyPath(folder, recording.id)
    const archive = uploaded?.state === 'restored' ? { path, boxes: uploaded.boxes, events } : null
    return planRecording({
      recording,
      mp4,
      media,
      events,
      kept: archive && (await readKeptContent(archive, caller)),
      note: uploaded === undefined ? null : noteFor(caller, uploaded),
      bodyFor: uploaded === undefined ? 'everybody' : isOwner(caller) ? 'owner' : 'nobody',
      derived,
      caller,
    })
  }

  async function allEvents(id: RecordingId) {
    const all: { t: number; kind: string; data: Record<string, unknown> }[] = []
    for (;;) {
      const page = await listEvents(db, id, { from: all.length, limit: 10_000, bytes: 16 * 1024 * 1024 })
      if (page.length === 0) return all
      for (const { t, kind, data } of page) all.push({ t, kind, data })
    }
  }

  async function shownMedia(recording: Recording, layout: Layout): Promise<StoredBytes> {
    if (showsFile(recording, layout)) return await wholeFile(recording)
    const { id } = recording
    const range = shownRange(layout)
    const as = shownAs(range)
    const known = await getMediaDigest(db, id, as)
    if (known !== undefined) return { length: range.length, digest: digestName(known) }
    return await reading.run(id, async () => {
      const digest = await hashRanges(bodyPath(folder, id), [range], layout.patches)
      await storeMediaDigest(db, id, as, digest)
      return { length: range.length, digest: digestName(digest) }
    })
  }

  /** As it was sent: its digest was made while it came. */
  async function wholeFile(recording: Recording): Promise<StoredBytes> {
    const { id, size, sha256 } = recording
    if (sha256 !== null) return { length: size!, digest: digestName(sha256) }
    const ranges = fileOrder(frontOf(recording), size!)
    return { length: size!, digest: digestName(await reading.run(id, () => hashRanges(bodyPath(folder, id), ranges))) }
  }

  async function planned(recording: Recording, caller: Caller): Promise<KeptArchive> {
    // What an archive says changes with the generation, and with what is made of its items.
    const key = `${recording.id} ${recording.generation} ${recording.derived} ${keyOf(caller)}`
    const known = kept.get(key)
    if (known !== undefined) {
      kept.delete(key)
      kept.set(key, known)
      return known
    }
    const running = planning.get(key)
    if (running !== undefined) return running
    const task = plan(recording, caller)
      .then((archive) => {
        keep(key, archive)
        return archive
      })
      .finally(() => planning.delete(key))
    planning.set(key, task)
    return task
  }

  function keep(key: string, archive: KeptArchive): void {
    kept.set(key, archive)
    keptBytes += heldBytes(archive)
    for (const [oldest, { planned }] of kept) {
      if (keptBytes <= budgetBytes || oldest === key) break
      kept.delete(oldest)
      keptBytes -= heldBytes({ planned })
    }
  }

  function partsOf(recording: Recording, { derivedFiles }: RecordingArchive): BodyPart[] {
    const { id, size } = recording
    const files = derivedFiles.map(({ digest, size }) => {
      const path = derivedPath(folder, id, digest)
      return { path, size, hold: () => held.hold(path) }
    })
    return [{ path: bodyPath(folder, id), size: size! }, ...files]
  }

  /** Its index is in memory; what else of it is read, like events, comes by the layout of that moment. */
  function sourceOf(recording: Recording, archive: RecordingArchive): Source {
    const parts = partsOf(recording, archive)
    return {
      size: archive.planned.size,
      async read(offset, length) {
        const { mp4 } = await publisher.views(recording)
        const stream = streamLayout(archiveLayout(archive, mp4), parts, offset, offset + length)
        return Buffer.concat(await stream.toArray())
      },
    }
  }

  async function uploadedArchive({ id, content_type: contentType }: Recording): Promise<UploadedArchive | undefined> {
    return contentType === uploadContentType ? await getUploadedArchive(db, id) : undefined
  }

  async function restoreNow(id: RecordingId): Promise<void> {
    const recording = await getRecording(db, id)
    if (recording?.state !== 'published' || (await uploadedArchive(recording))?.state !== 'checking') return
    const { mp4 } = await publisher.views(recording)
    const found = await examineArchive(bodyPath(folder, id), mp4, closing.signal)
    if (found.state === 'plain') {
      await keepArchivePlain(db, id, found.note)
      log.info({ id, note: found.note }, 'an uploaded archive is shown as a plain recording')
      return
    }
    const { originMs = 0 } = summaryOf(recording)
    const events = found.events.map((event) => ({ ...event, t: event.t + originMs }))
    const note = await registered(recording, found.archiveId)
    if (note !== null) log.info({ id, note }, 'an uploaded archive is restored under another id')
    await restoreArchive(db, id, { ...found, events, note })
  }

  /** F4: under the id that it came with, or, where another recording here is that archive, its own, and says so. */
  async function registered({ id }: Recording, archiveId: string): Promise<string | null> {
    try {
      await registry.register(archiveId, id)
      return null
    } catch (error) {
      if (!(error instanceof UmfError) || error.code !== 'id-taken') throw error
      await registry.register(id, id)
      return `The archive ${archiveId} is another recording here already: this one is a copy of it, with the id ${id}`
    }
  }

  async function restore(id: RecordingId): Promise<void> {
    await checking.run(id, async () => {
      if (closing.signal.aborted) return
      try {
        await restoreNow(id)
      } catch (error) {
        if (!closing.signal.aborted) log.error({ id, error }, 'an uploaded archive could not be restored yet')
      }
    })
  }

  /** Media that are shown otherwise than they were received are read before anybody waits for it. */
  async function prepare(id: RecordingId): Promise<void> {
    if (closing.signal.aborted) return
    try {
      const recording = await getRecording(db, id)
      if (recording?.state !== 'published') return
      const { mp4 } = await publisher.views(recording)
      if (mp4.state === 'ready') await shownMedia(recording, mp4.layout)
    } catch (error) {
      log.info({ id, error }, 'the digests of a recording will be made when they are asked for')
    }
  }
  publisher.listen((id) => {
    const task = prepare(id).finally(() => preparing.delete(task))
    preparing.add(task)
  })

  const resuming = listUncheckedArchives(db).then(
    (ids) => Promise.all(ids.map(restore)),
    (error: unknown) => log.error({ error }, 'uploaded archives could not be looked for'),
  )

  return {
    async file(recording, caller) {
      const [{ mp4 }, archive] = await Promise.all([publisher.views(recording), planned(recording, caller)])
      const root = Buffer.from(archive.planned.root).toString('hex')
      return { layout: archiveLayout(archive, mp4), parts: partsOf(recording, archive), root }
    },
    async source(recording, caller) {
      return sourceOf(recording, await planned(recording, caller))
    },
    async content(recording, caller) {
      const [{ mp4 }, archive] = await Promise.all([publisher.views(recording), planned(recording, caller)])
      archive.opened ??= openArchive(sourceOf(recording, archive), { sha256: nodeSha256, caller })
      // It is asked for again by whoever comes next.
      archive.opened.catch(() => delete archive.opened)
      const opened = await archive.opened
      return { archive: opened, layout: archiveLayout(archive, mp4), parts: partsOf(recording, archive) }
    },
    async expect(id) {
      if (await isArchiveBody(bodyPath(folder, id))) await expectArchive(db, id)
    },
    async holdsItems(id) {
      const path = bodyPath(folder, id)
      return (await isArchiveBody(path)) && (await holdsItemsAlone(path))
    },
    restore,
    async standing(recording, caller) {
      const uploaded = await uploadedArchive(recording)
      return uploaded && { state: uploaded.state, note: noteFor(caller, uploaded) }
    },
    async close() {
      closing.abort()
      await Promise.all([resuming, checking.idle(), ...preparing])
      await reading.idle()
    },
  }
}

/** With the archive that it is read as, once somebody asked for what is in it. */
type KeptArchive = RecordingArchive & { opened?: Promise<Archive> }

function isOwner({ level }: Caller): boolean {
  return level === 0
}

/** The same for all who are let in alike. */
function keyOf({ level, attributes }: Caller): string {
  const sorted = Object.entries(attributes).sort(([one], [other]) => (one < other ? -1 : 1))
  return JSON.stringify([level, sorted.map(([attribute, values]) => [attribute, [...values].sort()])])
}

/** L3: it may name items. */
function noteFor(caller: Caller, { note }: UploadedArchive): string | null {
  return isOwner(caller) ? note : null
}

/** Whether the view's media are all of the file that was sent, byte for byte. */
function showsFile(recording: Recording, layout: Layout): boolean {
  const { offset, length } = shownRange(layout)
  const isWhole = offset === 0 && length === recording.size && frontOf(recording) === null
  return isWhole && (layout.patches === null || layout.patches.count === 0)
}

/** What stands in the index is there as text, and once more as what was read of it. */
function heldBytes({ planned }: Pick<RecordingArchive, 'planned'>): number {
  return planned.parts.reduce((sum, part) => sum + (part.kind === 'bytes' ? 3 * part.bytes.length : 100), 0)
}
