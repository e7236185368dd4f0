import type { Control } from '../drill-run.ts'
import { takeover } from './connections.ts'
import { hostileFrames } from './hostile-frames.ts'
import { powerCut } from './power-cut.ts'

const session = 'packages/server/src/receive/ingest-session.ts'

export const receiveControls: readonly Control[] = [
  {
    name: 'without sync before the acknowledgement',
    fault: powerCut,
    removals: [
      {
        file: 'packages/server/src/body/append-file.ts',
        text: '      await syncData(this.#fd)\n      this.#size = end\n',
        instead: '      this.#size = end\n',
      },
    ],
  },
  {
    name: 'without de-duplication (K3)',
    fault: hostileFrames,
    removals: [
      {
        file: session,
        text: '        const { size, crc } = body.durable\n',
        instead:
          '        body.append(chunk.payload, crc32(chunk.payload, body.received.crc))\n        const { size, crc } = body.durable\n',
      },
    ],
  },
  {
    name: 'without fence and epoch check (N4, K4)',
    fault: takeover,
    removals: [
      { file: session, text: "      if (chunk.epoch !== epoch) return close('stale-epoch')\n", instead: '' },
      {
        file: 'packages/server/src/receive/open-recording.ts',
        text: "          holder?.fenced('stale-epoch')\n",
        instead: '',
      },
    ],
  },
]
