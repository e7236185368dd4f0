import * as id from './element-ids.ts'
import { masterElement, unsignedElement } from './element-writer.ts'
import { GrowingColumn } from './growing-column.ts'

/** Key frames of one cluster nearer than this need no cue of their own: all-intra video would have one a frame. */
const NEAR_MS = 100
/** Where there is no video, a cue about every second. */
const AUDIO_MS = 1000

/**
 * Where to seek to, kept as columns: cluster positions are counted from the first cluster, and rebased when the size of
 * the header in front of it is known.
 */
export class CueColumns {
  readonly #times = new GrowingColumn()
  readonly #positions = new GrowingColumn()
  readonly #tracks = new GrowingColumn()
  readonly #ticksPerMs: number
  #hasVideo = false

  /** @param timestampScale nanoseconds a tick */
  constructor(timestampScale: number) {
    this.#ticksPerMs = 1e6 / timestampScale
  }

  get count(): number {
    return this.#times.length
  }

  /** A random access point: a key frame of the video track, or any frame of audio while there is no video. */
  note(trackId: number, isVideo: boolean, time: number, position: number): void {
    if (!isVideo && this.#hasVideo) return
    this.#hasVideo ||= isVideo
    const last = this.#times.last()
    if (last !== undefined) {
      const sinceMs = (time - last) / this.#ticksPerMs
      // RFC 9559 §22.1: in the order of time.
      if (sinceMs < 0 || (!isVideo && sinceMs < AUDIO_MS)) return
      if (sinceMs < NEAR_MS && position === this.#positions.last() && trackId === this.#tracks.last()) return
    }
    this.#times.append(time)
    this.#positions.append(position)
    this.#tracks.append(trackId)
  }

  /** The Cues element (RFC 9559 §5.1.5); its size depends not on `firstCluster`, the first cluster's Segment position. */
  element(firstCluster: number): Uint8Array {
    const times = this.#times.snapshot()
    const positions = this.#positions.snapshot()
    const tracks = this.#tracks.snapshot()
    if (times.length === 0) return new Uint8Array(0)
    const points: Uint8Array[] = []
    let template: Uint8Array | null = null
    let templateTrack = -1
    for (let index = 0; index < times.length; index++) {
      if (template === null || tracks[index] !== templateTrack) {
        templateTrack = tracks[index]!
        template = cuePoint(templateTrack)
      }
      const point = template.slice()
      const view = new DataView(point.buffer)
      view.setBigUint64(TIME_AT, BigInt(times[index]!))
      view.setBigUint64(point.length - 8, BigInt(firstCluster + positions[index]!))
      points.push(point)
    }
    return masterElement(id.CUES, points)
  }
}

/** Behind CuePoint's and CueTime's headers, of two bytes each. */
const TIME_AT = 4

/** CuePoint with a time and, at its end, a position of 8 bytes each, both 0. */
function cuePoint(trackId: number): Uint8Array {
  return masterElement(id.CUE_POINT, [
    unsignedElement(id.CUE_TIME, 0, 8),
    masterElement(id.CUE_TRACK_POSITIONS, [
      unsignedElement(id.CUE_TRACK, trackId),
      unsignedElement(id.CUE_CLUSTER_POSITION, 0, 8),
    ]),
  ])
}
