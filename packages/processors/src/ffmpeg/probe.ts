import { z } from 'zod'
import { ConversionError } from '../conversion-error.ts'
import { readStart } from '../module-processor.ts'
import type { InputFile, ProcessorJob } from '../processor.ts'
import { runFfmpeg } from './ffmpeg-run.ts'
import { inputArguments } from './input-arguments.ts'
import { type MediaFamily, mediaSignature, SIGNATURE_BYTES } from './media-signature.ts'

const numeric = z.coerce.number()

const probeSchema = z.object({
  streams: z
    .array(
      z.object({
        codec_type: z.string().optional(),
        codec_name: z.string().optional(),
        width: z.number().optional(),
        height: z.number().optional(),
        sample_rate: numeric.optional(),
        channels: z.number().optional(),
        duration: numeric.optional(),
        start_time: numeric.optional(),
      }),
    )
    .default([]),
  format: z.object({ duration: numeric.optional(), start_time: numeric.optional() }).default({}),
})

export type ProbedAudio = {
  codec: string
  sampleRate: number
  channels: number
  /** After the beginning of the file. */
  startMs: number
}
export type ProbedPicture = { codec: string; width: number; height: number }

export type Probed = {
  name: string
  /** Arguments that open it, up to `-i`. */
  open: string[]
  /** Null: it doesn't say; what is made of it is bounded all the same. */
  durationMs: number | null
  /** Of its longest stream; null: none says it. */
  streamMs: number | null
  /** On its own clock, where it begins: programs count from there. */
  startMs: number
  audio: ProbedAudio | null
  video: ProbedPicture | null
}

const probeTimeMs = 30_000
const mostProbeBytes = 2 ** 20

const fields =
  'stream=codec_type,codec_name,width,height,sample_rate,channels,duration,start_time:format=duration,start_time'

/**
 * Looks into a file, in the sandbox, before anything is made of it.
 *
 * @throws ConversionError `input-refused`, `input-too-large`
 */
export async function probe(
  input: Pick<InputFile, 'path'>,
  family: MediaFamily,
  job: Pick<ProcessorJob, 'limits' | 'signal' | 'onProgress'>,
): Promise<Probed> {
  const { limits } = job
  const { name, demuxer } = mediaSignature(await readStart(input.path, SIGNATURE_BYTES), family)
  const open = inputArguments(family, demuxer, limits)
  const parts: Buffer[] = []
  let size = 0
  try {
    await runFfmpeg(
      {
        ...{ program: 'ffprobe', files: { inputs: [input.path], outputs: [] }, timeMs: probeTimeMs },
        args: ({ inputs }) => [...open, '-show_entries', fields, '-of', 'json', '-i', `file:${inputs[0]}`],
        onOutput(bytes) {
          size += bytes.length
          if (size > mostProbeBytes) throw new ConversionError('input-refused', 'there is too much in it')
          parts.push(bytes)
        },
      },
      job,
    )
  } catch (error) {
    if (!(error instanceof ConversionError) || !['failed', 'timed-out'].includes(error.code)) throw error
    throw new ConversionError('input-refused', `it can't be read as ${name}`, { detail: error.detail })
  }
  return { name, open, ...checked(parseProbe(Buffer.concat(parts).toString('utf8')), limits) }
}

function parseProbe(text: string): z.infer<typeof probeSchema> {
  try {
    return probeSchema.parse(JSON.parse(text))
  } catch {
    throw new ConversionError('input-refused', 'what is in it makes no sense')
  }
}

function checked(
  { streams, format }: z.infer<typeof probeSchema>,
  limits: ProcessorJob['limits'],
): Omit<Probed, 'name' | 'open'> {
  const refuse = (reason: string): never => {
    throw new ConversionError('input-too-large', reason)
  }
  if (streams.length > limits.streams) refuse(`it has over ${limits.streams} streams`)
  for (const { width = 0, height = 0, channels = 0, sample_rate: rate = 0 } of streams) {
    if (width * height > limits.pixels) refuse(`a picture has ${width} × ${height} pixels`)
    if (channels > 64 || rate > 768_000) refuse(`a sound has ${channels} channels at ${rate} Hz`)
  }
  const seconds = Math.max(0, format.duration ?? 0, ...streams.map(({ duration }) => duration ?? 0))
  if (seconds * 1000 > limits.durationMs) refuse(`it lasts ${Math.round(seconds)} s`)
  const audio = streams.find((stream) => stream.codec_type === 'audio' && stream.codec_name !== undefined)
  const video = streams.find((stream) => stream.codec_type === 'video' && stream.codec_name !== undefined)
  const startMs = ((audio?.start_time ?? 0) - (format.start_time ?? 0)) * 1000
  return {
    durationMs: seconds === 0 ? null : seconds * 1000,
    streamMs: streams.some(({ duration }) => duration)
      ? Math.max(...streams.map((each) => each.duration ?? 0)) * 1000
      : null,
    startMs: (format.start_time ?? 0) * 1000,
    audio:
      audio === undefined || !audio.sample_rate || !audio.channels
        ? null
        : { codec: audio.codec_name!, sampleRate: audio.sample_rate, channels: audio.channels, startMs },
    video:
      video === undefined || !video.width || !video.height
        ? null
        : { codec: video.codec_name!, width: video.width, height: video.height },
  }
}
