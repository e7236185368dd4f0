import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  decodedFrames,
  FIXTURES,
  MADE,
  makeBody,
  openFolder,
  type Packet,
  probePackets,
  readAll,
  writeView,
} from './mp4-bodies.ts'

const folder = openFolder()
afterAll(() => folder.remove())

/** Samples and packets side by side: everything but the decode time's constant shift, which ffmpeg adds. */
function compareWithProbe(path: string, body: Uint8Array): void {
  const notes = readAll(body)
  const packets = probePackets(path, '-ignore_editlist', '1')
  const ids = [...new Map(notes.tracks.map((track) => [track.id, track])).values()].map((track) => track.id)
  for (const [stream, id] of ids.entries()) {
    const track = notes.tracks.find((each) => each.id === id)!
    if (track.kind === 'other') continue
    const told = notes.samples.filter((sample) => sample.trackId === id)
    const probed = packets.filter((packet) => packet.stream === stream).sort((a, b) => a.dts - b.dts)
    expect(told.map(({ offset, size, sync }) => [offset, size, sync])).toEqual(
      probed.map(({ pos, size, key }) => [pos, size, key]),
    )
    expect(told.map(({ pts }) => pts)).toEqual(probed.map(({ pts }) => pts))
    const shift = (told[0]?.dts ?? 0) - (probed[0]?.dts ?? 0)
    expect(told.map(({ dts }) => dts - shift)).toEqual(probed.map(({ dts }: Packet) => dts))
  }
}

function compareDecoded(bodyPath: string, viewPath: string): void {
  const wanted = decodedFrames(bodyPath)
  const got = decodedFrames(viewPath)
  expect(got.length).toBeGreaterThan(0)
  const streams = new Set(wanted.map((frame) => frame.stream))
  for (const stream of streams) {
    const ours = got.filter((frame) => frame.stream === stream)
    const theirs = wanted.filter((frame) => frame.stream === stream)
    expect(ours.map((frame) => frame.hash)).toEqual(theirs.map((frame) => frame.hash))
    const worst = Math.max(...ours.map((frame, index) => Math.abs(frame.pts - theirs[index]!.pts)))
    expect(worst).toBeLessThanOrEqual(0.0001)
  }
}

describe.each(Object.keys(MADE))('a body of %s', (name) => {
  const path = folder.path(`${name}.mp4`)
  const viewPath = folder.path(`${name}.view.mp4`)
  let body: Uint8Array

  beforeAll(() => {
    body = makeBody(name, path)
  })

  it('is read as ffprobe reads it', () => compareWithProbe(path, body))

  it('decodes to the same pictures and sound at the same times in its MP4 view', () => {
    writeView(body, viewPath)
    compareDecoded(path, viewPath)
  })
})

const samples = existsSync(FIXTURES)
  ? ['mp4-androidx', 'mp4-tika', 'mediabunny', 'hls-dash/dash/standalone-ttml', 'opencast/common'].flatMap((name) =>
      readdirSync(join(FIXTURES, name))
        .filter((file) => /\.(mp4|m4a|mov)$/.test(file))
        .map((file) => join(FIXTURES, name, file)),
    )
  : []

describe.each(samples)('the sample %s', (path) => {
  const body = new Uint8Array(readFileSync(path))
  const viewPath = folder.path('sample.view.mp4')

  it('is read as ffprobe reads it', () => compareWithProbe(path, body))

  it('decodes to the same in its MP4 view', () => {
    writeView(body, viewPath)
    compareDecoded(path, viewPath)
  })
})
