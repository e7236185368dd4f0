import { writeFile } from 'node:fs/promises'
import { familyOf } from '../content-kind.ts'
import { ConversionError } from '../conversion-error.ts'
import { readStart } from '../module-processor.ts'
import type { InputFile, Processor, ProcessorJob } from '../processor.ts'
import { encodeBilevelPng } from '../waveform/png.ts'
import { allowedCodecs } from './allowed-codecs.ts'
import { KEEP_TIME, PLAIN } from './audio.ts'
import { runFfmpeg, THREADS } from './ffmpeg-run.ts'
import { mediaSignature } from './media-signature.ts'
import { probe } from './probe.ts'

const mostSlides = 5000
/** A picture that stands for minutes is given again so often, so that a player that seeks has it at once. */
const repeatMs = 2000
const lastMs = 40
const defaultSize = { width: 1280, height: 720 }

/** Slides at their times, and a sound, as a video. The sound begins the video, and its end is the video's. */
export const slideshowProcessor: Processor = {
  name: 'ffmpeg-slideshow',
  async convert(job) {
    const sound = job.inputs.find(({ contentType }) => familyOf(contentType) === 'audio')
    const slides = job.inputs.filter((input) => input !== sound)
    if (sound === undefined || slides.length === 0)
      throw new ConversionError('not-handled', 'it takes slides and a sound')
    if (slides.length > mostSlides) throw new ConversionError('input-too-large', `there are over ${mostSlides} slides`)
    for (const slide of slides) await checkSlide(slide, job)
    const { open, audio, durationMs } = await probe(sound, 'sound-or-video', job)
    if (audio === null || durationMs === null) throw new ConversionError('input-refused', 'the sound has no length')
    const pictures = [await blankPicture(job), ...slides.map(({ path }) => path)]
    const shown = showing(slides, sound.startMs ?? 0, durationMs)
    const list = job.newFile()
    await runFfmpeg(
      {
        ...{ program: 'ffmpeg', files: { inputs: [sound.path, list, ...pictures], outputs: [job.output] }, durationMs },
        async args({ inputs: [soundInside, listInside, ...picturesInside], outputs }) {
          await writeFile(list, concatList(shown, picturesInside))
          return [
            ...[...THREADS, ...openList(job), '-i', `file:${listInside}`],
            ...[...THREADS, ...open, '-i', `file:${soundInside}`],
            ...['-map', '0:v:0', '-map', '1:a:0', '-t', (durationMs / 1000).toFixed(3)],
            ...['-vf', fitted(job), '-vsync', 'vfr', '-video_track_timescale', '90000'],
            ...['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'stillimage', '-crf', '22', '-g', '5', '-bf', '0'],
            ...['-af', KEEP_TIME, '-c:a', 'aac', '-b:a', String(job.parameters.bitRate ?? 128_000), '-ac', '2'],
            ...[...PLAIN, ...THREADS, '-f', 'mp4', '-movflags', '+faststart', `file:${outputs[0]}`],
          ]
        },
      },
      job,
    )
  },
}

/** ISO 15948 §11.2.2: width and height stand at once behind the signature. */
async function checkSlide({ path }: InputFile, { limits }: ProcessorJob): Promise<void> {
  const start = Buffer.from(await readStart(path, 64))
  const { name } = mediaSignature(start, 'picture')
  if (name !== 'png' || start.length < 24) throw new ConversionError('input-refused', `a slide is ${name}, not png`)
  const [width, height] = [start.readUInt32BE(16), start.readUInt32BE(20)]
  if (width * height > limits.pixels) {
    throw new ConversionError('input-too-large', `a slide has ${width} × ${height} pixels`)
  }
}

/** A slide's place in the list of pictures, and how long it is to be seen. */
export type Shown = { picture: number; ms: number }

/**
 * Each slide from its time to that of the next, within the sound; picture 0, the blank one, until the first.
 *
 * @throws ConversionError `input-refused`: slides without times
 */
export function showing(
  slides: readonly Pick<InputFile, 'startMs'>[],
  soundStartMs: number,
  durationMs: number,
): Shown[] {
  const timed = slides.map(({ startMs }, index) => {
    if (startMs === undefined) throw new ConversionError('input-refused', 'a slide has no time')
    return { picture: index + 1, fromMs: Math.max(0, Math.round(startMs - soundStartMs)) }
  })
  timed.sort((a, b) => a.fromMs - b.fromMs)
  return [{ picture: 0, fromMs: 0 }, ...timed].flatMap(({ picture, fromMs }, index) => {
    const untilMs = Math.min(Math.ceil(durationMs), timed[index]?.fromMs ?? Infinity)
    return untilMs <= fromMs ? [] : [{ picture, ms: untilMs - fromMs }]
  })
}

/**
 * For FFmpeg's concat demuxer. Pictures are read as 1000 a second, so that times are kept to the millisecond. The last is
 * given once more shortly before the end, and once to no effect, without which the duration before it wouldn't count.
 */
function concatList(shown: readonly Shown[], pictures: readonly string[]): string {
  const lines = ['ffconcat version 1.0']
  const show = (picture: number, ms: number): void => {
    const name = pictures[picture]!.replaceAll("'", "'\\''")
    lines.push(`file '${name}'`, 'option framerate 1000', `duration ${ms / 1000}`)
  }
  for (const [index, { picture, ms }] of shown.entries()) {
    const endMs = index === shown.length - 1 ? Math.min(lastMs, ms) : 0
    for (let rest = ms - endMs; rest > 0; rest -= repeatMs) show(picture, Math.min(rest, repeatMs))
    if (endMs > 0) show(picture, endMs)
  }
  show(shown.at(-1)!.picture, lastMs)
  return `${lines.join('\n')}\n`
}

/** The one list that is opened: our own, of pictures that were checked. */
function openList({ limits }: ProcessorJob): string[] {
  return [
    ...[
      '-protocol_whitelist',
      'file',
      '-format_whitelist',
      'concat,png_pipe',
      '-codec_whitelist',
      allowedCodecs.picture,
    ],
    ...['-max_pixels', String(limits.pixels), '-safe', '0', '-f', 'concat'],
  ]
}

/** All slides in one size, which they fill in proportion; encoders want it even. */
function fitted({ parameters, limits }: ProcessorJob): string {
  const even = (side: number): number => Math.max(16, side - (side % 2))
  const width = even(parameters.width ?? defaultSize.width)
  const height = even(parameters.height ?? defaultSize.height)
  if (width * height > limits.pixels)
    throw new ConversionError('parameters-refused', `${width} × ${height} is too large`)
  return (
    `scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2,` +
    `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2,setsar=1,format=yuv420p`
  )
}

async function blankPicture(job: ProcessorJob): Promise<string> {
  const path = job.newFile()
  const black = [0, 0, 0, 255]
  await writeFile(
    path,
    encodeBilevelPng(
      16,
      Array.from({ length: 16 }, () => new Uint8Array(2)),
      [black, black],
    ),
  )
  return path
}
