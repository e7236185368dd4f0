import { type ArchiveRegistry, isArchiveId, UmfError } from '@rushes/umf'
import { type Kysely, sql } from 'kysely'
import { parseRecordingId, type RecordingId } from './identifiers.ts'
import type { Schema } from './schema.ts'

/**
 * Which recording is which archive. The holders are recordings, each of one id: its own, until another one is registered. What
 * is deleted holds none any more.
 */
export function openArchiveRegistry(db: Kysely<Schema>): ArchiveRegistry {
  async function holder(id: string): Promise<RecordingId | null> {
    if (!isArchiveId(id)) return null
    const row = await db
      .selectFrom('recordings')
      .select('id')
      .where(sql<string>`coalesce(archive_id, id)`, '=', id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst()
    return row?.id ?? null
  }

  return {
    holder,
    async register(id, by) {
      const recording = parseRecordingId(by)
      if (recording === undefined || !isArchiveId(id)) throw new UmfError('invalid', `${id} is no id of an archive`)
      try {
        await db
          .updateTable('recordings')
          .set({ archive_id: id })
          .where('id', '=', recording)
          .where('deleted_at', 'is', null)
          .execute()
      } catch (error) {
        throw isTaken(error) ? new UmfError('id-taken', `the archive ${id} is another recording here`) : error
      }
    },
  }
}

function isTaken(error: unknown): boolean {
  const { code, constraint } = error as { code?: unknown; constraint?: unknown }
  return code === '23505' && constraint === 'recordings_archive_id'
}
