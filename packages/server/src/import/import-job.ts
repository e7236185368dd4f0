// The conversion of an import as a kind of job.
import type { Json } from '@rushes/pipeline'
import type { Kysely } from 'kysely'
import { z } from 'zod'
import type { BodyFolder } from '../body/folder.ts'
import { parseRecordingId, type RecordingId } from '../catalog/identifiers.ts'
import { getImport, moveImport } from '../catalog/imports.ts'
import type { ImportRow, Schema } from '../catalog/schema.ts'
import type { AskedJob, JobKind } from '../process/job-kind.ts'
import { archivePath, isThere, putInPlace, sentPath } from './import-folder.ts'
import { keepLayouts, knownLayouts } from './learned-layouts.ts'

export const convertKind = 'convert'

const requestSchema = z.object({ import: z.string() })

export type ImportJobOptions = {
  db: Kysely<Schema>
  folder: BodyFolder
  /** Something is to become a recording. */
  onKeeping(): void
}

export function importJob({ db, folder, onKeeping }: ImportJobOptions): JobKind {
  async function importOf({ id, request }: AskedJob): Promise<ImportRow> {
    const row = await getImport(db, importIdOf(request))
    // Of two that were added for it, the one that it names counts.
    if (row === undefined || (row.job_id !== null && row.job_id !== id)) throw new Error('its archive is gone')
    return row
  }

  return {
    async plan(job) {
      const row = await importOf(job)
      // Loaded by whoever runs conversions alone.
      const { planConversion } = await import('@rushes/converter')
      return await planConversion({
        folder: job.folder,
        inputs: [sentPath(folder, row)],
        // The recording that comes of it has the same one.
        drawId: async () => row.id,
        now: () => row.created_at.getTime(),
        layouts: () => knownLayouts(db),
      })
    },

    async finish(job, result) {
      if (result.outcome !== 'done') return
      const row = await importOf(job)
      const { convertedFile, learnedLayouts } = await import('@rushes/converter')
      const from = convertedFile(result)
      await keepLayouts(db, await learnedLayouts(result))
      const to = archivePath(folder, row.id)
      // A process that ended in between has put it there already. What was sent stays: the job may be looked at once more.
      if (!(await isThere(to)) || (await isThere(from))) await putInPlace(from, to)
      const state = row.keeps_at_once ? 'keeping' : 'converted'
      await moveImport(db, row.id, ['converting'], { state })
      if (state === 'keeping') onKeeping()
    },
  }
}

function importIdOf(request: Json): RecordingId {
  const id = parseRecordingId(requestSchema.parse(request).import)
  if (id === undefined) throw new Error('the job names no archive')
  return id
}
