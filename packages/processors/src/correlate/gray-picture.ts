import { ConversionError } from '../conversion-error.ts'
import { runFfmpeg, THREADS } from '../ffmpeg/ffmpeg-run.ts'
import { probe } from '../ffmpeg/probe.ts'
import type { ProcessorJob } from '../processor.ts'

/** Rows of grays, 0 to 255. */
export type GrayPicture = { width: number; height: number; pixels: Uint8Array }

const mostSide = 320

/** A picture small and gray, in its own proportions. @throws ConversionError */
export async function grayPicture(
  path: string,
  job: Pick<ProcessorJob, 'limits' | 'signal' | 'onProgress'>,
): Promise<GrayPicture> {
  const { open, video } = await probe({ path }, 'picture', job)
  if (video === null) throw new ConversionError('input-refused', 'there is no picture in it')
  const scale = mostSide / Math.max(video.width, video.height)
  const [width, height] = [video.width, video.height].map((side) => Math.max(2, Math.round(side * scale))) as [
    number,
    number,
  ]
  const parts: Buffer[] = []
  let size = 0
  await runFfmpeg(
    {
      ...{ program: 'ffmpeg', files: { inputs: [path], outputs: [] } },
      args: ({ inputs }) => [
        ...[...THREADS, ...open, '-i', `file:${inputs[0]}`, '-map', '0:v:0', '-frames:v', '1'],
        ...['-vf', `scale=${width}:${height}:flags=area,format=gray`, '-f', 'rawvideo', 'pipe:1'],
      ],
      onOutput(bytes) {
        size += bytes.length
        if (size <= width * height) parts.push(bytes)
      },
    },
    job,
  )
  if (size !== width * height) throw new ConversionError('input-refused', 'no picture could be read from it')
  return { width, height, pixels: Buffer.concat(parts) }
}
