// Cues of a WebVTT file by the browser's own parser (https://www.w3.org/TR/webvtt1/ §6): styles, regions and settings stay
// behind, of the markup only the speaker's name and the text come through.

/** Times in ms, on the clock of the file. */
export type Cue = { fromMs: number; toMs: number; speaker: string; text: string }

const mostCues = 10_000
const mostLetters = 5000
const patienceMs = 10_000

/** @throws Error where it is no WebVTT, or the page's policy refuses (`media-src blob:`) */
export async function transcriptCues(vtt: Uint8Array<ArrayBuffer>): Promise<Cue[]> {
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
