import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Answer, Note, Processor, TaskInput } from '@rushes/pipeline'
import { type PdfPage, pdfPages } from '@rushes/processors'
import { z } from 'zod'
import { deckKind, pagesKind } from '../job-kinds.ts'
import { syncFile } from '../media/media-job.ts'
import { taskProcessor } from '../task-answer.ts'
import type { Workshop } from '../workshop.ts'

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
  }[]
}

const schema: z.ZodType<DeckPages> = z.strictObject({
  deck: z.string(),
  title: z.string(),
  document: z.string().nullable(),
  pages: z.array(z.strictObject({ path: z.string().nullable(), file: z.string().nullable(), text: z.string() })),
})

export const readDeckPages = async (path: string): Promise<DeckPages> =>
  schema.parse(JSON.parse(await readFile(path, 'utf8')))

/** Of one page, when each is drawn for itself. */
const pageMs = 60_000

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
  const keep = async (input: TaskInput, pages: DeckPages['pages']) => {
    const { index, deck, document } = deckKind.one(input.takes)
    const path = join(folder, `pages-${index}.json`)
    const whole: DeckPages = {
      deck: deck.name,
      title: deck.title ?? deck.name,
      document: document?.name ?? null,
      pages,
    }
    await writeFile(path, JSON.stringify(whole))
    await syncFile(path)
    return [pagesKind.make(`pages:${index}`, { path })]
  }
  const drawPages = taskProcessor('draw-pages', async (input) => {
    const { signal, onProgress } = input
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
    const result = await drawn(input, async (path, place) => await eachPage(path, place, signal, onProgress))
    if (result === null) return notHandled
    const { pages, problems } = result
    const gave = await keep(input, pages)
    if (problems.length === 0) return { severity: 'info', gave }
    return { severity: 'warning', gave, notes: problemNotes(input, problems, 'warning') }
  })
  const foundPages = taskProcessor('found-pages', async (input) => {
    const { deck } = deckKind.one(input.takes)
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
