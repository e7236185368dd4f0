// An event that costs nothing to make: a clip encoded once, its fragments moved along the timeline for as long as needed.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Init, readFragment, readInit, shiftFragment } from '@rushes/media'
import type { ListedFile, ManifestEntry } from '@rushes/protocol'

export type ClipName = 'small' | 'large'

/** 10 pictures a second are cheap to decode; 750 frames of AAC at 48 kHz last 16 s to the sample, so that the clip can follow itself. */
const clipSeconds = 16
const audioFrames = 750
const rate = 10
const timescale = 12_800

type Recipe = { size: string; bitrate: number; segmentSeconds: number }
const recipes: Record<ClipName, Recipe> = {
  small: { size: '320x180', bitrate: 400_000, segmentSeconds: 1 },
  large: { size: '640x360', bitrate: 4_000_000, segmentSeconds: 2 },
}

type Track = {
  id: 'video' | 'audio'
  header: Buffer
  init: Init
  fragments: { bytes: Buffer; start: number; duration: number }[]
  /** Of the whole clip, ticks. */
  length: number
  ticks: number
}

/** One entry of the event, and the bytes of its file. */
export type MadeEntry = { entry: ManifestEntry; bytes: Buffer | null }

export interface SegmentSource {
  readonly segmentMs: number
  /** Entries of an event of so many segments a track, headers and end included. */
  entriesOf(segments: number): number
  /** Entry number `number` of such an event, which began at `epochMs`. Always the same. */
  entryAt(number: number, segments: number, epochMs: number): MadeEntry
}

export function openSegmentSource(clip: ClipName): SegmentSource {
  const recipe = recipes[clip]
  const tracks = [readTrack('video', clip), readTrack('audio', clip)]

  function file(name: string, bytes: Buffer): ListedFile {
    return { name, size: bytes.length, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` }
  }

  function header(track: Track): MadeEntry {
    const { kind, codecs, width, height, sampleRate, channels } = track.init.tracks[0]!
    const init = file(`${track.id}-init.mp4`, track.header)
    const shape =
      kind === 'video'
        ? { width: width!, height: height!, frameRate: rate }
        : { sampleRate: sampleRate!, channels: channels! }
    const bandwidth = kind === 'video' ? recipe.bitrate : 64_000
    const entry = { type: 'representation', set: 'main', id: track.id, kind, codecs, bandwidth } as const
    return { entry: { ...entry, timescale: track.ticks, ...shape, init }, bytes: track.header }
  }

  function segment(track: Track, sequence: number, epochMs: number): MadeEntry {
    const { fragments, length, ticks } = track
    const round = Math.floor(sequence / fragments.length)
    const fragment = fragments[sequence % fragments.length]!
    const bytes = Buffer.from(fragment.bytes)
    shiftFragment(bytes, new Map([[track.init.tracks[0]!.trackId, round * length]]))
    const start = fragment.start + round * length
    const name = `${track.id}-${String(sequence).padStart(6, '0')}.m4s`
    const wallClock = new Date(epochMs + Math.round((start * 1000) / ticks)).toISOString()
    const listed = { representation: track.id, sequence, start, duration: fragment.duration, wallClock }
    return { entry: { type: 'segment', ...listed, file: file(name, bytes) }, bytes }
  }

  return {
    segmentMs: recipe.segmentSeconds * 1000,
    entriesOf: (segments) => tracks.length * (segments + 1) + 1,
    entryAt(number, segments, epochMs) {
      const track = tracks[number % tracks.length]!
      const row = Math.floor(number / tracks.length)
      if (row === 0) return header(track)
      if (row <= segments) return segment(track, row - 1, epochMs)
      const wallClock = new Date(epochMs + segments * recipe.segmentSeconds * 1000).toISOString()
      return { entry: { type: 'end', wallClock }, bytes: null }
    },
  }
}

/** Made once, then kept with the temporary files. */
function readTrack(id: Track['id'], clip: ClipName): Track {
  const folder = join(tmpdir(), 'rushes-drill-media')
  const path = join(folder, `delivery-${clip}-${id}.mp4`)
  mkdirSync(folder, { recursive: true })
  if (!existsSync(path)) encode(id, recipes[clip], path)
  const bytes = readFileSync(path)
  const pieces = cut(bytes)
  const init = readInit(pieces.header)
  const fragments = pieces.fragments.map((fragment) => {
    const { start, duration } = readFragment(fragment, init)[0]!
    return { bytes: fragment, start, duration }
  })
  const [first, last] = [fragments[0]!, fragments.at(-1)!]
  const length = last.start + last.duration - first.start
  return { id, header: pieces.header, init, fragments, length, ticks: init.tracks[0]!.timescale }
}

function encode(id: Track['id'], { size, bitrate, segmentSeconds }: Recipe, path: string): void {
  const flags = '+cmaf+empty_moov+default_base_moof'
  const source = {
    // Noise, so that the bit rate is reached.
    video: `testsrc2=size=${size}:rate=${rate}:duration=${clipSeconds},noise=alls=25:allf=t`,
    audio: `sine=frequency=330:sample_rate=48000:duration=${clipSeconds + 1}`,
  }[id]
  const gop = String(rate * segmentSeconds)
  const coded = {
    video: [
      ...['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-bf', '2', '-g', gop, '-keyint_min', gop],
      ...['-sc_threshold', '0', '-b:v', `${bitrate}`, '-maxrate', `${bitrate}`, '-bufsize', `${bitrate}`],
      ...['-video_track_timescale', `${timescale}`, '-movflags', `${flags}+frag_keyframe`],
    ],
    audio: [
      ...['-c:a', 'aac', '-b:a', '64k', '-frames:a', `${audioFrames}`, '-streamid', '0:2'],
      ...['-use_stream_ids_as_track_ids', '1', '-frag_duration', `${segmentSeconds}000000`, '-movflags', flags],
    ],
  }[id]
  const fresh = `${path}.${process.pid}`
  try {
    const input = ['-v', 'error', '-nostdin', '-y', '-f', 'lavfi', '-i', source]
    execFileSync('ffmpeg', [...input, ...coded, '-f', 'mp4', fresh])
    renameSync(fresh, path)
  } finally {
    rmSync(fresh, { force: true })
  }
}

/** ISO 14496-12 §8.16: `ftyp` and `moov` are the header, a `moof` and its `mdat` a fragment. */
function cut(file: Buffer): { header: Buffer; fragments: Buffer[] } {
  const header: Buffer[] = []
  const fragments: Buffer[] = []
  for (let at = 0, begin = 0; at < file.length; ) {
    const end = at + file.readUInt32BE(at)
    const type = file.toString('latin1', at + 4, at + 8)
    if (type === 'ftyp' || type === 'moov') header.push(file.subarray(at, end))
    if (type === 'moof') begin = at
    if (type === 'mdat') fragments.push(file.subarray(begin, end))
    at = end
  }
  return { header: Buffer.concat(header), fragments }
}
