import type { Fault } from '../fault.ts'
import { catchingUp } from './catching-up.ts'
import { killCommand } from './encode-command.ts'
import { killEither, killEncoder, killServer } from './kills.ts'
import { lossFault } from './losses.ts'
import { addressChange, halfOpen, outage } from './outages.ts'
import { alteredInStore, badStore, rottenLater } from './store-faults.ts'

/** Everything that may happen between an encoder, a server and a decoder. */
export const deliveryFaults: readonly Fault[] = [
  ...[0, 0.01, 0.05, 0.2].map(lossFault),
  outage(10),
  outage(60),
  outage(600),
  halfOpen,
  addressChange,
  killServer,
  killEncoder,
  killCommand,
  alteredInStore,
  badStore,
  rottenLater,
  catchingUp,
]

/** Under a minute, in every test run. */
export const shortDeliveryFaults: readonly Fault[] = [lossFault(0.05), killEither, badStore, outage(10)]
