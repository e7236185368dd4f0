import { runFfmpeg, THREADS } from '@rushes/processors'
import { ConvertError } from '../convert-error.ts'
import { freshFile, type MediaJob, syncFile } from './media-job.ts'
import type { SoundPiece } from './montage.ts'
import { openMedia } from './open-media.ts'
import type { TrackFacts } from './track-facts.ts'

const sampleRate = 48_000
/** Each is a file that ffmpeg holds open. */
const mostPieces = 200

/**
 * Encodes what is heard, as AAC in MP4: each piece in its place to the sample, silence between them; what sounds at once is
 * mixed.
 *
 * @throws ConversionError; ConvertError `too-large`
 */
export async function encodeSound(
  pieces: readonly SoundPiece[],
  durationMs: number,
  tracks: readonly TrackFacts[],
  path: string,
  job: MediaJob,
): Promise<void> {
  if (pieces.length > mostPieces) {
    throw new ConvertError('too-large', `the sound is in ${pieces.length} pieces, of at most ${mostPieces}`)
  }
  const files = pieces.map(({ track }) => tracks[track]!)
  const opened = await Promise.all(files.map(({ path: file }) => openMedia(file, job)))
  const layout = files.every(({ sound }) => sound!.channels === 1) ? 'mono' : 'stereo'
  const output = await freshFile(path)
  await runFfmpeg(
    {
      ...{ program: 'ffmpeg', durationMs, files: { inputs: files.map((facts) => facts.path), outputs: [output] } },
      args: ({ inputs, outputs }) => [
        ...inputs.flatMap((input, index) => {
          const { fromMs, toMs } = pieces[index]!
          const length = ((toMs - fromMs) / 1000 + 0.1).toFixed(6)
          const seek = fromMs > 0 ? ['-ss', (fromMs / 1000).toFixed(6)] : []
          return [...THREADS, ...opened[index]!, ...seek, '-t', length, '-i', `file:${input}`]
        }),
        ...['-filter_complex', soundFilter(pieces, durationMs, layout), '-map', '[heard]', '-vn'],
        ...['-c:a', 'aac', '-b:a', layout === 'mono' ? '64k' : '128k', '-map_metadata', '-1', '-fflags', '+bitexact'],
        ...['-flags:a', '+bitexact', ...THREADS, '-f', 'mp4', `file:${outputs[0]}`],
      ],
    },
    job,
  )
  await syncFile(output)
}

type Placed = { input: number; fromSample: number; samples: number; speed: number }

/** For FFmpeg: each lane is silence and sound in turn, and lanes are mixed. */
function soundFilter(pieces: readonly SoundPiece[], durationMs: number, layout: 'mono' | 'stereo'): string {
  const end = Math.round((durationMs * sampleRate) / 1000)
  const form = `aformat=sample_fmts=fltp:sample_rates=${sampleRate}:channel_layouts=${layout}`
  const lines: string[] = []
  const lanes = lanesOf(pieces)
  for (const [lane, placed] of lanes.entries()) {
    const parts: string[] = []
    let at = 0
    const silence = (samples: number): void => {
      if (samples <= 0) return
      const name = `[s${lane}_${parts.length}]`
      lines.push(`anullsrc=r=${sampleRate}:cl=${layout},atrim=end_sample=${samples},${form}${name}`)
      parts.push(name)
    }
    for (const { input, fromSample, samples, speed } of placed) {
      silence(fromSample - at)
      const name = `[p${input}]`
      const tempo = speed === 1 ? '' : `atempo=${speed.toFixed(6)},`
      lines.push(
        `[${input}:a:0]aresample=${sampleRate}:async=1:first_pts=0,${form},${tempo}` +
          `apad=whole_len=${samples},atrim=end_sample=${samples},asetpts=N/SR/TB${name}`,
      )
      parts.push(name)
      at = fromSample + samples
    }
    silence(end - at)
    lines.push(`${parts.join('')}concat=n=${parts.length}:v=0:a=1[lane${lane}]`)
  }
  const names = lanes.map((_, lane) => `[lane${lane}]`).join('')
  const mix = lanes.length === 1 ? `${names}anull` : `${names}amix=inputs=${lanes.length}:normalize=0:duration=longest`
  return `${lines.join(';')};${mix},atrim=end_sample=${end}[heard]`
}

/** Pieces one behind the other in each. */
function lanesOf(pieces: readonly SoundPiece[]): Placed[][] {
  const lanes: Placed[][] = []
  for (const [input, { fromMs, toMs, atMs, speed }] of pieces.entries()) {
    const fromSample = Math.round((atMs * sampleRate) / 1000)
    const samples = Math.round(((atMs + (toMs - fromMs) / speed) * sampleRate) / 1000) - fromSample
    if (samples <= 0) continue
    const placed = { input, fromSample, samples, speed }
    const free = lanes.find((lane) => lane.at(-1)!.fromSample + lane.at(-1)!.samples <= fromSample)
    if (free === undefined) lanes.push([placed])
    else free.push(placed)
  }
  return lanes
}
