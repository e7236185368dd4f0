import type { Fault } from '../fault.ts'
import { badNetwork, halfOpen, takeover, zombie } from './connections.ts'
import { hostileFrames } from './hostile-frames.ts'
import { killPostgres, killSender, killServer } from './kills.ts'

/** Everything that may happen between a sender and a stored, published recording. */
export const receiveFaults: readonly Fault[] = [
  killServer,
  killSender,
  killPostgres,
  hostileFrames,
  badNetwork,
  halfOpen,
  takeover,
  zombie,
]
