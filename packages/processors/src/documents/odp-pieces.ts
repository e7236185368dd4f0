/** `content.xml` of a presentation, taken apart without reading it: for one of which some page is damaged. */
export type OdpPieces = {
  /** All that stands before the first page. */
  start: string
  pages: string[]
  /** All behind the last one. */
  end: string
  /** Enough of the beginning that a page reads by itself. */
  root: string
}

/** A page has no page in it, so that each begins where the next tag of its name does. Null: there are none. */
export function odpPieces(text: string): OdpPieces | null {
  const starts = [...text.matchAll(/<draw:page[\s>]/g)].map(({ index }) => index)
  const root = /<office:document-content[^>]*>/.exec(text)?.[0]
  if (starts.length === 0 || root === undefined) return null
  const close = '</draw:page>'
  const last = text.lastIndexOf(close)
  const until = last > starts.at(-1)! ? last + close.length : text.length
  const pages = starts.map((from, index) => text.slice(from, starts[index + 1] ?? until).trim())
  const end = '</office:presentation></office:body></office:document-content>'
  return { start: text.slice(0, starts[0]), pages, end, root: `${root}<office:body><office:presentation>` }
}
