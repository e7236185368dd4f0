import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../test/postgres-for-tests.ts'
import { newRecordingId, type RecordingId, type UserId } from './identifiers.ts'
import { type Publication, publishRecording } from './publication.ts'
import {
  advanceEpoch,
  createRecording,
  deleteRecording,
  forgetRecording,
  getRecording,
  listDeletedRecordings,
  listOpenRecordings,
  listRecordings,
  renameRecording,
} from './recordings.ts'
import { createShare, findShared, revokeShare } from './shares.ts'
import { createUser } from './users.ts'

let database: TestDatabase
let ownerId: UserId
let otherId: UserId
beforeAll(async () => {
  database = await startTestDatabase()
  const user = (email: string) =>
    createUser(database.kysely, { email, name: email, passwordHash: null, role: 'member' })
  ownerId = (await user('a@example.org')).id
  otherId = (await user('b@example.org')).id
})
afterAll(() => database.close())
beforeEach(async () => {
  await database.kysely.deleteFrom('recordings').execute()
})

function create(title = 'Talk', owner = ownerId) {
  const tokenHash = randomBytes(32)
  return createRecording(database.kysely, { ownerId: owner, title, contentType: 'video/webm', tokenHash })
}

const publication: Publication = {
  epoch: 1,
  size: 5_000_000_000,
  sha256: Buffer.alloc(32, 7),
  crc32: 0xfedcba98,
  endReason: 'stopped',
  summary: { container: 'webm', mp4State: 'ready', webmState: 'ready', tracks: [{ codec: 'vp8\u0000' }] },
  durationMs: 1234.567,
  media: null,
}

async function received(): Promise<RecordingId> {
  const { id } = await create()
  await advanceEpoch(database.kysely, id)
  return id
}

