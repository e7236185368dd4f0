import { type Kysely, sql } from 'kysely'
import { newShareId, type RecordingId, type ShareId, type UserId } from './identifiers.ts'
import type { Recording, Schema, Share } from './schema.ts'

export async function createShare(
  db: Kysely<Schema>,
  share: { recordingId: RecordingId; createdBy: UserId; id?: ShareId },
): Promise<Share> {
  return await db
    .insertInto('shares')
    .values({ id: share.id ?? newShareId(), recording_id: share.recordingId, created_by: share.createdBy })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** The recording that an active link opens. Asked on every request, so that a revoked link is dead at once. */
export async function findShared(db: Kysely<Schema>, id: ShareId): Promise<Recording | undefined> {
  return await db
    .selectFrom('shares')
    .innerJoin('recordings', 'recordings.id', 'shares.recording_id')
    .selectAll('recordings')
    .where('shares.id', '=', id)
    .where('shares.revoked_at', 'is', null)
    .where('recordings.deleted_at', 'is', null)
    .where('recordings.state', '<>', 'discarded')
    .executeTakeFirst()
}

export async function listShares(db: Kysely<Schema>, recordingId: RecordingId): Promise<Share[]> {
  return await db
    .selectFrom('shares')
    .selectAll()
    .where('recording_id', '=', recordingId)
    .where('revoked_at', 'is', null)
    .orderBy('created_at')
    .execute()
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
