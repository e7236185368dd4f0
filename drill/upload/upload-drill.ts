import type { Control } from '../drill-run.ts'
import type { Fault } from '../fault.ts'
import { killEither } from './kills.ts'

/** Everything that may happen between a file and the recording that it becomes. */
export const uploadFaults: readonly Fault[] = [killEither]

export const uploadControls: readonly Control[] = [
  {
    name: 'without looking for what the server has already',
    fault: killEither,
    removals: [
      {
        file: 'packages/uploader/src/file-upload.ts',
        text: '    if (known !== undefined) return',
        instead: '    if (known?.id === undefined && known !== undefined) return',
      },
    ],
  },
]
