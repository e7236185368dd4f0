// A recording while it arrives, as its players show it.

/** HLS that is being played. Positions are seconds of the media element. */
export interface LiveStream {
  /** The end of what has arrived. */
  readonly edge: number
  /** Where a viewer of "now" is: far enough before the edge that the next segment is there in time; null: not known yet. */
  readonly livePosition: number | null
  /** Seconds by which what is live wanders to and fro: of a segment, or, where parts of segments come, of some of these. */
  readonly liveSpan: number
  /** Parts of segments come: who falls behind may be brought back to the live position at once. */
  readonly hasParts: boolean
  /** Nothing will be appended any more. */
  readonly ended: boolean
  /** When what is shown at a position was made: ms since the Unix epoch (EXT-X-PROGRAM-DATE-TIME); null: not known. */
  dateAt(seconds: number): number | null
  positionAt(date: number): number | null
  close(): void
}

export type LiveStreamOptions = {
  media: HTMLVideoElement
  url: string
  /** MIME type: of the playlist, or of its segments where hls.js does not play them. */
  type: string
  /** Seconds; null: where "now" is. */
  start: number | null
  /** Nothing of it can be played, and trying again would not change that. */
  onFailed(status: number): void
  /** The playlist was read again. */
  onChange(): void
}

export const hlsType = 'application/vnd.apple.mpegurl'

/** Whether this browser plays a playlist: HLS by itself or through hls.js, or one of WebM segments. */
export function playsPlaylist(type: string, probe: HTMLVideoElement): boolean {
  if (type !== hlsType) return 'MediaSource' in globalThis && MediaSource.isTypeSupported(type)
  return 'MediaSource' in globalThis || 'ManagedMediaSource' in globalThis || probe.canPlayType(hlsType) !== ''
}
