import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Answer, Note, Processor, TaskInput } from '@rushes/pipeline'
import { type DeckPicture, officeProblem, type PdfPage, pdfPages } from '@rushes/processors'
import { z } from 'zod'
import { deckKind, pagesKind } from '../job-kinds.ts'
import { syncFile } from '../media/media-job.ts'
import { taskProcessor } from '../task-answer.ts'
import type { Workshop } from '../workshop.ts'
import {
  type Drawing,
  type DrawnSlide,
  drawDamagedOffice,
  drawOffice,
  isOfficeDocument,
  readOffice,
} from './office-drawing.ts'

/** A deck's pages, by index. */
export type DeckPages = {
  deck: string
  title: string
  document: string | null
  pages: {
    /** A picture that was drawn; null where there is none. */
    path: string | null
    /** A file of the archive that is the picture. */
    file: string | null
    text: string
    /** Of the speaker. */
    notes?: string | undefined
    /** The picture is a small one, for want of another. */
    isSmall?: boolean | undefined
  }[]
  /** Who drew it and read it. */
  by: string
  /** How many pictures were put into it, where somebody counted. */
  pictures?: number | undefined
  /** These, where its slides can't be drawn. */
  taken?: readonly DeckPicture[] | undefined
}

const schema: z.ZodType<DeckPages> = z.strictObject({
  deck: z.string(),
  title: z.string(),
  document: z.string().nullable(),
  pages: z.array(
    z.strictObject({
      ...{ path: z.string().nullable(), file: z.string().nullable(), text: z.string() },
      ...{ notes: z.string().optional(), isSmall: z.boolean().optional() },
    }),
  ),
  by: z.string(),
  pictures: z.number().optional(),
  taken: z.array(z.strictObject({ contentType: z.string(), path: z.string(), length: z.number() })).optional(),
})

export const readDeckPages = async (path: string): Promise<DeckPages> =>
  schema.parse(JSON.parse(await readFile(path, 'utf8')))

/** Of one page, when each is drawn for itself. */
const pageMs = 60_000

/** Text is read by ourselves. */
const drawnBy = 'LibreOffice, pdf.js'

/** The next one may know such documents. */
const notHandled: Answer = { severity: 'warning', gave: null, notes: [] }

