import type { RepresentationEntry } from '@rushes/protocol'

/** What an acquisition tells, in the order in which it happens. Wall clocks are ms since the epoch, by this machine. */
export type AcquisitionEvent =
  /** Before its first segment; `init` is its CMAF header, `kinds` all that its source has. */
  | {
      type: 'representation'
      representation: Omit<RepresentationEntry, 'type' | 'init'>
      kinds: readonly RepresentationEntry['kind'][]
      init: Uint8Array
    }
  | {
      type: 'segment'
      representation: string
      sequence: number
      /** Decode time of the first sample and length, in the representation's timescale. */
      start: number
      duration: number
      /** When the first sample was made. */
      wallClock: number
      bytes: Uint8Array
    }
  /** Nothing was acquired between two times. */
  | { type: 'gap'; set: string; from: number; to: number; reason: string }
  | {
      type: 'source'
      set: string
      state: 'connecting' | 'running' | 'lost' | 'ended'
      detail?: string
      /** Encoded frames a second, media seconds a second, frames that were left out so far. */
      fps?: number
      speed?: number
      dropped?: number
    }
  /** Something is lost unless somebody acts. */
  | { type: 'critical'; set: string; code: 'consumer-behind'; detail: string }
