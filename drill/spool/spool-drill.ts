import type { Fault } from '../fault.ts'
import { killedEncoder, powerCutOfEncoder } from './cuts.ts'
import { deadNetwork } from './dead-network.ts'
import { fullDiskOfEncoder, fullSpool } from './full-spool.ts'

/** Everything that may happen between a source and what its server proved. */
export const spoolFaults: readonly Fault[] = [
  killedEncoder,
  powerCutOfEncoder,
  fullSpool,
  fullDiskOfEncoder,
  deadNetwork,
]

/** Under a minute, in every test run. */
export const shortSpoolFaults: readonly Fault[] = [killedEncoder, fullSpool, deadNetwork]
