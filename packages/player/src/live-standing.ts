import type { LiveStream } from './live-stream.ts'

/** How a viewer stands to what happens now. */
export type LiveStanding = { isLive: boolean; behindSeconds: number }

/** Null when there is no "now": nothing has arrived, or nothing follows. */
export function liveStanding(
  stream: Pick<LiveStream, 'edge' | 'livePosition' | 'liveSpan' | 'ended'> | null,
  currentTime: number,
): LiveStanding | null {
  if (stream === null || stream.ended || stream.livePosition === null) return null
  // The live position jumps a segment at a time, and segments come in bursts where the network is bad.
  const isLive = stream.livePosition - currentTime < 2 * stream.liveSpan
  return { isLive, behindSeconds: Math.max(0, stream.edge - currentTime) }
}
