import { rm } from 'node:fs/promises'
import { runFfmpeg, THREADS } from '@rushes/processors'
import { freshFile, type MediaJob, quiet, syncFile } from './media-job.ts'
import type { SoundPiece } from './montage.ts'
import { openMedia } from './open-media.ts'
import type { TrackFacts } from './track-facts.ts'

const sampleRate = 48_000
/** Each is a file that ffmpeg holds open: where there are more, so many at a time become one. */
const mostPieces = 200

/** A piece of a file, and where on the timeline it is heard. */
type Source = Omit<SoundPiece, 'track'> & { path: string }
/** Samples of the timeline. */
type Span = { from: number; to: number }
type Layout = 'mono' | 'stereo'

/**
 * Encodes what is heard, as AAC in MP4: each piece in its place to the sample, silence between them; what sounds at once is
 * mixed.
 *
 * @throws ConversionError
 */
export async function encodeSound(
  pieces: readonly SoundPiece[],
  durationMs: number,
  tracks: readonly TrackFacts[],
  path: string,
  job: MediaJob,
): Promise<void> {
  const isMono = pieces.every(({ track }) => tracks[track]!.sound!.channels === 1)
  const layout = isMono ? 'mono' : 'stereo'
  let sources = pieces.map(({ track, ...piece }): Source => ({ ...piece, path: tracks[track]!.path }))
  const parts: string[] = []
  while (sources.length > mostPieces) {
    sources.sort((left, right) => left.atMs - right.atMs)
    const joined: Source[] = []
    for (let at = 0; at < sources.length; at += mostPieces) {
      const group = sources.slice(at, at + mostPieces)
      const span = spanOf(group)
      const part = `${path}.part-${parts.length}`
      parts.push(part)
      // Without loss, and with what lies under 16 bits: it is encoded once.
      await mix(group, span, layout, part, ['-c:a', 'flac', '-sample_fmt', 's32', '-f', 'flac'], quiet(job))
      const lengthMs = ((span.to - span.from) * 1000) / sampleRate
      joined.push({ path: part, fromMs: 0, toMs: lengthMs, atMs: (span.from * 1000) / sampleRate, speed: 1 })
      job.onProgress((0.8 * (at + group.length)) / sources.length)
    }
    sources = joined
  }
  const last = { ...job, onProgress: (done: number) => job.onProgress(parts.length > 0 ? 0.8 + done / 5 : done) }
  const whole = { from: 0, to: samplesAt(durationMs) }
  await mix(sources, whole, layout, path, ['-c:a', 'aac', '-b:a', isMono ? '64k' : '128k', '-f', 'mp4'], last)
  await syncFile(path)
  for (const part of parts) await rm(part, { force: true })
}

const samplesAt = (ms: number): number => Math.round((ms * sampleRate) / 1000)

const placeOf = ({ fromMs, toMs, atMs, speed }: Source): Span => {
  return { from: samplesAt(atMs), to: samplesAt(atMs + (toMs - fromMs) / speed) }
}

function spanOf(sources: readonly Source[]): Span {
  const places = sources.map(placeOf)
  const from = places.reduce((least, place) => Math.min(least, place.from), Number.POSITIVE_INFINITY)
  return { from, to: places.reduce((most, { to }) => Math.max(most, to), from + 1) }
}

/** What is heard in a span of the timeline, as one file. @param encoding ffmpeg's words for its form */
async function mix(
  sources: readonly Source[],
  span: Span,
  layout: Layout,
  path: string,
  encoding: readonly string[],
  job: MediaJob,
): Promise<void> {
  const opened = await Promise.all(sources.map((source) => openMedia(source.path, job)))
  const output = await freshFile(path)
  await runFfmpeg(
    {
      ...{ program: 'ffmpeg', durationMs: ((span.to - span.from) * 1000) / sampleRate },
      files: { inputs: sources.map((source) => source.path), outputs: [output] },
      args: ({ inputs, outputs }) => [
        ...inputs.flatMap((input, index) => {
          const { fromMs, toMs } = sources[index]!
          const length = ((toMs - fromMs) / 1000 + 0.1).toFixed(6)
          const seek = fromMs > 0 ? ['-ss', (fromMs / 1000).toFixed(6)] : []
          return [...THREADS, ...opened[index]!, ...seek, '-t', length, '-i', `file:${input}`]
        }),
        ...['-filter_complex', soundFilter(sources, span, layout), '-map', '[heard]', '-vn', '-map_metadata', '-1'],
        ...['-fflags', '+bitexact', '-flags:a', '+bitexact', ...THREADS, ...encoding, `file:${outputs[0]}`],
      ],
    },
    job,
  )
}

type Placed = { input: number; fromSample: number; samples: number; speed: number }

/** For FFmpeg: each lane is silence and sound in turn, and lanes are mixed. */
function soundFilter(sources: readonly Source[], span: Span, layout: Layout): string {
  const end = span.to - span.from
  const form = `aformat=sample_fmts=fltp:sample_rates=${sampleRate}:channel_layouts=${layout}`
  const lines: string[] = []
  const lanes = lanesOf(sources, span)
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
function lanesOf(sources: readonly Source[], span: Span): Placed[][] {
  const lanes: Placed[][] = []
  for (const [input, source] of sources.entries()) {
    const { from, to } = placeOf(source)
    const [fromSample, samples] = [from - span.from, to - from]
    if (samples <= 0) continue
    const placed = { input, fromSample, samples, speed: source.speed }
    const free = lanes.find((lane) => lane.at(-1)!.fromSample + lane.at(-1)!.samples <= fromSample)
    if (free === undefined) lanes.push([placed])
    else free.push(placed)
  }
  return lanes
}
