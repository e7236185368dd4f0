// MPEG-7 (ISO/IEC 15938) as Opencast writes and reads it: when a video of slides changes, and what stands there.
import { allElements, descendant, textIn, type XmlElement } from '../../xml-tree.ts'

export type Segment = {
  /** `id` of its video, which need not be that of a track. */
  video: string
  /** Of the track, ms. */
  startMs: number
  /** Null: until the next. */
  endMs: number | null
  /** What was read in it. */
  text: string
}

const point = /^(?:-?\d{1,6}-\d{2}-(\d{2}))?T(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[:,.](\d{1,9})F(\d{1,9}))?$/

/** `T01:07:35:07F100` is 7 hundredths behind 1:07:35: N counts parts, whatever zeros stand before it. A date counts by its day. */
export function mediaTimePoint(text: string): number | null {
  const found = point.exec(text.trim())
  if (found === null) return null
  const [days, hours, minutes, seconds, count, rate] = found.slice(1).map((each) => Number(each ?? 0)) as [
    ...[number, number, number, number, number, number],
  ]
  const whole = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
  return whole * 1000 + (rate > 0 ? (count * 1000) / rate : 0)
}

const duration =
  /^P(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,6}(?:\.\d{1,9})?)S)?(?:(\d{1,9})N)?(?:(\d{1,9})F)?)?$/

/** `PT01H07M35S`, `PT02S7N1000F`. */
export function mediaDuration(text: string): number | null {
  const found = duration.exec(text.trim())
  if (found === null) return null
  const [days, hours, minutes, seconds, count, rate] = found.slice(1).map((each) => Number(each ?? 0)) as [
    ...[number, number, number, number, number, number],
  ]
  const whole = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
  return whole * 1000 + (rate > 0 ? (count * 1000) / rate : 0)
}

/** Of all videos in it, by time. */
export function segmentsOf(root: XmlElement): Segment[] {
  const segments: Segment[] = []
  for (const video of allElements(root, 'Video')) {
    for (const segment of allElements(video, 'VideoSegment')) {
      const time = descendant(segment, 'MediaTime')
      if (time === null) continue
      const start = descendant(time, 'MediaRelTimePoint') ?? descendant(time, 'MediaTimePoint')
      const startMs = start === null ? 0 : mediaTimePoint(textIn(start))
      if (startMs === null) continue
      const lengthMs = mediaDuration(textIn(descendant(time, 'MediaDuration')))
      const text = [...allElements(segment, 'VideoText')].map((each) => textIn(descendant(each, 'Text')))
      segments.push({
        ...{ video: video.attributes.get('id') ?? '', startMs: inMs(startMs) },
        ...{
          endMs: lengthMs === null ? null : inMs(startMs + lengthMs),
          text: text.filter((each) => each !== '').join('\n'),
        },
      })
    }
  }
  return segments.sort((left, right) => left.startMs - right.startMs)
}

function inMs(value: number): number {
  return Math.round(value * 1000) / 1000
}
