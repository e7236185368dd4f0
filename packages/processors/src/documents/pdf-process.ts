// Runs in a process of its own, which sees the document, the libraries and one folder; see pdf-pages.ts. It tells of each page
// in a line of JSON.
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createCanvas } from '@napi-rs/canvas'
import { getDocument, VerbosityLevel } from 'pdfjs-dist/legacy/build/pdf.mjs'
import type { PdfLine, PdfTask } from './pdf-pages.ts'

const task = JSON.parse(process.argv[2]!) as PdfTask
const library = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'))

function tell(line: PdfLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

const document = await getDocument({
  data: new Uint8Array(await readFile(task.path)),
  // Its own fonts, tables and decoders, from disk: nothing is ever fetched.
  standardFontDataUrl: `${join(library, 'standard_fonts')}/`,
  cMapUrl: `${join(library, 'cmaps')}/`,
  cMapPacked: true,
  wasmUrl: `${join(library, 'wasm')}/`,
  iccUrl: `${join(library, 'iccs')}/`,
  useSystemFonts: false,
  stopAtErrors: task.isStrict,
  maxImageSize: task.mostPixels,
  verbosity: VerbosityLevel.ERRORS,
}).promise

tell({ pages: document.numPages })
const last = Math.min(document.numPages, task.lastPage)
for (let number = task.firstPage; number <= last; number++) {
  try {
    tell(await renderPage(number))
  } catch (error) {
    tell({ page: number, problem: String((error as Error).message ?? error).slice(0, 500) })
  }
}
await document.loadingTask.destroy()

async function renderPage(number: number): Promise<PdfLine> {
  const page = await document.getPage(number)
  try {
    const { items } = await page.getTextContent()
    const text = items.map((item) => ('str' in item ? item.str + (item.hasEOL ? '\n' : '') : '')).join('')
    const whole = page.getViewport({ scale: 1 })
    const scale = Math.min(task.width / whole.width, task.height / whole.height)
    const viewport = page.getViewport({ scale })
    const [width, height] = [Math.max(1, Math.round(viewport.width)), Math.max(1, Math.round(viewport.height))]
    if (!task.isDrawn) return { page: number, width, height, text: text.slice(0, 100_000) }
    const canvas = createCanvas(width, height)
    const context = canvas.getContext('2d')
    context.fillStyle = '#ffffff'
    context.fillRect(0, 0, width, height)
    await page.render({ canvas: null, canvasContext: context as never, viewport }).promise
    await writeFile(join(task.folder, `page-${number}.png`), await canvas.encode('png'))
    return { page: number, width, height, text: text.slice(0, 100_000) }
  } finally {
    page.cleanup()
  }
}
