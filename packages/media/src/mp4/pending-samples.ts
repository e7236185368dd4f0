import { MediaError } from '../media-error.ts'
import type { SampleSink } from '../sample-sink.ts'
import type { Track } from '../track.ts'
import type { SampleCursor } from './sample-cursor.ts'

/** Tracks may share bytes, though few files do; one that says so of many makes billions of samples of one megabyte. */
const MOST_SHARING = 2
const SHARED_BYTES = 2 ** 16

/** More runs than this wait only for somebody who sends headers and never samples. */
const MOST_WAITING_RUNS = 100_000

type Queue = {
  trackId: number
  runs: SampleCursor[]
  /** How many of `runs` are done; they are let go together, since shifting a long list costs its length. */
  done: number
  /** The run whose current sample is the next to come; null when nothing waits. */
  head: SampleCursor | null
  /** Where that sample ends; infinite without one. */
  end: number
  /** Bytes and decode time of what was told so far. */
  toldBytes: number
  toldDts: number
}

/**
 * Samples that headers have announced, told to the sink when their last byte has come: within a track in decoding
 * order, between tracks in the order in which they end.
 */
export class PendingSamples {
  private readonly sink: SampleSink
  private readonly queues: Queue[] = []
  private waitingRuns = 0
  private toldBytes = 0
  wholeBytes = 0

  constructor(sink: SampleSink) {
    this.sink = sink
  }

  get isEmpty(): boolean {
    return this.waitingRuns === 0
  }

  addTrack(track: Track): void {
    this.queues.push({
      trackId: track.id,
      runs: [],
      done: 0,
      head: null,
      end: Number.POSITIVE_INFINITY,
      toldBytes: 0,
      toldDts: Number.NEGATIVE_INFINITY,
    })
  }

  /** The sample that the track now waits for, where this run changed that. @throws MediaError `too-large` */
  addRun(trackId: number, run: SampleCursor): SampleCursor | null {
    const queue = this.queues.find((each) => each.trackId === trackId)
    if (queue === undefined) return null
    if (++this.waitingRuns > MOST_WAITING_RUNS) {
      throw new MediaError('too-large', 'too many fragments without their data')
    }
    queue.runs.push(run)
    if (queue.head !== null) return null
    this.advance(queue)
    return queue.head
  }

  private advance(queue: Queue): void {
    for (;;) {
      const head = queue.head ?? queue.runs[queue.done] ?? null
      if (head === null) {
        queue.end = Number.POSITIVE_INFINITY
        queue.runs = []
        queue.done = 0
        return
      }
      if (head.next()) {
        queue.head = head
        queue.end = head.offset + head.size
        return
      }
      queue.done++
      this.waitingRuns--
      queue.head = null
    }
  }

  /** Tells every sample that ends at or before `position`. @throws MediaError `malformed` */
  tell(position: number): void {
    for (;;) {
      const queue = this.earliest()
      if (queue === null || queue.end > position) return
      const head = queue.head!
      queue.toldBytes += head.size
      // Samples of one track never share bytes; claiming so is a way to make millions of samples of one megabyte.
      this.toldBytes += head.size
      if (this.toldBytes > MOST_SHARING * position + SHARED_BYTES) {
        throw new MediaError('too-large', 'tracks that share all their samples', head.offset)
      }
      if (queue.toldBytes > position) throw new MediaError('malformed', 'samples of one track overlap', head.offset)
      if (head.dts > queue.toldDts) queue.toldDts = head.dts
      if (queue.end > this.wholeBytes) this.wholeBytes = queue.end
      this.sink.sample(queue.trackId, head.offset, head.size, queue.toldDts, head.pts, head.duration, head.sync)
      this.advance(queue)
    }
  }

  private earliest(): Queue | null {
    let earliest: Queue | null = null
    let end = Number.POSITIVE_INFINITY
    for (let index = 0; index < this.queues.length; index++) {
      const queue = this.queues[index]!
      if (queue.end < end) {
        earliest = queue
        end = queue.end
      }
    }
    return earliest
  }
}
