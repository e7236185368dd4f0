import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shiftFragment } from '@rushes/media'
import type { ListedFile, ManifestEntry } from '@rushes/protocol'

/** An event as an encoder would deliver it: entries in their order, and the bytes of every file. */
export type CmafEvent = { entries: ManifestEntry[]; files: Map<string, Buffer>; video: Buffer; audio: Buffer }

/** Makes a test picture with a tone, in segments of two seconds, video and audio apart. */
export function makeCmafEvent(seconds: number): CmafEvent {
  const folder = mkdtempSync(join(tmpdir(), 'rushes-cmaf-'))
  try {
    const [videoPath, audioPath] = [join(folder, 'video.mp4'), join(folder, 'audio.mp4')]
    const flags = '+cmaf+frag_keyframe+empty_moov+default_base_moof'
    const source = ['-f', 'lavfi', '-t', String(seconds), '-i']
    const video = ['-c:v', 'libx264', '-preset', 'veryfast', '-force_key_frames', 'expr:gte(t,n_forced*2)']
    const closed = ['-x264-params', 'scenecut=0:open-gop=0', '-f', 'mp4', '-movflags', flags, videoPath]
    const audio = ['-c:a', 'aac', '-streamid', '0:2', '-use_stream_ids_as_track_ids', '1', '-frag_duration', '2000000']
    const inputs = [...source, 'testsrc2=size=320x180:rate=25', ...source, 'sine=frequency=440:sample_rate=48000']
    execFileSync('ffmpeg', [
      ...['-v', 'error', '-nostdin', ...inputs, '-map', '0:v', ...video, ...closed],
      ...['-map', '1:a', ...audio, '-f', 'mp4', '-movflags', flags.replace('+frag_keyframe', ''), audioPath],
    ])
    const event: CmafEvent = {
      entries: [],
      files: new Map(),
      video: readFileSync(videoPath),
      audio: readFileSync(audioPath),
    }
    const videoParts = cut(event.video)
    const audioParts = cut(event.audio)
    const add = (name: string, bytes: Buffer): ListedFile => {
      event.files.set(name, bytes)
      return listed(name, bytes)
    }
    const shared = { type: 'representation', set: 'main', bandwidth: 300_000 } as const
    event.entries.push({
      ...{ ...shared, id: 'video', kind: 'video', codecs: 'avc1.64000d', timescale: 12_800, width: 320, height: 180 },
      init: add('video-init.mp4', videoParts.init),
    })
    event.entries.push({
      ...{
        ...shared,
        id: 'audio',
        kind: 'audio',
        codecs: 'mp4a.40.2',
        timescale: 48_000,
        sampleRate: 48_000,
        channels: 1,
      },
      init: add('audio-init.mp4', audioParts.init),
    })
    for (let sequence = 0; sequence < Math.max(videoParts.segments.length, audioParts.segments.length); sequence++) {
      const wallClock = new Date(1_800_000_000_000 + sequence * 2000).toISOString()
      const segment = (representation: string, bytes: Buffer | undefined, timescale: number): void => {
        if (bytes === undefined) return
        const name = `${representation}-${String(sequence).padStart(6, '0')}.m4s`
        const times = { start: sequence * 2 * timescale, duration: 2 * timescale, wallClock }
        event.entries.push({ type: 'segment', representation, sequence, ...times, file: add(name, bytes) })
      }
      segment('video', videoParts.segments[sequence], 12_800)
      segment('audio', audioParts.segments[sequence], 48_000)
    }
    event.entries.push({ type: 'end', wallClock: new Date(1_800_000_000_000 + seconds * 1000).toISOString() })
    return event
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Header, and each moof with its mdat. */
function cut(file: Buffer): { init: Buffer; segments: Buffer[] } {
  const segments: Buffer[] = []
  let begin = 0
  let init: Buffer = Buffer.alloc(0)
  for (let at = 0; at < file.length; ) {
    const size = file.readUInt32BE(at)
    const type = file.toString('latin1', at + 4, at + 8)
    if (type === 'moof' && init.length === 0) init = file.subarray(0, at)
    if (type === 'moof') begin = at
    at += size
    if (type === 'mdat') segments.push(file.subarray(begin, at))
  }
  return { init, segments }
}

/** Video and audio, as ffmpeg was told. */
const trackIds = [1, 2]

/** The same event with nothing acquired for `seconds` after the segment `after`: later times are shifted, in the media too. */
export function withGap(event: CmafEvent, after: number, seconds: number): CmafEvent {
  const files = new Map(event.files)
  const timescales = new Map<string, number>()
  let sinceMs: number | null = null
  const later = (wallClock: string): string => new Date(Date.parse(wallClock) + 1000 * seconds).toISOString()
  const entries = event.entries.flatMap((entry): ManifestEntry[] => {
    if (entry.type === 'representation') timescales.set(entry.id, entry.timescale)
    if (entry.type === 'end') return [{ ...entry, wallClock: later(entry.wallClock) }]
    if (entry.type !== 'segment' || entry.sequence <= after) return [entry]
    const ticks = seconds * timescales.get(entry.representation)!
    const bytes = Buffer.from(files.get(entry.file.name)!)
    shiftFragment(bytes, new Map(trackIds.map((id) => [id, ticks])))
    files.set(entry.file.name, bytes)
    const moved = {
      ...{ ...entry, start: entry.start + ticks, wallClock: later(entry.wallClock) },
      file: listed(entry.file.name, bytes),
    }
    if (sinceMs !== null) return [moved]
    sinceMs = Date.parse(entry.wallClock)
    return [
      { type: 'gap', set: 'main', from: entry.wallClock, to: moved.wallClock, reason: 'the source was away' },
      moved,
    ]
  })
  return { ...event, entries, files }
}

/** The same event with its picture once more, as an additional rendition. */
export function withRendition(event: CmafEvent, id: string): CmafEvent {
  const { entries, ...rest } = withSet(event, id)
  return { ...rest, entries: entries.map((entry) => ('set' in entry ? { ...entry, set: 'main' } : entry)) }
}

/** The same event with its picture once more, as a set of its own. */
export function withSet(event: CmafEvent, set: string): CmafEvent {
  const files = new Map(event.files)
  const named = (file: ListedFile): ListedFile => {
    const name = file.name.replace(/^video/, set)
    files.set(name, files.get(file.name)!)
    return { ...file, name }
  }
  const entries = event.entries.flatMap((entry): ManifestEntry[] => {
    if (entry.type === 'representation' && entry.kind === 'video') {
      return [entry, { ...entry, id: set, set, init: named(entry.init) }]
    }
    if (entry.type === 'segment' && entry.representation === 'video') {
      return [entry, { ...entry, representation: set, file: named(entry.file) }]
    }
    return [entry]
  })
  return { ...event, entries, files }
}

function listed(name: string, bytes: Buffer): ListedFile {
  return { name, size: bytes.length, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` }
}
