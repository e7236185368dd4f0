import { type BodyIndex, codecString } from '@rushes/media'
import type { TrackView, ViewState } from '@rushes/protocol'
import type { Recording } from '../catalog/schema.ts'

/** What a body holds, in words for people and programs; kept in the catalog when it is published. */
export type BodySummary = {
  container: string
  durationMs: number
  /** What the body's clock shows where its files begin, ms. */
  originMs: number
  tracks: TrackView[]
  damage: { code: string; message: string; offset: number | null } | null
  mp4State: ViewState
  webmState: ViewState
  /** Why there is no MP4. */
  viewNote: string | null
}

/** @param isWholeFile the body ends where its file does: what is missing then will never come */
export function summarize(index: BodyIndex, isWholeFile = false): BodySummary {
  const { mp4, webm } = index.viewStates()
  const { damage } = index
  const cutShort = isWholeFile ? index.cutShort : null
  return {
    container: index.container,
    durationMs: index.durationMs,
    originMs: index.originMs,
    tracks: index.tracks.map((track) => ({
      id: track.id,
      kind: track.kind,
      codec: track.codec,
      codecString: codecString(track),
      ...(track.video !== null && { width: track.video.width, height: track.video.height }),
      ...(track.audio !== null && { sampleRate: track.audio.sampleRate, channels: track.audio.channels }),
      samples: index.sampleCount(track.id),
    })),
    damage:
      damage !== null
        ? { code: damage.code, message: damage.message, offset: damage.offset ?? null }
        : cutShort !== null
          ? { code: 'cut-short', message: cutShort, offset: index.wholeBytes }
          : null,
    mp4State: mp4.state,
    webmState: webm.state,
    viewNote: mp4.reason,
  }
}

/** As it was kept when the recording was published; by older releases with fewer members. */
export function summaryOf(recording: Recording): Partial<BodySummary> {
  return recording.summary as Partial<BodySummary>
}

/** Events go by the body's clock (SPEC.md V1), files by their own (TIMING.md T7). */
export function placed<Event extends { t: number }>({ originMs = 0 }: Partial<BodySummary>, event: Event): Event {
  return { ...event, t: Math.max(0, Math.round((event.t - originMs) * 1000) / 1000) }
}
