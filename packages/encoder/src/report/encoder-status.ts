import type { ServerContactView } from '../deliver/server-contact.ts'
import type { WorkerProgress } from '../deliver/upload-pool.ts'
import type { EncodeProgress, SourceProgress } from '../encode.ts'
import type { EventTotals, RenditionTotals } from '../spool/event-totals.ts'
import type { SpoolCounts, SpoolHead } from '../spool/spool.ts'

/** Where an encoder stands, as people and programs are told: every display shows this and nothing else. */
export type EncoderStatus = {
  version: 1
  /** RFC 3339, as all of its times. */
  at: string
  event: {
    id: string
    title: string
    server: string
    /** Where it is watched; null: the server has not said it yet. */
    shareUrl: string | null
    /** `delivering`: nothing is recorded any more, by this process. */
    state: EncodeProgress['state'] | 'delivering'
    /** Of its media time 0. */
    startedAt: string
    /** Media that is there, of the set that has most. */
    recordedMs: number
  }
  sources: SourceStatus[]
  renditions: RenditionTotals[]
  recorded: {
    /** By this run of the encoder. */
    segments: number
    bytes: number
    /** Segments that found no room. */
    lost: number
    /** Of the whole event. */
    gaps: number
    gapMs: number
    /** Segments of additional renditions that were given up for want of room. */
    withdrawn: number
  }
  queue: {
    files: number
    bytes: number
    /** Since the oldest waiting file was made; null: nothing waits. */
    oldestMs: number | null
    /** Files that the server refused at least once. */
    refused: number
  }
  spool: { bytes: number; limitBytes: number | null }
  delivery: {
    state: EncodeProgress['delivery']['state']
    server: ServerContactView['state']
    serverSince: string
    /** Files that the server proved to have, of the whole event. */
    files: number
    /** By this run. */
    bytesSent: number
    bytesRetransmitted: number
    bytesPerSecond: number
    /** Until nothing waits, at this pace; null: never, or not known. */
    drainMs: number | null
    workers: WorkerProgress[]
  }
  /** Events before this one that still go out, one after the other. */
  older: { events: number; files: number; bytes: number }
  warning: string | null
  lastError: { message: string; at: string } | null
}

export type SourceStatus = Omit<SourceProgress, 'since' | 'dropped'> & {
  name: string
  since: string
  forMs: number
  droppedFrames: number
}

export type StatusFacts = {
  now: number
  head: SpoolHead
  counts: SpoolCounts
  /** Of the spool; null: it has none here. */
  limitBytes: number | null
  totals: EventTotals
  older?: EncoderStatus['older']
  /** An event that is recorded, or the delivery alone of one that was. */
  progress: EncodeProgress | { delivery: EncodeProgress['delivery'] }
}

export function encoderStatus(facts: StatusFacts): EncoderStatus {
  const { now, head, counts, limitBytes, totals, progress } = facts
  const recording = 'sources' in progress ? progress : null
  const { delivery } = progress
  const { state, server, bytesSent, retransmitted, bytesPerSecond, workers } = delivery
  const oldestMs = counts.oldestPendingAt === null ? null : Math.max(0, now - counts.oldestPendingAt)
  return {
    version: 1,
    at: time(now),
    event: {
      ...{ id: head.id, title: head.title, server: head.server, shareUrl: delivery.shareUrl },
      state: recording?.state ?? (state === 'done' ? 'done' : 'delivering'),
      startedAt: time(head.epochMs),
      recordedMs: Math.round(totals.recordedMs),
    },
    sources: recording === null ? [] : Array.from(recording.sources, (source) => sourceStatus(source, now)),
    renditions: totals.renditions,
    recorded: {
      ...{ segments: recording?.segments ?? 0, bytes: recording?.bytes ?? 0, lost: recording?.lost ?? 0 },
      ...{ gaps: totals.gaps, gapMs: totals.gapMs, withdrawn: totals.withdrawn },
    },
    queue: { files: counts.pending, bytes: counts.pendingBytes, oldestMs, refused: counts.failed },
    spool: { bytes: counts.heldBytes, limitBytes },
    delivery: {
      ...{ state, server: server.state, serverSince: time(server.since), files: counts.delivered },
      ...{ bytesSent, bytesRetransmitted: retransmitted, bytesPerSecond: Math.round(bytesPerSecond) },
      drainMs: drainMs(counts, oldestMs, recording, { now, bytesPerSecond, segmentMs: head.segmentMs }),
      workers: workers.map((worker) => ({ ...worker, bytesPerSecond: Math.round(worker.bytesPerSecond) })),
    },
    older: facts.older ?? { events: 0, files: 0, bytes: 0 },
    warning: warningOf(progress, recording),
    lastError: server.lastError && { message: server.lastError.message, at: time(server.lastError.at) },
  }
}

function sourceStatus([name, source]: [string, SourceProgress], now: number): SourceStatus {
  const { state, fps, speed, dropped, detail, since } = source
  return {
    name,
    state,
    fps,
    speed,
    droppedFrames: dropped,
    detail,
    since: time(since),
    forMs: Math.max(0, now - since),
  }
}

/** A delivery that was refused for good needs somebody, although the recording goes on. */
function warningOf({ delivery }: StatusFacts['progress'], recording: EncodeProgress | null): string | null {
  if (delivery.state !== 'failed') return recording?.warning ?? null
  const reason = delivery.server.lastError?.message ?? delivery.lastError ?? 'no reason was given'
  return `nothing is delivered any more: ${reason}`
}

/** What is recorded meanwhile comes on top: only what goes out faster than it comes in ever drains. */
function drainMs(
  { pending, pendingBytes }: SpoolCounts,
  oldestMs: number | null,
  recording: EncodeProgress | null,
  { now, bytesPerSecond, segmentMs }: { now: number; bytesPerSecond: number; segmentMs: number },
): number | null {
  if (pending === 0) return 0
  const isRecording = recording?.state === 'acquiring'
  // The newest segment is always on its way: that is no backlog.
  if (isRecording && (oldestMs ?? 0) < 2 * segmentMs) return 0
  const elapsed = Math.max(1, now - (recording?.startedAt ?? now))
  const incoming = isRecording ? (recording.bytes * 1000) / elapsed : 0
  const net = bytesPerSecond - incoming
  return net > 0 ? Math.round((pendingBytes / net) * 1000) : null
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}
