import { ConversionError } from '../conversion-error.ts'
import { runFfmpeg, THREADS } from '../ffmpeg/ffmpeg-run.ts'
import { probe } from '../ffmpeg/probe.ts'
import type { ProcessorJob } from '../processor.ts'
import { FRAME, SlideChanges, type StillStretch } from './slide-changes.ts'

/** Beyond it, what is seen is no slides. */
const mostStretches = 5000

/**
 * Looks at a video, in the sandbox, four times a second, and answers what stands still in it and until when.
 *
 * @throws ConversionError
 */
export async function watchVideo(
  path: string,
  job: Pick<ProcessorJob, 'limits' | 'signal' | 'onProgress'>,
): Promise<{ stretches: StillStretch[]; aspect: number }> {
  const { open, video, durationMs } = await probe({ path }, 'sound-or-video', { ...job, onProgress: () => {} })
  if (video === null) throw new ConversionError('input-refused', 'there is no picture in it')
  const { width, height, ratePerSecond } = FRAME
  const changes = new SlideChanges()
  const size = width * height
  let frame = new Uint8Array(size)
  let filled = 0
  await runFfmpeg(
    {
      ...{ program: 'ffmpeg', files: { inputs: [path], outputs: [] }, durationMs },
      args: ({ inputs }) => [
        ...[...THREADS, ...open, '-i', `file:${inputs[0]}`, '-map', '0:v:0', '-an'],
        ...['-vf', `fps=${ratePerSecond}:start_time=0,scale=${width}:${height}:flags=area,format=gray`],
        ...['-t', String(job.limits.durationMs / 1000), '-f', 'rawvideo', 'pipe:1'],
      ],
      onOutput(bytes) {
        for (let at = 0; at < bytes.length; ) {
          const taken = Math.min(size - filled, bytes.length - at)
          frame.set(bytes.subarray(at, at + taken), filled)
          filled += taken
          at += taken
          if (filled < size) continue
          changes.push(frame)
          frame = new Uint8Array(size)
          filled = 0
        }
      },
    },
    job,
  )
  const stretches = changes.finish()
  if (stretches.length > mostStretches) throw new ConversionError('not-handled', 'what is seen changes all the time')
  return { stretches, aspect: video.width / video.height }
}
