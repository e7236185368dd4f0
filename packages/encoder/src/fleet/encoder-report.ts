import { type EncoderEvent, type EncoderReport, type EncoderSource, maxEncoderSources } from '@rushes/protocol'
import type { EncodeProgress } from '../encode.ts'
import type { SpoolCounts } from '../spool/spool.ts'

/** An event of this encoder: being recorded, or delivered still. */
export type EventStanding = {
  id: string
  title: string
  /** ms since 1970. */
  startedAt: number
  endsAt: number | null
  counts: SpoolCounts
  /** Null while nothing of it runs. */
  progress: EncodeProgress | null
  /** Why nothing of it runs. */
  error: string | null
}

export type ReportParts = {
  applied: number
  /** The one being recorded first. */
  events: readonly EventStanding[]
  isRecording: boolean
  spoolLimit: number
  diskFree: number | null
  nextStart: number | null
  isOff: boolean
}

/** FL2, within its bounds whatever the parts say. */
export function encoderReport(parts: ReportParts, now: number): EncoderReport {
  const { events, isRecording, isOff } = parts
  const first = events[0] ?? null
  const oldest = events
    .map(({ counts }) => counts.oldestPendingAt)
    .filter((at) => at !== null)
    .reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY)
  const problems = events.map((event) => problemOf(event, now))
  return {
    applied: parts.applied,
    state: isOff ? 'off' : isRecording ? 'recording' : first === null ? 'idle' : 'draining',
    event: first === null ? null : eventOf(first),
    sources: isRecording && first !== null ? sourcesOf(first) : [],
    queue: {
      files: sum(events, ({ counts }) => counts.pending),
      bytes: sum(events, ({ counts }) => counts.pendingBytes),
      oldestSeconds: Number.isFinite(oldest) ? Math.max(0, (now - oldest) / 1000) : null,
    },
    bytesPerSecond: sum(events, ({ progress }) => progress?.delivery.bytesPerSecond ?? 0),
    spoolLimit: parts.spoolLimit,
    diskFree: parts.diskFree,
    warning: clipped(
      events.map(({ progress }) => progress?.warning ?? null).find((warning) => warning !== null) ?? null,
    ),
    lastError: clipped(problems.find((problem) => problem !== null) ?? null),
    nextStart: parts.nextStart === null ? null : new Date(parts.nextStart).toISOString(),
  }
}

/** What went wrong and is over is no news after a while. */
const recentMs = 5 * 60_000

function problemOf({ error, progress }: EventStanding, now: number): string | null {
  if (error !== null) return error
  const last = progress?.delivery.server.lastError ?? null
  return last !== null && now - last.at < recentMs ? last.message : null
}

function eventOf({ id, title, startedAt, endsAt, progress }: EventStanding): EncoderEvent {
  return {
    id,
    title: title.slice(0, 500),
    startedAt: new Date(startedAt).toISOString(),
    endsAt: endsAt === null ? null : new Date(endsAt).toISOString(),
    segments: progress?.segments ?? 0,
    bytes: progress?.bytes ?? 0,
    lost: progress?.lost ?? 0,
  }
}

function sourcesOf({ progress }: EventStanding): EncoderSource[] {
  return [...(progress?.sources ?? [])].slice(0, maxEncoderSources).map(([name, source]) => ({
    name: name.slice(0, 64),
    state: source.state,
    // ffmpeg's first figures may be anything.
    fps: bounded(source.fps),
    speed: bounded(source.speed),
    dropped: Math.trunc(bounded(source.dropped, Number.MAX_SAFE_INTEGER)),
    detail: source.detail.slice(0, 500),
  }))
}

function bounded(figure: number, most = 10_000): number {
  return Number.isFinite(figure) ? Math.min(Math.max(figure, 0), most) : 0
}

function clipped(words: string | null): string | null {
  return words === null ? null : words.slice(0, 500)
}

function sum(events: readonly EventStanding[], of: (event: EventStanding) => number): number {
  return events.reduce((total, event) => total + of(event), 0)
}
