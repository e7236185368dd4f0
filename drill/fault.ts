import type { InputMedia } from './input-media.ts'
import type { RandomSource } from './random-source.ts'
import type { Scene } from './scene.ts'

/** What a fault has to work with. */
export type FaultContext = {
  scene: Scene
  random: RandomSource
  /** Short: seconds, in every `npm test`. Full: minutes, with figures that mean something. */
  scale: 'short' | 'full'
  media: readonly InputMedia[]
  /** Root of the build under drill; left out, this repository. */
  build?: string
  /** See startServer. */
  template(): Promise<string>
  say(text: string): void
}

export type FaultReport = {
  trials: number
  acknowledgedBytes: number
  lostBytes: number
  /** Empty: the system held. */
  problems: string[]
  note?: string
}

export type Fault = {
  name: string
  needsRoot?: boolean
  /** Programs of the system. */
  programs?: readonly string[]
  /** Why it can't be tried on this machine; null where it can. */
  whyNot?(): string | null
  run(context: FaultContext): Promise<FaultReport>
}

/** What happened when one fault was tried. */
export type FaultOutcome =
  | { fault: string; result: 'held' | 'broken'; seconds: number; report: FaultReport }
  | { fault: string; result: 'not run'; missing: string }

export function emptyReport(): FaultReport {
  return { trials: 0, acknowledgedBytes: 0, lostBytes: 0, problems: [] }
}
