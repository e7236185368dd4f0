import { MediaError } from '../media-error.ts'
import type { SampleSink } from '../sample-sink.ts'
import type { Track } from '../track.ts'
import type { SampleCursor } from './sample-cursor.ts'

/** More runs than this wait only for somebody who sends headers and never samples. */
const MOST_WAITING_RUNS = 100_000

type Queue = {
  track: Track
  runs: SampleCursor[]
  /** The run whose current sample is the next to come; null when nothing waits. */
  head: SampleCursor | null
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
  private readonly queues = new Map<number, Queue>()
  private waitingRuns = 0
  /** End of the sample that ends first, of those that wait; infinite when none does. */
  nextEnd: number = Number.POSITIVE_INFINITY
  wholeBytes = 0

  constructor(sink: SampleSink) {
    this.sink = sink
  }

  addTrack(track: Track): void {
    this.queues.set(track.id, { track, runs: [], head: null, toldBytes: 0, toldDts: Number.NEGATIVE_INFINITY })
  }

  /** The sample that the track now waits for, where this run changed that. @throws MediaError `too-large` */
  addRun(trackId: number, run: SampleCursor): SampleCursor | null {
    const queue = this.queues.get(trackId)
    if (queue === undefined) return null
    if (++this.waitingRuns > MOST_WAITING_RUNS)
      throw new MediaError('too-large', 'too many fragments without their data')
    queue.runs.push(run)
    if (queue.head !== null) return null
    this.advance(queue)
    this.findNextEnd()
    return queue.head
  }

  private advance(queue: Queue): void {
    for (;;) {
      queue.head ??= queue.runs[0] ?? null
      if (queue.head === null || queue.head.next()) return
      queue.runs.shift()
      this.waitingRuns--
      queue.head = null
    }
  }

  /** Tells every sample that ends at or before `position`. @throws MediaError `malformed` */
  tell(position: number): void {
    while (this.nextEnd <= position) {
      const queue = this.earliest()!
      const head = queue.head!
      queue.toldBytes += head.size
      // Samples of one track never share bytes; claiming so is a way to make millions of samples of one megabyte.
      if (queue.toldBytes > position) throw new MediaError('malformed', 'samples of one track overlap', head.offset)
      queue.toldDts = Math.max(queue.toldDts, head.dts)
      this.wholeBytes = Math.max(this.wholeBytes, this.nextEnd)
      const { offset, size, pts, duration, sync } = head
      this.sink.sample(queue.track.id, offset, size, queue.toldDts, pts, duration, sync)
      this.advance(queue)
      this.findNextEnd()
    }
  }

  private earliest(): Queue | null {
    let earliest: Queue | null = null
    let end = Number.POSITIVE_INFINITY
    for (const queue of this.queues.values()) {
      if (queue.head === null || queue.head.offset + queue.head.size >= end) continue
      earliest = queue
      end = queue.head.offset + queue.head.size
    }
    return earliest
  }

  private findNextEnd(): void {
    const head = this.earliest()?.head
    this.nextEnd = head ? head.offset + head.size : Number.POSITIVE_INFINITY
  }
}
