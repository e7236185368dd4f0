import { type Init, readInit } from '@rushes/media'

/** Where a representation ended, for an encoder that goes on. */
export type StartPoint = {
  /** Of the next segment. */
  sequence: number
  /** Of the last segment, in the representation's timescale. */
  end: number
  /** Its CMAF header, where the caller has it: if what comes differs, a new representation begins. */
  init?: Uint8Array | undefined
}

/** One track at one quality through all interruptions of its source; its id changes when its decoder has to. */
export class RepresentationLine {
  readonly trackId: number
  private readonly name: string
  private generation = 1
  /** The decoder's configuration as last told, or null before. */
  private configuration: string | null = null
  /** Told by an encoder before this one; nothing is known of its configuration. */
  private isTrusted = false
  sequence = 0
  /** Ticks; null while there is no segment. */
  end: number | null = null
  timescale = 0
  /** ms since the epoch, of the last segment's first sample. */
  lastWallClock = 0

  constructor(name: string, trackId: number, starts: Readonly<Record<string, StartPoint>>) {
    this.name = name
    this.trackId = trackId
    for (let generation = 1; ; generation++) {
      const start = Object.hasOwn(starts, idOf(name, generation)) ? starts[idOf(name, generation)] : undefined
      if (start === undefined) break
      this.generation = generation
      this.sequence = start.sequence
      this.end = start.end
      const init = start.init === undefined ? null : readInit(start.init)
      this.isTrusted = init === null
      this.configuration = init === null ? null : configurationOf(init)
      this.timescale = init?.tracks[0]?.timescale ?? 0
    }
  }

  get id(): string {
    return idOf(this.name, this.generation)
  }

  get endMs(): number | null {
    return this.end === null || this.timescale === 0 ? null : (this.end * 1000) / this.timescale
  }

  /** A source begins with this header: whether a representation has to be announced for it. */
  begin(init: Init): boolean {
    const configuration = configurationOf(init)
    const [track] = init.tracks
    const before = this.endMs
    const known = this.configuration
    this.configuration = configuration
    if (this.isTrusted) {
      this.isTrusted = false
      this.timescale = track!.timescale
      return false
    }
    if (known === configuration) {
      this.timescale = track!.timescale
      return false
    }
    if (known !== null) {
      this.generation++
      this.sequence = 0
      // Its times go on from where the one before it ended, in its own ticks.
      this.end = before === null ? null : Math.ceil((before * track!.timescale) / 1000)
    }
    this.timescale = track!.timescale
    return true
  }
}

function idOf(name: string, generation: number): string {
  return generation === 1 ? name : `${name}-${generation}`
}

/** What a decoder needs to know; equal texts go on in one representation. */
function configurationOf(init: Init): string {
  return JSON.stringify(
    init.movie.map(({ track: { codecId, config, timescale, video, audio } }) => [
      codecId,
      config === null ? null : Buffer.from(config).toString('base64'),
      timescale,
      video,
      audio,
    ]),
  )
}
