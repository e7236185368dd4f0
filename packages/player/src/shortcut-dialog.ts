import { html, type TemplateResult } from 'lit'
import { shortcutList } from './shortcuts.ts'

/** The list that `?` opens; a native dialog, so it stands above the full-screen picture and Escape closes it. */
export function shortcutDialog(): TemplateResult {
  return html`<dialog aria-labelledby="shortcuts-heading">
    <form method="dialog">
      <div class="dialog-head">
        <h2 id="shortcuts-heading">Keyboard shortcuts</h2>
        <button>Close</button>
      </div>
      <dl>
        ${shortcutList.map(
          ({ keys, words }) => html`<dt>${keys.map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${words}</dd>`,
        )}
      </dl>
    </form>
  </dialog>`
}
