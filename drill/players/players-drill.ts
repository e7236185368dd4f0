// Every player on every archive: what it shows and plays of the archive has to be what it shows of the plain MP4.
import type { Fault, FaultContext, FaultReport } from '../fault.ts'
import { emptyReport } from '../fault.ts'
import { chromiumPlayer } from './chromium-player.ts'
import { ffmpegPlayer } from './ffmpeg-player.ts'
import { ffmpeg8Missing, ffmpeg8Player } from './ffmpeg8-player.ts'
import { ffplayPlayer } from './ffplay-player.ts'
import { gstreamerPlayer } from './gstreamer-player.ts'
import { mpvPlayer } from './mpv-player.ts'
import { type PlayedArchive, playedArchives } from './played-archives.ts'
import type { Played, Player, ShownPicture } from './player.ts'

type Opening = {
  name: string
  programs: readonly string[]
  whyNot?: () => string | null
  open(folder: string): Player | Promise<Player>
}

const openings: readonly Opening[] = [
  { name: 'ffmpeg and ffprobe of Debian', programs: ['ffmpeg', 'ffprobe'], open: ffmpegPlayer },
  { name: 'FFmpeg 8 of npm', programs: [], whyNot: ffmpeg8Missing, open: ffmpeg8Player },
  { name: 'GStreamer', programs: ['gst-inspect-1.0'], open: gstreamerPlayer },
  { name: 'Chromium', programs: ['chromium'], open: chromiumPlayer },
  { name: 'ffplay', programs: ['ffplay'], open: ffplayPlayer },
  { name: 'mpv', programs: ['mpv'], open: mpvPlayer },
]

/** Key frames come each second. */
const keySeconds = 1
/**
 * FFmpeg, and mpv with it, looks for key frames by when they are decoded. Of pictures that are shown right before one but decoded before it, in a file
 * without an edit list, it gives the key frame, two pictures of 25 a second later at most; of the plain MP4 too.
 */
const reorderSeconds = 0.08

async function underPlayer(context: FaultContext, opening: Opening): Promise<FaultReport> {
  const { scene, scale, random, say } = context
  const report = emptyReport()
  const archives = await playedArchives(context)
  const player = await opening.open(scene.folder)
  const version = await player.version()
  /** `wanted`: pictures that the plain MP4s have. */
  const told = { pictures: 0, wanted: 0, seeks: 0 }
  try {
    const plain = new Map<string, Played>()
    for (const { name, archive, mp4 } of archives) {
      const times = await pictureTimes(mp4, scale)
      if (!plain.has(mp4)) plain.set(mp4, await player.play(mp4, times))
      const wanted = plain.get(mp4)!
      const problems = differences(wanted, await player.play(archive, times))
      if (wanted.pictures.length === 0) problems.push('of the MP4 it shows no picture')
      told.wanted += times.length
      told.pictures += wanted.pictures.length
      // Backwards too: the last one first.
      for (const part of [0.9, 0.1, 0.5]) {
        const index = Math.floor(part * wanted.pictures.length) + random.integer(-1, 1)
        problems.push(...(await seekProblems(player, { archive, mp4 }, wanted.pictures, wanted.pictures[index]!)))
        told.seeks++
      }
      report.trials++
      report.problems.push(...problems.map((problem) => `${name}: ${problem}`))
      say(`${name}: ${problems.length === 0 ? 'as the plain MP4' : problems[0]}`)
    }
  } finally {
    await player.close()
  }
  report.note = `${player.name} ${version}: ${told.pictures} of ${told.wanted} pictures and the sound as of the plain MP4, ${told.seeks} seeks`
  return report
}

/** Seconds; of a quick look each fifth. */
async function pictureTimes(mp4: string, scale: 'short' | 'full'): Promise<number[]> {
  const { pictures } = await ffmpegPlayer().play(mp4, [])
  const times = pictures.map(({ time }) => time)
  return scale === 'full' ? times : times.filter((_, index) => index % 5 === 0)
}

function differences(wanted: Played, got: Played): string[] {
  const problems: string[] = []
  if (got.pictures.length !== wanted.pictures.length)
    problems.push(`${got.pictures.length} pictures, of the MP4 ${wanted.pictures.length}`)
  const other = wanted.pictures.findIndex((picture, index) => !isSame(picture, got.pictures[index]))
  if (other >= 0)
    problems.push(`picture ${other} is another: ${told(got.pictures[other])}, ${told(wanted.pictures[other])}`)
  const heard = wanted.sound.findIndex((piece, index) => piece !== got.sound[index])
  if (heard >= 0 || got.sound.length !== wanted.sound.length)
    problems.push(`the sound is another: ${got.sound[heard]} for ${wanted.sound[heard]}`)
  const more = got.said.filter((line) => !wanted.said.includes(line))
  if (more.length > 0) problems.push(`it complains: ${more[0]}`)
  if (got.about !== wanted.about)
    problems.push(`it takes it for something else: ${firstOther(got.about, wanted.about)}`)
  return problems
}

async function seekProblems(
  player: Player,
  { archive, mp4 }: Pick<PlayedArchive, 'archive' | 'mp4'>,
  pictures: readonly ShownPicture[],
  { time, hash }: ShownPicture,
): Promise<string[]> {
  const shown = await player.seek(archive, time)
  const wanted = await player.seek(mp4, time)
  const words = `sought ${time} s it shows ${told(shown)}`
  if (!isSame(shown, wanted)) return [`${words}, of the MP4 ${told(wanted)}`]
  if (shown.hash === hash) return []
  const known = pictures.find((picture) => picture.hash === shown.hash)
  const later = known === undefined ? Number.NaN : known.time - time
  const [least, most] = player.seeks === 'exactly' ? [0, reorderSeconds] : [-keySeconds, keySeconds]
  return later >= least && later <= most + 1e-6 ? [] : [`${words}, no ${hash}`]
}

/** Where two texts begin to differ. */
function firstOther(got: string, wanted: string): string {
  const at = [...wanted].findIndex((character, index) => got[index] !== character)
  const from = Math.max(0, (at < 0 ? wanted.length : at) - 40)
  return `${got.slice(from, from + 100)} for ${wanted.slice(from, from + 100)}`
}

/** A player that tells no time after a seek tells NaN. */
function isSame(left: ShownPicture, right: ShownPicture | undefined): boolean {
  return Object.is(left.time, right?.time) && left.hash === right?.hash
}

function told(picture: ShownPicture | undefined): string {
  return picture === undefined ? 'none' : `${picture.hash.slice(0, 12)} at ${picture.time} s`
}

function fault(opening: Opening): Fault {
  const { name, programs, whyNot } = opening
  return { name, programs, ...(whyNot && { whyNot }), run: (context) => underPlayer(context, opening) }
}

export const playersFaults: readonly Fault[] = openings.map(fault)

/** What every test run has at hand. */
export const shortPlayersFaults: readonly Fault[] = openings
  .filter(({ name }) => name === 'Chromium' || name.startsWith('ffmpeg'))
  .map(fault)
