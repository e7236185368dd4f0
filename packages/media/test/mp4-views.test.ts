import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  bunnyPackets,
  decodedFrames,
  FIXTURES,
  MADE,
  makeBody,
  openFolder,
  probePackets,
  probeStreams,
  readAll,
  remuxByBunny,
  writeView,
} from './mp4-bodies.ts'
import {
  comparedStreams,
  compareWithProbe,
  expectSame,
  holds,
  negativeShift,
  TIME_TOLERANCE,
} from './mp4-comparison.ts'

const folder = openFolder()
afterAll(() => folder.remove())

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
    expectSame(video![1], video![0], negativeShift(body))
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

describe.each([
  ['avc with B-frames, aac', 0.5],
  ['vp9, opus, no tfhd offset', 1],
  ['av1, aac, fragments of half a second', 1],
])('%s, put into fragments by mediabunny', (name, fragmentSeconds) => {
  it('is read as ffprobe reads it, and decodes to the same in its MP4 view', async () => {
    const path = folder.path('bunny.mp4')
    const viewPath = folder.path('bunny.view.mp4')
    const body = await remuxByBunny(makeBody(name, path), fragmentSeconds)
    writeFileSync(path, body)
    expect(holds(body, 'moof')).toBe(true)
    compareWithProbe(path, body)
    writeView(body, viewPath)
    const [video, audio] = comparedStreams(decodedFrames(path), decodedFrames(viewPath))
    expectSame(video![1], video![0], negativeShift(body))
    expectSame(audio![1], audio![0])
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

  it('is described to players as before', () => {
    writeView(body, viewPath)
    const kinds = readAll(body).tracks.map(({ kind }) => kind)
    const used = new Set(probePackets(path).map(({ stream }) => stream))
    const wanted = probeStreams(path).filter(({ index }) => used.has(Number(index)) && kinds[Number(index)] !== 'other')
    expect(probeStreams(viewPath)).toEqual(wanted.map((facts, index) => ({ ...facts, index })))
  })

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