describe('a recording', () => {
  it('is created receiving, at epoch 0, without a size', async () => {
    const recording = await create("O'Brien; drop table recordings;-- \u0000 日本")
    expect(recording).toMatchObject({ state: 'receiving', epoch: 0, size: null, summary: {}, owner_id: ownerId })
    expect(recording.title).toBe("O'Brien; drop table recordings;-- \ufffd 日本")
    expect(await getRecording(database.kysely, recording.id)).toEqual(recording)
  })

  it('gives each of 20 writers at once an epoch of its own', async () => {
    const { id } = await create()
    const epochs = await Promise.all(Array.from({ length: 20 }, () => advanceEpoch(database.kysely, id)))
    expect(epochs.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
  })

  it('has no new writer once published, deleted or unknown', async () => {
    const id = await received()
    await publishRecording(database.kysely, id, publication)
    await expect(advanceEpoch(database.kysely, id)).rejects.toMatchObject({ code: 'recording-not-receiving' })
    await deleteRecording(database.kysely, id)
    await expect(advanceEpoch(database.kysely, id)).rejects.toMatchObject({ code: 'recording-not-found' })
    await expect(advanceEpoch(database.kysely, newRecordingId())).rejects.toMatchObject({ code: 'recording-not-found' })
  })

  it('is listed to its owner only, newest first, page after page without a gap or a repeat', async () => {
    const made: string[] = []
    for (let n = 0; n < 7; n += 1) made.unshift((await create(`${n}`)).id)
    await create('of another', otherId)
    await deleteRecording(database.kysely, made.splice(3, 1)[0] as RecordingId)
    const seen: string[] = []
    let before: RecordingId | null = null
    do {
      const page: Awaited<ReturnType<typeof listRecordings>> = await listRecordings(database.kysely, ownerId, {
        limit: 2,
        before,
      })
      seen.push(...page.recordings.map(({ id }) => id))
      before = page.next
    } while (before)
    expect(seen).toEqual(made)
  })

  it('is open until published or deleted', async () => {
    const [open, published, deleted] = [await received(), await received(), await received()]
    await publishRecording(database.kysely, published, publication)
    await deleteRecording(database.kysely, deleted)
    expect((await listOpenRecordings(database.kysely)).map(({ id }) => id)).toEqual([open])
  })

  it('is renamed', async () => {
    const { id } = await create()
    expect(await renameRecording(database.kysely, id, 'Other')).toBe(true)
    expect(await getRecording(database.kysely, id)).toMatchObject({ title: 'Other' })
    expect(await renameRecording(database.kysely, newRecordingId(), 'Other')).toBe(false)
  })

  it('once deleted is discarded, fenced, unseen, and forgotten after its bytes', async () => {
    const id = await received()
    expect(await deleteRecording(database.kysely, id)).toBe(true)
    expect(await deleteRecording(database.kysely, id)).toBe(false)
    expect(await getRecording(database.kysely, id)).toBeUndefined()
    await expect(publishRecording(database.kysely, id, publication)).rejects.toMatchObject({
      code: 'recording-not-found',
    })
    const [row] = await listDeletedRecordings(database.kysely, 10)
    expect(row).toMatchObject({ id, state: 'discarded', epoch: 2 })
    await forgetRecording(database.kysely, id)
    expect(await listDeletedRecordings(database.kysely, 10)).toEqual([])
  })
})

describe('publishing', () => {
  it('seals in one statement', async () => {
    const id = await received()
    const publishedAt = await publishRecording(database.kysely, id, publication)
    expect(await getRecording(database.kysely, id)).toMatchObject({
      state: 'published',
      size: 5_000_000_000,
      crc32: 0xfedcba98,
      end_reason: 'stopped',
      duration_ms: 1234.567,
      published_at: publishedAt,
      summary: { container: 'webm', tracks: [{ codec: 'vp8\ufffd' }] },
    })
  })

  it('repeated, even 20 times at once, answers the same', async () => {
    const id = await received()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => publishRecording(database.kysely, id, publication)),
    )
    expect(new Set(answers.map(Number)).size).toBe(1)
  })

  it('at another epoch changes nothing', async () => {
    const id = await received()
    await advanceEpoch(database.kysely, id)
    await expect(publishRecording(database.kysely, id, publication)).rejects.toMatchObject({
      code: 'stale-epoch',
      details: { current: 2 },
    })
    expect(await getRecording(database.kysely, id)).toMatchObject({ state: 'receiving', size: null })
  })

  it.each([{ size: 1 }, { crc32: 1 }])('again as something else (%o) is refused', async (other) => {
    const id = await received()
    const publishedAt = await publishRecording(database.kysely, id, publication)
    await expect(publishRecording(database.kysely, id, { ...publication, ...other })).rejects.toMatchObject({
      code: 'published-otherwise',
    })
    expect(await getRecording(database.kysely, id)).toMatchObject({ size: publication.size, published_at: publishedAt })
  })

  it('of an unknown recording is refused', async () => {
    const nobody = newRecordingId()
    await expect(publishRecording(database.kysely, nobody, publication)).rejects.toMatchObject({
      code: 'recording-not-found',
    })
  })
})

describe('a share', () => {
  it('opens its recording until it is revoked or the recording deleted', async () => {
    const id = await received()
    const first = await createShare(database.kysely, { recordingId: id, createdBy: ownerId })
    const second = await createShare(database.kysely, { recordingId: id, createdBy: ownerId })
    const otherRecording = await received()
    expect(await revokeShare(database.kysely, otherRecording, first.id)).toBe(false)
    expect(await revokeShare(database.kysely, id, first.id)).toBe(true)
    expect(await revokeShare(database.kysely, id, first.id)).toBe(false)
    expect(await findShared(database.kysely, first.id)).toBeUndefined()
    expect(await findShared(database.kysely, second.id)).toBeDefined()
    await deleteRecording(database.kysely, id)
    expect(await findShared(database.kysely, second.id)).toBeUndefined()
  })
})
