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
  /** Where it stands in the heap, and its number among the tracks. */
  at: number
  readonly order: number
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
  /** A binary heap: the queue whose next sample ends first is on top, however many tracks there are. */
  private readonly heap: Queue[] = []
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
    const queue: Queue = {
      trackId: track.id,
      runs: [],
      done: 0,
      head: null,
      end: Number.POSITIVE_INFINITY,
      at: this.heap.length,
      order: this.heap.length,
      toldBytes: 0,
      toldDts: Number.NEGATIVE_INFINITY,
    }
    this.queues.set(track.id, queue)
    this.heap.push(queue)
  }

  /** The sample that the track now waits for, where this run changed that. @throws MediaError `too-large` */
  addRun(trackId: number, run: SampleCursor): SampleCursor | null {
    const queue = this.queues.get(trackId)
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
        this.settle(queue)
        return
      }
      if (head.next()) {
        queue.head = head
        queue.end = head.offset + head.size
        this.settle(queue)
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
      const queue = this.heap[0]
      if (queue === undefined || queue.head === null || queue.end > position) return
      const { head } = queue
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

  /** Puts a queue where it belongs in the heap, after its end changed. */
  private settle(queue: Queue): void {
    const { heap } = this
    for (
      let parent = (queue.at - 1) >> 1;
      queue.at > 0 && isEarlier(queue, heap[parent]!);
      parent = (queue.at - 1) >> 1
    ) {
      this.swap(queue, heap[parent]!)
    }
    for (;;) {
      const left = 2 * queue.at + 1
      const right = left + 1
      if (left >= heap.length) return
      const child = right < heap.length && isEarlier(heap[right]!, heap[left]!) ? heap[right]! : heap[left]!
      if (!isEarlier(child, queue)) return
      this.swap(child, queue)
    }
  }

  private swap(one: Queue, other: Queue): void {
    const at = one.at
    one.at = other.at
    other.at = at
    this.heap[one.at] = one
    this.heap[other.at] = other
  }
}

function isEarlier(one: Queue, other: Queue): boolean {
  return one.end < other.end || (one.end === other.end && one.order < other.order)
}
