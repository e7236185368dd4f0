import { writeFile } from 'node:fs/promises'
import { runFfmpeg, THREADS } from '@rushes/processors'
import { freshFile, type MediaJob, quiet, syncFile } from './media-job.ts'

const codecs = 'h264,aac'

/**
 * The parts of the picture one behind the other, and the sound, as one MP4; nothing is encoded.
 *
 * @param parts may be none, or `sound` null, but not both
 * @throws ConversionError
 */
export async function joinPresentation(
  parts: readonly string[],
  sound: string | null,
  path: string,
  job: MediaJob,
): Promise<void> {
  const output = await freshFile(path)
  const list = await freshFile(`${path}.list`)
  const whitelist = (formats: string): string[] => [
    ...['-protocol_whitelist', 'file', '-format_whitelist', formats, '-codec_whitelist', codecs],
  ]
  const isAudio = parts.length === 0
  await runFfmpeg(
    {
      program: 'ffmpeg',
      files: { inputs: [...(sound === null ? [] : [sound]), list, ...parts], outputs: [output] },
      async args({ inputs, outputs }) {
        const [soundInside, [listInside, ...partsInside]] =
          sound === null ? [null, inputs] : [inputs[0]!, inputs.slice(1)]
        await writeFile(list, concatList(partsInside))
        return [
          ...(isAudio ? [] : [...whitelist('concat,mov'), '-safe', '0', '-f', 'concat', '-i', `file:${listInside}`]),
          ...(soundInside === null ? [] : [...whitelist('mov'), '-f', 'mov', '-i', `file:${soundInside}`]),
          ...(isAudio ? ['-map', '0:a:0'] : ['-map', '0:v:0', ...(soundInside === null ? [] : ['-map', '1:a:0'])]),
          ...['-c', 'copy', '-map_metadata', '-1', '-fflags', '+bitexact', '-movflags', '+faststart', ...THREADS],
          ...['-f', 'mp4', `file:${outputs[0]}`],
        ]
      },
    },
    quiet(job),
  )
  await syncFile(output)
}

function concatList(parts: readonly string[]): string {
  return ['ffconcat version 1.0', ...parts.map((part) => `file '${part.replaceAll("'", "'\\''")}'`), ''].join('\n')
}
