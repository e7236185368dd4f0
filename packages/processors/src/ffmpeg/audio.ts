import { ConversionError } from '../conversion-error.ts'
import type { Processor } from '../processor.ts'
import { runFfmpeg, THREADS } from './ffmpeg-run.ts'
import { probe } from './probe.ts'

type SoundFormat = {
  muxer: readonly string[]
  encoder: readonly string[]
  /** Codecs that lie in this container as they are; then nothing is encoded again. */
  copied: readonly string[]
  /** Default bit/s; null: nothing is lost. */
  bitRate: number | null
}

const formats: Readonly<Record<string, SoundFormat>> = {
  'audio/mpeg': { muxer: ['-f', 'mp3'], encoder: ['libmp3lame'], copied: ['mp3'], bitRate: 128_000 },
  'audio/mp4': {
    muxer: ['-f', 'ipod', '-movflags', '+faststart'],
    encoder: ['aac'],
    copied: ['aac'],
    bitRate: 128_000,
  },
  'audio/ogg': { muxer: ['-f', 'ogg'], encoder: ['libopus'], copied: ['opus', 'vorbis'], bitRate: 96_000 },
  'audio/flac': { muxer: ['-f', 'flac'], encoder: ['flac'], copied: ['flac'], bitRate: null },
  'audio/wav': { muxer: ['-f', 'wav', '-rf64', 'auto'], encoder: ['pcm_s16le'], copied: ['pcm_s16le'], bitRate: null },
}

/** What lies before a sound begins, or between two parts of it, is silence: it stays in step with the picture. */
export const KEEP_TIME = 'aresample=async=1:first_pts=0'

/** Nothing of the source's own words, and the same bytes whenever it is made again. */
export const PLAIN: readonly string[] = [
  '-map_metadata',
  '-1',
  '-map_chapters',
  '-1',
  '-fflags',
  '+bitexact',
  '-flags',
  '+bitexact',
]

/** Sounds to other formats, and the sound of a video; as it is where that is possible. */
export const audioProcessor: Processor = {
  name: 'ffmpeg-audio',
  async convert(job) {
    const format = formats[job.to]
    if (format === undefined) throw new ConversionError('not-handled', `no sound is made as ${job.to}`)
    const [input] = job.inputs
    const { open, audio, durationMs } = await probe(input!, 'sound-or-video', job)
    if (audio === null) throw new ConversionError('input-refused', 'there is no sound in it')
    // What begins later gets its silence, and that has to be encoded.
    const isOnTime = Math.abs(audio.startMs) <= 20
    const isCopied = isOnTime && format.copied.includes(audio.codec) && job.parameters.bitRate === undefined
    const bitRate = job.parameters.bitRate ?? format.bitRate
    const coding = isCopied
      ? ['-c:a', 'copy']
      : [
          ...['-af', KEEP_TIME, '-c:a', ...format.encoder],
          ...(format.bitRate === null ? [] : ['-b:a', String(bitRate)]),
          // What these encoders take at most; a room's microphones come as more.
          ...(audio.channels > 2 ? ['-ac', '2'] : []),
        ]
    await runFfmpeg(
      {
        ...{ program: 'ffmpeg', files: { inputs: [input!.path], outputs: [job.output] }, durationMs },
        args: ({ inputs, outputs }) => [
          ...[...THREADS, ...open, '-i', `file:${inputs[0]}`],
          ...['-map', '0:a:0', '-t', String(job.limits.durationMs / 1000), ...coding],
          ...[...PLAIN, ...THREADS, ...format.muxer, `file:${outputs[0]}`],
        ],
      },
      job,
    )
  },
}
