import { stat } from 'node:fs/promises'
import { inputArguments, mediaSignature, SIGNATURE_BYTES } from '@rushes/processors'
import { readStart } from '../input/found-file.ts'
import type { MediaJob } from './media-job.ts'

/** Arguments that open a file for ffmpeg, up to `-i`, by what its first bytes say that it is. @throws ConversionError */
export async function openMedia(path: string, { limits }: Pick<MediaJob, 'limits'>): Promise<string[]> {
  const { size } = await stat(path)
  const { demuxer } = mediaSignature(await readStart({ path, size }, SIGNATURE_BYTES), 'sound-or-video')
  return inputArguments('sound-or-video', demuxer, limits)
}
