import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ALL_FORMATS,
  BufferSource,
  BufferTarget,
  Conversion,
  EncodedPacketSink,
  Input,
  Mp4OutputFormat,
  Output,
} from 'mediabunny'
import { applyPatches, type Layout } from '../src/layout.ts'
import { openFragmentReader } from '../src/mp4/fragments.ts'
import { openMp4Tables } from '../src/mp4/movie.ts'
import type { SampleSink } from '../src/sample-sink.ts'
import type { Track } from '../src/track.ts'
import type { View } from '../src/view.ts'

/** A folder for one test file's media, taken away by `remove`. */
export function openFolder(): { path(name: string): string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'rushes-mp4-'))
  return {
    path: (name) => join(folder, name),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export function ffmpeg(...args: string[]): string {
  return execFileSync('ffmpeg', ['-v', 'error', '-y', ...args], { encoding: 'utf8', maxBuffer: 2 ** 28 })
}

const PICTURE = 'testsrc2=size=160x120:rate=25'
const TONE = 'sine=frequency=440:sample_rate=48000'
const FRAGMENTED = '+frag_keyframe+empty_moov+default_base_moof'
const X264 = '-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 25'

/** ffmpeg's arguments for each made body, two to three seconds long. */
export const MADE: { readonly [name: string]: string } = {
  'avc with B-frames, aac': `${X264} -bf 3 -c:a aac -movflags ${FRAGMENTED}`,
  'avc, a fragment a frame': `${X264} -bf 0 -an -movflags +frag_every_frame+empty_moov+default_base_moof`,
  'hevc, flac, moov delayed': `-c:v libx265 -preset ultrafast -x265-params log-level=none:bframes=3 -pix_fmt yuv420p -g 25 -tag:v hvc1 -c:a flac -strict -2 -movflags ${FRAGMENTED}+delay_moov`,
  'vp9, opus, no tfhd offset':
    '-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 25 -c:a libopus -movflags +frag_keyframe+empty_moov+omit_tfhd_offset',
  'av1, aac, fragments of half a second':
    '-c:v libaom-av1 -cpu-used 8 -usage realtime -g 25 -c:a aac -frag_duration 500000 -movflags +empty_moov+default_base_moof',
  'avc, mp3, negative offsets': `${X264} -bf 3 -c:a libmp3lame -movflags ${FRAGMENTED}+negative_cts_offsets`,
  'avc, aac, samples in moov and absolute offsets': `${X264} -bf 2 -c:a aac -movflags +frag_keyframe`,
  'avc, aac, edit lists': `${X264} -bf 2 -c:a aac -movflags ${FRAGMENTED}+delay_moov`,
  'avc, aac, progressive with moov in front': `${X264} -bf 2 -c:a aac -movflags +faststart`,
  'avc, aac, progressive with moov behind': `${X264} -bf 2 -c:a aac`,
}

export function makeBody(name: string, path: string, seconds = 2.4): Uint8Array {
  const sources = ['-f', 'lavfi', '-i', PICTURE, '-f', 'lavfi', '-i', TONE, '-t', String(seconds)]
  ffmpeg(...sources, ...MADE[name]!.split(' '), path)
  return new Uint8Array(readFileSync(path))
}

export type ToldSample = {
  trackId: number
  offset: number
  size: number
  dts: number
  pts: number
  duration: number
  sync: boolean
}

/** A sink that remembers. */
export type Notes = SampleSink & { tracks: Track[]; samples: ToldSample[] }

export function takeNotes(): Notes {
  const tracks: Track[] = []
  const samples: ToldSample[] = []
  return {
    tracks,
    samples,
    track: (track) => void tracks.push(track),
    sample: (trackId, offset, size, dts, pts, duration, sync) =>
      void samples.push({ trackId, offset, size, dts, pts, duration, sync }),
    patch() {},
    cluster() {},
  }
}

export function readAll(body: Uint8Array): Notes {
  const notes = takeNotes()
  const reader = openFragmentReader(notes)
  reader.push(body)
  reader.finish()
  return notes
}

/** The file that a layout stands for. */
export function layoutBytes(layout: Layout, body: Uint8Array): Uint8Array {
  const patched = body.slice()
  applyPatches(layout.patches, 0, patched)
  const bytes = new Uint8Array(layout.size)
  let at = 0
  for (const extent of layout.extents) {
    const piece =
      extent.kind === 'bytes' ? extent.bytes : patched.subarray(extent.offset, extent.offset + extent.length)
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

export function viewBytes(view: View, body: Uint8Array): Uint8Array {
  if (view.state !== 'ready') throw new Error(`${view.state}: ${view.reason}`)
  return layoutBytes(view.layout, body)
}

/** The MP4 view of a whole ISO BMFF body, written where ffmpeg can read it. */
export function writeView(body: Uint8Array, path: string): Uint8Array {
  const tables = openMp4Tables()
  const reader = openFragmentReader(tables)
  reader.push(body)
  reader.finish()
  const bytes = viewBytes(tables.view(body.length), body)
  writeFileSync(path, bytes)
  return bytes
}

export type Packet = {
  stream: number
  pts: number
  dts: number
  duration: number
  size: number
  pos: number
  key: boolean
}

/** Packets as ffprobe finds them, in media time: edit lists are not applied. */
export function probePackets(path: string, ...options: string[]): Packet[] {
  const args = ['-v', 'error', ...options, '-show_packets', '-of', 'json', path]
  const text = execFileSync('ffprobe', args, { encoding: 'utf8', maxBuffer: 2 ** 28 })
  const { packets } = JSON.parse(text) as { packets: { [key: string]: string | number }[] }
  return packets.map((packet) => ({
    stream: Number(packet['stream_index']),
    pts: Number(packet['pts']),
    dts: Number(packet['dts']),
    duration: Number(packet['duration'] ?? 0),
    size: Number(packet['size']),
    pos: Number(packet['pos']),
    key: String(packet['flags']).startsWith('K'),
  }))
}

/** The packets of a file put by mediabunny into a fragmented MP4, as the recorder does; nothing is encoded again. */
export async function remuxByBunny(bytes: Uint8Array, fragmentSeconds: number): Promise<Uint8Array> {
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(bytes) })
  const format = new Mp4OutputFormat({ fastStart: 'fragmented', minimumFragmentDuration: fragmentSeconds })
  const output = new Output({ format, target: new BufferTarget() })
  const conversion = await Conversion.init({ input, output, showWarnings: false })
  await conversion.execute()
  return new Uint8Array(output.target.buffer!)
}

export type StreamFacts = { [name: string]: unknown }

/** What ffprobe says of each stream, as far as a player would act on it. */
export function probeStreams(path: string): StreamFacts[] {
  const args = ['-v', 'error', '-show_streams', '-of', 'json', path]
  const { streams } = JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8' })) as { streams: StreamFacts[] }
  const names = [
    'codec_name',
    'codec_tag_string',
    'profile',
    'width',
    'height',
    'sample_aspect_ratio',
    'pix_fmt',
    'level',
  ]
  const more = ['color_range', 'color_space', 'color_transfer', 'color_primaries', 'sample_rate', 'channels', 'index']
  return streams.map((stream) => {
    const facts: StreamFacts = {}
    for (const name of [...names, ...more]) facts[name] = stream[name]
    if (facts['sample_aspect_ratio'] === '1:1') facts['sample_aspect_ratio'] = undefined
    const sides = (stream['side_data_list'] ?? []) as StreamFacts[]
    facts['rotation'] = sides.find((side) => 'rotation' in side)?.['rotation'] ?? 0
    facts['language'] = (stream['tags'] as StreamFacts | undefined)?.['language'] ?? 'und'
    return facts
  })
}

/** Packets of each track in decoding order as mediabunny finds them, times in seconds with edits applied. */
export async function bunnyPackets(bytes: Uint8Array): Promise<{ time: number; size: number; key: boolean }[][]> {
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(bytes) })
  const result: { time: number; size: number; key: boolean }[][] = []
  for (const track of await input.getTracks()) {
    const packets: { time: number; size: number; key: boolean }[] = []
    for await (const packet of new EncodedPacketSink(track).packets()) {
      packets.push({ time: packet.timestamp, size: packet.byteLength, key: packet.type === 'key' })
    }
    result.push(packets)
  }
  return result
}

