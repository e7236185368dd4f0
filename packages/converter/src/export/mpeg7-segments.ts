// MPEG-7 (ISO/IEC 15938) as Opencast writes it: a segment of a track for each slide, with the words that stand on it.
import type { ShownSlide } from './export-content.ts'
import { element, xmlDocument } from './xml-text.ts'

/** Parts of a second: thousandths, or finer where a time is. */
function fraction(ms: number): { seconds: number; parts: string } {
  const micros = Math.round(ms * 1000)
  const rest = micros % 1_000_000
  const [count, rate] = rest % 1000 === 0 ? [rest / 1000, 1000] : [rest, 1_000_000]
  return { seconds: Math.floor(micros / 1_000_000), parts: `${count}N${rate}F` }
}

/** `T00:01:10:500F1000` */
export function timePoint(ms: number): string {
  const { seconds, parts } = fraction(ms)
  const [, count, rate] = /^(\d+)N(\d+)F$/.exec(parts)!
  return `T${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}:${count}F${rate}`
}

/** `PT00H01M10S500N1000F` */
export function duration(ms: number): string {
  const { seconds, parts } = fraction(ms)
  return `PT${two(Math.floor(seconds / 3600))}H${two(Math.floor(seconds / 60) % 60)}M${two(seconds % 60)}S${parts}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

function mediaTime(point: string, startMs: number, lengthMs: number) {
  return element(
    'MediaTime',
    {},
    element(point, {}, timePoint(startMs)),
    element('MediaDuration', {}, duration(lengthMs)),
  )
}

/** @param track id of the track in the manifest. @param url of its file */
export function segmentsCatalog(
  slides: readonly ShownSlide[],
  { track, url, durationMs }: { track: string; url: string; durationMs: number },
): string {
  const segments = slides.map(({ startMs, endMs, text }, index) =>
    element(
      'VideoSegment',
      { id: `segment-${index + 1}` },
      mediaTime('MediaRelTimePoint', startMs, endMs - startMs),
      text === ''
        ? null
        : element(
            'SpatioTemporalDecomposition',
            { gap: 'true', overlap: 'false' },
            element('VideoText', { id: `text-${index + 1}` }, element('Text', {}, text.replaceAll(/\s+/g, ' '))),
          ),
    ),
  )
  return xmlDocument(
    element(
      'Mpeg7',
      {
        xmlns: 'urn:mpeg:mpeg7:schema:2001',
        'xmlns:mpeg7': 'urn:mpeg:mpeg7:schema:2001',
        'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
      },
      element(
        'Description',
        { 'xsi:type': 'ContentEntityType' },
        element(
          'MultimediaContent',
          { 'xsi:type': 'VideoType' },
          element(
            'Video',
            { id: track },
            element('MediaLocator', {}, element('MediaUri', {}, url)),
            mediaTime('MediaTimePoint', 0, durationMs),
            element('TemporalDecomposition', { gap: 'false', overlap: 'false', criteria: 'temporal' }, ...segments),
          ),
        ),
      ),
    ),
  )
}
