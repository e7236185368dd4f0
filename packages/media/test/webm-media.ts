import { existsSync, readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { bytesOf, madeByChromium, madeByFfmpeg, madeByMediabunny } from './made-media.ts'

export type Medium = { name: string; path: string; bytes: Uint8Array }

const root = resolve(import.meta.dirname, '../../..')
/** Real sample files; tests use them where they are. */
export const fixtures: string = process.env['RUSHES_FIXTURES'] ?? resolve(root, '../shared/fixtures')

const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=25']
const sound = ['-f', 'lavfi', '-i', 'sine=440:r=48000']
const exact = ['-fflags', '+bitexact', '-flags', '+bitexact']

/** Name, extension and arguments of ffmpeg. */
const recipes: readonly (readonly [string, string, readonly string[]])[] = [
  ['vp8 + vorbis', 'webm', [...picture, ...sound, '-c:v', 'libvpx', '-c:a', 'libvorbis', '-g', '20', '-t', '2']],
  ['vp9 + opus', 'webm', [...picture, ...sound, '-c:v', 'libvpx-vp9', '-c:a', 'libopus', '-g', '20', '-t', '2']],
  [
    'av1 + opus, live',
    'webm',
    // No Cues, no Duration, clusters of unknown size: what ffmpeg sends to a server.
    [...picture, ...sound, '-c:v', 'libsvtav1', '-preset', '10', '-c:a', 'libopus', '-live', '1', '-t', '2'],
  ],
  ['opus alone', 'webm', [...sound, '-c:a', 'libopus', '-b:a', '24k', '-t', '3']],
  [
    'two sound tracks',
    'webm',
    [
      ...picture,
      ...sound,
      ...sound,
      '-map',
      '0',
      '-map',
      '1',
      '-map',
      '2',
      '-c:v',
      'libvpx',
      '-c:a',
      'libopus',
      '-t',
      '1',
    ],
  ],
  ['avc with B frames + aac', 'mkv', [...picture, ...sound, '-c:v', 'libx264', '-bf', '3', '-c:a', 'aac', '-t', '2']],
  ['avc + flac', 'mkv', [...picture, ...sound, '-c:v', 'libx264', '-c:a', 'flac', '-t', '1']],
  ['mp3, 44.1 kHz', 'mka', [...sound, '-ar', '44100', '-c:a', 'libmp3lame', '-t', '1']],
]

/** What ffmpeg writes, in files. */
export function ffmpegMedia(): Promise<Medium[]> {
  return Promise.all(
    recipes.map(async ([name, extension, args]) => medium(name, await madeByFfmpeg(extension, [...exact, ...args]))),
  )
}

/** What mediabunny muxes in the browser, over samples of ffmpeg's. */
export async function mediabunnyMedia(): Promise<Medium[]> {
  const sources = (await ffmpegMedia()).filter(({ name }) => ['vp8 + vorbis', 'vp9 + opus'].includes(name))
  return Promise.all(sources.map(async ({ name, path }) => medium(`mediabunny ${name}`, await madeByMediabunny(path))))
}

/** What Chromium's MediaRecorder sends, with a pause in it. */
export async function chromiumMedia(): Promise<Medium[]> {
  const paused = await madeByChromium({
    mimeTypes: ['vp8', 'vp9', 'av1', 'h264'].map((codec) => `video/webm;codecs=${codec},opus`),
    ms: 3000,
    pauseAtMs: 1200,
    videoBitsPerSecond: 300_000,
  })
  const withAlpha = await madeByChromium({
    mimeTypes: ['video/webm;codecs=vp8,opus', 'video/webm;codecs=vp9,opus'],
    ms: 1000,
    hasAlpha: true,
    videoBitsPerSecond: 200_000,
  })
  const sound = await madeByChromium({ mimeTypes: ['audio/webm;codecs=opus'], ms: 1500, hasVideo: false })
  const named: [string, string][] = [
    ...[...paused].map(([type, path]): [string, string] => [`Chromium ${type}`, path]),
    ...[...withAlpha].map(([type, path]): [string, string] => [`Chromium ${type} with alpha`, path]),
    ...[...sound].map(([type, path]): [string, string] => [`Chromium ${type}`, path]),
  ]
  return Promise.all(named.map(([name, path]) => medium(name, path)))
}

/** Real files of other projects, where the folder is there. */
export async function fixtureMedia(): Promise<Medium[]> {
  if (!existsSync(fixtures)) return []
  const paths = readdirSync(fixtures, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.(mkv|webm|mka)$/.test(path),
  )
  return Promise.all(paths.sort().map((path) => medium(basename(path), join(fixtures, path))))
}

export async function allMedia(): Promise<Medium[]> {
  return [...(await ffmpegMedia()), ...(await mediabunnyMedia()), ...(await chromiumMedia()), ...(await fixtureMedia())]
}

async function medium(name: string, path: string): Promise<Medium> {
  return { name, path, bytes: await bytesOf(path) }
}
