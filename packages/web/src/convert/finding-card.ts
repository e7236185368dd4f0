import { html, svg, type TemplateResult } from 'lit'
import { formatBytes } from '../figures.ts'
import { type Extracted, type Finding, markerWords, type Pattern, placeMarks, type Searched } from './finding.ts'

/** Of a picture, in its own measure. */
const width = 360
const rowHeight = 24
const mapHeight = 36
const mostRows = 40
const mostBlocks = 2000
const mostListed = 100

const kinds: Readonly<Record<string, string>> = {
  slide: 'slides',
  speaker: 'speakers',
  event: 'events',
  heartbeat: 'a heartbeat, no event',
  frames: 'frames of a medium, no event',
  unclear: 'not clear, no event',
}

/** What was looked for in files of no known kind: what was cut out of them, which pattern lies where, what it is taken for. */
export function findingCard(finding: Finding | null): TemplateResult | string {
  if (finding === null || finding.extracted.length + finding.searched.length === 0) return ''
  return html`<section class="card stack" aria-labelledby="finding-heading">
    <h2 id="finding-heading">How it was understood</h2>
    ${finding.extracted.map((extracted) => resourceMap(extracted))}
    ${finding.searched.map((searched) => matrix(searched))}
  </section>`
}

/** The file from its first byte to its last, and what was recognised in it. */
function resourceMap({ file, size, count, resources }: Extracted): TemplateResult {
  const types = [...new Set(resources.map(({ type }) => type))]
  const at = (place: number) => (Math.min(size, Math.max(0, place)) / Math.max(1, size)) * width
  const more = count - Math.min(count, mostListed, resources.length)
  return html`<div class="stack stack-tight">
    <h3 class="finding-file convert-name">${file}</h3>
    <p class="soft small figures">${formatBytes(size)}; ${counted(count, 'resource')} cut out of it.</p>
    <svg class="finding-map" viewBox=${`0 0 ${width} ${mapHeight}`} preserveAspectRatio="none" role="img"
      aria-label=${`${counted(count, 'resource')} in the file, from its beginning to its end`}>
      <rect class="finding-row" width=${width} height=${mapHeight} rx="2" />
      ${resources
        .slice(0, mostBlocks)
        .map(
          ({ start, end, type }) =>
            svg`<rect class=${`finding-block is-${types.indexOf(type) % 6}`} x=${at(start)} y="2" width=${Math.max(0.8, at(end) - at(start))} height=${mapHeight - 4} />`,
        )}
    </svg>
    <ul role="list" class="finding-legend small" aria-label="Colours">
      ${types.map((type, index) => {
        const many = resources.filter((each) => each.type === type).length
        return html`<li><span class=${`finding-swatch is-${index % 6}`}></span>${type} <span class="soft figures">${many.toLocaleString('en')}</span></li>`
      })}
    </ul>
    <details>
      <summary>Where each of them lies</summary>
      <div class="finding-frame" tabindex="0" role="region" aria-label=${`Resources in ${file}`}><table class="finding">
        <thead><tr><th scope="col">Resource</th><th scope="col">Form</th><th scope="col" class="figure">From byte</th>
          <th scope="col" class="figure">Length</th></tr></thead>
        <tbody>${resources.slice(0, mostListed).map(
          ({ name, format, start, end, whole }) => html`<tr>
            <th scope="row" class="convert-name">${name ?? 'not taken out'}</th>
            <td>${format}${whole ? '' : ', cut off'}</td>
            <td class="figure figures">${start.toLocaleString('en')}</td>
            <td class="figure figures">${formatBytes(end - start)}</td>
          </tr>`,
        )}</tbody>
      </table></div>
      ${more > 0 ? html`<p class="soft small">And ${more.toLocaleString('en')} more.</p>` : ''}
    </details>
  </div>`
}

function matrix({ file, size, left, read, layout, patterns }: Searched): TemplateResult {
  const rows = patterns.toSorted((one, other) => other.confidence - one.confidence).slice(0, mostRows)
  return html`<div class="stack stack-tight">
    <h3 class="finding-file convert-name">Patterns in ${file}</h3>
    <p class="soft small figures">${formatBytes(left)} of ${formatBytes(size)} are of no known kind; ${
      read < left ? `${formatBytes(read)} of these were read.` : 'all of these were read.'
    } ${layout == null ? '' : html`It was read by the layout “${layout.name}”, which an earlier archive had taught.`}</p>
    ${rows.length === 0 ? html`<p class="soft">No pattern was found in it.</p>` : table(rows, size)}
    ${patterns.length > rows.length ? html`<p class="soft small">And ${(patterns.length - rows.length).toLocaleString('en')} more, less sure.</p>` : ''}
  </div>`
}

/** Each row a pattern, with a picture of its places in the file; the taller a mark, the greater its value. */
function table(rows: readonly Pattern[], size: number): TemplateResult {
  return html`<table class="finding finding-matrix">
    <caption class="soft small">Each mark is a place of the pattern between the file’s first and last byte; the taller, the
      greater the value that was read there.</caption>
    <thead><tr><th scope="col">Pattern</th><th scope="col">Taken for</th><th scope="col" class="finding-wide">Places and values</th>
      <th scope="col" class="figure">Count</th><th scope="col" class="figure">Sure</th></tr></thead>
    <tbody>
      ${rows.map(
        (row) => html`<tr>
          <th scope="row" data-head="Pattern"><code>${markerWords(row.marker)}</code></th>
          <td data-head="Taken for">${kinds[row.kind] ?? row.kind}</td>
          <td data-head="Places and values" class="finding-wide">${places(row, size)}<span class="small soft figures">${valueWords(row.values)}</span></td>
          <td data-head="Count" class="figure figures">${row.count.toLocaleString('en')}</td>
          <td data-head="Sure" class="figure figures">${row.confidence === 0 ? '–' : `${Math.round(row.confidence * 100)} %`}</td>
        </tr>`,
      )}
    </tbody>
  </table>`
}

function places(row: Pattern, size: number): TemplateResult {
  const isEvent = row.confidence > 0
  const marks = placeMarks(row, size, width / 2)
  return html`<svg class="finding-picture" viewBox=${`0 0 ${width} ${rowHeight}`} preserveAspectRatio="none" aria-hidden="true">
    <rect class="finding-row" width=${width} height=${rowHeight} rx="2" />
    <g class=${isEvent ? 'finding-marks is-event' : 'finding-marks'}>${marks.map(({ at, height }) => {
      const tall = height * (rowHeight - 4)
      return svg`<rect x=${at * width} y=${rowHeight - 2 - tall} width="2" height=${tall} />`
    })}</g>
  </svg>`
}

function valueWords(values: readonly number[]): string {
  if (values.length === 0) return 'no values'
  const shown = values.slice(0, 8).map((value) => value.toLocaleString('en'))
  return `${shown.join(', ')}${values.length > 8 ? ' …' : ''}`
}

function counted(count: number, word: string): string {
  return `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`
}
