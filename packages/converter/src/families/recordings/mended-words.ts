// Captions that players would lose some of, written once more.
import type { Note } from '@rushes/pipeline'
import { parseVtt, writeVtt } from '@rushes/processors'
import { type FoundFile, isUtf } from '../../input/found-file.ts'
import type { SpokenCue } from '../cues.ts'
import type { MoreItem } from '../family.ts'

type Words = {
  bytes: Uint8Array
  text: string
  cues: readonly SpokenCue[]
  startMs: number
  language: string | undefined
}

/** SubRip as players read it; no standard says what it is. */
const subripTimes = /^[ \t]{0,20}\d{1,3}:\d\d:\d\d[,.]\d{3}[ \t]{0,20}-->[ \t]{0,20}\d{1,3}:\d\d:\d\d[,.]\d{3}/gm

/** Players follow the standard, which some of these files don't: what it would lose is written by it. Null: it would lose nothing. */
export function mendedWords(
  file: FoundFile,
  { bytes, text, cues, startMs, language }: Words,
): { item: MoreItem; note: Note } | null {
  const plain = text.replace(/^\ufeff/, '').replaceAll(/\r\n?/g, '\n')
  const lost =
    cues.length - (file.kind === 'text/vtt' ? readByStandard(plain) : (plain.match(subripTimes)?.length ?? 0))
  const isRead = isUtf8(bytes)
  if (lost <= 0 && isRead) return null
  const spans = cues.map(({ startMs: from, endMs, speaker, text: said }) => ({
    ...{ startMs: from, endMs },
    spans: [{ text: said, ...(speaker !== null && { voice: speaker }) }],
  }))
  const endMs = startMs + cues.reduce((most, cue) => Math.max(most, cue.endMs), 0)
  const item: MoreItem = {
    ...{ name: `${file.name.replace(/\.[^./]*$/, '')} (mended).vtt`, type: 'transcript', contentType: 'text/vtt' },
    ...{ startMs, endMs, from: [file.name], title: 'Transcript', text: writeVtt(spans) },
    ...(language !== undefined && { language }),
  }
  const why = isRead ? `${lost} of ${cues.length} cues are not as the standard has them` : 'it is not in UTF-8'
  const note = { code: 'captions-mended', message: `${why}: they are written once more`, resource: file.name }
  return { item, note: { severity: 'info', ...note } }
}

function readByStandard(text: string): number {
  try {
    return parseVtt(text).length
  } catch {
    // It is none by the standard.
    return 0
  }
}

/** As WebVTT §4 wants it; marks of byte order are of other encodings. */
function isUtf8(bytes: Uint8Array): boolean {
  return isUtf(bytes) && bytes[0]! < 0xfe
}
