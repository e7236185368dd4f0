/** A small event as an encoder delivers it: CMAF tracks made by ffmpeg, cut into files, and their manifest. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ListedFile, ManifestEntry, RepresentationEntry, SegmentEntry } from '@rushes/protocol'

const run = promisify(execFile)

export type MadeRepresentation = {
  entry: RepresentationEntry
  segments: SegmentEntry[]
  /** The track as ffmpeg wrote it: its header and all of its segments. */
  whole: Buffer
}

export type MadeEvent = {
  id: string
  representations: MadeRepresentation[]
  /** By name. */
  files: Map<string, Buffer>
  /** In the order in which an encoder lists them: headers, then segments by time, then the end. */
  entries: ManifestEntry[]
}

export type EventRecipe = {
  seconds: number
  kinds: readonly ('video' | 'audio')[]
  /** Wall clock of the first sample, ms since the Unix epoch. */
  wallClock: number
  /** Heights of the video representations; default one of 90 lines. */
  heights?: readonly number[]
  /** Each track is number 1, as encoders number them that know of no other. */
  sameTrackIds?: boolean
}

const kinds = {
  video: (height: number) => [
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '25', '-keyint_min', '25', '-sc_threshold', '0'],
    ...['-threads', '1', '-vf', `scale=-2:${height}`, '-movflags', '+cmaf+empty_moov+default_base_moof+frag_keyframe'],
  ],
  audio: () => [
    ...['-c:a', 'aac', '-b:a', '64k', '-frag_duration', '1000000'],
    ...['-movflags', '+cmaf+empty_moov+default_base_moof'],
  ],
}
const codecs = { video: 'avc1.42C00C', audio: 'mp4a.40.2' }

export async function makeEvent({
  seconds,
  kinds: made,
  wallClock,
  heights = [90],
  sameTrackIds,
}: EventRecipe): Promise<MadeEvent> {
  const folder = await mkdtemp(join(tmpdir(), 'rushes-event-'))
  try {
    const tracks = made.flatMap((kind) => (kind === 'video' ? heights : [0]).map((height) => ({ kind, height })))
    const representations: MadeRepresentation[] = []
    const files = new Map<string, Buffer>()
    for (const [index, { kind, height }] of tracks.entries()) {
      const path = join(folder, `${index}.mp4`)
      const source = kind === 'video' ? 'testsrc2=size=320x180:rate=25' : 'sine=frequency=440:sample_rate=48000'
      await run('ffmpeg', [
        ...['-v', 'error', '-nostdin', '-f', 'lavfi', '-i', source, '-t', String(seconds)],
        // One file of both tracks needs track IDs that differ.
        ...['-streamid', `0:${sameTrackIds === true ? 1 : index + 1}`, '-use_stream_ids_as_track_ids', '1'],
        ...kinds[kind](height),
        ...['-f', 'mp4', path],
      ])
      representations.push(cut(await readFile(path), { kind, height, id: `${kind}${index}` }, wallClock, files))
    }
    return { id: newId(), representations, files, entries: listed(representations, wallClock + 1000 * seconds) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Label = { kind: 'video' | 'audio'; height: number; id: string }

/** ISO 14496-12 §8.16: `ftyp` and `moov` are the header, each `moof` begins a segment; `sidx` and `mfra` are left out. */
function cut(
  file: Buffer,
  { kind, height, id }: Label,
  wallClock: number,
  files: Map<string, Buffer>,
): MadeRepresentation {
  const header: Buffer[] = []
  const bodies: Buffer[][] = []
  for (let at = 0; at < file.length; at += file.readUInt32BE(at)) {
    const box = file.subarray(at, at + file.readUInt32BE(at))
    const type = box.toString('latin1', 4, 8)
    if (type === 'ftyp' || type === 'moov') header.push(box)
    if (type === 'moof') bodies.push([])
    if (type === 'moof' || type === 'mdat') bodies.at(-1)!.push(box)
  }
  const keep = (name: string, pieces: Buffer[]): ListedFile => {
    const bytes = Buffer.concat(pieces)
    files.set(name, bytes)
    return { name, size: bytes.length, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` }
  }
  const init = Buffer.concat(header)
  const timescale = init.readUInt32BE(init.indexOf('mdhd') + 16)
  const starts = bodies.map(([moof]) => {
    const at = moof!.indexOf('tfdt')
    return moof![at + 4] === 1 ? Number(moof!.readBigUInt64BE(at + 8)) : moof!.readUInt32BE(at + 8)
  })
  const segments = bodies.map((pieces, sequence): SegmentEntry => {
    const start = starts[sequence]!
    const next = starts[sequence + 1]
    return {
      type: 'segment',
      representation: id,
      sequence,
      start,
      duration: next === undefined ? timescale : next - start,
      wallClock: new Date(Math.round(wallClock + (1000 * start) / timescale)).toISOString(),
      file: keep(`${id}-${String(sequence).padStart(6, '0')}.m4s`, pieces),
    }
  })
  const entry: RepresentationEntry = {
    type: 'representation',
    id,
    set: 'main',
    kind,
    codecs: codecs[kind],
    bandwidth: kind === 'video' ? 200_000 : 64_000,
    timescale,
    ...(kind === 'video'
      ? { width: Math.round((height * 16) / 9), height, frameRate: 25 }
      : { sampleRate: 48_000, channels: 1 }),
    init: keep(`${id}-init.mp4`, [init]),
  }
  return { entry, segments, whole: Buffer.concat([init, ...bodies.flat()]) }
}

function listed(representations: readonly MadeRepresentation[], end: number): ManifestEntry[] {
  const segments = representations.flatMap(({ segments }) => segments)
  return [
    ...representations.map(({ entry }) => entry),
    ...segments.sort((a, b) => Date.parse(a.wallClock) - Date.parse(b.wallClock) || a.sequence - b.sequence),
    { type: 'end', wallClock: new Date(end).toISOString() },
  ]
}

/** RFC 9562 §5.7. */
function newId(): string {
  const time = Date.now().toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${createHash('sha256').update(String(Math.random())).digest('hex').slice(0, 12)}`
}

/** What ffmpeg decodes of one kind of a file or of bytes: a line for each frame, with its time and digest. */
export async function framesOf(media: string | Buffer, kind: 'video' | 'audio'): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'rushes-frames-'))
  try {
    let path = media
    if (typeof path !== 'string') {
      path = join(folder, 'media.mp4')
      await writeFile(path, media)
    }
    const { stdout } = await run(
      'ffmpeg',
      ['-v', 'error', '-nostdin', '-i', path, '-map', `0:${kind[0]}`, '-f', 'framemd5', '-'],
      { maxBuffer: 64 * 1024 * 1024 },
    )
    return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
