// What is heard and seen when on the timeline, decided before anything is encoded.

import type { Track } from '../families/family.ts'
import type { KeptTime, Piece } from '../timeline/kept-time.ts'
import type { TrackFacts } from './track-facts.ts'

export type LookedTrack = { track: Track; facts: TrackFacts }

/** A part of a sound on the timeline. `speed` 0.99: it is made a hundredth longer. */
export type SoundPiece = Piece & { track: number; speed: number }

/** Between two changes of what is seen. */
export type Cut = {
  /** Frames of the timeline. */
  fromFrame: number
  toFrame: number
  /** None: black. Several share the picture. */
  sources: { track: number /** Of the medium, ms. */; fromMs: number }[]
}

export type Montage = {
  durationMs: number
  /** Null: there is no picture. */
  canvas: { width: number; height: number; ratePerSecond: number } | null
  cuts: Cut[]
  sound: SoundPiece[]
}

/** BigBlueButton's own rule: what is missing up to so much is a clock that ran wrong, and more is a part that is missing. */
const wrongClock = { least: 0.95, most: 0.997 }
const rates = [20, 25, 30] as const
const mostSide = { width: 1920, height: 1080 }
/** Of cameras at once. */
const mostTiles = 16

/** When a track runs, on the event's clock. */
export function runOf({ track, facts }: LookedTrack): { startMs: number; endMs: number; speed: number } {
  const { startMs, endMs, isStretched = false } = track
  const { durationMs } = facts
  if (endMs === null) return { startMs, endMs: startMs + durationMs, speed: 1 }
  const ratio = endMs > startMs ? durationMs / (endMs - startMs) : 1
  if (isStretched && ratio >= wrongClock.least && ratio < wrongClock.most) return { startMs, endMs, speed: ratio }
  return { startMs, endMs: Math.min(endMs, startMs + durationMs), speed: 1 }
}

export function montage(tracks: readonly LookedTrack[], kept: KeptTime): Montage {
  const { durationMs } = kept
  const sound: SoundPiece[] = []
  const shown: { track: number; isScreen: boolean; pieces: Piece[] }[] = []
  for (const [track, looked] of tracks.entries()) {
    const { speed, ...run } = runOf(looked)
    const pieces = kept.pieces(run)
    const { facts } = looked
    if (facts.sound !== null && isHeard(looked, tracks)) {
      // Where a medium is made longer, less of it lies in the same time.
      const ofMedium = ({ fromMs, toMs, atMs }: Piece) => ({
        fromMs: fromMs * speed,
        toMs: toMs * speed,
        atMs,
        track,
        speed,
      })
      sound.push(...pieces.map(ofMedium))
    }
    if (facts.picture === null) continue
    // A picture stays until it is taken away, even where its file ends a little before.
    const { startMs, endMs } = looked.track
    const whole = endMs === null ? pieces : kept.pieces({ startMs, endMs })
    shown.push({ track, isScreen: looked.track.role === 'screen', pieces: whole })
  }
  sound.sort((left, right) => left.atMs - right.atMs)
  const canvas = canvasOf(tracks)
  return { durationMs, canvas, sound, cuts: canvas === null ? [] : cutsOf(shown, durationMs, canvas.ratePerSecond) }
}

/** Where two sides recorded the same room, one of them is heard: the first that has any sound. */
function isHeard({ track: { side } }: LookedTrack, tracks: readonly LookedTrack[]): boolean {
  if (side === undefined) return true
  return tracks.find(({ track, facts }) => track.side !== undefined && facts.sound !== null)?.track.side === side
}

function cutsOf(
  shown: readonly { track: number; isScreen: boolean; pieces: readonly Piece[] }[],
  durationMs: number,
  ratePerSecond: number,
): Cut[] {
  const frameAt = (ms: number): number => Math.round((ms * ratePerSecond) / 1000)
  const spans = shown.flatMap(({ track, isScreen, pieces }) =>
    pieces.map(({ fromMs, toMs, atMs }) => ({ track, isScreen, fromMs, atMs, endMs: atMs + toMs - fromMs })),
  )
  const times = new Set([0, durationMs, ...spans.flatMap(({ atMs, endMs }) => [atMs, endMs])])
  const bounds = [...times].sort((left, right) => left - right)
  const cuts: Cut[] = []
  for (const [index, from] of bounds.slice(0, -1).entries()) {
    const [fromFrame, toFrame] = [frameAt(from), frameAt(bounds[index + 1]!)]
    if (toFrame === fromFrame) continue
    const here = spans.filter(({ atMs, endMs }) => atMs <= from && endMs > from)
    // Whoever shares a screen wants it to be seen.
    const screens = here.filter(({ isScreen }) => isScreen).slice(-1)
    const seen = screens.length > 0 ? screens : here.slice(0, mostTiles)
    cuts.push({
      fromFrame,
      toFrame,
      sources: seen.map(({ track, fromMs, atMs }) => ({ track, fromMs: fromMs + from - atMs })),
    })
  }
  return cuts
}

/** As large as the largest screen, or the largest camera, and as fast as the fastest. */
function canvasOf(tracks: readonly LookedTrack[]): Montage['canvas'] {
  const seen = tracks.filter(({ facts }) => facts.picture !== null)
  if (seen.length === 0) return null
  const screens = seen.filter(({ track }) => track.role !== 'camera')
  const pictures = (screens.length > 0 ? screens : seen).map(({ facts }) => facts.picture!)
  const largest = pictures.reduce((best, each) => (each.width * each.height > best.width * best.height ? each : best))
  const scale = Math.min(1, mostSide.width / largest.width, mostSide.height / largest.height)
  const even = (side: number): number => Math.max(16, 2 * Math.round((side * scale) / 2))
  const fastest = Math.max(...seen.map(({ facts }) => facts.picture!.ratePerSecond))
  const ratePerSecond = rates.find((rate) => rate >= fastest - 0.5) ?? rates.at(-1)!
  return { width: even(largest.width), height: even(largest.height), ratePerSecond }
}
