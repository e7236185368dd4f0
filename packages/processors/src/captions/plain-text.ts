import { type Cue, cueText } from './cue.ts'

/** A silence that is heard as the end of a thought. */
const paragraphMs = 2000

/** What was said, to be read: a paragraph for each turn of a speaker, without times. */
export function writePlainText(cues: readonly Cue[]): string {
  const paragraphs: { voice: string | undefined; lines: string[] }[] = []
  let endMs = 0
  for (const cue of cues) {
    const [first] = cue.spans
    const last = paragraphs.at(-1)
    const text = cueText(cue).replace(/\s+/g, ' ').trim()
    if (last !== undefined && last.voice === first!.voice && cue.startMs - endMs < paragraphMs) {
      // Captions that roll up give each line twice.
      if (last.lines.at(-1) !== text) last.lines.push(text)
    } else paragraphs.push({ voice: first!.voice, lines: [text] })
    endMs = Math.max(endMs, cue.endMs)
  }
  return paragraphs
    .map(({ voice, lines }) => `${voice === undefined ? '' : `${voice}: `}${lines.join(' ')}\n`)
    .join('\n')
}
