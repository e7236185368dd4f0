import { type Kysely, sql } from 'kysely'
import { newShareId, type RecordingId, type ShareId, type UserId } from './identifiers.ts'
import type { Recording, Schema, Share } from './schema.ts'

/** What whoever has a link counts as (packages/umf/SPEC.md, L1); anonymous where it says nothing. */
export type ShareGrant = { level: number; attributes: Readonly<Record<string, readonly string[]>> }

export async function createShare(
  db: Kysely<Schema>,
  share: { recordingId: RecordingId; createdBy: UserId; id?: ShareId; grant?: ShareGrant },
): Promise<Share> {
  const { recordingId, createdBy, id = newShareId(), grant } = share
  return await db
    .insertInto('shares')
    .values({
      ...{ id, recording_id: recordingId, created_by: createdBy },
      ...(grant && { level: grant.level, attributes: JSON.stringify(grant.attributes) }),
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

export type SharedRecording = Recording & { grant_level: number; grant_attributes: ShareGrant['attributes'] }

/** The recording that an active link opens. Asked on every request, so that a revoked link is dead at once. */
export async function findShared(db: Kysely<Schema>, id: ShareId): Promise<SharedRecording | undefined> {
  return await db
    .selectFrom('shares')
    .innerJoin('recordings', 'recordings.id', 'shares.recording_id')
    .selectAll('recordings')
    .select(['shares.level as grant_level', 'shares.attributes as grant_attributes'])
    .where('shares.id', '=', id)
    .where('shares.revoked_at', 'is', null)
    .where('recordings.deleted_at', 'is', null)
    .where('recordings.state', '<>', 'discarded')
    .executeTakeFirst()
}

async function listShares(db: Kysely<Schema>, recordingId: RecordingId): Promise<Share[]> {
  return await db
    .selectFrom('shares')
    .selectAll()
    .where('recording_id', '=', recordingId)
    .where('revoked_at', 'is', null)
    .orderBy('created_at')
    .execute()
}

/** The oldest active link that lets in nobody but as anonymous: the one that may be given to anybody. */
export async function openShare(db: Kysely<Schema>, recordingId: RecordingId): Promise<Share | undefined> {
  const shares = await listShares(db, recordingId)
  return shares.find(({ level, attributes }) => level === 1000 && Object.keys(attributes).length === 0)
}

/** True when the link was active until now. */
export async function revokeShare(db: Kysely<Schema>, recordingId: RecordingId, id: ShareId): Promise<boolean> {
  const revoked = await db
    .updateTable('shares')
    .set({ revoked_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('recording_id', '=', recordingId)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return revoked.numUpdatedRows > 0n
}
