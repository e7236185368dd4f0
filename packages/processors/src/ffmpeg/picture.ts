import { stat } from 'node:fs/promises'
import { ConversionError } from '../conversion-error.ts'
import { readStart } from '../module-processor.ts'
import type { ConversionParameters, Processor, ProcessorJob } from '../processor.ts'
import { PLAIN } from './audio.ts'
import { runFfmpeg, THREADS } from './ffmpeg-run.ts'
import { jpegUpright } from './jpeg-orientation.ts'
import { probe } from './probe.ts'

/** What is transparent becomes white, where the format has no transparency: premultiplied, it becomes black. */
const ON_WHITE = 'format=gbrap,negate,premultiply=inplace=1,format=gbrp,negate'

type PictureFormat = { filters: readonly string[]; encoder: readonly string[] }

const formats: Readonly<Record<string, PictureFormat>> = {
  'image/png': { filters: [], encoder: ['-c:v', 'png'] },
  'image/jpeg': { filters: [ON_WHITE, 'format=yuvj420p'], encoder: ['-c:v', 'mjpeg', '-q:v', '3'] },
  'image/webp': { filters: [], encoder: ['-c:v', 'libwebp', '-quality', '85'] },
}

/** Pictures to other sizes and formats. */
export const imageProcessor: Processor = {
  name: 'ffmpeg-image',
  async convert(job) {
    const [input] = job.inputs
    const { name, open, video } = await probe(input!, 'picture', job)
    if (video === null) throw new ConversionError('input-refused', 'there is no picture in it')
    const turned = name === 'jpeg' ? jpegUpright(await readStart(input!.path, 65_536)) : null
    await makePicture(job, [...open, '-noautorotate'], turned === null ? [] : [turned])
  },
}

/** One frame of a video: its first, or the one at a time. */
export const posterProcessor: Processor = {
  name: 'ffmpeg-poster',
  async convert(job) {
    const { open, video, durationMs } = await probe(job.inputs[0]!, 'sound-or-video', job)
    if (video === null) throw new ConversionError('input-refused', 'there is no picture in it')
    const { atMs = 0 } = job.parameters
    if (durationMs !== null && atMs >= durationMs) {
      throw new ConversionError('parameters-refused', `the video ends at ${durationMs} ms`)
    }
    const seek = atMs === 0 ? [] : ['-ss', (atMs / 1000).toFixed(3)]
    // Pixels that are not square are made so.
    await makePicture(job, [...seek, ...open], ["scale=w='iw*if(sar,sar,1)':h=ih", 'setsar=1'])
  },
}

async function makePicture(job: ProcessorJob, open: readonly string[], filters: readonly string[]): Promise<void> {
  const format = formats[job.to]
  if (format === undefined) throw new ConversionError('not-handled', `no picture is made as ${job.to}`)
  const chain = [...filters, ...within(job.parameters), ...format.filters].join(',')
  await runFfmpeg(
    {
      ...{ program: 'ffmpeg', files: { inputs: [job.inputs[0]!.path], outputs: [job.output] } },
      args: ({ inputs, outputs }) => [
        ...[...THREADS, ...open, '-i', `file:${inputs[0]}`, '-map', '0:v:0', '-frames:v', '1'],
        ...(chain === '' ? [] : ['-vf', chain]),
        // Of this muxer no name is a pattern.
        ...[...format.encoder, ...PLAIN, ...THREADS, '-f', 'image2pipe', `file:${outputs[0]}`],
      ],
    },
    job,
  )
  if ((await stat(job.output)).size === 0)
    throw new ConversionError('input-refused', 'no picture could be read from it')
}

/** Into a rectangle, in proportion, never larger than it is. */
function within({ width, height }: ConversionParameters): string[] {
  if (width === undefined && height === undefined) return []
  const sides = [
    width === undefined ? 'w=iw' : `w='min(${width},iw)'`,
    height === undefined ? 'h=ih' : `h='min(${height},ih)'`,
  ]
  return [`scale=${sides.join(':')}:force_original_aspect_ratio=decrease`]
}
