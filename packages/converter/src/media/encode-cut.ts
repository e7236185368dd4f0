import { readFile } from 'node:fs/promises'
import { probe, runFfmpeg, THREADS } from '@rushes/processors'
import { ConvertError } from '../convert-error.ts'
import { freshFile, type MediaJob, quiet, syncFile } from './media-job.ts'
import type { Cut, Montage } from './montage.ts'
import { openMedia } from './open-media.ts'
import type { TrackFacts } from './track-facts.ts'

type Canvas = NonNullable<Montage['canvas']>

/** All parts are encoded alike, so that they can be joined as they are. */
const encoding = [
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '23', '-bf', '0', '-pix_fmt', 'yuv420p'],
  ...['-video_track_timescale', '90000', '-map_metadata', '-1', '-fflags', '+bitexact', '-flags:v', '+bitexact'],
]

/**
 * Encodes what is seen between two changes: exactly so many frames.
 *
 * @throws ConversionError
 */
export async function encodeCut(
  { fromFrame, toFrame, sources }: Cut,
  tracks: readonly TrackFacts[],
  canvas: Canvas,
  path: string,
  job: MediaJob,
): Promise<void> {
  const { ratePerSecond } = canvas
  const frames = toFrame - fromFrame
  const files = sources.map(({ track }) => tracks[track]!)
  const opened = await Promise.all(files.map((facts) => openMedia(facts.path, job)))
  const leads = await Promise.all(sources.map(({ fromMs }, index) => leadOf(files[index]!, fromMs)))
  const output = await freshFile(path)
  const inputSeconds = (index: number): string => (frames / ratePerSecond + leads[index]!.leadMs / 1000 + 1).toFixed(3)
  await runFfmpeg(
    {
      ...{ program: 'ffmpeg', durationMs: (frames * 1000) / ratePerSecond },
      files: { inputs: files.map((facts) => facts.path), outputs: [output] },
      args: ({ inputs, outputs }) => [
        ...inputs.flatMap((input, index) => [
          ...[...THREADS, ...opened[index]!, ...seek(leads[index]!.seekMs)],
          ...['-t', inputSeconds(index), '-i', `file:${input}`],
        ]),
        ...[
          '-filter_complex',
          picture(
            leads.map(({ leadMs }) => leadMs),
            frames,
            canvas,
          ),
          '-map',
          '[shown]',
          '-an',
        ],
        ...['-frames:v', String(frames), '-r', String(ratePerSecond), '-g', String(ratePerSecond * 2), ...encoding],
        ...[...THREADS, '-f', 'mp4', `file:${outputs[0]}`],
      ],
    },
    job,
  )
  // Of a file of which nothing can be decoded, ffmpeg makes one of no frames, and is content.
  const { durationMs } = await probe({ path: output }, 'sound-or-video', quiet(job))
  const expectedMs = (frames * 1000) / ratePerSecond
  if (durationMs === null || Math.abs(durationMs - expectedMs) > 1000 / ratePerSecond) {
    throw new ConvertError(
      'unreadable',
      `${Math.round(durationMs ?? 0)} of ${Math.round(expectedMs)} ms of it can be seen`,
    )
  }
  await syncFile(output)
}

/** To its beginning nothing is sought: FFmpeg finds no such place in some files. */
function seek(ms: number): string[] {
  return ms > 0 ? ['-ss', (ms / 1000).toFixed(3)] : []
}

/** A picture that stands since before the cut is what is seen at its beginning: reading begins with that one. */
async function leadOf({ times }: TrackFacts, fromMs: number): Promise<{ seekMs: number; leadMs: number }> {
  const all = times === null ? [] : (JSON.parse(await readFile(times, 'utf8')) as number[])
  let seekMs = 0
  for (const t of all) {
    if (t > fromMs) break
    seekMs = t
  }
  // A hair before it, since what is before a seek is dropped.
  seekMs = Math.max(0, Math.floor(seekMs) - 1)
  return { seekMs, leadMs: Math.max(0, fromMs - seekMs) }
}

function picture(leadsMs: readonly number[], frames: number, { width, height, ratePerSecond }: Canvas): string {
  const black = `color=c=black:s=${width}x${height}:r=${ratePerSecond},trim=end_frame=${frames}`
  if (leadsMs.length === 0) return `${black},format=yuv420p[shown]`
  const columns = Math.ceil(Math.sqrt(leadsMs.length))
  const rows = Math.ceil(leadsMs.length / columns)
  const even = (side: number): number => Math.max(2, 2 * Math.floor(side / 2))
  const tile = { width: even(width / columns), height: even(height / rows) }
  const tiles = leadsMs.map((leadMs, index) => {
    const shape =
      `scale=${tile.width}:${tile.height}:force_original_aspect_ratio=decrease:force_divisible_by=2,` +
      `pad=${tile.width}:${tile.height}:(ow-iw)/2:(oh-ih)/2,setsar=1,format=yuv420p`
    // What it lacks at its beginning or end is its first or last picture.
    const timing =
      `fps=${ratePerSecond}:start_time=0,tpad=stop_mode=clone:stop=-1,` +
      `trim=start=${(leadMs / 1000).toFixed(3)},setpts=PTS-STARTPTS,trim=end_frame=${frames}`
    // Shaped before they are repeated: a screen that stands is shaped once.
    return `[${index}:v:0]${shape},${timing}[tile${index}]`
  })
  const names = leadsMs.map((_, index) => `[tile${index}]`)
  if (names.length === 1) return `${tiles[0]};[tile0]null[shown]`
  const places = names.map(
    (_, index) => `${(index % columns) * tile.width}_${Math.floor(index / columns) * tile.height}`,
  )
  const stack = `${names.join('')}xstack=inputs=${names.length}:layout=${places.join('|')}:fill=black`
  return `${tiles.join(';')};${stack},pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2,format=yuv420p[shown]`
}
