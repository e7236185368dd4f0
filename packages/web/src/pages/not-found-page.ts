import { html, type TemplateResult } from 'lit'
import { PageElement } from '../app/page-element.ts'

export class RushesNotFoundPage extends PageElement {
  protected override render(): TemplateResult {
    return html`<div class="empty">
      <h1 tabindex="-1">There is nothing here</h1>
      <p>The address may be mistyped, or what was here has been deleted.</p>
      <a class="button button-main" href="/">To the start</a>
    </div>`
  }
}
customElements.define('rushes-not-found-page', RushesNotFoundPage)
