import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { StoreError } from '../store/store-error.ts'

/** Lies in a data folder for as long as a restore into it is not finished, and names the backup. */
export const restoringName = 'restoring'

/** A server must not begin on half of a backup. @throws StoreError `data-folder-unusable` */
export function refuseUnfinishedRestore(dataDir: string): void {
  if (!existsSync(join(dataDir, restoringName))) return
  throw new StoreError('data-folder-unusable', `a restore into ${dataDir} was cut off`, {
    advice: 'Run rushes restore again; it goes on from there.',
  })
}
