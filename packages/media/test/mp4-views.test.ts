import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  bunnyPackets,
  type DecodedFrame,
  decodedFrames,
  FIXTURES,
  MADE,
  makeBody,
  openFolder,
  type Packet,
  probePackets,
  readAll,
  type ToldSample,
  writeView,
} from './mp4-bodies.ts'

const folder = openFolder()
afterAll(() => folder.remove())

function holds(body: Uint8Array, fourcc: string): boolean {
  return Buffer.from(body.buffer, body.byteOffset, body.length).includes(fourcc)
}

/**
 * Samples and packets side by side. ffmpeg adds a constant to decode times, and in fragments with negative offsets to
 * presentation times too (its dts_shift, taken off again only where `moov` has the table); mediabunny has the absolute.
 */
function compareWithProbe(path: string, body: Uint8Array): void {
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

function comparedStreams(
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
const TIME_TOLERANCE = 0.0001

function expectSame(ours: readonly DecodedFrame[], theirs: readonly DecodedFrame[], shift = 0): void {
  expect(ours.length).toBeGreaterThan(0)
  expect(ours.map(({ hash }) => hash)).toEqual(theirs.map(({ hash }) => hash))
  const worst = Math.max(...ours.map(({ pts }, index) => Math.abs(pts - shift - theirs[index]!.pts)))
  expect(worst).toBeLessThanOrEqual(TIME_TOLERANCE)
}

describe.each(Object.keys(MADE))('a body of %s', (name) => {
  const path = folder.path(`${name}.mp4`)
  const viewPath = folder.path(`${name}.view.mp4`)
  let body: Uint8Array
  let view: Uint8Array

  beforeAll(() => {
    body = makeBody(name, path)
    view = writeView(body, viewPath)
  })

  it('is read as ffprobe reads it', () => compareWithProbe(path, body))

  it('decodes to the same pictures and sound at the same times in its MP4 view', () => {
    const [video, audio] = comparedStreams(decodedFrames(path), decodedFrames(viewPath))
    const told = readAll(body)
    const negative = Math.min(0, ...told.samples.map(({ dts, pts }) => pts - dts))
    const timescale = told.tracks.find(({ kind }) => kind === 'video')!.timescale
    expectSame(video![1], video![0], negative / timescale)
    // ffmpeg applies an edit list to samples of moov and not to those of fragments: what the view leaves out at the
    // start is what the body's own edit says.
    const sound = told.tracks.find(({ kind }) => kind === 'audio')
    if (sound === undefined) return
    const cut = holds(body, 'moof') ? (sound.edits?.entries.at(-1)?.mediaTime ?? 0) : 0
    const kept = audio![0].slice(Math.ceil(cut / 1024))
    expectSame(audio![1], kept)
  })

  it('has the same packets at the same times for mediabunny', async () => {
    const wanted = await bunnyPackets(body)
    // Of a body with samples in moov and in fragments mediabunny reads the former alone.
    const isHybrid = holds(body, 'moof') && holds(body, 'stss')
    const all = await bunnyPackets(view)
    const got = isHybrid ? all.map((packets, track) => packets.slice(0, wanted[track]!.length)) : all
    expect(got.flat().length).toBeGreaterThan(20)
    expect(got.map((packets) => packets.map(({ size, key }) => [size, key]))).toEqual(
      wanted.map((packets) => packets.map(({ size, key }) => [size, key])),
    )
    const differences = got.flatMap((packets, track) =>
      packets.map(({ time }, index) => Math.abs(time - wanted[track]![index]!.time)),
    )
    expect(Math.max(...differences)).toBeLessThan(TIME_TOLERANCE)
  })
})

/** Not by an edit list but by iTunes' own tag is this one's start cut; views carry no tags. */
const CUT_BY_TAG = 'testMP4.m4a'

const samples = existsSync(FIXTURES)
  ? ['mp4-androidx', 'mp4-tika', 'mediabunny', 'hls-dash/dash/standalone-ttml', 'opencast/common'].flatMap((name) =>
      readdirSync(join(FIXTURES, name))
        .filter((file) => /\.(mp4|m4a|mov)$/.test(file))
        .map((file) => join(name, file)),
    )
  : []

describe.each(samples)('the sample %s', (name) => {
  const path = join(FIXTURES, name)
  const body = new Uint8Array(readFileSync(path))
  const viewPath = folder.path('sample.view.mp4')

  it('is read as ffprobe reads it', () => compareWithProbe(path, body))

  it('decodes to the same in its MP4 view', () => {
    writeView(body, viewPath)
    const used = [...new Set(probePackets(path).map(({ stream }) => stream))].sort((a, b) => a - b)
    const told = readAll(body)
    const streams = used.filter((stream) => [...told.tracks][stream]?.kind !== 'other')
    const wanted = decodedFrames(path, streams)
    const got = decodedFrames(viewPath)
    for (const [theirs, ours] of comparedStreams(wanted, got)) {
      if (name.endsWith(CUT_BY_TAG)) expect(ours.length).toBeGreaterThanOrEqual(theirs.length)
      else expectSame(ours, theirs)
    }
  })
})
