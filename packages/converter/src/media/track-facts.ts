import { writeFile } from 'node:fs/promises'
import { ConversionError, type Probed, probe, runFfmpeg, THREADS } from '@rushes/processors'
import { z } from 'zod'
import { ConvertError } from '../convert-error.ts'
import { recogniseFile } from '../extractor/recognise-file.ts'
import { type InnerWords, innerWords, innerWordsSchema } from './inner-words.ts'
import { freshFile, type MediaJob, quiet, syncFile } from './media-job.ts'
import { playablePart } from './playable-part.ts'

/** What is in a sound or video, as far as putting it in its place needs. */
export type TrackFacts = {
  /** Where to read it: the file itself, or a copy in another container. */
  path: string
  isCopy: boolean
  durationMs: number
  picture: { width: number; height: number; codec: string; ratePerSecond: number } | null
  sound: { channels: number; sampleRate: number; codec: string } | null
  /** File with a JSON array: when each picture is shown, ms from the beginning, rising; null without picture. */
  times: string | null
  /** What was wrong with its clock, in words. */
  mended: string | null
  /** What of it nobody here can read, in words; the rest is played. */
  lacks?: string | undefined
  words?: InnerWords[] | undefined
  chapters?: { startMs: number; endMs: number; title: string }[] | undefined
}

export const trackFactsSchema: z.ZodType<TrackFacts> = z.strictObject({
  path: z.string(),
  isCopy: z.boolean(),
  durationMs: z.number().min(0),
  picture: z
    .strictObject({ width: z.number(), height: z.number(), codec: z.string(), ratePerSecond: z.number() })
    .nullable(),
  sound: z.strictObject({ channels: z.number(), sampleRate: z.number(), codec: z.string() }).nullable(),
  times: z.string().nullable(),
  mended: z.string().nullable(),
  lacks: z.string().optional(),
  words: z.array(innerWordsSchema).optional(),
  chapters: z.array(z.strictObject({ startMs: z.number(), endMs: z.number(), title: z.string() })).optional(),
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
  const whole = await looked(path, job).catch((error: unknown) => {
    if (!(error instanceof ConversionError) || error.code !== 'input-refused') throw error
    return error
  })
  if (!(whole instanceof ConversionError)) return await placedFacts(path, whole, place, job)
  const part = await playablePart(path, `${place}.part.mkv`, job)
  if (part === null) throw whole
  const facts = await placedFacts(part.path, await looked(part.path, job), place, job)
  return { ...facts, isCopy: true, lacks: part.lacks }
}

async function placedFacts(path: string, first: Looked, place: string, job: MediaJob): Promise<TrackFacts> {
  const { words, chapters } = first.probed
  return {
    ...(await timedFacts(path, first, place, job)),
    ...(words.length > 0 && { words: await innerWords(path, first.probed, place, job) }),
    ...(chapters.length > 0 && { chapters }),
  }
}

async function timedFacts(path: string, first: Looked, place: string, job: MediaJob): Promise<TrackFacts> {
  // In FLV there is no place to be sought that is known beforehand, and FFmpeg finds nothing at its beginning at times.
  const isSeekable = first.probed.name !== 'flv' || first.probed.video === null
  if (!first.fallsBack && isSeekable) return await kept({ path, isCopy: false, mended: null }, first, place)
  const copy = await freshFile(`${place}.mkv`)
  try {
    await putInOrder(path, copy, first.probed, job)
  } catch (error) {
    if (first.fallsBack || !(error instanceof ConversionError) || error.code === 'cancelled') throw error
    return await kept({ path, isCopy: false, mended: null }, first, place)
  }
  await syncFile(copy)
  const message =
    'its clock falls back within: what follows goes on where it was, or where it counts from when recording began'
  const mended = first.fallsBack ? message : null
  const second = await looked(copy, job)
  // A container of another kind may count its length otherwise.
  const endMs = first.fallsBack ? second.endMs : first.endMs
  return await kept({ path: copy, isCopy: true, mended }, { ...second, endMs }, place)
}

type Looked = { probed: Probed; times: number[]; endMs: number; fallsBack: boolean }

async function looked(path: string, job: MediaJob): Promise<Looked> {
  const probed = await probe({ path }, 'sound-or-video', quiet(job), { isMeasured: true })
  const { audio, video, words, durationMs } = probed
  if (audio === null && video === null) {
    // Captions alone, in a container of media.
    if (words.length > 0 && durationMs !== null) return { probed, times: [], endMs: durationMs, fallsBack: false }
    throw new ConvertError('unreadable', 'there is no sound and no picture in it')
  }
  // Clocks of FLV are those of servers, which fall back when these are restarted.
  const isBelievable = durationMs !== null && durationMs <= job.limits.durationMs
  const isKnown = video === null && isBelievable && probed.name !== 'flv'
  const packets = isKnown ? [] : await packetTimes(path, probed, video === null ? 'a:0' : 'v:0', job)
  let fallsBack = false
  let highest = Number.NEGATIVE_INFINITY
  let measuredMs = 0
  for (const { shownMs, decodedMs, lengthMs } of packets) {
    if (decodedMs < highest - fallMs) fallsBack = true
    highest = Math.max(highest, decodedMs)
    measuredMs = Math.max(measuredMs, shownMs + lengthMs)
  }
  const times = packets.map(({ shownMs }) => shownMs).sort((left, right) => left - right)
  // What a header says is exact, or wrong: of FLV it counts from where a server's clock began.
  const saidMs = probed.streamMs ?? durationMs
  const isNear = (ms: number | null): ms is number =>
    ms !== null && (packets.length === 0 || Math.abs(ms - measuredMs) <= nearMs)
  const isMp3 = probed.name === 'mp3'
  const exactMs = isMp3 || !isNear(saidMs) ? await lengthByStructure(path, isMp3) : null
  const endMs = [exactMs, saidMs, measuredMs].find(isNear) ?? measuredMs
  if (endMs > job.limits.durationMs) throw new ConvertError('too-large', `it lasts ${Math.round(endMs / 1000)} s`)
  return { probed, times: video === null ? [] : times, endMs, fallsBack }
}

/** Of a header, from what packets show: their last one may have no length. */
const nearMs = 1000

/**
 * By the container's structure, which the extractor walks from end to end. Encoders add to MP3 before and behind, and say how much where
 * they count its frames.
 */
async function lengthByStructure(path: string, isCounted: boolean): Promise<number | null> {
  const { startMs, endMs, format, whole, facts } = await recogniseFile(path)
  if (!whole || startMs === undefined || endMs === undefined) return null
  if (isCounted && facts['counted'] !== true) return null
  // Clocks of broadcasts begin anywhere.
  return format === 'mpeg-ts' ? endMs - startMs : endMs
}

async function kept(
  file: Pick<TrackFacts, 'path' | 'isCopy' | 'mended'>,
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
    ...{ ...file, durationMs: Math.round(endMs * 1000) / 1000 },
    picture: video && { width: video.width, height: video.height, codec: video.codec, ratePerSecond },
    sound: audio && { channels: audio.channels, sampleRate: audio.sampleRate, codec: audio.codec },
    times: video === null ? null : timesPath,
  }
}

