import { SourceError } from './source-error.ts'

export type VideoCodec = 'h264' | 'hevc' | 'av1' | 'copy'
export type AudioCodec = 'aac' | 'opus' | 'copy' | 'none'

/** A quality in which the picture is encoded. */
export type Rendition = {
  /** Pixels; the source's own without. The picture keeps its shape, and bars fill the rest. */
  width?: number
  height?: number
  /** Frames a second; the source's own without. */
  frameRate?: number
  /** Bits a second. */
  bitrate: number
}

/**
 * `1280x720@2500k`, `1280x720p30@2500k` or `2500k`.
 *
 * @throws SourceError `bad-rendition`
 */
export function parseRendition(text: string): Rendition {
  const match = /^(?:(\d{2,5})x(\d{2,5})(?:p(\d{1,3}))?@)?(\d{1,6})([kM])$/.exec(text)
  if (match === null) throw unfit(text)
  const [, width, height, frameRate, amount, unit] = match
  const bitrate = Number(amount) * (unit === 'k' ? 1000 : 1_000_000)
  if (bitrate < 10_000 || bitrate > 200_000_000) throw unfit(text)
  if (width === undefined || height === undefined) return { bitrate }
  // 4:2:0 pictures have even sides; 8192 is the most that encoders at their highest level take.
  const isFit = (side: number): boolean => side >= 16 && side <= 8192 && side % 2 === 0
  if (!isFit(Number(width)) || !isFit(Number(height))) throw unfit(text)
  if (frameRate === undefined) return { width: Number(width), height: Number(height), bitrate }
  if (Number(frameRate) < 1 || Number(frameRate) > 240) throw unfit(text)
  return { width: Number(width), height: Number(height), frameRate: Number(frameRate), bitrate }
}

function unfit(text: string): SourceError {
  return new SourceError(
    'bad-rendition',
    `${text}: write a rendition as 1280x720@2500k or 1280x720p30@2500k, even sides`,
  )
}
