import { expect } from 'vitest'
import { type DecodedFrame, type Packet, probePackets, readAll, type ToldSample } from './mp4-bodies.ts'

export function holds(body: Uint8Array, fourcc: string): boolean {
  return Buffer.from(body.buffer, body.byteOffset, body.length).includes(fourcc)
}

/**
 * Samples and packets side by side. ffmpeg adds a constant to decode times, and in fragments with negative offsets to
 * presentation times too (its dts_shift, taken off again only where `moov` has the table); mediabunny has the absolute.
 */
export function compareWithProbe(path: string, body: Uint8Array): void {
  const notes = readAll(body)
  const packets = probePackets(path, '-ignore_editlist', '1')
  const tracks = [...new Map(notes.tracks.map((track) => [track.id, track])).values()]
  for (const [stream, track] of tracks.entries()) {
    if (track.kind === 'other') continue
    const told = notes.samples.filter((sample) => sample.trackId === track.id)
    const probed = packets.filter((packet) => packet.stream === stream).sort((a, b) => a.dts - b.dts)
    expect(told.map(({ offset, size }) => [offset, size])).toEqual(probed.map(({ pos, size }) => [pos, size]))
    compareSync(told, probed, body)
    const negative = Math.min(0, ...told.map(({ dts, pts }) => pts - dts))
    const shift = holds(body, 'moof') ? negative : 0
    expect(told.map(({ pts }) => pts - shift)).toEqual(probed.map(({ pts }) => pts))
    const start = (told[0]?.dts ?? 0) - (probed[0]?.dts ?? 0)
    expect(told.map(({ dts }) => dts - start)).toEqual(probed.map(({ dts }) => dts))
  }
}

/** QuickTime's `stps` lists pictures that open a GOP whose first pictures can't be decoded; ffmpeg calls them keys. */
function compareSync(told: readonly ToldSample[], probed: readonly Packet[], body: Uint8Array): void {
  const keys = (packets: readonly { key: boolean }[]) => packets.flatMap(({ key }, index) => (key ? [index] : []))
  const ours = keys(told.map(({ sync }) => ({ key: sync })))
  if (holds(body, 'stps')) expect(keys(probed)).toEqual(expect.arrayContaining(ours))
  else expect(ours).toEqual(keys(probed))
}

/**
 * How much later ffmpeg shows a fragmented body's pictures than their composition times say: its dts_shift, once more.
 * In the view, where the same offsets are in `ctts`, it doesn't. Seconds, not positive.
 */
export function negativeShift(body: Uint8Array): number {
  if (!holds(body, 'moof')) return 0
  const { tracks, samples } = readAll(body)
  const video = tracks.find(({ kind }) => kind === 'video')
  if (video === undefined) return 0
  return Math.min(0, ...samples.map(({ dts, pts }) => pts - dts)) / video.timescale
}

export function comparedStreams(
  wanted: readonly DecodedFrame[],
  got: readonly DecodedFrame[],
): [DecodedFrame[], DecodedFrame[]][] {
  const streams = [...new Set(wanted.map(({ stream }) => stream))].sort()
  const views = [...new Set(got.map(({ stream }) => stream))].sort()
  expect(views.length).toBe(streams.length)
  return streams.map((stream, index) => [
    wanted.filter((frame) => frame.stream === stream),
    got.filter((frame) => frame.stream === views[index]),
  ])
}

/** A tenth of a millisecond: a fortieth of the coarsest clock's tick here. */
export const TIME_TOLERANCE: number = 0.0001

export function expectSame(ours: readonly DecodedFrame[], theirs: readonly DecodedFrame[], shift = 0): void {
  expect(ours.length).toBeGreaterThan(0)
  expect(ours.map(({ hash }) => hash)).toEqual(theirs.map(({ hash }) => hash))
  const worst = Math.max(...ours.map(({ pts }, index) => Math.abs(pts - shift - theirs[index]!.pts)))
  expect(worst).toBeLessThanOrEqual(TIME_TOLERANCE)
}