/** ms after the beginning. */
type Packet = { shownMs: number; decodedMs: number; lengthMs: number }

/** In the file's order. */
async function packetTimes(
  path: string,
  { open, startMs }: Probed,
  stream: 'a:0' | 'v:0',
  job: MediaJob,
): Promise<Packet[]> {
  const packets: Packet[] = []
  let rest = ''
  let size = 0
  const line = (text: string): void => {
    const [pts = Number.NaN, dts = Number.NaN, length = Number.NaN] = text
      .split(',')
      .map((each) => Number.parseFloat(each))
    const [shown, decoded] = [Number.isFinite(pts) ? pts : dts, Number.isFinite(dts) ? dts : pts]
    if (!Number.isFinite(shown)) return
    const after = (seconds: number): number => Math.round((seconds * 1000 - startMs) * 1000) / 1000
    const lengthMs = Number.isFinite(length) ? length * 1000 : 0
    packets.push({ shownMs: after(shown), decodedMs: after(decoded), lengthMs })
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

/** What may have been lost at most while a server was restarted, s. */
const mostLost = 5

/**
 * From 0 on. Where a packet is to be decoded before the one before it, a server has begun to count anew: mostly from when recording began,
 * which is told by its count being just behind what has passed since; else the packet is 40 ms after the other. What is shown keeps its
 * distance.
 */
function rising(startMs: number): string {
  const counted = `DTS+${(startMs / 1000).toFixed(3)}/TB`
  const fallen = `if(between(${counted}-PREV_OUTDTS,0,${mostLost}/TB),${counted},PREV_OUTDTS+0.04/TB)`
  const decoding = `if(eq(N,0),0,if(gte(DTS,PREV_INDTS),PREV_OUTDTS+DTS-PREV_INDTS,${fallen}))`.replaceAll(',', '\\,')
  return `setts=pts=${decoding}+PTS-DTS:dts=${decoding}`
}

async function putInOrder(
  path: string,
  copy: string,
  { open, audio, video, startMs }: Probed,
  job: MediaJob,
): Promise<void> {
  await runFfmpeg(
    {
      ...{ program: 'ffmpeg', files: { inputs: [path], outputs: [copy] } },
      args: ({ inputs, outputs }) => [
        ...[...THREADS, ...open, '-i', `file:${inputs[0]}`],
        ...(video === null ? [] : ['-map', '0:v:0', '-bsf:v', rising(startMs)]),
        ...(audio === null ? [] : ['-map', '0:a:0', '-bsf:a', rising(startMs)]),
        ...['-c', 'copy', '-map_metadata', '-1', '-fflags', '+bitexact', '-f', 'matroska', `file:${outputs[0]}`],
      ],
    },
    job,
  )
}
