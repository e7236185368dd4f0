import type { Kysely } from 'kysely'
import { type BodyFolder, removeRecordingFolder } from '../body/folder.ts'
import { forgetRecording, listDeletedRecordings } from '../catalog/recordings.ts'
import type { Schema } from '../catalog/schema.ts'

const pageLength = 100

/**
 * Removes what was deleted: first the bytes, then the row that named them, so that a crash in between leaves a row to go
 * on from. A folder without a row is left alone: after a restored database it may be the only copy there is.
 */
export async function sweepDeleted(db: Kysely<Schema>, folder: BodyFolder): Promise<number> {
  let swept = 0
  for (;;) {
    const deleted = await listDeletedRecordings(db, pageLength)
    for (const { id } of deleted) {
      await removeRecordingFolder(folder, id)
      await forgetRecording(db, id)
      swept++
    }
    if (deleted.length < pageLength) return swept
  }
}
