// Captions that are tracks of a medium: written out as WebVTT, so that players without eyes for such tracks show them, and search finds them.
import { readFile, rm } from 'node:fs/promises'
import { ConversionError, type Probed, runFfmpeg } from '@rushes/processors'
import { z } from 'zod'
import { spokenCues } from '../families/cues.ts'
import { freshFile, type MediaJob, quiet, syncFile } from './media-job.ts'

export type InnerWords = {
  /** File with WebVTT; times are those of the medium, from its beginning. */
  path: string
  /** BCP 47 */
  language?: string | undefined
  title?: string | undefined
  endMs: number
}

export const innerWordsSchema: z.ZodType<InnerWords> = z.strictObject({
  path: z.string(),
  language: z.string().optional(),
  title: z.string().optional(),
  endMs: z.number(),
})

const mostTracks = 32
const mostBytes = 32 * 1024 * 1024

/**
 * Tracks of which nothing can be read are left out: they are in the medium still.
 *
 * @param place two names that begin so are for what is made
 */
export async function innerWords(
  medium: string,
  { open, words }: Pick<Probed, 'open' | 'words'>,
  place: string,
  job: MediaJob,
): Promise<InnerWords[]> {
  const found: InnerWords[] = []
  for (const { index, language, title } of words.slice(0, mostTracks)) {
    const path = await freshFile(`${place}.words-${index}.vtt`)
    try {
      await runFfmpeg(
        {
          ...{ program: 'ffmpeg', files: { inputs: [medium], outputs: [path] } },
          args: ({ inputs, outputs }) => [
            ...[...open, '-i', `file:${inputs[0]}`, '-map', `0:s:${index}`, '-c:s', 'webvtt', '-f', 'webvtt'],
            ...['-map_metadata', '-1', '-fflags', '+bitexact', `file:${outputs[0]}`],
          ],
        },
        { ...quiet(job), limits: { ...job.limits, outputBytes: mostBytes } },
      )
    } catch (error) {
      if (!(error instanceof ConversionError) || error.code === 'cancelled') throw error
      await rm(path, { force: true })
      continue
    }
    const endMs = spokenCues(await readFile(path, 'utf8')).reduce((most, cue) => Math.max(most, cue.endMs), 0)
    if (endMs === 0) {
      await rm(path)
      continue
    }
    await syncFile(path)
    const tag = languageTag(language)
    found.push({ path, endMs, ...(tag !== null && { language: tag }), ...(title && { title: title.slice(0, 200) }) })
  }
  return found
}

/** `ger` → `de`; null for what is none, or undetermined. */
function languageTag(language: string | null): string | null {
  try {
    const [tag = 'und'] = Intl.getCanonicalLocales(language ?? 'und')
    return tag === 'und' ? null : tag
  } catch {
    return null
  }
}
