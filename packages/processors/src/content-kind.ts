/** Other names for the same, as browsers, cameras and servers give them. */
const aliases: Readonly<Record<string, string>> = {
  'audio/x-wav': 'audio/wav',
  'audio/wave': 'audio/wav',
  'audio/vnd.wave': 'audio/wav',
  'audio/mp3': 'audio/mpeg',
  'audio/m4a': 'audio/mp4',
  'audio/x-m4a': 'audio/mp4',
  'audio/x-flac': 'audio/flac',
  'audio/opus': 'audio/ogg',
  'application/ogg': 'audio/ogg',
  'image/jpg': 'image/jpeg',
  'text/srt': 'application/x-subrip',
  'application/srt': 'application/x-subrip',
  'application/ttaf+xml': 'application/ttml+xml',
}

/**
 * The one name of a kind of content: type and subtype in lower case and, where there is one, the parameter `profile`, which
 * tells a picture of a sound from any other. All other parameters, like a charset or codecs, say nothing that rules ask for.
 */
export function contentKind(contentType: string): string {
  const [essence = '', ...parameters] = contentType.split(';').map((part) => part.trim())
  const name = essence.toLowerCase()
  const profile = parameters.map((part) => /^profile="?([\w.-]{1,64})"?$/i.exec(part)?.[1]).find(Boolean)
  return `${aliases[name] ?? name}${profile === undefined ? '' : `;profile=${profile.toLowerCase()}`}`
}

/** `image/*` has all images but those of a profile: the picture of a sound is no slide. */
export function matchesKind(pattern: string, kind: string): boolean {
  return pattern === kind || (pattern.endsWith('/*') && kind.startsWith(pattern.slice(0, -1)) && !kind.includes(';'))
}

/** `audio`, `video`, `image`, `text`, `application`, … */
export function familyOf(kind: string): string {
  return kind.split('/')[0]!
}

export const PDF = 'application/pdf'
/** Of a speaker, page by page. */
export const NOTES = 'text/plain;profile=notes'
export const VTT = 'text/vtt'
export const SRT = 'application/x-subrip'
export const TTML = 'application/ttml+xml'
/** Peaks in the format of audiowaveform, which peaks.js and waveform-data read. */
export const WAVEFORM = 'application/json;profile=waveform'
export const WAVEFORM_SVG = 'image/svg+xml;profile=waveform'
export const WAVEFORM_PNG = 'image/png;profile=waveform'
