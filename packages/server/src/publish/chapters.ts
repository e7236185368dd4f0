import type { StoredEvent } from '../catalog/recording-events.ts'

/**
 * Marks as chapters for players: WebVTT, each from its mark to the next one (https://www.w3.org/TR/webvtt1/).
 *
 * @param marks by time
 */
export function chaptersVtt(marks: readonly StoredEvent[], durationMs: number): string {
  const cues = marks.flatMap(({ t, data }, index) => {
    const end = marks[index + 1]?.t ?? Math.max(durationMs, t + 1)
    // A cue that ends where it begins is none (§4.1): of marks at one time the last one names the chapter.
    return end > t ? [`${timestamp(t)} --> ${timestamp(end)}\n${cueText(String(data['label']))}\n`] : []
  })
  return ['WEBVTT\n', ...cues].join('\n')
}

/** §3.1: hours may have more than two digits. */
function timestamp(ms: number): string {
  const whole = Math.round(ms)
  const part = (value: number, digits: number) => String(value).padStart(digits, '0')
  const minutes = Math.floor(whole / 60_000)
  return `${part(Math.floor(minutes / 60), 2)}:${part(minutes % 60, 2)}:${part(Math.floor(whole / 1000) % 60, 2)}.${part(whole % 1000, 3)}`
}

/** §4.2.2: one line, without markup; a line with an arrow would begin another cue. */
function cueText(label: string): string {
  const line = label.replaceAll(/[\r\n]+/g, ' ')
  return line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
