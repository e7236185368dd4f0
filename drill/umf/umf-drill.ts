import type { Control } from '../drill-run.ts'
import type { Fault } from '../fault.ts'
import { byteCuts, everyBit, tornPlayed, tornWrites } from './altered-files.ts'
import { killedEditor, powerCutOfEditor } from './cuts.ts'

/** Everything that may happen to an archive while it is edited, and after. */
export const umfFaults: readonly Fault[] = [killedEditor, powerCutOfEditor, tornWrites, tornPlayed, byteCuts, everyBit]

/** Under a minute, in every test run; the tests of packages/umf have the short form of the others. */
export const shortUmfFaults: readonly Fault[] = [killedEditor]

export const umfControls: readonly Control[] = [
  {
    name: 'edits acknowledged without having been synced',
    fault: powerCutOfEditor,
    removals: [
      {
        file: 'packages/umf/src/node.ts',
        text: "    sync: () => handle.datasync().catch(refuse('synced')),\n",
        instead: '    sync: async () => {},\n',
      },
    ],
  },
]
