import { html, nothing, type TemplateResult } from 'lit'
import { explainProblem, type PlaybackProblem, type PlaybackSource } from './playback-source.ts'

/** What stands in the picture's place when nothing plays: what is wrong, and what to do. */
export function problemPanel(
  problem: PlaybackProblem,
  sources: readonly PlaybackSource[],
  retry: () => void,
): TemplateResult {
  const { heading, advice, mayRetry, mayDownload } = explainProblem(problem)
  return html`<div class="problem" role="alert">
    <h2>${heading}</h2>
    <p>${advice}</p>
    <div class="actions">
      ${mayRetry ? html`<button type="button" @click=${retry}>Try again</button>` : nothing}
      ${
        mayDownload
          ? sources
              .filter(({ container }) => container !== 'HLS')
              .map((source) => html`<a class="button" href=${source.url} download>Download ${source.container}</a>`)
          : nothing
      }
    </div>
  </div>`
}
