import { writeFile } from 'node:fs/promises'
import { type Probed, probe, runFfmpeg, THREADS } from '@rushes/processors'
import { z } from 'zod'
import { ConvertError } from '../convert-error.ts'
import { freshFile, type MediaJob, quiet, syncFile } from './media-job.ts'

/** What is in a sound or video, as far as putting it in its place needs. */
export type TrackFacts = {
  /** Where to read it: the file itself, or a copy with its times in order. */
  path: string
  durationMs: number
  picture: { width: number; height: number; codec: string; ratePerSecond: number } | null
  sound: { channels: number; sampleRate: number; codec: string } | null
  /** File with a JSON array: when each picture is shown, ms from the beginning, rising; null without picture. */
  times: string | null
  /** What was wrong with its clock, in words. */
  mended: string | null
}

export const trackFactsSchema: z.ZodType<TrackFacts> = z.strictObject({
  path: z.string(),
  durationMs: z.number().min(0),
  picture: z
    .strictObject({ width: z.number(), height: z.number(), codec: z.string(), ratePerSecond: z.number() })
    .nullable(),
  sound: z.strictObject({ channels: z.number(), sampleRate: z.number(), codec: z.string() }).nullable(),
  times: z.string().nullable(),
  mended: z.string().nullable(),
})

const mostPacketBytes = 256 * 2 ** 20

/** A clock that falls back by less only has its packets in the order in which they are decoded. */
const fallMs = 500

/**
 * Looks through a track. One whose clock falls back (servers that were restarted while they recorded) gets a copy, in which what
 * follows goes on where it was; nothing is encoded.
 *
 * @param place for what is made of it: two names that begin so
 * @throws ConversionError; ConvertError `unreadable`
 */
export async function trackFacts(path: string, place: string, job: MediaJob): Promise<TrackFacts> {
  const first = await looked(path, job)
  if (!first.fallsBack) return await kept(path, null, first, place)
  const copy = await freshFile(`${place}.mkv`)
  await putInOrder(path, copy, first.probed, job)
  await syncFile(copy)
  const message = 'its clock falls back within: what follows is taken to go on where it was'
  return await kept(copy, message, await looked(copy, job), place)
}

type Looked = { probed: Probed; times: number[]; endMs: number; fallsBack: boolean }

async function looked(path: string, job: MediaJob): Promise<Looked> {
  const probed = await probe({ path }, 'sound-or-video', quiet(job))
  const { audio, video, durationMs } = probed
  if (audio === null && video === null) throw new ConvertError('unreadable', 'there is no sound and no picture in it')
  // Clocks of FLV are those of servers, which fall back when these are restarted.
  const isKnown = video === null && durationMs !== null && probed.name !== 'flv'
  const packets = isKnown ? [] : await packetTimes(path, probed, video === null ? 'a:0' : 'v:0', job)
  let fallsBack = false
  let highest = Number.NEGATIVE_INFINITY
  let endMs = 0
  for (const [t, length] of packets) {
    if (t < highest - fallMs) fallsBack = true
    highest = Math.max(highest, t)
    endMs = Math.max(endMs, t + length)
  }
  const times = packets.map(([t]) => t).sort((left, right) => left - right)
  return { probed, times: video === null ? [] : times, endMs: Math.max(endMs, durationMs ?? 0), fallsBack }
}

async function kept(
  path: string,
  mended: string | null,
  { probed, times, endMs }: Looked,
  place: string,
): Promise<TrackFacts> {
  const { audio, video } = probed
  const timesPath = `${place}.times.json`
  if (video !== null) {
    await writeFile(timesPath, JSON.stringify(times))
    await syncFile(timesPath)
  }
  const ratePerSecond = times.length < 2 ? 1 : (times.length - 1) / Math.max(0.001, (times.at(-1)! - times[0]!) / 1000)
  return {
    ...{ path, durationMs: Math.round(endMs * 1000) / 1000, mended },
    picture: video && { width: video.width, height: video.height, codec: video.codec, ratePerSecond },
    sound: audio && { channels: audio.channels, sampleRate: audio.sampleRate, codec: audio.codec },
    times: video === null ? null : timesPath,
  }
}

/** Time and length of each packet, ms after the beginning, in the file's order. */
async function packetTimes(
  path: string,
  { open, startMs }: Probed,
  stream: 'a:0' | 'v:0',
  job: MediaJob,
): Promise<[number, number][]> {
  const packets: [number, number][] = []
  let rest = ''
  let size = 0
  const line = (text: string): void => {
    const [pts, dts, length] = text.split(',').map((each) => Number.parseFloat(each) * 1000)
    const t = Number.isFinite(pts) ? pts! : dts!
    if (Number.isFinite(t))
      packets.push([Math.round((t - startMs) * 1000) / 1000, Number.isFinite(length) ? length! : 0])
  }
  await runFfmpeg(
    {
      ...{ program: 'ffprobe', files: { inputs: [path], outputs: [] } },
      args: ({ inputs }) => [
        ...[...open, '-select_streams', stream, '-show_entries', 'packet=pts_time,dts_time,duration_time'],
        ...['-of', 'csv=p=0', '-i', `file:${inputs[0]}`],
      ],
      onOutput(bytes) {
        size += bytes.length
        if (size > mostPacketBytes) throw new ConvertError('too-large', 'it has too many packets')
        const lines = (rest + bytes.toString('latin1')).split('\n')
        rest = lines.pop()!
        for (const each of lines) line(each)
      },
    },
    quiet(job),
  )
  if (rest !== '') line(rest)
  return packets
}

/** From 0 on, and where a packet is before the one before it, 40 ms after that. */
const rising =
  'setts=ts=if(eq(N\\,0)\\,0\\,if(gte(PTS\\,PREV_INPTS)\\,PREV_OUTPTS+PTS-PREV_INPTS\\,PREV_OUTPTS+0.04/TB))'

async function putInOrder(path: string, copy: string, { open, audio, video }: Probed, job: MediaJob): Promise<void> {
  await runFfmpeg(
    {
      ...{ program: 'ffmpeg', files: { inputs: [path], outputs: [copy] } },
      args: ({ inputs, outputs }) => [
        ...[...THREADS, ...open, '-i', `file:${inputs[0]}`],
        ...(video === null ? [] : ['-map', '0:v:0', '-bsf:v', rising]),
        ...(audio === null ? [] : ['-map', '0:a:0', '-bsf:a', rising]),
        ...['-c', 'copy', '-map_metadata', '-1', '-fflags', '+bitexact', '-f', 'matroska', `file:${outputs[0]}`],
      ],
    },
    job,
  )
}
