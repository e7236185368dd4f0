// The page that is tested: the SDK as pages import it, and the rooms that tests look into.
import * as sdk from '../../src/index.ts'
import { DurableSpool } from '../../src/spool/durable-spool.ts'
import { openIndexedDbStore } from '../../src/spool/indexed-db-store.ts'
import { openMemoryStore } from '../../src/spool/memory-store.ts'
import { openOpfsStore } from '../../src/spool/opfs-store.ts'
import type { SpoolFile, SpoolStore } from '../../src/spool/spool-store.ts'
import { type CanvasCapture, canvasCapture, colourCamera } from './canvas-capture.ts'
import { spoolContract } from './spool-contract.ts'
import { twoWays } from './two-ways.ts'

type Rooms = {
  sdk: typeof sdk
  canvasCapture: typeof canvasCapture
  colourCamera: typeof colourCamera
  spoolContract: typeof spoolContract
  twoWays: typeof twoWays
  stores: Record<'opfs' | 'indexeddb' | 'memory', () => Promise<SpoolStore & { close?(): void }>>
  /** All that encoders of this page gave out, in order. */
  produced: Uint8Array[]
  /** Where memory is measured they are not kept. */
  keepsProduced: boolean
  producedSha256(): Promise<string>
  /** What a test left running. */
  recording: sdk.Recording | null
  capture: CanvasCapture | null
  opened: sdk.Capture | null
  notices: string[]
  file: SpoolFile | null
  /** A mebibyte that storage cannot make smaller. */
  grain: Uint8Array<ArrayBuffer>
}

declare global {
  var rooms: Rooms
  /** Set by tests that outlive the page: every produced piece, as base64. */
  var tellProduced: ((base64: string) => void) | undefined
}

const produced: Uint8Array[] = []
const append = DurableSpool.prototype.append
DurableSpool.prototype.append = function (bytes, sync) {
  if (rooms.keepsProduced) produced.push(bytes.slice())
  globalThis.tellProduced?.((bytes as Uint8Array & { toBase64(): string }).toBase64())
  append.call(this, bytes, sync)
}

const grain = new Uint8Array(1024 * 1024)
for (let at = 0; at < grain.length; at += 65_536) crypto.getRandomValues(grain.subarray(at, at + 65_536))

globalThis.rooms = {
  sdk,
  canvasCapture,
  colourCamera,
  spoolContract,
  twoWays,
  stores: { opfs: openOpfsStore, indexeddb: openIndexedDbStore, memory: async () => openMemoryStore() },
  produced,
  keepsProduced: true,
  async producedSha256() {
    const whole = await new Blob(produced as Uint8Array<ArrayBuffer>[]).arrayBuffer()
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', whole))
    return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  },
  recording: null,
  capture: null,
  opened: null,
  notices: [],
  file: null,
  grain,
}

// Something that moves, for captures of this tab.
const context = (document.getElementById('moving') as HTMLCanvasElement).getContext('2d')!
setInterval(() => {
  context.fillStyle = `hsl(${performance.now() / 20} 80% 50%)`
  context.fillRect(0, 0, 640, 360)
}, 40)
