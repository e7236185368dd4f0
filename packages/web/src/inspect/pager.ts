import { html, type TemplateResult } from 'lit'

/** Rows of a list that are on the page at once. */
export const rowsPerPage = 100

/** Part of a long list: where one is in it, and the way on. @param page from 0 */
export function pager(what: string, page: number, total: number, go: (page: number) => void): TemplateResult | string {
  if (total <= rowsPerPage) return ''
  const last = Math.ceil(total / rowsPerPage) - 1
  const figures = (value: number) => value.toLocaleString('en')
  const button = (words: string, to: number) =>
    html`<button class="button button-quiet" type="button" aria-disabled=${to === page ? 'true' : 'false'}
      @click=${() => (to === page ? undefined : go(to))}>${words}</button>`
  return html`<nav class="pager" aria-label=${`Pages of ${what}`}>
    <p class="soft small figures" role="status">
      ${figures(page * rowsPerPage + 1)}–${figures(Math.min(total, (page + 1) * rowsPerPage))} of ${figures(total)}
    </p>
    <div class="buttons">
      ${button('First', 0)}${button('Previous', Math.max(0, page - 1))}${button('Next', Math.min(last, page + 1))}${button('Last', last)}
    </div>
  </nav>`
}

export function pageOf<Row>(rows: readonly Row[], page: number): readonly Row[] {
  return rows.slice(page * rowsPerPage, (page + 1) * rowsPerPage)
}
