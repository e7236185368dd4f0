import { randomBytes } from 'node:crypto'
import { newArchiveId } from '@rushes/umf'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { archiveRegistryContract } from '../../../umf/test/archive-registry-contract.ts'
import { startTestDatabase, type TestDatabase } from '../../test/postgres-for-tests.ts'
import { openArchiveRegistry } from './archive-registry.ts'
import { createDelivery } from './deliveries.ts'
import { newRecordingId, type RecordingId, type UserId } from './identifiers.ts'
import { createRecording, deleteRecording } from './recordings.ts'
import { createUser } from './users.ts'

let database: TestDatabase
let ownerId: UserId
beforeAll(async () => {
  database = await startTestDatabase()
  const user = { email: 'a@example.org', name: 'A', passwordHash: null, role: 'member' } as const
  ownerId = (await createUser(database.kysely, user)).id
})
afterAll(() => database.close())

const open = () => openArchiveRegistry(database.kysely)

async function newRecording(): Promise<RecordingId> {
  const fields = { ownerId, title: 'Talk', contentType: 'video/webm', tokenHash: randomBytes(32) }
  return (await createRecording(database.kysely, fields)).id
}

describe('recordings as registry', () => {
  archiveRegistryContract(async () => ({ registry: open(), reopened: open, newHolder: newRecording }))

  it('[F4] has each recording as the archive of its own id, which nobody else takes', async () => {
    const [first, second] = [await newRecording(), await newRecording()]
    expect(await open().holder(first)).toBe(first)
    await expect(open().register(first, second)).rejects.toMatchObject({ code: 'id-taken' })
    await open().register(first, first)
  })

  it('frees the id of a recording that is deleted', async () => {
    const [first, second, id] = [await newRecording(), await newRecording(), newArchiveId()]
    await open().register(id, first)
    await deleteRecording(database.kysely, first)
    expect(await open().holder(id)).toBeNull()
    await open().register(id, second)
    expect(await open().holder(id)).toBe(second)
    await open().register(first, second)
  })

  it('has no place for a delivery whose id an archive has', async () => {
    const [holder, id] = [await newRecording(), newRecordingId()]
    await open().register(id, holder)
    const delivery = { id, ownerId, title: 'Event', tokenHash: randomBytes(32) }
    expect(await createDelivery(database.kysely, delivery)).toBeUndefined()
  })
})
