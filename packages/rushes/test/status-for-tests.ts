import type { EncoderStatus } from '@rushes/encoder'

/** A status with something of everything: one source lost, the server away, a backlog. */
export const troubled: EncoderStatus = {
  version: 1,
  at: '2026-11-21T10:20:00.000Z',
  event: {
    ...{ id: '01a1fcf8-3894-7677-a614-337e4230fc8a', title: 'Sunday service', server: 'https://rushes.example' },
    shareUrl: 'https://rushes.example/r/9dq3hT2mXw0c5nYk7LbPzQaE',
    ...{ state: 'acquiring', startedAt: '2026-11-21T10:00:00.000Z', recordedMs: 1_194_000 },
  },
  sources: [
    {
      ...{ name: 'camera', state: 'running', fps: 29.97, speed: 1, droppedFrames: 0, detail: '' },
      ...{ since: '2026-11-21T10:00:00.000Z', forMs: 1_200_000 },
    },
    {
      ...{ name: 'desk', state: 'lost', fps: 0, speed: 0, droppedFrames: 0, detail: 'nothing came for 10 s' },
      ...{ since: '2026-11-21T10:19:35.000Z', forMs: 25_000 },
    },
  ],
  renditions: [
    {
      ...{ id: 'camera-v1', set: 'camera', kind: 'video', codecs: 'avc1.64001F', bandwidth: 3_125_000 },
      ...{ width: 1280, height: 720, segments: 597 },
    },
    {
      ...{ id: 'camera-a1', set: 'camera', kind: 'audio', codecs: 'mp4a.40.2', bandwidth: 160_000 },
      ...{ width: null, height: null, segments: 597 },
    },
  ],
  recorded: { segments: 1194, bytes: 380_000_000, lost: 0, gaps: 1, gapMs: 6500, withdrawn: 0 },
  queue: { files: 42, bytes: 12_600_000, oldestMs: 44_000, refused: 1 },
  spool: { bytes: 400_000_000, limitBytes: 1_000_000_000 },
  delivery: {
    ...{ state: 'delivering', server: 'unreachable', serverSince: '2026-11-21T10:19:20.000Z', files: 1154 },
    ...{ bytesSent: 368_000_000, bytesRetransmitted: 1_200_000, bytesPerSecond: 250_000, drainMs: null },
    workers: [
      { state: 'sending', file: 'camera-v1-00000577.m4s', bytesPerSecond: 1_100_000, lastError: null },
      { state: 'resting', file: null, bytesPerSecond: 900_000, lastError: 'camera-a1-00000577.m4s: nothing moved' },
    ],
  },
  older: { events: 0, files: 0, bytes: 0 },
  warning: null,
  lastError: { message: 'camera-a1-00000577.m4s: nothing moved', at: '2026-11-21T10:19:58.000Z' },
}

/** The same, when all is well. */
export const calm: EncoderStatus = {
  ...troubled,
  sources: troubled.sources.slice(0, 1),
  recorded: { ...troubled.recorded, gaps: 0, gapMs: 0 },
  queue: { files: 0, bytes: 0, oldestMs: null, refused: 0 },
  delivery: { ...troubled.delivery, server: 'reachable', bytesRetransmitted: 0, drainMs: 0, workers: [] },
  lastError: null,
}
