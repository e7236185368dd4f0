// Which of a recording's files this browser plays, and what to say when it plays none.

import { hlsType } from './live-stream.ts'

export type PlaybackSource = {
  url: string
  container: 'HLS' | 'MP4' | 'WebM'
  /** MIME type (of a playlist that hls.js does not play: of its segments), with the `codecs` parameter (RFC 6381) where they are known. */
  type: string
}

export type PlaybackProblem =
  /** The browser has no decoder for any of the files. */
  | { kind: 'unsupported'; what: string }
  | { kind: 'damaged'; atSeconds: number }
  | { kind: 'missing' }
  | { kind: 'unreachable' }

export type SourceAttributes = {
  srcHls?: string | null
  typeHls?: string | null
  src?: string | null
  type?: string | null
  srcWebm?: string | null
  typeWebm?: string | null
}

/** The sources an element was given, in the order they are tried. */
export function sourcesOf(attributes: SourceAttributes): PlaybackSource[] {
  const sources: PlaybackSource[] = []
  if (attributes.srcHls) sources.push({ url: attributes.srcHls, container: 'HLS', type: attributes.typeHls || hlsType })
  if (attributes.src) sources.push({ url: attributes.src, container: 'MP4', type: attributes.type || 'video/mp4' })
  if (attributes.srcWebm) {
    sources.push({ url: attributes.srcWebm, container: 'WebM', type: attributes.typeWebm || 'video/webm' })
  }
  return sources
}

/** Those the browser says it may play, in order; `canPlayType` answers '' for a firm no. */
export function playableSources(
  sources: readonly PlaybackSource[],
  canPlay: (source: PlaybackSource) => CanPlayTypeResult,
): PlaybackSource[] {
  return sources.filter((source) => canPlay(source) !== '')
}

/** By the start of an RFC 6381 codec string (ISO 14496-15, the VP9 and AV1 bindings). */
const codecNames: readonly [RegExp, string][] = [
  [/^avc[1-4]/, 'H.264'],
  [/^(hvc1|hev1)/, 'H.265'],
  [/^vp0?8/, 'VP8'],
  [/^vp0?9/, 'VP9'],
  [/^av01/, 'AV1'],
  [/^mp4v/, 'MPEG-4 video'],
  [/^mp4a\.(69|6b)/, 'MP3'],
  [/^mp4a/, 'AAC'],
  [/^opus/, 'Opus'],
  [/^vorbis/, 'Vorbis'],
  [/^flac/, 'FLAC'],
]

/** "VP8 and Opus in MP4"; only "MP4" where the codecs are not named. */
export function sourceWords(source: PlaybackSource): string {
  const listed = /codecs="?([^"]*)"?/.exec(source.type)?.[1] ?? ''
  const names = listed
    .split(',')
    .map((codec) => codec.trim().toLowerCase())
    .filter((codec) => codec !== '')
    .map((codec) => codecNames.find(([start]) => start.test(codec))?.[1] ?? codec)
  return names.length === 0 ? source.container : `${names.join(' and ')} in ${source.container}`
}

export type Explanation = { heading: string; advice: string; mayRetry: boolean; mayDownload: boolean }

/** The problem in plain words, and what to do about it. */
export function explainProblem(problem: PlaybackProblem): Explanation {
  switch (problem.kind) {
    case 'unsupported':
      return {
        heading: `This browser can’t play ${problem.what}`,
        advice: 'Open this page in another browser, or download the file and open it in a player such as VLC.',
        mayRetry: false,
        mayDownload: true,
      }
    case 'damaged':
      return {
        heading: 'The video could not be decoded any further',
        advice: 'Try again, or download the file and open it in a player such as VLC.',
        mayRetry: true,
        mayDownload: true,
      }
    case 'missing':
      return {
        heading: 'The video is no longer here',
        advice: 'It was deleted or is no longer shared. Ask whoever sent you the link.',
        mayRetry: true,
        mayDownload: false,
      }
    case 'unreachable':
      return {
        heading: 'The server can’t be reached',
        advice: 'Check your connection. Playback goes on where it stopped.',
        mayRetry: true,
        mayDownload: false,
      }
  }
}

/**
 * Finds out why the last source failed. MEDIA_ERR_SRC_NOT_SUPPORTED (HTML §4.8.11.1) is also what a missing file and a
 * dead server look like, so the source itself is asked.
 */
export async function diagnose(
  source: PlaybackSource,
  failure: { code: number; atSeconds: number },
  ask: (url: string, init: RequestInit) => Promise<Response>,
): Promise<PlaybackProblem> {
  try {
    const answer = await ask(source.url, { headers: { range: 'bytes=0-0' }, cache: 'no-store' })
    await answer.body?.cancel()
    if (answer.status === 404 || answer.status === 410 || answer.status === 401 || answer.status === 403) {
      return { kind: 'missing' }
    }
    if (answer.status >= 500) return { kind: 'unreachable' }
  } catch {
    return { kind: 'unreachable' }
  }
  // MEDIA_ERR_NETWORK = 2, MEDIA_ERR_DECODE = 3, MEDIA_ERR_SRC_NOT_SUPPORTED = 4
  if (failure.code === 2) return { kind: 'unreachable' }
  if (failure.code === 3) return { kind: 'damaged', atSeconds: failure.atSeconds }
  return { kind: 'unsupported', what: sourceWords(source) }
}
