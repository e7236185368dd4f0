// What an archive says of itself, as lists.
import { html, type TemplateResult } from 'lit'
import { formatBytes, formatDate } from '../figures.ts'
import { boxName } from './box-words.ts'
import type { ArchiveView, BoxEntry, ExtensionView, SignatureView } from './inspection.ts'
import { shortened } from './item-words.ts'
import { metadataRows } from './metadata-rows.ts'

const mostShown = 200

/** @param boxes of the file that are somebody's own */
export function metadataPanel(archive: ArchiveView, boxes: readonly BoxEntry[]): TemplateResult {
  const { metadata, requires, extensions, root, records, hasIndex } = archive
  const rows = metadataRows(metadata)
  const structure: [string, string][] = [
    ['Root (SHA-256 of the whole)', root],
    ['Opens by', hasIndex ? 'its index' : 'its records, one after the other'],
    ...(records === 0 ? [] : [['Changes since the index', records.toLocaleString('en')] as [string, string]]),
    ...requires.map((need): [string, string] => [`Needed to ${need.for}`, need.module]),
  ]
  return html`<div class="stack stack-wide">
    <section class="stack stack-tight" aria-labelledby="said-heading">
      <h3 id="said-heading">What it says of itself</h3>
      ${
        rows.length === 0
          ? html`<p class="soft">It says nothing of itself.</p>`
          : html`<dl class="facts">${rows.map(({ name, value }) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
      }
    </section>
    <section class="stack stack-tight" aria-labelledby="built-heading">
      <h3 id="built-heading">How it is built</h3>
      <dl class="facts">${structure.map(([name, value]) => html`<div><dt>${name}</dt><dd>${shortened(value, 500)}</dd></div>`)}</dl>
    </section>
    ${extensions.length + boxes.length === 0 ? '' : extensionList(extensions, boxes)}
  </div>`
}

function extensionList(extensions: readonly ExtensionView[], boxes: readonly BoxEntry[]): TemplateResult {
  return html`<section class="stack stack-tight" aria-labelledby="extensions-heading">
    <h3 id="extensions-heading">Extensions</h3>
    <p class="soft small">Somebody’s own, kept as they are by programs that don’t know them.</p>
    <ul class="lines" role="list">
      ${boxes.slice(0, mostShown).map(
        ({ type, offset, size }) => html`<li class="line"><span>Box <code>${boxName(type)}</code></span>
          <span class="soft small figures">${formatBytes(size)} at byte ${offset.toLocaleString('en')}</span></li>`,
      )}
      ${extensions.slice(0, mostShown).map(
        ({ name, bytes, item }) => html`<li class="line"><span class="anywhere">${name}</span>
          <span class="soft small figures">${formatBytes(bytes)}${item === null ? '' : ` of ${shortened(item, 60)}`}</span></li>`,
      )}
    </ul>
  </section>`
}

const standings = {
  valid: { badge: 'badge badge-safe', words: 'Valid' },
  invalid: { badge: 'badge badge-problem', words: 'Not valid' },
  unchecked: { badge: 'badge badge-caution', words: 'Can’t be checked here' },
} as const

export function signaturesPanel(signatures: readonly SignatureView[]): TemplateResult {
  if (signatures.length === 0) {
    return html`<p class="soft">Nobody has signed it. Its digests show whether it was damaged, not who made it.</p>`
  }
  const isUnchecked = signatures.some(({ standing }) => standing === 'unchecked')
  return html`<div class="stack">
    <ul class="lines" role="list">${signatures.slice(0, mostShown).map(signatureLine)}</ul>
    <p class="soft small">
      A valid signature means that whoever has this key signed exactly this state. Whose key it is, the file can’t prove: compare
      the fingerprint with one that you got from the signer.
      ${isUnchecked ? 'Signatures are checked in newer browsers, and on pages with HTTPS alone.' : ''}
    </p>
  </div>`
}

function signatureLine({ signer, time, algorithm, standing, fingerprint }: SignatureView): TemplateResult {
  const date = new Date(time)
  return html`<li class="signature">
    <div class="row row-apart"><strong class="anywhere">${signer}</strong>
      <span class=${standings[standing].badge}>${standings[standing].words}</span></div>
    <p class="soft small">${Number.isNaN(date.getTime()) ? time : formatDate(date)} · ${algorithm}</p>
    <p class="small">Fingerprint of the key (SHA-256) <code class="fingerprint">${fingerprint.replaceAll(/(.{4})(?=.)/g, '$1 ')}</code></p>
  </li>`
}
