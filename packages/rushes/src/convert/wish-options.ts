import { CommandError } from '../output.ts'

/** `slide,chat` */
export function typeList(text: string): string[] {
  return text
    .split(',')
    .map((each) => each.trim().toLowerCase())
    .filter((each) => each !== '')
}

/** Short names of what people ask for. */
const formats: Readonly<Record<string, string>> = {
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  opus: 'audio/ogg',
  ogg: 'audio/ogg',
  flac: 'audio/flac',
  wav: 'audio/wav',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  vtt: 'text/vtt',
  srt: 'application/x-subrip',
  ttml: 'application/ttml+xml',
  txt: 'text/plain',
  text: 'text/plain',
}

/** `transcript=srt`, `audio=audio/mpeg`. @throws CommandError `misused` */
export function formatsByType(wishes: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    wishes
      .flatMap((each) => each.split(','))
      .map((wish) => {
        const [, type, format] = /^([a-z]+)=([\w.+/-]+)$/i.exec(wish.trim()) ?? []
        const contentType = format?.includes('/') === true ? format : formats[format?.toLowerCase() ?? '']
        if (type === undefined || contentType === undefined) {
          const known = Object.keys(formats).join(', ')
          throw new CommandError('misused', `--as takes TYPE=FORMAT, a content type or one of ${known}: not ${wish}`)
        }
        return [type.toLowerCase(), contentType]
      }),
  )
}
