import type { Fault } from '../fault.ts'
import { badNetwork, halfOpen, takeover, zombie } from './connections.ts'
import { failingDisk, failingSync, fullDisk, noSpaceLeft } from './disks.ts'
import { damagedTail, quietEnd } from './endings.ts'
import { hostileFrames } from './hostile-frames.ts'
import { killPostgres, killSender, killServer } from './kills.ts'
import { killsAtOnce } from './kills-at-once.ts'
import { modelCheck } from './model-check.ts'
import { powerCut } from './power-cut.ts'
import { slowSockets } from './slow-sockets.ts'

/** Everything that may happen between a sender and a stored, published recording. */
export const receiveFaults: readonly Fault[] = [
  modelCheck,
  hostileFrames,
  takeover,
  killServer,
  killSender,
  killPostgres,
  powerCut,
  fullDisk,
  noSpaceLeft,
  failingDisk,
  failingSync,
  damagedTail,
  quietEnd,
  badNetwork,
  halfOpen,
  zombie,
  slowSockets,
]

/** Under a minute, in every test run. */
export const shortReceiveFaults: readonly Fault[] = [modelCheck, hostileFrames, takeover, killsAtOnce, slowSockets]
