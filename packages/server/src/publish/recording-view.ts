import type { ArchiveStanding, DeliveryView, EndReason, LiveView, RecordingView } from '@rushes/protocol'
import type { Recording } from '../catalog/schema.ts'
import type { BodySummary } from './summary.ts'

const nothingYet: BodySummary = {
  container: 'unknown',
  durationMs: 0,
  originMs: 0,
  tracks: [],
  damage: null,
  mp4State: 'unsupported',
  webmState: 'unsupported',
  viewNote: null,
}

/** What the catalog does not know of a recording that is still being received. */
export type LiveFacts = {
  summary: BodySummary
  bytes: number
  /** A sender is connected. */
  isSent: boolean
  /** Since bytes came. */
  silentMs: number
}

/**
 * A recording as its readers see it. `origin` is the scheme and host under which the reader reached the server; `shareId`
 * opens the files without a key, so without one there are no file URLs to give.
 */
export function recordingView(
  recording: Recording,
  shareId: string | null,
  origin: string,
  live: LiveFacts | null,
  delivery: DeliveryView | null,
  archive: ArchiveStanding | undefined,
): RecordingView {
  const stored = recording.summary as Partial<BodySummary>
  const summary = live?.summary ?? { ...nothingYet, ...stored }
  const published = recording.state === 'published'
  const shareUrl = shareId === null ? null : `${origin}/r/${shareId}`
  const fileUrl = (name: string, state: string): string | null =>
    published && state === 'ready' && shareUrl !== null ? `${shareUrl}/${name}` : null
  return {
    id: recording.id,
    title: recording.title,
    state: published ? 'published' : 'receiving',
    createdAt: recording.created_at.toISOString(),
    publishedAt: recording.published_at?.toISOString() ?? null,
    endReason: recording.end_reason as EndReason | null,
    durationMs: Math.round(summary.durationMs * 1000) / 1000,
    bytes: recording.size ?? live?.bytes ?? 0,
    sha256: recording.sha256?.toString('hex') ?? null,
    container: summary.container,
    tracks: summary.tracks,
    damage: summary.damage,
    shareUrl,
    mp4Url: fileUrl('file.mp4', summary.mp4State),
    mp4State: summary.mp4State,
    webmUrl: fileUrl('file.webm', summary.webmState),
    webmState: summary.webmState,
    viewNote: summary.viewNote,
    umfUrl: fileUrl('file.umf', 'ready'),
    ...(archive !== undefined && { archive }),
    delivery,
    live:
      published || shareUrl === null || live === null || delivery !== null
        ? null
        : liveView(live, `${shareUrl}/live.m3u8`),
  }
}

/** Null while there is nothing that players could be shown. */
function liveView({ summary, isSent, silentMs }: LiveFacts, playlistUrl: string): LiveView | null {
  const standing = { playlistUrl, isSent, silentMs: Math.round(silentMs) }
  if (summary.mp4State === 'ready') return { ...standing, type: 'application/vnd.apple.mpegurl' }
  if (summary.webmState !== 'ready') return null
  // VP8 and Vorbis have no place in MP4: then the playlist's segments are WebM, of the first track of each kind.
  const shown = (['video', 'audio'] as const).flatMap(
    (kind) => summary.tracks.find((track) => track.kind === kind) ?? [],
  )
  const codecs = shown.map(({ codecString }) => codecString)
  return codecs.includes(null) ? null : { ...standing, type: `${shown[0]?.kind}/webm; codecs="${codecs.join(',')}"` }
}
