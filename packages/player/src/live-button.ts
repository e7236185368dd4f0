import { html, type TemplateResult } from 'lit'
import { type LiveStanding, standingWords } from './live-standing.ts'
import { formatClock } from './start-time.ts'

/** Says whether one sees what happens now, and leads there. */
export function liveButton(standing: LiveStanding, goLive: () => void): TemplateResult {
  const { isLive, behindSeconds } = standing
  return html`<button type="button" class="live ${isLive ? 'now' : ''}" @click=${goLive}
    aria-label=${isLive ? 'Live' : `Go to live, ${standingWords(standing)}`}
    title=${isLive ? 'You see what happens now' : 'Go to live'}
    >${isLive ? 'Live' : html`<span aria-hidden="true">−${formatClock(behindSeconds)}</span>`}</button>`
}
