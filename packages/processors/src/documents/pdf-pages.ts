import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SandboxError, startProgram } from '@rushes/sandbox'
import { z } from 'zod'
import { ConversionError } from '../conversion-error.ts'

/** What the process is told. */
export type PdfTask = {
  path: string
  /** Which is there, and gets `page-1.png` and so on. */
  folder: string
  firstPage: number
  lastPage: number
  /** The box that each page fills in proportion, px. */
  width: number
  height: number
  /** Of a picture in the document. */
  mostPixels: number
  /** A page that can't be drawn as it should be is a problem; else it is drawn as far as that is possible. */
  isStrict: boolean
  /** Else pages are read alone. */
  isDrawn: boolean
}

/** What the process tells. */
export type PdfLine =
  | { pages: number }
  | { page: number; width: number; height: number; text: string }
  | { page: number; problem: string }

export type PdfPage = {
  /** From 1. */
  page: number
  /** PNG; null where it could not be drawn. */
  path: string | null
  text: string
  problem: string | null
}

export type PdfRequest = {
  path: string
  folder: string
  /** All by default. */
  firstPage?: number
  lastPage?: number
  /** Default 1600 × 1200. */
  width?: number
  height?: number
  isStrict?: boolean
  /** Default true; else their text is read, and no picture is there. */
  isDrawn?: boolean
  timeMs?: number
  memoryBytes?: number
  signal: AbortSignal
  onProgress?(fraction: number): void
}

export type PdfPages = { count: number; pages: PdfPage[] }

/** Of one document. */
const mostPages = 2000
const mostLines = 64 * 2 ** 20
/** V8 sets 512 MiB aside for machine code, most of which is never used. */
const nodeBytes = 1024 * 2 ** 20

const lineSchema: z.ZodType<PdfLine> = z.union([
  z.strictObject({ pages: z.number().int().min(0) }),
  z.strictObject({ page: z.number().int().min(1), width: z.number(), height: z.number(), text: z.string() }),
  z.strictObject({ page: z.number().int().min(1), problem: z.string() }),
])

/**
 * Draws pages of a PDF and reads their text, by pdf.js in a process of its own: it reads the document and the library, writes
 * into the folder, starts nothing, and has a limit on time and memory. Nothing in a document leads to the network.
 *
 * @throws ConversionError `input-refused`, `input-too-large`, `timed-out`, `failed`, `cancelled`
 */
export async function pdfPages(request: PdfRequest): Promise<PdfPages> {
  const { signal, timeMs = 600_000, memoryBytes = 768 * 2 ** 20 } = request
  if (signal.aborted) throw new ConversionError('cancelled', 'nobody waits for it any more')
  const [path, folder] = [resolve(request.path), resolve(request.folder)]
  mkdirSync(folder, { recursive: true })
  const task: PdfTask = {
    ...{
      path,
      folder,
      firstPage: request.firstPage ?? 1,
      lastPage: Math.min(request.lastPage ?? mostPages, mostPages),
    },
    ...{ width: request.width ?? 1600, height: request.height ?? 1200, mostPixels: 50_000_000 },
    isStrict: request.isStrict ?? true,
    isDrawn: request.isDrawn ?? true,
  }
  const program = await startProgram({
    program: process.execPath,
    args: [...nodeArguments(task, memoryBytes), JSON.stringify(task)],
    environment: { NODE_OPTIONS: '', NODE_COMPILE_CACHE: '' },
    ...{ timeLimitMs: timeMs, graceMs: 0, dataBytes: 2 * memoryBytes + nodeBytes, niceness: 10 },
    ...{ cpuSeconds: Math.ceil(timeMs / 1000) * 2, fileBytes: 64 * 2 ** 20, processes: 64 },
  }).catch((error: unknown) => {
    throw error instanceof SandboxError ? new ConversionError('failed', error.message) : error
  })
  const stop = (): void => void program.stop()
  signal.addEventListener('abort', stop, { once: true })
  const told = new ToldPages(task, request.onProgress)
  program.stdout.on('data', (bytes: Buffer) => {
    if (!told.push(bytes)) stop()
  })
  const end = await program.ended
  signal.removeEventListener('abort', stop)
  if (signal.aborted) throw new ConversionError('cancelled', 'nobody waits for it any more')
  if (told.count === null && end.status !== 0) throw refusal(end.stderr, end.timedOut)
  return told.result(end.timedOut ? 'it took too long' : 'the program that draws it broke off')
}

