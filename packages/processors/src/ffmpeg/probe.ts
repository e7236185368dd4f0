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
        disposition: z.object({ attached_pic: z.number().optional() }).optional(),
        tags: z.object({ language: z.string().optional(), title: z.string().optional() }).optional(),
      }),
    )
    .default([]),
  chapters: z
    .array(
      z.object({ start_time: numeric, end_time: numeric, tags: z.object({ title: z.string().optional() }).optional() }),
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
/** Captions within a file that are text. */
export type ProbedWords = {
  /** Among its captions, from 0: FFmpeg's `0:s:INDEX`. */
  index: number
  codec: string
  /** As it is written there. */
  language: string | null
  title: string | null
}
/** ms on the file's own clock, from where it begins. */
export type ProbedChapter = { startMs: number; endMs: number; title: string }

export type Probed = {
  name: string
  /** Arguments that open it, up to `-i`. */
  open: string[]
  /** Null: it doesn't say; what is made of it is bounded all the same. */
  durationMs: number | null
  /** From where its first stream begins to where its last ends; null: none says how long it is. */
  streamMs: number | null
  /** On its own clock, where it begins: programs count from there. */
  startMs: number
  audio: ProbedAudio | null
  video: ProbedPicture | null
  words: ProbedWords[]
  chapters: ProbedChapter[]
}

const probeTimeMs = 30_000
const mostProbeBytes = 2 ** 20

const fields =
  'stream=codec_type,codec_name,width,height,sample_rate,channels,duration,start_time:' +
  'stream_disposition=attached_pic:stream_tags=language,title:' +
  'format=duration,start_time:chapter=start_time,end_time:chapter_tags=title'

/** Those that FFmpeg writes as WebVTT. */
const textual: ReadonlySet<string> = new Set(['subrip', 'srt', 'mov_text', 'webvtt', 'ass', 'ssa', 'text'])
const mostChapters = 1000

/**
 * How a file is to be opened, by what it begins with.
 *
 * @throws ConversionError `input-refused`
 */
export async function openingOf(
  { path }: Pick<InputFile, 'path'>,
  family: MediaFamily,
  limits: ProcessorJob['limits'],
): Promise<Pick<Probed, 'name' | 'open'>> {
  const { name, demuxer } = mediaSignature(await readStart(path, SIGNATURE_BYTES), family)
  return { name, open: inputArguments(family, demuxer, limits) }
}

/**
 * Looks into a file, in the sandbox, before anything is made of it.
 *
 * @param options `isMeasured`: whoever asks measures how long it is, so that no length that it claims is too much
 * @throws ConversionError `input-refused`, `input-too-large`
 */
export async function probe(
  input: Pick<InputFile, 'path'>,
  family: MediaFamily,
  job: Pick<ProcessorJob, 'limits' | 'signal' | 'onProgress'>,
  options: { isMeasured?: boolean } = {},
): Promise<Probed> {
  const { limits } = job
  const { name, open } = await openingOf(input, family, limits)
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
  return { name, open, ...checked(parseProbe(Buffer.concat(parts).toString('utf8')), limits, options) }
}

function parseProbe(text: string): z.infer<typeof probeSchema> {
  try {
    return probeSchema.parse(JSON.parse(text))
  } catch {
    throw new ConversionError('input-refused', 'what is in it makes no sense')
  }
}

function checked(
  { streams, chapters, format }: z.infer<typeof probeSchema>,
  limits: ProcessorJob['limits'],
  { isMeasured = false }: { isMeasured?: boolean },
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
  if (!isMeasured && seconds * 1000 > limits.durationMs) refuse(`it lasts ${Math.round(seconds)} s`)
  const audio = streams.find((stream) => stream.codec_type === 'audio' && stream.codec_name !== undefined)
  // A picture on the cover of a sound is no film.
  const video = streams.find((stream) => {
    const isCover = stream.disposition?.attached_pic === 1
    return stream.codec_type === 'video' && stream.codec_name !== undefined && !isCover
  })
  const startMs = ((audio?.start_time ?? 0) - (format.start_time ?? 0)) * 1000
  // From where the first begins to where the last ends.
  const endOf = ({ start_time: start = 0, duration = 0 }: (typeof streams)[number]): number =>
    duration === 0 ? 0 : Math.round((start - (format.start_time ?? start) + duration) * 1e6) / 1000
  const words = streams.filter((stream) => stream.codec_type === 'subtitle')
  const since = (seconds: number): number => Math.max(0, Math.round((seconds - (format.start_time ?? 0)) * 1e6) / 1000)
  return {
    durationMs: seconds === 0 ? null : seconds * 1000,
    streamMs: streams.some(({ duration }) => duration) ? Math.max(...streams.map(endOf)) : null,
    startMs: (format.start_time ?? 0) * 1000,
    audio:
      audio === undefined || !audio.sample_rate || !audio.channels
        ? null
        : { codec: audio.codec_name!, sampleRate: audio.sample_rate, channels: audio.channels, startMs },
    video:
      video === undefined || !video.width || !video.height
        ? null
        : { codec: video.codec_name!, width: video.width, height: video.height },
    words: words.flatMap(({ codec_name: codec = '', tags }, index) => {
      const found = { index, codec, language: tags?.language ?? null, title: tags?.title ?? null }
      return textual.has(codec) ? [found] : []
    }),
    chapters: chapters.slice(0, mostChapters).map(({ start_time: from, end_time: to, tags }) => {
      return { startMs: since(from), endMs: since(to), title: (tags?.title ?? '').trim().slice(0, 1000) }
    }),
  }
}
