// What a scrape answers (Prometheus exposition format; names by https://prometheus.io/docs/practices/naming/): made from
// the status when it is asked for.
import type { EncoderStatus } from '@rushes/encoder'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'

type Sample = [labels: Record<string, string>, value: number]
type Metric = {
  kind: 'counter' | 'gauge'
  help: string
  labels?: readonly string[]
  read(status: EncoderStatus): number | Sample[]
}

const sourceStates = ['connecting', 'running', 'lost', 'ended'] as const
const workerStates = ['idle', 'sending', 'resting'] as const

const seconds = (ms: number | null): number => (ms === null ? Number.NaN : ms / 1000)
const flag = (is: boolean): number => (is ? 1 : 0)
const perSource = (read: (source: EncoderStatus['sources'][number]) => number) => ({
  labels: ['source'],
  read: ({ sources }: EncoderStatus): Sample[] => sources.map((each) => [{ source: each.name }, read(each)]),
})

const metrics: Readonly<Record<string, Metric>> = {
  info: {
    ...{ kind: 'gauge', help: 'What is recorded, in labels.', labels: ['delivery', 'title', 'server'] },
    read: ({ event: { id, title, server } }) => [[{ delivery: id, title, server }, 1]],
  },
  recording: { kind: 'gauge', help: '1 while an event is recorded.', read: (s) => flag(s.event.state === 'acquiring') },
  recorded_seconds: { kind: 'gauge', help: 'Media of the event.', read: (s) => seconds(s.event.recordedMs) },
  segments_total: { kind: 'counter', help: 'Segments recorded by this run.', read: (s) => s.recorded.segments },
  segment_bytes_total: { kind: 'counter', help: 'Bytes of these segments.', read: (s) => s.recorded.bytes },
  segments_lost_total: { kind: 'counter', help: 'Segments that found no room.', read: (s) => s.recorded.lost },
  segments_withdrawn_total: {
    ...{ kind: 'counter', help: 'Segments of additional renditions given up for want of room.' },
    read: (s) => s.recorded.withdrawn,
  },
  gaps_total: { kind: 'counter', help: 'Gaps marked in the event.', read: (s) => s.recorded.gaps },
  gap_seconds_total: { kind: 'counter', help: 'Time of these gaps.', read: (s) => seconds(s.recorded.gapMs) },
  source_state: {
    ...{ kind: 'gauge', help: '1 for the state that a source is in.', labels: ['source', 'state'] },
    read: ({ sources }) =>
      sources.flatMap(({ name, state: is }) =>
        sourceStates.map((state): Sample => [{ source: name, state }, flag(state === is)]),
      ),
  },
  source_state_seconds: { kind: 'gauge', help: 'For how long.', ...perSource(({ forMs }) => seconds(forMs)) },
  source_frames_per_second: { kind: 'gauge', help: 'Frames encoded a second.', ...perSource(({ fps }) => fps) },
  source_speed_ratio: { kind: 'gauge', help: 'Media encoded a second.', ...perSource(({ speed }) => speed) },
  source_dropped_frames_total: {
    ...{ kind: 'counter', help: 'Frames left out since the source came.' },
    ...perSource(({ droppedFrames }) => droppedFrames),
  },
  spool_pending_files: { kind: 'gauge', help: 'Files not proved delivered.', read: (s) => s.queue.files },
  spool_pending_bytes: { kind: 'gauge', help: 'Bytes of these files.', read: (s) => s.queue.bytes },
  spool_refused_files: { kind: 'gauge', help: 'Of these, refused at least once.', read: (s) => s.queue.refused },
  spool_oldest_pending_seconds: {
    ...{ kind: 'gauge', help: 'Age of the oldest file that waits; 0: none does.' },
    read: (s) => seconds(s.queue.oldestMs ?? 0),
  },
  spool_held_bytes: { kind: 'gauge', help: 'Bytes of all files in the spool.', read: (s) => s.spool.bytes },
  spool_limit_bytes: {
    ...{ kind: 'gauge', help: 'What the spool may hold.' },
    read: (s) => s.spool.limitBytes ?? Number.NaN,
  },
  older_events: { kind: 'gauge', help: 'Events before this one that still go out.', read: (s) => s.older.events },
  older_pending_bytes: { kind: 'gauge', help: 'Bytes of theirs that wait.', read: (s) => s.older.bytes },
  drain_seconds: {
    ...{ kind: 'gauge', help: 'Until nothing waits, at this pace; NaN: never, or not known.' },
    read: (s) => seconds(s.delivery.drainMs),
  },
  server_up: {
    kind: 'gauge',
    help: '1 while the server answers.',
    read: (s) => flag(s.delivery.server === 'reachable'),
  },
  delivered_files: { kind: 'gauge', help: 'Files of the event proved delivered.', read: (s) => s.delivery.files },
  sent_bytes_total: { kind: 'counter', help: 'Bytes of files sent by this run.', read: (s) => s.delivery.bytesSent },
  retransmitted_bytes_total: {
    ...{ kind: 'counter', help: 'Of these, more than delivered files have.' },
    read: (s) => s.delivery.bytesRetransmitted,
  },
  sent_bytes_per_second: { kind: 'gauge', help: 'Over ten seconds.', read: (s) => s.delivery.bytesPerSecond },
  workers: {
    ...{ kind: 'gauge', help: 'Connections by what they do.', labels: ['state'] },
    read: ({ delivery: { workers } }) =>
      workerStates.map((state) => [{ state }, workers.filter((each) => each.state === state).length]),
  },
  worker_bytes_per_second: {
    ...{ kind: 'gauge', help: "Of a connection's last file.", labels: ['worker'] },
    read: ({ delivery: { workers } }) => workers.map((each, index) => [{ worker: `${index}` }, each.bytesPerSecond]),
  },
  warning: { kind: 'gauge', help: '1 while something is lost or about to be.', read: (s) => flag(s.warning !== null) },
  last_error_timestamp_seconds: {
    ...{ kind: 'gauge', help: 'When something went wrong last; 0: never.' },
    read: (s) => (s.lastError === null ? 0 : Date.parse(s.lastError.at) / 1000),
  },
}

/** @param read the status now; null: there is none yet */
export function metricsRegistry(read: () => EncoderStatus | null): Registry {
  const register = new Registry()
  collectDefaultMetrics({ register })
  for (const [name, { kind, help, labels = [], read: readMetric }] of Object.entries(metrics)) {
    const options = { name: `rushes_encoder_${name}`, help, labelNames: [...labels], registers: [register] }
    const metric = kind === 'counter' ? new Counter({ ...options, collect }) : new Gauge({ ...options, collect })
    function collect(): void {
      metric.reset()
      const status = read()
      if (status === null) return
      const value = readMetric(status)
      for (const [label, number] of Array.isArray(value) ? value : [[{}, value] as Sample]) metric.inc(label, number)
    }
  }
  return register
}
