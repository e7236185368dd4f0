import type { Fault } from '../fault.ts'
import { killPostgres, killSender, killServer } from './kills.ts'

/** Everything that may happen between a sender and a stored, published recording. */
export const receiveFaults: readonly Fault[] = [killServer, killSender, killPostgres]
