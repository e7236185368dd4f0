import { html, type TemplateResult } from 'lit'

export type ShownNote = { severity: 'info' | 'warning' | 'critical'; message: string; resource?: string | undefined }

const looks = { critical: 'notice notice-problem', warning: 'notice notice-caution', info: 'notice' } as const
const names = { critical: 'Critical', warning: 'Warning', info: 'Note' } as const
const mostShown = 100

/** What a conversion has to say, the gravest first. */
export function notesCard(notes: readonly ShownNote[]): TemplateResult | string {
  if (notes.length === 0) return ''
  return html`<section class="card stack" aria-labelledby="notes-heading">
    <h2 id="notes-heading">Notes <span class="soft figures">${notes.length.toLocaleString('en')}</span></h2>
    <ul role="list" class="stack stack-tight">
      ${notes.slice(0, mostShown).map(
        ({ severity, message, resource }) => html`<li class=${looks[severity]}>
          <span><strong>${names[severity]}:</strong> ${message}</span>
          ${resource === undefined ? '' : html`<span class="soft small convert-name">${resource}</span>`}
        </li>`,
      )}
    </ul>
    ${notes.length > mostShown ? html`<p class="soft small">And ${(notes.length - mostShown).toLocaleString('en')} more.</p>` : ''}
  </section>`
}