function nodeArguments({ path, folder }: PdfTask, memoryBytes: number): string[] {
  const script = fileURLToPath(new URL('./pdf-process.ts', import.meta.url))
  const require = createRequire(import.meta.url)
  const modules = dirname(dirname(require.resolve('pdfjs-dist/package.json')))
  const readable = [path, dirname(dirname(script)), join(modules, 'pdfjs-dist'), join(modules, '@napi-rs')]
  return [
    ...['--permission', '--allow-addons', ...readable.map((each) => `--allow-fs-read=${each}`)],
    ...[`--allow-fs-write=${folder}`, '--no-warnings', '--no-global-search-paths', '--v8-pool-size=1'],
    ...[`--max-old-space-size=${Math.ceil(memoryBytes / 2 ** 20)}`, script],
  ]
}

function refusal(stderr: string, timedOut: boolean): ConversionError {
  if (timedOut) return new ConversionError('timed-out', 'it took too long', { detail: stderr })
  if (/PasswordException/.test(stderr)) return new ConversionError('input-refused', 'it is locked by a password')
  if (/InvalidPDFException|FormatError|MissingPDF|XRef/.test(stderr)) {
    return new ConversionError('input-refused', 'it is no whole PDF', { detail: stderr })
  }
  return new ConversionError('failed', 'it could not be drawn', { detail: stderr })
}

/** Lines as they come; what a process says that a document drives is from outside. */
class ToldPages {
  count: number | null = null
  readonly #task: PdfTask
  readonly #onProgress: ((fraction: number) => void) | undefined
  readonly #pages = new Map<number, PdfPage>()
  #rest: Buffer[] = []
  #size = 0

  constructor(task: PdfTask, onProgress: ((fraction: number) => void) | undefined) {
    this.#task = task
    this.#onProgress = onProgress
  }

  /** False: it is too much. */
  push(bytes: Buffer): boolean {
    this.#size += bytes.length
    if (this.#size > mostLines) return false
    let at = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, at)) {
      this.#line(Buffer.concat([...this.#rest.splice(0), bytes.subarray(at, end)]).toString('utf8'))
      at = end + 1
    }
    this.#rest.push(bytes.subarray(at))
    return true
  }

  #line(text: string): void {
    const parsed = lineSchema.safeParse(JSON.parse(text))
    if (!parsed.success) return
    const line = parsed.data
    if ('pages' in line) {
      this.count = line.pages
      return
    }
    const { page } = line
    const { folder, firstPage, lastPage, isDrawn } = this.#task
    if (page < firstPage || page > lastPage) return
    if ('problem' in line) this.#pages.set(page, { page, path: null, text: '', problem: line.problem })
    else {
      const path = isDrawn ? join(folder, `page-${page}.png`) : null
      this.#pages.set(page, { page, path, text: line.text, problem: null })
    }
    const all = Math.min(lastPage, this.count ?? lastPage) - firstPage + 1
    this.#onProgress?.(this.#pages.size / Math.max(1, all))
  }

  /** @param why there is nothing of a page of which nothing was told */
  result(why: string): PdfPages {
    const count = this.count ?? 0
    const { firstPage, lastPage } = this.#task
    const pages: PdfPage[] = []
    for (let page = firstPage; page <= Math.min(count, lastPage); page++) {
      pages.push(this.#pages.get(page) ?? { page, path: null, text: '', problem: why })
    }
    return { count, pages }
  }
}