export type DecodedFrame = { stream: number; kind: string; pts: number; hash: string }

/** Every decoded picture and piece of sound with its time in seconds, as a player would show them (edits applied). */
export function decodedFrames(path: string, streams: readonly number[] | null = null): DecodedFrame[] {
  const maps = streams === null ? ['-map', '0'] : streams.flatMap((stream) => ['-map', `0:${stream}`])
  const args = ['-copyts', '-i', path, ...maps, '-vsync', '0', '-enc_time_base', '-1', '-f', 'framemd5', '-']
  const text = ffmpeg(...args)
  const bases = new Map<number, number>()
  const kinds = new Map<number, string>()
  const frames: DecodedFrame[] = []
  for (const line of text.split('\n')) {
    const base = /^#tb (\d+): (\d+)\/(\d+)/.exec(line)
    if (base !== null) bases.set(Number(base[1]), Number(base[2]) / Number(base[3]))
    const kind = /^#media_type (\d+): (\w+)/.exec(line)
    if (kind !== null) kinds.set(Number(kind[1]), kind[2]!)
    if (line.startsWith('#') || line === '') continue
    const [stream, , pts, , , hash] = line.split(',').map((field) => field.trim())
    const number = Number(stream)
    const origin = { stream: number, kind: kinds.get(number)! }
    frames.push({ ...origin, pts: Number(pts) * (bases.get(number) ?? 1), hash: hash! })
  }
  return frames
}

/** The folder of real sample files, or null on machines without it. */
export const FIXTURES: string =
  process.env['RUSHES_FIXTURES'] ?? join(import.meta.dirname, '../../../../shared/fixtures')
