// Cues of a WebVTT file by the browser's own parser (https://www.w3.org/TR/webvtt1/ §6): styles, regions and settings stay
// behind, of the markup only the speaker's name and the text come through.
import type { Item } from '@rushes/umf'
import { ItemError, mediaType } from './item-content.ts'

/** Times in ms. */
export type Cue = { fromMs: number; toMs: number; speaker: string; text: string }

const mostCues = 10_000
const mostLetters = 5000
const patienceMs = 10_000

const readers: Readonly<Record<string, (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>>> = {
  'text/vtt': (bytes) => bytes,
  'application/x-subrip': asWebVtt,
  'text/srt': asWebVtt,
}

/** Of captions or a transcript, on the timeline. @throws ItemError `format` */
export async function cuesOf(item: Item, bytes: Uint8Array<ArrayBuffer>): Promise<Cue[]> {
  const type = mediaType(item)
  if (!Object.hasOwn(readers, type)) throw new ItemError('format')
  const cues = await transcriptCues(readers[type]!(bytes)).catch(() => {
    throw new ItemError('format')
  })
  const { startMs = 0 } = item
  return cues.map((cue) => ({ ...cue, fromMs: cue.fromMs + startMs, toMs: cue.toMs + startMs }))
}

/** WebVTT §4.1 has a full stop where SubRip has a comma, and at least two digits for hours. */
const subripTimes =
  /^[ \t]{0,20}(\d{1,3})(:\d\d:\d\d)[,.](\d{3})[ \t]{0,20}-->[ \t]{0,20}(\d{1,3})(:\d\d:\d\d)[,.](\d{3}).*$/gm

/** SubRip has no specification. It is WebVTT without its first line, and with places and styles that players pass over. */
function asWebVtt(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const text = subripText(bytes)
    .replaceAll('\r\n', '\n')
    .replaceAll(subripTimes, (_line, ...parts: string[]) => {
      const [from, fromRest, fromMs, to, toRest, toMs] = parts
      return `${from!.padStart(2, '0')}${fromRest}.${fromMs} --> ${to!.padStart(2, '0')}${toRest}.${toMs}`
    })
    .replaceAll(/\{\\[^}\n]{0,100}\}/g, '')
  return new TextEncoder().encode(`WEBVTT\n\n${text}`)
}

/** Old ones are in the code page of whoever made them; most often this one. */
function subripText(bytes: Uint8Array<ArrayBuffer>): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

/** @throws Error where it is no WebVTT, or the page's policy refuses (`media-src blob:`) */
async function transcriptCues(vtt: Uint8Array<ArrayBuffer>): Promise<Cue[]> {
  const url = URL.createObjectURL(new Blob([vtt], { type: 'text/vtt' }))
  const video = document.createElement('video')
  const element = document.createElement('track')
  let patience: ReturnType<typeof setTimeout> | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      element.onload = () => resolve()
      element.onerror = () => reject(new Error('no WebVTT'))
      patience = setTimeout(() => reject(new Error('no answer')), patienceMs)
      element.kind = 'metadata'
      element.src = url
      video.append(element)
      element.track.mode = 'hidden'
    })
    return Array.from(element.track.cues ?? [])
      .slice(0, mostCues)
      .flatMap((cue) => cueOf(cue as VTTCue))
      .sort((left, right) => left.fromMs - right.fromMs)
  } finally {
    clearTimeout(patience)
    video.replaceChildren()
    URL.revokeObjectURL(url)
  }
}

function cueOf(cue: VTTCue): Cue[] {
  const { startTime, endTime } = cue
  // A fragment of the parser's own elements: b, i, u, ruby, rt, and span, whose title is that of a voice (§6.7).
  const content = cue.getCueAsHTML()
  const speaker = content.querySelector('span[title]')?.getAttribute('title') ?? ''
  const text = (content.textContent ?? '').replaceAll(/\s+/g, ' ').trim().slice(0, mostLetters)
  if (text === '' || !Number.isFinite(startTime)) return []
  return [{ fromMs: 1000 * startTime, toMs: 1000 * endTime, speaker: speaker.slice(0, 200), text }]
}
