/** What ffmpeg said of an input on stderr before it began, or failed. */
export type StreamListing = {
  hasVideo: boolean
  hasAudio: boolean
  /** The input says how long it is: it isn't live. */
  isFinite: boolean
}

/**
 * Reads the lines `Stream #0:1(eng): Audio: aac …` of the inputs; null when no input was opened. They look the same in
 * every release since 2010, and an input that takes one caller can't be asked twice.
 */
export function readStreamListing(stderr: string): StreamListing | null {
  const inputs = stderr.split(/^Output #\d+, /m, 1)[0]!
  const start = inputs.search(/^Input #\d+, /m)
  if (start < 0) return null
  const kinds = new Set(
    Array.from(inputs.slice(start).matchAll(/^\s*Stream #\d+:\d+\S*: (Video|Audio): /gm), ([, kind]) => kind),
  )
  return {
    hasVideo: kinds.has('Video'),
    hasAudio: kinds.has('Audio'),
    isFinite: /^\s*Duration: \d/m.test(inputs.slice(start)),
  }
}

/** The last line that says what went wrong, for people; at most 300 characters. */
export function lastComplaint(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.replace(/^\[[^\]]*\] /, '').trim())
  const complaint = lines.findLast(
    (line) => line !== '' && !/^(Exiting|Conversion failed|video:\d|frame=|Press )/.test(line),
  )
  // Addresses may have passwords in them.
  return (complaint ?? '').replaceAll(/(passphrase|streamid|\/\/[^/\s:@]+):?=?[^\s&@]*@?/g, '$1…').slice(0, 300)
}
