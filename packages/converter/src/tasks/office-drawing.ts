// Slides of PPTX, ODP and PPT: what is written on them is read here, what they look like is LibreOffice's to say, as a PDF.
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Note } from '@rushes/pipeline'
import {
  ConversionError,
  type DeckContent,
  type DeckKind,
  type DeckPicture,
  deckPictures,
  missingFonts,
  ODP,
  officePdf,
  officeProblem,
  type PdfPage,
  PPT,
  PPTX,
  pdfPages,
  readDeck,
  repairDeck,
  type SlideRepair,
} from '@rushes/processors'
import type { FoundFile } from '../input/found-file.ts'
import { freshFile, syncFile } from '../media/media-job.ts'

export type OfficeDocument = FoundFile & { kind: DeckKind }

export type DrawnSlide = {
  /** Picture; null where there is none. */
  path: string | null
  text: string
  notes: string
}

/** Where and for whom something is drawn. `folder` is there. */
export type Drawing = { folder: string; signal: AbortSignal; onProgress(fraction: number): void }

export type DrawnDeck = {
  slides: DrawnSlide[]
  notes: Note[]
  isDamaged: boolean
  /** How many pictures were put into it. */
  pictures: number
  /** And these, each for itself, where its slides can't be drawn. */
  taken?: readonly DeckPicture[]
}

export function isOfficeDocument(document: FoundFile | null): document is OfficeDocument {
  return document !== null && [PPTX, ODP, PPT].includes(document.kind)
}

/** All at once. @throws ConversionError */
export async function drawOffice(document: OfficeDocument, drawing: Drawing): Promise<DrawnDeck> {
  const { signal, onProgress } = drawing
  const content = await readDeck(document.path, signal)
  const broken = { slides: [], isDamaged: true, pictures: content.pictures }
  const damaged = content.slides.flatMap(({ problem }, index) =>
    problem === null ? [] : [[index + 1, problem] as const],
  )
  if (damaged.length > 0) {
    const notes = damaged.map(([slide, why]) => slideNote(document, 'info', `slide ${slide} is damaged: ${why}`))
    return { ...broken, notes }
  }
  const pages = await pagesOf(document.path, document.kind, drawing, true)
  onProgress(1)
  const problems = pages.filter(({ problem }) => problem !== null)
  const notes = problems.map(({ page, problem }) => slideNote(document, 'info', `slide ${page}: ${problem}`))
  if (pages.length < content.slides.length) {
    const message = `it has ${content.slides.length} slides, of which ${pages.length} were drawn`
    return { ...broken, notes: [{ severity: 'info', code: 'slides-missing', message, resource: document.name }] }
  }
  if (problems.length > 0) return { ...broken, notes }
  const fonts = await fontNotes(document, content, signal)
  return { ...broken, slides: together(content, pages), notes: fonts, isDamaged: false }
}

/** The slower way: damaged slides are repaired or left empty in a copy, and where LibreOffice breaks on some, these are found. */
export async function drawDamagedOffice(document: OfficeDocument, drawing: Drawing): Promise<DrawnDeck> {
  const { folder, signal } = drawing
  const content = await readDeck(document.path, signal)
  const notes: Note[] = []
  let pages: PdfPage[]
  if (document.kind === PPT) {
    // Nothing in it can be exchanged: what LibreOffice makes of it, as far as it goes.
    pages = await pagesOf(document.path, document.kind, drawing, false)
  } else {
    const copy = join(folder, 'copy')
    const repairs = await repairDeck({ path: document.path, output: await freshFile(copy) }, signal)
    notes.push(...repairNotes(document, repairs))
    const repaired = await readDeck(copy, signal)
    for (const { slide } of repairs) content.slides[slide - 1] = repaired.slides[slide - 1]!
    try {
      pages = await pagesOf(copy, document.kind, drawing, false)
    } catch (error) {
      if (!isBroken(error)) throw error
      const culprits = await slidesThatBreak(copy, document.kind, content.slides.length, drawing)
      if (culprits.length === content.slides.length) throw error
      notes.push(
        ...culprits.map((slide) => {
          return slideNote(document, 'warning', `slide ${slide} can't be drawn: it is left empty, its text is kept`)
        }),
      )
      const rest = join(folder, 'rest')
      await repairDeck({ path: copy, output: await freshFile(rest), empty: culprits }, signal)
      pages = await pagesOf(rest, document.kind, drawing, false)
    }
    await rm(copy, { force: true })
  }
  for (const { page, problem } of pages) {
    if (problem !== null) notes.push(slideNote(document, 'warning', `slide ${page} can't be drawn: ${problem}`))
  }
  for (const [index, { problem }] of content.slides.entries()) {
    if (problem !== null) notes.push(slideNote(document, 'warning', `slide ${index + 1} is damaged: ${problem}`))
  }
  if (pages.length < content.slides.length) {
    const message = `it has ${content.slides.length} slides, of which ${pages.length} could be drawn`
    notes.push({ severity: 'warning', code: 'slides-missing', message, resource: document.name })
  }
  notes.push(...(await fontNotes(document, content, signal)))
  const isDamaged = notes.some(({ severity }) => severity === 'warning')
  return { slides: together(content, pages), notes, isDamaged, pictures: content.pictures }
}