export function pageTasks({ folder }: Workshop): Processor[] {
  const drawn = async (input: TaskInput, draw: (path: string, place: string) => Promise<PdfPage[]>) => {
    const { deck, document } = deckKind.one(input.takes)
    if (document?.kind !== 'application/pdf') return null
    const found = deck.pages.some((page) => page !== null)
    const place = join(folder, 'made', input.task)
    await mkdir(place, { recursive: true })
    const pages = await draw(document.path, place)
    for (const { path } of pages) if (path !== null) await syncFile(path)
    return {
      problems: pages.filter(({ problem }) => problem !== null),
      pages: pages.map(({ path, text, page }) => {
        const file = deck.pages[page - 1] ?? null
        const isFound = found && file !== null
        return {
          path: isFound ? null : path,
          file: isFound ? file : path === null ? (deck.thumbnails?.[page - 1] ?? null) : null,
          text,
        }
      }),
    }
  }
  const placeOf = async (input: TaskInput): Promise<Drawing> => {
    const place = join(folder, 'made', input.task)
    await mkdir(place, { recursive: true })
    return { folder: place, signal: input.signal, onProgress: input.onProgress }
  }
  /** Pictures that were found go before those that are drawn. */
  const slidesOf = (input: TaskInput, slides: readonly DrawnSlide[]): DeckPages['pages'] => {
    const { deck } = deckKind.one(input.takes)
    return slides.map(({ path, text, notes }, index) => {
      const file = deck.pages[index] ?? (path === null ? (deck.thumbnails?.[index] ?? null) : null)
      return { path: file === null ? path : null, file, text, notes }
    })
  }
  const keep = async (
    input: TaskInput,
    pages: DeckPages['pages'],
    { by = 'pdf.js', ...more }: Partial<Pick<DeckPages, 'by' | 'pictures' | 'taken'>> = {},
  ) => {
    const { index, deck, document } = deckKind.one(input.takes)
    const path = join(folder, `pages-${index}.json`)
    const whole: DeckPages = {
      deck: deck.name,
      title: deck.title ?? deck.name,
      document: document?.name ?? null,
      ...{ ...more, pages, by },
    }
    await writeFile(path, JSON.stringify(whole))
    await syncFile(path)
    return [pagesKind.make(`pages:${index}`, { path })]
  }
  const drawPages = taskProcessor('draw-pages', async (input) => {
    const { signal, onProgress } = input
    const { document } = deckKind.one(input.takes)
    if (isOfficeDocument(document)) {
      // What to do about it is said by whoever keeps what there is without it.
      if (officeProblem() !== null) return notHandled
      const { slides, notes, isDamaged, pictures } = await drawOffice(document, await placeOf(input))
      if (isDamaged) return { severity: 'warning', gave: null, notes }
      return { severity: 'info', gave: await keep(input, slidesOf(input, slides), { by: drawnBy, pictures }), notes }
    }
    const result = await drawn(input, async (path, place) => {
      return (await pdfPages({ path, folder: place, signal, onProgress })).pages
    })
    if (result === null) return notHandled
    const { pages, problems } = result
    if (problems.length > 0) return { severity: 'warning', gave: null, notes: problemNotes(input, problems, 'info') }
    return { severity: 'info', gave: await keep(input, pages) }
  })
  const drawEachPage = taskProcessor('draw-each-page', async (input) => {
    const { signal, onProgress } = input
    const { document } = deckKind.one(input.takes)
    if (isOfficeDocument(document)) {
      if (officeProblem() !== null) return notHandled
      const { slides, notes, isDamaged, pictures } = await drawDamagedOffice(document, await placeOf(input))
      const gave = await keep(input, slidesOf(input, slides), { by: drawnBy, pictures })
      return { severity: isDamaged ? 'warning' : 'info', gave, notes }
    }
    const result = await drawn(input, async (path, place) => await eachPage(path, place, signal, onProgress))
    if (result === null) return notHandled
    const { pages, problems } = result
    const gave = await keep(input, pages)
    if (problems.length === 0) return { severity: 'info', gave }
    return { severity: 'warning', gave, notes: problemNotes(input, problems, 'warning') }
  })
  const foundPages = taskProcessor('found-pages', async (input) => {
    const { deck, document } = deckKind.one(input.takes)
    if (isOfficeDocument(document)) {
      const { slides, notes, pictures, taken = [] } = await readOffice(document, await placeOf(input))
      const pages = slidesOf(input, slides).map((page) => (page.path === null ? page : { ...page, isSmall: true }))
      return { severity: 'warning', gave: await keep(input, pages, { by: 'converter', pictures, taken }), notes }
    }
    const files = deck.pages.some((page) => page !== null) ? deck.pages : (deck.thumbnails ?? [])
    if (files.length === 0) return { severity: 'warning', gave: null, notes: [noPages(deck.title ?? deck.name)] }
    return {
      severity: 'info',
      gave: await keep(
        input,
        files.map((file) => ({ path: null, file, text: '' })),
      ),
    }
  })
  return [drawPages, drawEachPage, foundPages]
}

/** One at a time, as well as it can be: a page that breaks the program takes no other with it. */
async function eachPage(
  path: string,
  folder: string,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<PdfPage[]> {
  const pages: PdfPage[] = []
  for (let page = 1, count = 1; page <= count; page++) {
    const wanted = { path, folder, firstPage: page, lastPage: page, isStrict: false, timeMs: pageMs, signal }
    const drawn = await pdfPages(wanted)
    count = drawn.count
    pages.push(...drawn.pages)
    onProgress(page / count)
  }
  return pages
}

function problemNotes(input: TaskInput, problems: readonly PdfPage[], severity: Note['severity']): Note[] {
  const { deck, document } = deckKind.one(input.takes)
  return problems.slice(0, 20).map(({ page, problem }) => ({
    ...{ severity, code: 'page-damaged', resource: document?.name ?? deck.name },
    message: `page ${page} of ${deck.title ?? deck.name} can't be drawn${severity === 'info' ? ' at once' : ''}: ${problem}`,
  }))
}

function noPages(deck: string): Note {
  return { severity: 'warning', code: 'no-pages', message: `there are no pages of ${deck} to be shown` }
}
