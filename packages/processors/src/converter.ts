import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { lstat, rm } from 'node:fs/promises'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { openWorkFolder, type WorkFolder } from '@rushes/sandbox'
import { contentKind } from './content-kind.ts'
import { ConversionError, type ConversionErrorCode } from './conversion-error.ts'
import {
  type ConversionPlan,
  type PlannedStep,
  planConversion,
  possibleKinds,
  type StepInput,
} from './conversion-plan.ts'
import { type ConversionRule, conversionRules } from './conversion-rules.ts'
import { type Asker, ConvertOnce } from './convert-once.ts'
import {
  type ConversionLimits,
  type ConversionParameters,
  defaultLimits,
  type InputFile,
  type Processor,
  parseParameters,
  throwIfCancelled,
} from './processor.ts'
import { standardProcessors } from './standard-processors.ts'

export type ConversionSource = {
  /** Another for any other content, like a digest. */
  identity: string
  contentType: string
  /** Of the item: `slide`, `transcript`, … */
  type?: string | undefined
  /** On the archive's timeline. */
  startMs?: number | undefined
  open(): AsyncIterable<Uint8Array>
}

export type ConversionRequest = {
  /** Where the result will belong, like an archive: asks for the same in one place are one. */
  place: string
  /** All of them are used, so that what is made has the limits of all of them. */
  sources: readonly ConversionSource[]
  /** Content type. */
  to: string
  parameters?: ConversionParameters
}

/** What was made, as long as it is being kept. */
export type MadeFile = {
  /** As a kind: without parameters but `profile`. */
  contentType: string
  /** Bytes. */
  length: number
  /** `sha256:` and hex. */
  digest: string
  /** Names of the processors, one after the other: for `by` of the item. */
  by: string
  open(): Readable
}

export interface Converter<T, R extends ConversionRequest> {
  /** How it would be done. @throws ConversionError `not-possible`, `not-needed`, `parameters-refused` */
  plan(request: Pick<R, 'sources' | 'to' | 'parameters'>): ConversionPlan
  /** Content types that can be made of all of these sources, the cheapest first. */
  possible(sources: R['sources']): string[]
  /** @throws ConversionError */
  convert(request: R, asker?: Asker): Promise<T>
  close(): Promise<void>
}

export type ConverterOptions<T, R extends ConversionRequest> = {
  /** Puts what was made where it belongs, once for all who asked; the file is gone when this has settled. */
  keep(made: MadeFile, request: R, signal: AbortSignal): Promise<T>
  rules?: readonly ConversionRule[]
  processors?: readonly Processor[]
  limits?: Partial<ConversionLimits>
  /** Conversions at once; default 2. */
  concurrency?: number
  /** Beyond these, default 1000, one is told that we are busy. */
  mostWaiting?: number
  /** For what lies between source and result; default the system's folder for temporary files. */
  folder?: string
}

/** When one processor fails in these ways, another may do it. */
const openToOthers: readonly ConversionErrorCode[] = [
  'not-handled',
  'program-missing',
  'failed',
  'service-failed',
  'address-refused',
]

const mostAttempts = 4
const mostSources = 10_000

/**
 * Makes contents from others by rules, in the sandbox, each once however many ask for it at once.
 *
 * @throws Error on rules that contradict themselves: a mistake of the host
 */
export function openConverter<T, R extends ConversionRequest = ConversionRequest>(
  options: ConverterOptions<T, R>,
): Converter<T, R> {
  const limits = { ...defaultLimits, ...options.limits }
  const processors = new Map((options.processors ?? standardProcessors).map((each) => [each.name, each]))
  const rules = (options.rules ?? conversionRules).filter(({ processor }) => processors.has(processor))
  for (const rule of rules) checkRule(rule)
  const once = new ConvertOnce<T>({ concurrency: options.concurrency ?? 2, mostWaiting: options.mostWaiting ?? 1000 })

  function plan(
    { sources, to, parameters }: Pick<R, 'sources' | 'to' | 'parameters'>,
    failed: readonly string[] = [],
  ): ConversionPlan {
    if (sources.length > mostSources)
      throw new ConversionError('input-too-large', `there are over ${mostSources} sources`)
    const usable = rules.filter(({ processor }) => !failed.includes(processor))
    const mustChange = Object.keys(parseParameters(parameters ?? {})).length > 0
    return planConversion(usable, sources, to, { mustChange })
  }

  return {
    plan: (request) => plan(request),
    possible: (sources) => possibleKinds(rules, sources),
    async convert(request, asker) {
      const parameters = parseParameters(request.parameters ?? {})
      // What can't be done is said at once, to everybody alone.
      plan(request)
      return await once.ask(
        keyOf(request, parameters),
        (signal, onProgress) => make(request, parameters, signal, onProgress),
        asker,
      )
    },
    close: () => once.close(),
  }

  async function make(
    request: R,
    parameters: ConversionParameters,
    signal: AbortSignal,
    onProgress: (fraction: number) => void,
  ): Promise<T> {
    const work = openWorkFolder(options.folder)
    try {
      const sources: InputFile[] = []
      for (const [index, source] of request.sources.entries()) {
        sources.push(await store(source, work.newFile(`source-${index}`), limits, signal))
      }
      const made = await attempt(request, { work, sources, parameters, limits, signal, onProgress })
      const kept = await options.keep(made, request, signal)
      onProgress(1)
      return kept
    } finally {
      await rm(work.path, { recursive: true, force: true })
    }
  }

  /** By the best processors; where one fails, by the next best. */
  async function attempt(request: R, given: Given): Promise<MadeFile> {
    const failed: string[] = []
    let first: unknown
    for (let tries = 0; ; tries++) {
      let steps: readonly PlannedStep[]
      try {
        steps = plan(request, failed).steps
      } catch (error) {
        throw first ?? error
      }
      const broken = await runSteps(steps, processors, given, `attempt-${tries}`)
      if ('made' in broken) return broken.made
      // That one processor doesn't know a variety is no news when another says what is wrong with it.
      if (first === undefined || (first instanceof ConversionError && first.code === 'not-handled'))
        first = broken.error
      if (!isOpenToOthers(broken.error) || tries + 1 === mostAttempts) throw first
      failed.push(broken.processor)
    }
  }
}

