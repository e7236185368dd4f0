// Marks on the seek bar, and the ways between them.
import { html, nothing, svg, type TemplateResult } from 'lit'

/** A place that somebody marked; `t` in ms. */
export type PlayerMark = { t: number; label: string }

/** Drawn over the seek bar; to be seen alone, since the bar and the keys lead there. `span`: what the bar shows, s. */
export function seekMarks(
  marks: readonly PlayerMark[],
  span: { start: number; end: number },
): TemplateResult | typeof nothing {
  const length = span.end - span.start
  const places = marks.map(({ t, label }) => ({ label, place: (t / 1000 - span.start) / length }))
  const seen = apart(places.filter(({ place }) => place >= 0 && place <= 1))
  if (seen.length === 0) return nothing
  return html`<svg class="marks" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true" focusable="false">
    ${seen.map(
      ({ label, place }) =>
        svg`<line class=${label.toLowerCase() === 'question' ? 'mark-question' : ''} x1=${place} x2=${place} y1="0" y2="1" />`,
    )}
  </svg>`
}

/** So many fit on the bar of a phone, each 4 px wide, with something to be seen of the bar between them. */
const mostDrawn = 60

/** All of a few; of very many those that are so far apart that the bar is still seen. The keys lead to each. */
function apart<Place extends { place: number }>(places: readonly Place[]): readonly Place[] {
  if (places.length <= mostDrawn) return places
  const drawn: Place[] = []
  for (const each of [...places].sort((a, b) => a.place - b.place)) {
    if (each.place - (drawn.at(-1)?.place ?? -1) >= 1 / mostDrawn) drawn.push(each)
  }
  return drawn
}

/** Who goes back wants the mark before the one that he is just behind. */
const justBehindMs = 1500

/** The mark that a step leads to; null where there is none. */
export function markFrom(marks: readonly PlayerMark[], atMs: number, step: 1 | -1): PlayerMark | null {
  const ordered = [...marks].sort((a, b) => a.t - b.t)
  // 1 ms: a seek may land a part of a picture before the mark.
  if (step > 0) return ordered.find(({ t }) => t > atMs + 1) ?? null
  return ordered.findLast(({ t }) => t < atMs - justBehindMs) ?? null
}
