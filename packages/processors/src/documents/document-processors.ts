// Pages, text and notes of documents, when somebody asks for them.
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contentKind, NOTES } from '../content-kind.ts'
import { ConversionError } from '../conversion-error.ts'
import type { Processor, ProcessorJob } from '../processor.ts'
import { type DeckKind, ODP, PPT, PPTX } from './deck.ts'
import { readDeck } from './deck-reader.ts'
import { officePdf } from './office-pdf.ts'
import { type PdfPage, pdfPages } from './pdf-pages.ts'

/** As pdftotext has it: a form feed behind each page. */
const onPages = (pages: readonly string[]): string => `${pages.map((page) => page.trim()).join('\n\f')}\n\f`

/** Of a deck: what is written on its slides, or in the speaker's notes. */
export const deckTextProcessor: Processor = {
  name: 'deck-text',
  async convert({ inputs, to, parameters, output, signal, limits }) {
    const { slides } = await readDeck(inputs[0]!.path, signal, Math.min(60_000, limits.timeMs))
    const said = slides.map(({ text, notes }) => (to === NOTES ? notes : text))
    await writeWords(said, to, parameters.page, output)
  },
}

export const pdfTextProcessor: Processor = {
  name: 'pdf-text',
  async convert(job) {
    const { parameters, output, to } = job
    const pages = await inFolder(job, { isDrawn: false }, async (read) => read)
    if (parameters.page === undefined) await writeWords(textsOf(pages), to, undefined, output)
    else await writeWords(textsOf(pages), to, 1, output)
  },
}

/** One page as a picture: the first, or the one that is asked for. */
export const pdfPageProcessor: Processor = {
  name: 'pdf-page',
  async convert(job) {
    const { page = 1, width, height } = job.parameters
    const size = { ...(width !== undefined && { width }), ...(height !== undefined && { height }) }
    await inFolder(job, { ...size, page }, async ([drawn]) => {
      if (drawn?.path === null) throw new ConversionError('input-refused', `page ${page}: ${drawn.problem}`)
      await copyFile(drawn!.path!, job.output)
    })
  },
}

export const officePdfProcessor: Processor = {
  name: 'office-pdf',
  async convert({ inputs, output, signal, limits }) {
    const { path, contentType } = inputs[0]!
    const kind = [PPTX, ODP, PPT].find((each) => each === contentKind(contentType))
    if (kind === undefined) throw new ConversionError('not-handled', `no document is drawn of ${contentType}`)
    const { timeMs, outputBytes } = limits
    await officePdf({ path, kind: kind as DeckKind, output, signal, timeMs: Math.min(timeMs, 600_000), outputBytes })
  },
}

function textsOf(pages: readonly PdfPage[]): string[] {
  const [problem] = pages.filter(({ problem }) => problem !== null)
  if (problem !== undefined && pages.every((page) => page.problem !== null))
    throw new ConversionError('input-refused', `page ${problem.page}: ${problem.problem}`)
  return pages.map(({ text }) => text)
}

async function writeWords(
  pages: readonly string[],
  to: string,
  page: number | undefined,
  output: string,
): Promise<void> {
  const wanted = page === undefined ? pages : pages.slice(page - 1, page)
  if (wanted.length === 0) throw noSuchPage(pages.length)
  const what = to === NOTES ? 'are no notes' : 'is no text'
  if (wanted.every((each) => each.trim() === '')) throw new ConversionError('input-refused', `there ${what} in it`)
  await writeFile(output, onPages(wanted))
}

type Wanted = { page?: number; width?: number; height?: number; isDrawn?: boolean }

async function inFolder<Result>(
  { inputs, parameters, limits, signal, onProgress }: ProcessorJob,
  wanted: Wanted,
  use: (pages: readonly PdfPage[]) => Promise<Result>,
): Promise<Result> {
  const { page = parameters.page, ...more } = wanted
  const range = page === undefined ? {} : { firstPage: page, lastPage: page }
  const folder = await mkdtemp(join(tmpdir(), 'rushes-pages-'))
  try {
    const { path } = inputs[0]!
    const timeMs = Math.min(limits.timeMs, 600_000)
    const { count, pages } = await pdfPages({
      ...{ path, folder, ...range, ...more, isStrict: false },
      ...{ timeMs, signal, onProgress },
    })
    if (pages.length === 0) throw noSuchPage(count)
    return await use(pages)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function noSuchPage(count: number): ConversionError {
  return new ConversionError('parameters-refused', `page: it has ${count}`)
}
