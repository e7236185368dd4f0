import { stripVTControlCharacters } from 'node:util'

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB']

/** `12.3 MB`. */
export function byteCount(bytes: number): string {
  const step = Math.min(byteUnits.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(bytes, 1)) / 3)))
  return `${(bytes / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${byteUnits[step]}`
}

/** `2.5 Mbit/s`. */
export function bitRate(bitsPerSecond: number): string {
  if (bitsPerSecond < 1e6) return `${Math.round(bitsPerSecond / 1000)} kbit/s`
  return `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`
}

/** `12 s`, `3 min 4 s`, `5 h 6 min`, `2 d 3 h`. */
export function timeSpan(ms: number): string {
  const whole = Math.round(ms / 1000)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`
}

/** `1:02:03`. */
export function clockTime(ms: number): string {
  const whole = Math.floor(ms / 1000)
  const two = (number: number): string => String(number).padStart(2, '0')
  return `${Math.floor(whole / 3600)}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`
}

/** What sources, servers and titles say, as one line that can't steer a terminal or forge a line of a journal. */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
}
