import { enclose, findProgram, isolation, SandboxError, startProgram } from '@rushes/sandbox'
import { ConversionError } from '../conversion-error.ts'
import { type DeckKind, ODP, PPT, PPTX } from './deck.ts'

export type OfficePdf = {
  path: string
  /** By its content. */
  kind: DeckKind
  /** An empty file, to be filled with a PDF. */
  output: string
  signal: AbortSignal
  timeMs?: number
  /** Of the PDF. */
  outputBytes?: number
}

/** Every slide is a page, those that are hidden in a show as well: numbers are those of the deck. */
const pdfOptions = JSON.stringify({ ExportHiddenSlides: { type: 'boolean', value: 'true' } })

/**
 * It goes by the ending of its input, and puts its output into a folder: nothing of ours but one file is in its sight, so that it is
 * copied there. With a profile of its own it has no settings of anybody's, and macros are not run when something is converted.
 */
const script = [
  'ln -s "$2" "/tmp/deck$5" &&',
  '"$1" --headless --norestore --nolockcheck --nodefault --nologo -env:UserInstallation=file:///tmp/profile',
  '--convert-to "pdf:impress_pdf_Export:$3" --outdir /tmp/made "/tmp/deck$5" >&2 && cat /tmp/made/deck.pdf > "$4"',
].join(' ')

const endings: Readonly<Record<DeckKind, string>> = { [PPTX]: '.pptx', [ODP]: '.odp', [PPT]: '.ppt' }

/** What a presentation of 500 MB of pictures takes, and its PDF, lies in memory. */
const temporaryBytes = 1024 * 2 ** 20

/**
 * Whether this machine draws office documents, and if not, what to do about it: LibreOffice has to be there, and bubblewrap, since
 * a document may name what lies elsewhere, and LibreOffice would ask for it.
 */
export function officeProblem(): string | null {
  try {
    findProgram('soffice')
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error
    return 'LibreOffice is not installed: install libreoffice-impress'
  }
  if (isolation().kind === 'bubblewrap') return null
  return 'nothing keeps LibreOffice from the network here: install bubblewrap'
}

/**
 * Makes a PDF of a presentation by LibreOffice, in the sandbox: no network, the document read-only, with limits on time, memory
 * and output.
 *
 * @throws ConversionError `program-missing` (see {@link officeProblem}), `failed`, `timed-out`, `output-too-large`, `cancelled`
 */
export async function officePdf(wanted: OfficePdf): Promise<void> {
  const { path, kind, output, signal, timeMs = 600_000, outputBytes = 1024 * 2 ** 20 } = wanted
  if (signal.aborted) throw new ConversionError('cancelled', 'nobody waits for it any more')
  const problem = officeProblem()
  if (problem !== null) throw new ConversionError('program-missing', problem)
  const surroundings = { hasProc: true, temporaryBytes, folders: ['/etc/libreoffice', '/etc/fonts'] }
  const enclosure = enclose({ inputs: [path], outputs: [output] }, surroundings)
  const [input, made] = [enclosure.inputs[0]!, enclosure.outputs[0]!]
  const args = ['-c', script, 'draw', findProgram('soffice'), input, pdfOptions, made, endings[kind]]
  const program = await startProgram({
    ...{ program: '/bin/sh', args, enclosure, timeLimitMs: timeMs, graceMs: 500, niceness: 10 },
    // It maps much more than it uses.
    ...{ dataBytes: 2 * 2 ** 30, fileBytes: outputBytes, processes: 128, cpuSeconds: Math.ceil(timeMs / 1000) * 2 },
    ...{ openFiles: 512 },
  }).catch((error: unknown) => {
    throw error instanceof SandboxError ? new ConversionError('failed', error.message) : error
  })
  const stop = (): void => void program.stop()
  signal.addEventListener('abort', stop, { once: true })
  const { status, timedOut, stderr } = await program.ended
  signal.removeEventListener('abort', stop)
  if (signal.aborted) throw new ConversionError('cancelled', 'nobody waits for it any more')
  if (timedOut) throw new ConversionError('timed-out', 'LibreOffice ran over its time', { detail: stderr })
  if (/File too large|No space left/.test(stderr))
    throw new ConversionError('output-too-large', 'what it becomes is too large', { detail: stderr })
  if (status !== 0) throw new ConversionError('failed', 'LibreOffice could not draw it', { detail: stderr })
}

/**
 * Those of these families of fonts that this machine has not: what is written in them is drawn in others. None is told where
 * fontconfig is not there to be asked.
 */
export async function missingFonts(families: readonly string[], signal: AbortSignal): Promise<string[]> {
  if (families.length === 0) return []
  const parts: Buffer[] = []
  try {
    const program = await startProgram({ program: 'fc-list', args: ['--format', '%{family}\\n'], timeLimitMs: 30_000 })
    const stop = (): void => void program.stop()
    signal.addEventListener('abort', stop, { once: true })
    program.stdout.on('data', (bytes: Buffer) => void parts.push(bytes))
    const { status } = await program.ended
    signal.removeEventListener('abort', stop)
    if (status !== 0) return []
  } catch (error) {
    if (error instanceof SandboxError) return []
    throw error
  }
  const installed = new Set(Buffer.concat(parts).toString('utf8').toLowerCase().split(/[,\n]/))
  return families.filter((family) => !installed.has(family.toLowerCase()))
}
