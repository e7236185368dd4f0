import type { Fault } from '../fault.ts'
import { killEither, killEncoder, killServer } from './kills.ts'
import { lossFault } from './losses.ts'

/** Everything that may happen between an encoder, a server and a decoder. */
export const deliveryFaults: readonly Fault[] = [...[0, 0.01, 0.05, 0.2].map(lossFault), killServer, killEncoder]

/** Under a minute, in every test run. */
export const shortDeliveryFaults: readonly Fault[] = [lossFault(0.05), killEither]
