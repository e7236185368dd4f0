// Pictures of slides for one video: all of one size and form, since a filter that is given another begins anew.
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Note } from '@rushes/pipeline'
import {
  ConversionError,
  inputArguments,
  mediaSignature,
  runFfmpeg,
  SIGNATURE_BYTES,
  THREADS,
} from '@rushes/processors'
import { type Archive, checkedContent, UmfError } from '@rushes/umf'
import { nodeSha256 } from '@rushes/umf/node'
import { readStart } from '../input/found-file.ts'
import { freshFile, type MediaJob, quiet } from '../media/media-job.ts'
import type { ShownSlide } from './export-content.ts'

export type Size = { width: number; height: number }

/** Behind slides that don't fill it. */
export const GROUND = '0x15120f'

/** The picture of each slide, in its order; of one that can't be shown, the empty one. */
export async function slidePictures(
  archive: Archive,
  slides: readonly ShownSlide[],
  { width, height }: Size,
  folder: string,
  job: MediaJob,
  notes: Note[],
): Promise<{ blank: string; pictures: string[] }> {
  const blank = await freshFile(join(folder, 'blank.png'))
  const png = ['-frames:v', '1', '-pix_fmt', 'rgb24', '-c:v', 'png', '-f', 'image2pipe']
  const source = `color=c=${GROUND}:s=${width}x${height}`
  await runFfmpeg(
    {
      ...{ program: 'ffmpeg', files: { inputs: [], outputs: [blank] } },
      args: ({ outputs }) => ['-f', 'lavfi', '-i', source, ...png, ...THREADS, `file:${outputs[0]}`],
    },
    quiet(job),
  )
  const made = new Map<string, string>()
  const pictures: string[] = []
  const fit =
    `scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2,format=rgba,` +
    `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2:color=${GROUND},setsar=1`
  for (const [index, { item }] of slides.entries()) {
    job.onProgress(index / slides.length)
    const known = item === null ? blank : made.get(item.name)
    if (item === null || known !== undefined) {
      pictures.push(known ?? blank)
      continue
    }
    try {
      const given = await freshFile(join(folder, `slide-${index}`))
      await pipeline(copies(archive, item.name), createWriteStream(given), { signal: job.signal })
      const start = await readStart({ path: given, size: item.length! }, SIGNATURE_BYTES)
      const open = inputArguments('picture', mediaSignature(start, 'picture').demuxer, job.limits)
      const picture = await freshFile(join(folder, `slide-${index}.png`))
      await runFfmpeg(
        {
          ...{ program: 'ffmpeg', files: { inputs: [given], outputs: [picture] } },
          args: ({ inputs, outputs }) => [
            ...[...THREADS, ...open, '-i', `file:${inputs[0]}`, '-map', '0:v:0', '-vf', fit],
            ...[...png, ...THREADS, `file:${outputs[0]}`],
          ],
        },
        quiet(job),
      )
      made.set(item.name, picture)
    } catch (error) {
      if (!(error instanceof ConversionError || error instanceof UmfError) || job.signal.aborted) throw error
      const message = `it can't be shown in the video, which is empty where it stands: ${error.message}`
      notes.push({ severity: 'warning', code: 'not-shown', message, resource: item.name })
      made.set(item.name, blank)
    }
    pictures.push(made.get(item.name)!)
  }
  return { blank, pictures }
}

/** Its pieces hold until the next one is asked for alone. */
async function* copies(archive: Archive, name: string): AsyncGenerator<Uint8Array> {
  for await (const piece of checkedContent(archive, name, nodeSha256)) yield piece.slice()
}
