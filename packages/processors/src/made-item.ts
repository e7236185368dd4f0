// What an item is called and is, that a conversion has made.
import { contentKind, familyOf, NOTES, PDF, SRT, TTML, VTT, WAVEFORM } from './content-kind.ts'

const endings: Readonly<Record<string, string>> = {
  'audio/mpeg': '.mp3',
  'audio/mp4': '.m4a',
  'audio/ogg': '.ogg',
  'audio/flac': '.flac',
  'audio/wav': '.wav',
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'image/webp': '.webp',
  'image/svg+xml': '.svg',
  'video/mp4': '.mp4',
  'application/json': '.json',
  'text/plain': '.txt',
  [PDF]: '.pdf',
  [VTT]: '.vtt',
  [SRT]: '.srt',
  [TTML]: '.ttml',
}

/** With its full stop; empty where there is none in use. */
export function madeEnding(contentType: string): string {
  return endings[contentKind(contentType).split(';')[0]!] ?? ''
}

/** The type of an item (packages/umf/SPEC.md, Items). @param source type of what it was made from */
export function madeType(contentType: string, source: string): string {
  const kind = contentKind(contentType)
  const family = familyOf(kind)
  if (kind === WAVEFORM) return 'data'
  if (kind === NOTES) return 'notes'
  if (family === 'image') return source === 'slide' ? source : 'image'
  if (family === 'audio' || family === 'video') return family
  // Captions stay what they were; text of what was said is still a transcript.
  return source
}
