import type { Fault } from '../fault.ts'
import { badNetwork, halfOpen, takeover, zombie } from './connections.ts'
import { failingDisk, failingSync, fullDisk, noSpaceLeft } from './disks.ts'
import { hostileFrames } from './hostile-frames.ts'
import { killPostgres, killSender, killServer } from './kills.ts'
import { powerCut } from './power-cut.ts'

/** Everything that may happen between a sender and a stored, published recording. */
export const receiveFaults: readonly Fault[] = [
  killServer,
  killSender,
  killPostgres,
  powerCut,
  fullDisk,
  noSpaceLeft,
  failingDisk,
  failingSync,
  hostileFrames,
  badNetwork,
  halfOpen,
  takeover,
  zombie,
]
