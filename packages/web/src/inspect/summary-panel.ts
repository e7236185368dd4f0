import { html, type TemplateResult } from 'lit'
import { faultWords } from '../app/fault-words.ts'
import { formatDate, formatLength } from '../figures.ts'
import type { ArchiveView, Inspection } from './inspection.ts'
import { shortened } from './item-words.ts'
import type { ShownFile } from './shown-file.ts'

/** What the file is called at the top of the page. */
export function titleOf(archive: ArchiveView | null, file: ShownFile): string {
  const title = archive?.metadata['title']
  return typeof title === 'string' && title.trim() !== '' ? shortened(title.trim(), 140) : file.name
}

/** An archive in a few lines. */
export function summaryFacts(archive: ArchiveView): TemplateResult {
  const { metadata, presentation, items, events, signatures } = archive
  const when = [metadata['started'], metadata['created']].find((value) => typeof value === 'string')
  const date = when === undefined ? null : new Date(when as string)
  const valid = signatures.filter(({ standing }) => standing === 'valid').length
  const facts: [string, string][] = [
    ['When', date === null || Number.isNaN(date.getTime()) ? '' : formatDate(date)],
    ['By', namesIn(metadata['authors'])],
    ['Length', presentation === null ? '' : formatLength(presentation.durationMs)],
    ['Holds', `${counted(items.length, 'item')}${events.length === 0 ? '' : `, ${counted(events.length, 'event')}`}`],
    ['Signed', signatures.length === 0 ? '' : `${valid} of ${counted(signatures.length, 'signature')} valid`],
    ['Id', archive.id],
    ['Generation', archive.generation.toLocaleString('en')],
  ]
  return html`<dl class="facts">
    ${facts.filter(([, value]) => value !== '').map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
  </dl>`
}

/** Why a file has boxes and no more. */
export function noArchiveNotice({ noArchive }: Inspection): TemplateResult {
  if (noArchive?.code === 'not-umf') {
    return html`<div class="notice"><strong>This is an MP4, and no archive</strong>
      <span>It has no index of items and no digests, so there is nothing to check. Its boxes are shown below.</span></div>`
  }
  return html`<div class="notice notice-problem" role="alert"><strong>This archive can’t be opened</strong>
    <span>${faultWords(new Error(noArchive?.message ?? ''))} What can be told of it by its boxes is shown below.</span></div>`
}

function namesIn(people: unknown): string {
  if (!Array.isArray(people)) return ''
  const names = people.flatMap((person) => (typeof person?.name === 'string' ? [person.name as string] : []))
  return shortened(names.join(', '))
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`
}
