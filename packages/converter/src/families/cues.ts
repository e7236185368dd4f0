// Spoken words with their times, as meeting systems write them: WebVTT, SubRip and SubViewer, read leniently.
export type SpokenCue = { startMs: number; endMs: number; speaker: string | null; text: string }

const MOST_CUES = 100_000

/** `1:02:03.4`, `02:03,400`, `0:0:0.57`, `00:00:013,5`: what stands behind the point is a fraction of a second, however long. */
const time = String.raw`(?:(\d{1,3}):)?(\d{1,2}):(0?\d{1,2})(?:[.,](\d{1,9}))?`
const timing = new RegExp(`^[ \\t]*${time}[ \\t]*(?:-->|,)[ \\t]*${time}(?:[ \\t].*)?$`)

function milliseconds(parts: readonly (string | undefined)[]): number {
  const [hours = '0', minutes = '0', seconds = '0', fraction = '0'] = parts
  const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)
  return whole * 1000 + Math.round(Number(`0.${fraction}`) * 1e6) / 1000
}

/** `Ada Lovelace: Hello`, `Dr. Brown: Hello`. */
const prefix = /^([^\s:][^:\n?!]{0,80}):[ \t]+([\s\S]+)$/

/**
 * In the file's order; cues of no text are left out. A name in front of the words is one where half of the cues have some: a sentence
 * may have a colon.
 */
export function spokenCues(text: string): SpokenCue[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n?|\n/)
  const cues: SpokenCue[] = []
  for (let at = 0; at < lines.length && cues.length < MOST_CUES; at++) {
    const found = timing.exec(lines[at]!)
    if (found === null) continue
    const payload: string[] = []
    while (at + 1 < lines.length && lines[at + 1]!.trim() !== '' && !timing.test(lines[at + 1]!))
      payload.push(lines[++at]!)
    // The number of the next cue, where the line between them is missing.
    const isNumbered = at + 1 < lines.length && timing.test(lines[at + 1]!)
    if (isNumbered && payload.length > 1 && /^\d{1,6}$/.test(payload.at(-1)!.trim())) payload.pop()
    const [startMs, endMs] = [milliseconds(found.slice(1, 5)), milliseconds(found.slice(5, 9))]
    const cue = { startMs, endMs: Math.max(startMs, endMs), ...spoken(payload.join('\n')) }
    if (cue.text !== '') cues.push(cue)
  }
  const named = cues.filter(({ speaker, text: said }) => speaker !== null || prefix.test(said)).length
  return named * 2 >= cues.length ? cues.map(withName) : cues
}

function withName(cue: SpokenCue): SpokenCue {
  const [, name, text] = cue.speaker === null ? (prefix.exec(cue.text) ?? []) : []
  return name === undefined ? cue : { ...cue, speaker: name.trim(), text: text!.trim() }
}

const entities: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&nbsp;': '\u00a0' }

function spoken(payload: string): Pick<SpokenCue, 'speaker' | 'text'> {
  const voice = /<v(?:\.[\w.]+)?[ \t]+([^>]{1,200})>/.exec(payload)?.[1]?.trim()
  const plain = payload
    .replaceAll(/<[^>]{0,200}>/g, '')
    .replaceAll(/&\w{2,4};/g, (entity) => entities[entity] ?? entity)
    .trim()
  return { speaker: voice === undefined || voice === '' ? null : voice, text: plain }
}

/** Where somebody else begins to speak, and until when it is the same one. */
export function speakerTurns(cues: readonly SpokenCue[]): { t: number; name: string; endMs: number }[] {
  const turns: { t: number; name: string; endMs: number }[] = []
  const sorted = cues.filter(({ speaker }) => speaker !== null).sort((left, right) => left.startMs - right.startMs)
  for (const { startMs, endMs, speaker } of sorted) {
    const last = turns.at(-1)
    if (last?.name === speaker) last.endMs = Math.max(last.endMs, endMs)
    else turns.push({ t: startMs, name: speaker!, endMs })
  }
  return turns
}