/** What there is without drawing anything: text, notes, pictures within it, and a small one of the first slide if it has that. */
export async function readOffice(document: OfficeDocument, { folder, signal }: Drawing): Promise<DrawnDeck> {
  const { slides, thumbnail } = await readDeck(document.path, signal)
  const taken = await deckPictures(document.path, folder, signal)
  for (const { path } of taken) await syncFile(path)
  const missing = officeProblem()
  const rest = `its ${slides.length} slides' text and notes and its ${taken.length} pictures are kept`
  const message =
    missing === null
      ? `its slides can’t be drawn: LibreOffice does not open it; ${rest}`
      : `its slides are not drawn, ${rest}: ${missing}`
  const notes: Note[] = [{ severity: 'warning', code: 'not-drawn', message, resource: document.name }]
  let path: string | null = null
  if (thumbnail !== null) {
    path = join(folder, `thumbnail.${thumbnail.contentType === 'image/png' ? 'png' : 'jpg'}`)
    await writeFile(path, thumbnail.bytes)
    await syncFile(path)
  }
  for (const [index, { problem }] of slides.entries()) {
    if (problem !== null) notes.push(slideNote(document, 'warning', `slide ${index + 1} is damaged: ${problem}`))
  }
  const drawn = slides.map(({ text, notes: said }, index) => ({ path: index === 0 ? path : null, text, notes: said }))
  return { slides: drawn, notes: notes.slice(0, mostNotes), isDamaged: true, pictures: taken.length, taken }
}

const mostNotes = 20

async function pagesOf(path: string, kind: DeckKind, drawing: Drawing, isStrict: boolean): Promise<PdfPage[]> {
  const { folder, signal, onProgress } = drawing
  const output = join(folder, 'whole.pdf')
  await officePdf({ path, kind, output: await freshFile(output), signal })
  onProgress(0.5)
  const { pages } = await pdfPages({ path: output, folder, isStrict, signal })
  await rm(output)
  for (const page of pages) if (page.path !== null) await syncFile(page.path)
  return pages
}

function isBroken(error: unknown): boolean {
  return error instanceof ConversionError && ['failed', 'timed-out', 'output-too-large'].includes(error.code)
}

/** Of one try. */
const tryMs = 120_000
const mostTries = 40

/** By halves: which slides, alone among empty ones, LibreOffice breaks on. */
async function slidesThatBreak(path: string, kind: DeckKind, count: number, drawing: Drawing): Promise<number[]> {
  const { folder, signal } = drawing
  const all = Array.from({ length: count }, (_, index) => index + 1)
  let tries = 0
  const breaks = async (slides: readonly number[]): Promise<boolean> => {
    if (++tries > mostTries) throw new ConversionError('timed-out', 'too many of its slides break LibreOffice')
    const [copy, output] = [join(folder, 'tried'), join(folder, 'tried.pdf')]
    const empty = all.filter((slide) => !slides.includes(slide))
    await repairDeck({ path, output: await freshFile(copy), empty }, signal)
    try {
      await officePdf({ path: copy, kind, output: await freshFile(output), signal, timeMs: tryMs })
      return false
    } catch (error) {
      if (!isBroken(error)) throw error
      return true
    } finally {
      await rm(copy, { force: true })
      await rm(output, { force: true })
    }
  }
  const among = async (slides: readonly number[]): Promise<number[]> => {
    if (slides.length === 0 || !(await breaks(slides))) return []
    if (slides.length === 1) return [...slides]
    const half = slides.length >> 1
    return [...(await among(slides.slice(0, half))), ...(await among(slides.slice(half)))]
  }
  // All of them together break, as is known.
  const half = count >> 1
  return [...(await among(all.slice(0, half))), ...(await among(all.slice(half)))]
}

/** Text as the deck has it; what it lacks, as it was drawn. */
function together({ slides }: DeckContent, pages: readonly PdfPage[]): DrawnSlide[] {
  return Array.from({ length: Math.max(slides.length, pages.length) }, (_, index) => {
    const [slide, page] = [slides[index], pages[index]]
    const text = slide?.text || (page?.text ?? '')
    return { path: page?.path ?? null, text, notes: slide?.notes ?? '' }
  })
}

async function fontNotes(document: OfficeDocument, { fonts }: DeckContent, signal: AbortSignal): Promise<Note[]> {
  const missing = await missingFonts(fonts, signal)
  if (missing.length === 0) return []
  const message = `${missing.slice(0, 10).join(', ')} ${missing.length === 1 ? 'is' : 'are'} not installed here: other fonts stand in their place`
  return [{ severity: 'info', code: 'font-missing', message, resource: document.name }]
}

function repairNotes(document: OfficeDocument, repairs: readonly SlideRepair[]): Note[] {
  return repairs.slice(0, mostNotes).map(({ slide, state }) => {
    const how = state === 'repaired' ? 'what can be read of it is shown' : 'nothing of it can be read, it is left empty'
    return slideNote(document, 'warning', `slide ${slide} is damaged: ${how}`)
  })
}

function slideNote(document: FoundFile, severity: Note['severity'], message: string): Note {
  return { severity, code: 'slide-damaged', message: message.slice(0, 1000), resource: document.name }
}
