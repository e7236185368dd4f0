/** CMAF tracks made by ffmpeg, cut into segments, as a presentation whose playlists and files are served on loopback. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  dashManifest,
  type MediaPresentation,
  mediaPlaylist,
  multivariantPlaylist,
  type PlaylistRepresentation,
} from '../src/index.ts'

const run = promisify(execFile)

export type MadePresentation = {
  presentation: MediaPresentation
  files: Map<string, Buffer>
  wholes: Map<string, Buffer>
}

type Recipe = {
  seconds: number
  /** Wall clock of media time 0, ms since the Unix epoch. */
  wallClock: number
  /** Name of a segment's file. */
  named: (id: string, sequence: number) => string
}

const tracks: Record<string, string[]> = {
  low: ['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=25', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25'],
  high: ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25'],
  sound: ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-c:a', 'aac', '-frag_duration', '1000000'],
}

export async function makePresentation({ seconds, wallClock, named }: Recipe): Promise<MadePresentation> {
  const folder = await mkdtemp(join(tmpdir(), 'rushes-playlist-'))
  const files = new Map<string, Buffer>()
  const wholes = new Map<string, Buffer>()
  const representations: PlaylistRepresentation[] = []
  try {
    for (const [id, args] of Object.entries(tracks)) {
      const path = join(folder, `${id}.mp4`)
      const flags = `+cmaf+empty_moov+default_base_moof${id === 'sound' ? '' : '+frag_keyframe'}`
      const rest = ['-t', String(seconds), '-pix_fmt', 'yuv420p', '-threads', '1', '-movflags', flags, path]
      await run('ffmpeg', [
        '-v',
        'error',
        '-nostdin',
        ...args,
        ...(id === 'sound' ? rest.filter((arg) => !/pix_fmt|yuv/.test(arg)) : rest),
      ])
      const file = await readFile(path)
      wholes.set(id, file)
      representations.push(cut(file, id, wallClock, named, files))
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return { presentation: { title: 'Made <event> & "more"', representations, gaps: [] }, files, wholes }
}

function cut(
  file: Buffer,
  id: string,
  wallClock: number,
  named: Recipe['named'],
  files: Map<string, Buffer>,
): PlaylistRepresentation {
  const header: Buffer[] = []
  const bodies: Buffer[][] = []
  for (let at = 0; at < file.length; at += file.readUInt32BE(at)) {
    const box = file.subarray(at, at + file.readUInt32BE(at))
    const type = box.toString('latin1', 4, 8)
    if (type === 'ftyp' || type === 'moov') header.push(box)
    if (type === 'moof') bodies.push([])
    if (type === 'moof' || type === 'mdat') bodies.at(-1)!.push(box)
  }
  const init = Buffer.concat(header)
  files.set(`${id}-init.mp4`, init)
  const timescale = init.readUInt32BE(init.indexOf('mdhd') + 16)
  const starts = bodies.map(([moof]) => Number(moof!.readBigUInt64BE(moof!.indexOf('tfdt') + 8)))
  const segments = bodies.map((pieces, sequence) => {
    const bytes = Buffer.concat(pieces)
    files.set(named(id, sequence), bytes)
    const start = starts[sequence]!
    return {
      sequence,
      start,
      duration: (starts[sequence + 1] ?? start + timescale) - start,
      wallClock: Math.round(wallClock + (1000 * start) / timescale),
      uri: named(id, sequence),
      size: bytes.length,
    }
  })
  const [width, height] = id === 'low' ? [160, 90] : [320, 180]
  return {
    id,
    set: 'main',
    kind: id === 'sound' ? 'audio' : 'video',
    codecs: id === 'sound' ? 'mp4a.40.2' : 'avc1.42C00D',
    bandwidth: id === 'sound' ? 64_000 : id === 'low' ? 100_000 : 200_000,
    timescale,
    ...(id === 'sound' ? { sampleRate: 48_000, channels: 1 } : { width, height, frameRate: 25 }),
    init: `${id}-init.mp4`,
    playlist: `${id}.m3u8`,
    segments,
    ended: true,
  }
}

/** As if only the first `count` segments of each representation were there. */
export function begunBy(presentation: MediaPresentation, count: number): MediaPresentation {
  const representations = presentation.representations.map((each) => ({
    ...each,
    segments: each.segments.slice(0, count),
    ended: count >= each.segments.length,
  }))
  return { ...presentation, representations }
}

export type Playback = { url: string; presentation: () => MediaPresentation; close(): Promise<void> }

/** Serves main.m3u8, manifest.mpd and what they name, as `presentation` says at each request. */
export async function servePresentation(
  presentation: () => MediaPresentation,
  files: ReadonlyMap<string, Buffer>,
): Promise<Playback> {
  const text = (name: string): [string, string] | null => {
    const now = presentation()
    if (name === 'main.m3u8') return ['application/vnd.apple.mpegurl', multivariantPlaylist(now)]
    if (name === 'manifest.mpd') return ['application/dash+xml', dashManifest(now, Date.now(), name)]
    const representation = now.representations.find(({ playlist }) => playlist === name)
    return representation === undefined
      ? null
      : ['application/vnd.apple.mpegurl', mediaPlaylist(representation, now.gaps)]
  }
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1)
    const made = text(name)
    const bytes = made === null ? files.get(name) : Buffer.from(made[1])
    if (bytes === undefined) {
      response.writeHead(404).end()
      return
    }
    const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
    const start = Number(match?.[1] ?? 0)
    const end = match?.[2] ? Math.min(Number(match[2]) + 1, bytes.length) : bytes.length
    response.writeHead(match === null ? 200 : 206, {
      'Content-Type': made?.[0] ?? 'video/mp4',
      'Content-Length': end - start,
      'Access-Control-Allow-Origin': '*',
      ...(match !== null && { 'Content-Range': `bytes ${start}-${end - 1}/${bytes.length}` }),
    })
    response.end(bytes.subarray(start, end))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    presentation,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
