import type { Control } from '../drill-run.ts'
import type { Fault } from '../fault.ts'
import { fullTarget } from './full-target.ts'
import { backupsWhileSending, killedBackups } from './while-sending.ts'

export const backupFaults: readonly Fault[] = [backupsWhileSending, killedBackups, fullTarget]

/** Some seconds, in every test run. */
export const shortBackupFaults: readonly Fault[] = [backupsWhileSending]

export const backupControls: readonly Control[] = [
  {
    name: 'without what grew since the backup before',
    fault: backupsWhileSending,
    removals: [
      {
        file: 'packages/server/src/backup/take-backup.ts',
        text: 'if (known !== null && (await this.#isUnchanged(known, from, size, sha256))) {',
        instead: 'if (known !== null) {',
      },
    ],
  },
  {
    name: 'without the files beside a body',
    fault: backupsWhileSending,
    removals: [
      {
        file: 'packages/server/src/backup/take-backup.ts',
        text: 'for (const name of loose) await',
        instead: 'for (const name of loose.slice(0, 0)) await',
      },
    ],
  },
]
