// Of a medium in which something is of a kind that nobody here plays, what can be played.
import { ConversionError, openingOf, probe, runFfmpeg } from '@rushes/processors'
import { freshFile, type MediaJob, quiet, syncFile } from './media-job.ts'

const parts = [
  { streams: ['0:v:0', '0:a:0'], lacks: 'something besides its picture and sound' },
  { streams: ['0:v:0'], lacks: 'its sound' },
  { streams: ['0:a:0'], lacks: 'its picture' },
] as const

/**
 * A copy of as much of it as can be read, in which nothing is encoded; null where nothing can.
 *
 * @param copy where it is written
 * @throws ConversionError as long as it is not about the medium
 */
export async function playablePart(
  path: string,
  copy: string,
  job: MediaJob,
): Promise<{ path: string; lacks: string } | null> {
  const { open } = await openingOf({ path }, 'sound-or-video', job.limits)
  for (const { streams, lacks } of parts) {
    try {
      await freshFile(copy)
      await runFfmpeg(
        {
          ...{ program: 'ffmpeg', files: { inputs: [path], outputs: [copy] } },
          args: ({ inputs, outputs }) => [
            ...[...open, '-i', `file:${inputs[0]}`, ...streams.flatMap((stream) => ['-map', stream])],
            ...['-c', 'copy', '-map_metadata', '-1', '-fflags', '+bitexact', '-f', 'matroska', `file:${outputs[0]}`],
          ],
        },
        quiet(job),
      )
      const { audio, video } = await probe({ path: copy }, 'sound-or-video', quiet(job))
      if (audio === null && video === null) continue
      await syncFile(copy)
      return { path: copy, lacks }
    } catch (error) {
      const isOfMedium = error instanceof ConversionError && ['failed', 'input-refused'].includes(error.code)
      if (!isOfMedium) throw error
    }
  }
  return null
}
