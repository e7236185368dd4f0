import { maxEvents } from '@rushes/protocol'

/** Bounds of the ingest protocol (SPEC.md, Limits) and of the sockets below it; tests and operators may narrow them. */
export type ReceiveLimits = {
  maxChunkBytes: number
  /** Outstanding bytes a sender may have. */
  windowBytes: number
  /** Outstanding bytes of all senders together: windows shrink as it fills. */
  budgetBytes: number
  maxRecordingBytes: number
  maxConnections: number
  /** Connections of all kinds, viewers' and unfinished requests' included. */
  maxSockets: number
  /** Until the head of a request is here, or the first one after the connection was made; and until its body is. */
  headMs: number
  requestMs: number
  helloMs: number
  pingMs: number
  deadMs: number
  /** A recording that nobody holds for so long is published as far as it came. */
  quietMs: number
  /** Free space that is left to the database and the system: below it, senders are asked to wait. */
  reserveBytes: number
  controlMessagesPerSecond: number
  eventMessagesPerSecond: number
  /** Of one recording; and bytes of their data together. */
  maxEvents: number
  maxEventBytes: number
  /** An unfinished upload that nobody sends to for so long is removed. */
  uploadExpiryMs: number
  /** Unfinished uploads of one account. */
  maxOpenUploads: number
}

export const defaultReceiveLimits: ReceiveLimits = {
  maxChunkBytes: 1024 * 1024,
  windowBytes: 8 * 1024 * 1024,
  budgetBytes: 256 * 1024 * 1024,
  maxRecordingBytes: 2 ** 40,
  maxConnections: 5_000,
  maxSockets: 10_000,
  headMs: 10_000,
  requestMs: 60_000,
  helloMs: 10_000,
  pingMs: 10_000,
  deadMs: 30_000,
  quietMs: 10 * 60_000,
  reserveBytes: 256 * 1024 * 1024,
  controlMessagesPerSecond: 100,
  eventMessagesPerSecond: 50,
  maxEvents,
  maxEventBytes: 64 * 1024 * 1024,
  uploadExpiryMs: 7 * 24 * 3600_000,
  maxOpenUploads: 500,
}

/** Window that is granted while small senders would starve large ones of memory: enough for a second of HD video. */
const narrowBytes = 512 * 1024

/** Shares the memory for bytes that are on their way to the disk among all senders. */
export interface ReceiveBudget {
  /** Bytes received and not durable, over all recordings. */
  outstanding: number
  window(): number
}

export function openReceiveBudget(limits: ReceiveLimits): ReceiveBudget {
  return {
    outstanding: 0,
    window() {
      const left = limits.budgetBytes - this.outstanding
      return Math.max(narrowBytes, Math.min(limits.windowBytes, Math.floor(left / 4)))
    },
  }
}
