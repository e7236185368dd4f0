// What the head of every page knows of a recording that is running; it does not load the recorder for it.
import { html, type TemplateResult } from 'lit'

let words: string | null = null
const listeners = new Set<() => void>()

/** Shown on all pages until null is given. */
export function setLiveChip(next: string | null): void {
  if (next === words) return
  words = next
  for (const listener of listeners) listener()
}

export function onLiveChip(listener: () => void): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

/** On the recorder's own page the figures stand in the page itself. */
export function liveChip(onRecordPage: boolean): TemplateResult {
  return words === null || onRecordPage
    ? html``
    : html`<a class="live-chip figures" href="/record">${words}<span class="visually-hidden">, back to the running recording</span></a>`
}
