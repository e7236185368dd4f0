import { html, type TemplateResult } from 'lit'
import type { LiveStanding } from './live-standing.ts'
import { formatClock } from './start-time.ts'

/** Says whether one sees what happens now, and leads there. */
export function liveButton({ isLive, behindSeconds }: LiveStanding, goLive: () => void): TemplateResult {
  return html`<button type="button" class="live ${isLive ? 'now' : ''}" @click=${goLive}
    title=${isLive ? 'You see what happens now' : `${formatClock(behindSeconds)} behind live`}
    >${isLive ? 'Live' : html`−${formatClock(behindSeconds)} <span class="lead">Go to live</span>`}</button>`
}
