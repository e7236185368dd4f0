// An event of any length from a few seconds of media: the same segments again and again, each moved to its own time, so that
// hours of it are made as fast as a disk takes them.
import { execFile } from 'node:child_process'
import { mkdir, readFile, rename, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Init, readInit, retrackInit, shiftFragment } from '@rushes/media'
import type { AcquisitionEvent } from '../../packages/encoder/src/acquire/acquisition-event.ts'
import { type CutSegment, SegmentCutter } from '../../packages/encoder/src/segment/segment-cutter.ts'

const run = promisify(execFile)
export const madeSegmentMs = 2000

export type MadeSegment = Extract<AcquisitionEvent, { type: 'segment' }>
type Kind = 'video' | 'audio'
type Line = { id: string; kind: Kind; header: Uint8Array; init: Init; segments: CutSegment[] }

export interface MadeEvent {
  /** What comes before the first segment. */
  readonly representations: Extract<AcquisitionEvent, { type: 'representation' }>[]
  /** Of segment number `index` of each representation, video first. */
  segments(index: number): MadeSegment[]
  /** The number of the first segment that begins at or after a decode time. */
  indexAt(representation: string, time: number): number
}

const seconds = 22
const source = (picture: string): string[] => ['-f', 'lavfi', '-t', `${seconds}`, '-i', picture]
const mp4 = (flags: string): string[] => ['-f', 'mp4', '-movflags', `+cmaf+empty_moov+default_base_moof${flags}`]

/** Opus, because its frames of 20 ms fill two seconds exactly. */
const recipes: Record<Kind, (bitrate: number) => string[]> = {
  video: (bitrate) => [
    ...source('testsrc2=size=192x108:rate=25'),
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-b:v', `${bitrate}`, '-g', '50', '-pix_fmt', 'yuv420p'],
    ...['-x264-params', 'scenecut=0:open-gop=0', ...mp4('+frag_keyframe')],
  ],
  audio: () => [
    ...source('sine=frequency=440:sample_rate=48000'),
    ...['-c:a', 'libopus', '-b:a', '16k', '-frame_duration', '20', '-frag_duration', '2000000', ...mp4('')],
  ],
}

/** `bitrate` of the pictures; sound has 16 kbit/s. Segments have about a quarter of that in bytes. */
export async function makeEvent(kinds: readonly Kind[], bitrate: number, epochMs: number): Promise<MadeEvent> {
  const lines = await Promise.all(kinds.map(async (kind) => cut(kind, await mediaFile(kind, bitrate))))
  const ticks = ({ init }: Line): number => (init.tracks[0]!.timescale * madeSegmentMs) / 1000
  return {
    representations: lines.map(({ id, header, init }) => {
      const { trackId: _, ...track } = init.tracks[0]!
      const representation = { ...track, id, set: 'main', bandwidth: 100_000 }
      return { type: 'representation', representation, kinds, init: header }
    }),
    segments: (index) =>
      lines.map((line) => {
        const { bytes, start, duration } = line.segments[index % line.segments.length]!
        const moved = Uint8Array.from(bytes)
        const begin = index * ticks(line)
        shiftFragment(moved, new Map([[line.init.tracks[0]!.trackId, begin - start]]))
        const wallClock = epochMs + index * madeSegmentMs
        return {
          ...{ type: 'segment', representation: line.id, sequence: index, start: begin },
          ...{ duration, wallClock, bytes: moved },
        }
      }),
    indexAt: (representation, time) => Math.ceil(time / ticks(lines.find(({ id }) => id === representation)!)),
  }
}

async function mediaFile(kind: Kind, bitrate: number): Promise<Buffer> {
  const folder = join(tmpdir(), 'rushes-drill-media')
  await mkdir(folder, { recursive: true })
  const path = join(folder, `event-${kind}-${bitrate}.mp4`)
  if ((await stat(path).catch(() => null)) === null) {
    const fresh = join(folder, `${process.pid}-event-${kind}.mp4`)
    await run('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...recipes[kind](bitrate), fresh])
    await rename(fresh, path)
  }
  return readFile(path)
}

function cut(kind: Kind, file: Uint8Array): Line {
  const segments: CutSegment[] = []
  // The recording's body has both.
  const trackId = kind === 'video' ? 1 : 2
  let header: { bytes: Uint8Array; init: Init } | undefined
  const cutter = new SegmentCutter({
    segmentMs: madeSegmentMs,
    originMs: 0,
    onHeader(bytes, init) {
      const numbered = Uint8Array.from(bytes)
      retrackInit(numbered, new Map([[init.tracks[0]!.trackId, trackId]]))
      header = { bytes: numbered, init: readInit(numbered) }
      return { trackId, sequenceNumber: 1 }
    },
    onSegment: (segment) => segments.push(segment),
  })
  cutter.push(file)
  cutter.finish()
  const { bytes, init } = header!
  const whole = (init.tracks[0]!.timescale * madeSegmentMs) / 1000
  const kept = segments.slice(0, -1)
  const odd = kept.find(({ duration }) => duration !== whole)
  if (odd !== undefined) throw new Error(`a segment of ${odd.duration} ticks where all should have ${whole}`)
  return { id: `main-${kind === 'video' ? 'v' : 'a'}1`, kind, header: bytes, init, segments: kept }
}
