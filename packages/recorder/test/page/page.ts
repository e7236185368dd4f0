// The page that is tested: the SDK as pages import it, and the rooms that the contract suites need.
import { bodyFile } from '../../src/deliver/rest.ts'
import * as sdk from '../../src/index.ts'
import { DurableSpool } from '../../src/spool/durable-spool.ts'
import { openIndexedDbStore } from '../../src/spool/indexed-db-store.ts'
import { openMemoryStore } from '../../src/spool/memory-store.ts'
import { openOpfsStore } from '../../src/spool/opfs-store.ts'
import { canvasCapture } from './canvas-capture.ts'
import { spoolContract } from './spool-contract.ts'

const rooms = {
  sdk,
  DurableSpool,
  bodyFile,
  canvasCapture,
  spoolContract,
  stores: { opfs: openOpfsStore, indexeddb: openIndexedDbStore, memory: async () => openMemoryStore() },
}
export type Rooms = typeof rooms
Object.assign(globalThis, { rooms })

// Something that moves, for captures of this tab.
const context = (document.getElementById('moving') as HTMLCanvasElement).getContext('2d')!
setInterval(() => {
  context.fillStyle = `hsl(${performance.now() / 20} 80% 50%)`
  context.fillRect(0, 0, 640, 360)
  context.fillStyle = '#fff'
  context.font = '48px sans-serif'
  context.fillText(String(Math.round(performance.now())), 40, 200)
}, 40)
