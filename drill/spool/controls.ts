import type { Control } from '../drill-run.ts'
import { powerCutOfEncoder } from './cuts.ts'

export const spoolControls: readonly Control[] = [
  {
    name: 'files listed without having been synced',
    fault: powerCutOfEncoder,
    removals: [
      {
        file: 'packages/encoder/src/spool/spool-files.ts',
        text: '          await file.datasync()\n',
        instead: '',
      },
    ],
  },
]