type Given = {
  work: WorkFolder
  sources: readonly InputFile[]
  parameters: ConversionParameters
  limits: ConversionLimits
  signal: AbortSignal
  onProgress(fraction: number): void
}

function isOpenToOthers(error: unknown): boolean {
  return error instanceof ConversionError && openToOthers.includes(error.code)
}

async function runSteps(
  steps: readonly PlannedStep[],
  processors: ReadonlyMap<string, Processor>,
  { work, sources, parameters, limits, signal, onProgress }: Given,
  prefix: string,
): Promise<{ made: MadeFile } | { error: unknown; processor: string }> {
  const outputs: InputFile[] = []
  const cost = steps.reduce((sum, { rule }) => sum + rule.cost, 0)
  let done = 0
  let files = 0
  const newFile = (): string => work.newFile(`${prefix}-${files++}`)
  for (const { rule, inputs } of steps) {
    const output = newFile()
    const to = contentKind(rule.to)
    const from = (input: StepInput): InputFile => ('source' in input ? sources[input.source]! : outputs[input.step]!)
    const job = { inputs: inputs.map(from), to, parameters, output, newFile, limits, signal }
    try {
      throwIfCancelled(signal)
      // The last hundredth is for keeping it.
      const report = (fraction: number): void => onProgress(((done + Math.min(1, fraction) * rule.cost) / cost) * 0.99)
      await processors.get(rule.processor)!.convert({ ...job, onProgress: report })
      throwIfCancelled(signal)
      await checkOutput(output, limits.outputBytes)
    } catch (error) {
      return { error, processor: rule.processor }
    }
    done += rule.cost
    outputs.push({ path: output, contentType: to, startMs: job.inputs[0]!.startMs })
  }
  const { path, contentType } = outputs.at(-1)!
  const by = steps.map(({ rule }) => rule.processor).join(' → ')
  return { made: { contentType, by, ...(await digestOf(path)), open: () => createReadStream(path) } }
}

/** Where nothing hides our files from a program, it may have put a link in the place of its output. */
async function checkOutput(path: string, most: number): Promise<void> {
  const found = await lstat(path)
  if (!found.isFile()) throw new ConversionError('failed', 'something else was made than a file')
  if (found.size > most) throw new ConversionError('output-too-large', `the result has over ${most} bytes`)
  if (found.size === 0) throw new ConversionError('failed', 'nothing was made')
}

async function store(
  source: ConversionSource,
  path: string,
  limits: ConversionLimits,
  signal: AbortSignal,
): Promise<InputFile> {
  let size = 0
  const bounded = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      size += chunk.length
      if (size > limits.inputBytes)
        done(new ConversionError('input-too-large', `a source has over ${limits.inputBytes} bytes`))
      else done(null, chunk)
    },
  })
  try {
    await pipeline(Readable.from(source.open()), bounded, createWriteStream(path, { flags: 'r+' }), { signal })
  } catch (error) {
    throwIfCancelled(signal)
    throw error
  }
  return { path, contentType: source.contentType, startMs: source.startMs }
}

async function digestOf(path: string): Promise<{ digest: string; length: number }> {
  const hash = createHash('sha256')
  let length = 0
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer)
    length += (chunk as Buffer).length
  }
  return { digest: `sha256:${hash.digest('hex')}`, length }
}

function keyOf({ place, sources, to }: ConversionRequest, parameters: ConversionParameters): string {
  const sorted = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1))
  const given = sources.map(({ identity, contentType, type, startMs }) => [identity, contentType, type, startMs])
  return JSON.stringify([place, given, contentKind(to), sorted])
}

function checkRule({ from, to, processor, cost }: ConversionRule): void {
  const many = from.filter(({ count }) => count === 'many').length
  // Sources are shared out among the inputs in all ways; with more of them that would take long.
  if (from.length === 0 || many > 1 || from.length - many > 2 || !(cost > 0)) {
    throw new Error(`the rule of ${processor} for ${to} takes 1 or 2 inputs, many of one more, and costs over 0`)
  }
}
