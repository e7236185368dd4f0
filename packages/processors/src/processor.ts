import { z } from 'zod'
import { ConversionError } from './conversion-error.ts'

/** What bounds every conversion, whoever does it. */
export type ConversionLimits = {
  /** From start to end of one step, ms. */
  timeMs: number
  /** Address space of a program. */
  memoryBytes: number
  /** Of each source. */
  inputBytes: number
  /** Of what a step makes. */
  outputBytes: number
  /** Of a picture: width × height. */
  pixels: number
  /** Of a source. */
  durationMs: number
  /** Tracks in a file, used or not. */
  streams: number
}

export const defaultLimits: ConversionLimits = {
  timeMs: 3_600_000,
  memoryBytes: 2 * 2 ** 30,
  inputBytes: 64 * 2 ** 30,
  outputBytes: 4 * 2 ** 30,
  // An 8K picture has 33 million.
  pixels: 50_000_000,
  durationMs: 24 * 3_600_000,
  streams: 32,
}

/** How something is to be made; each processor takes what concerns it. */
export type ConversionParameters = {
  /** The most that a picture may measure, px; it keeps its proportions and is never made larger than it is. */
  readonly width?: number | undefined
  readonly height?: number | undefined
  /** Of a sound, bit/s. */
  readonly bitRate?: number | undefined
  /** Which moment of a video a picture shows, ms from its beginning. */
  readonly atMs?: number | undefined
  /** Of a document, from 1. */
  readonly page?: number | undefined
  /** Of a waveform: how many samples of the sound are one pair of peaks. */
  readonly samplesPerPixel?: number | undefined
}

const side = z.number().int().min(1).max(8192)

const parametersSchema: z.ZodType<ConversionParameters> = z.strictObject({
  width: side.optional(),
  height: side.optional(),
  bitRate: z.number().int().min(8_000).max(512_000).optional(),
  atMs: z.number().min(0).max(1e9).optional(),
  page: z.number().int().min(1).max(2000).optional(),
  samplesPerPixel: z.number().int().min(16).max(10_000_000).optional(),
})

/** @throws ConversionError `parameters-refused` */
export function parseParameters(value: unknown): ConversionParameters {
  const parsed = parametersSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]!
  throw new ConversionError('parameters-refused', `${path.join('.') || 'parameters'}: ${message}`)
}

export type InputFile = {
  /** A regular file of ours. */
  path: string
  /** As planned; what is in it is for the processor to find out. */
  contentType: string
  /** On the archive's timeline, where it has a place there. */
  startMs?: number | undefined
}

/** One step of a conversion. */
export type ProcessorJob = {
  inputs: readonly InputFile[]
  /** Kind of content to be made. */
  to: string
  parameters: ConversionParameters
  /** An empty file, to be filled. */
  output: string
  /** Makes an empty file for what it needs meanwhile; removed with the job. */
  newFile(): string
  limits: ConversionLimits
  signal: AbortSignal
  /** 0 to 1. */
  onProgress(fraction: number): void
}

/** Makes one kind of content from others: a module, a program or a service. */
export interface Processor {
  /** As rules name it. */
  readonly name: string
  /** @throws ConversionError */
  convert(job: ProcessorJob): Promise<void>
}

/** @throws ConversionError `cancelled` */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new ConversionError('cancelled', 'nobody waits for it any more')
}
