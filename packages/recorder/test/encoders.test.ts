// Every way in which this browser can make a body, over the real pipeline: the file that arrives is the file that was
// made, plays from end to end, and pictures and sound are equally long.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBodyIndex } from '../../media/src/body-index.ts'
import { type DecodedFrame, decodedFrames, viewBytes } from '../../media/test/mp4-bodies.ts'
import type { EncoderWish } from '../src/index.ts'
import { decode, packets, probe } from './browser.ts'
import { openTestPage, openTestSite, type TestSite } from './site.ts'

let site: TestSite

beforeAll(async () => {
  site = await openTestSite()
})

afterAll(async () => {
  await site?.close()
})

type Way = {
  name: string
  wish: EncoderWish
  video?: string
  audio?: string
  silent?: boolean
  soundOnly?: boolean
  bare?: boolean
}

const ways: Way[] = [
  { name: 'WebCodecs H.264 + AAC', wish: {}, video: 'avc3', audio: 'mp4a' },
  { name: 'WebCodecs H.264 + Opus', wish: { audioCodec: 'opus' }, video: 'avc3', audio: 'Opus' },
  { name: 'WebCodecs VP9 + Opus', wish: { videoCodec: 'vp9', audioCodec: 'opus' }, video: 'vp09', audio: 'Opus' },
  { name: 'WebCodecs AV1 + AAC', wish: { videoCodec: 'av1' }, video: 'av01', audio: 'mp4a' },
  { name: 'WebCodecs H.264 without sound', wish: {}, video: 'avc3', silent: true },
  { name: 'WebCodecs AAC alone', wish: {}, audio: 'mp4a', soundOnly: true },
  { name: 'MediaRecorder VP9 in WebM', wish: { prefer: 'mediarecorder' }, video: 'vp9', audio: 'opus' },
  {
    name: 'MediaRecorder VP8 in WebM',
    wish: { prefer: 'mediarecorder', videoCodec: 'vp8' },
    video: 'vp8',
    audio: 'opus',
  },
  {
    name: 'MediaRecorder H.264 in MP4',
    wish: { prefer: 'mediarecorder', videoCodec: 'avc' },
    video: 'avc3',
    audio: 'Opus',
  },
  { name: 'MediaRecorder from a canvas', wish: {}, video: 'vp9', audio: 'opus', bare: true },
  { name: 'MediaRecorder Opus alone', wish: { prefer: 'mediarecorder' }, audio: 'opus', soundOnly: true },
]

/**
 * Each file that the server would publish of this body, decoded: the same pictures in the same order, at times within one
 * tick of the coarser timescale (WebM's ms), and the same sound.
 */
function expectViewsLikeBody(path: string, body: Uint8Array): void {
  const index = openBodyIndex()
  index.push(body)
  index.finish()
  const wanted = comparable(decodedFrames(path))
  let ready = 0
  for (const [name, view] of [['mp4', index.mp4View()] as const, ['webm', index.webmView()] as const]) {
    if (view.state !== 'ready') continue
    ready++
    const file = `${path}.view.${name}`
    writeFileSync(file, viewBytes(view, body))
    const got = comparable(decodedFrames(file))
    expect(got.map(({ hashes }) => hashes)).toEqual(wanted.map(({ hashes }) => hashes))
    for (const [stream, { kind, times }] of got.entries()) {
      // T5: sound follows its own samples, at most 10 ms from what WebM's rounded and wandering block times say.
      const most = kind === 'video' ? 0.001 : 0.0105
      const off = times
        .map((time, frame) => ({ frame, time, wanted: wanted[stream]!.times[frame]! }))
        .filter((each) => Math.abs(each.time - each.wanted) > most + 1e-9)
      expect(off, `${name}, stream ${stream} (${kind}), of ${times.length} frames`).toEqual([])
    }
  }
  expect(ready).toBeGreaterThan(0)
}

function comparable(frames: readonly DecodedFrame[]): { kind: string; hashes: string[]; times: number[] }[] {
  return [...new Set(frames.map(({ stream }) => stream))].sort().map((stream) => {
    const own = frames.filter((frame) => frame.stream === stream)
    return { kind: own[0]!.kind, hashes: own.map(({ hash }) => hash), times: own.map(({ pts }) => pts) }
  })
}

describe('every encoder', () => {
  it.each(ways)('$name: arrives as it was made, whole, through a pause and a resized source', async (way) => {
    const page = await openTestPage(site, { bare: way.bare === true })
    const made = await page.evaluate(
      async ({ wish, silent, soundOnly }) => {
        const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
        const capture = rooms.canvasCapture({ audio: !silent, video: !soundOnly })
        const recording = await rooms.sdk.startRecording({ server: '', capture, encoder: wish, title: 'a way' })
        await wait(700)
        capture.resize(427, 641) // odd, and upright
        await wait(700)
        recording.pause()
        await wait(900)
        recording.resume()
        await wait(700)
        const view = await recording.stop()
        const { durationMs } = recording.progress
        capture.close()
        return {
          id: view.id,
          durationMs,
          sha256: await rooms.producedSha256(),
          kept: (await rooms.sdk.listSpools()).length,
        }
      },
      { wish: way.wish, silent: way.silent === true, soundOnly: way.soundOnly === true },
    )
    await page.close()

    const body = await site.receiver.body(made.id)
    expect(createHash('sha256').update(body).digest('hex')).toBe(made.sha256)
    expect(made.kept).toBe(0)
    expect(made.durationMs).toBeGreaterThan(2000)
    expect(made.durationMs).toBeLessThan(5000)

    const { path } = site.receiver.recordings.get(made.id)!
    expect(await decode(path)).toEqual([])
    expectViewsLikeBody(path, body)
    const { streams } = await probe(path)
    const found = (type: string) => {
      const stream = streams.find(({ codec_type }) => codec_type === type)
      if (stream === undefined) return undefined
      return stream.codec_tag_string.startsWith('[') ? stream.codec_name : stream.codec_tag_string
    }
    expect(found('video')).toBe(way.video)
    expect(found('audio')).toBe(way.audio)
    if (way.video !== undefined) {
      const pictures = await packets(path, 'v')
      const times = pictures.map(({ time }) => time)
      expect(times).toEqual([...times].sort((a, b) => a - b))
      // The bounds leave room for a machine that is busy with other tests.
      expect(times[0]).toBeLessThan(0.3)
      expect(Math.abs(times.at(-1)! - made.durationMs / 1000)).toBeLessThan(0.6)
      // 30 a second, less those that a busy machine leaves out; the pause of 900 ms left no hole.
      expect(times.length).toBeGreaterThan((made.durationMs / 1000) * 10)
      expect(largestStep(times)).toBeLessThan(0.85)
      const keys = pictures.filter(({ key }) => key).map(({ time }) => time)
      expect(largestStep([...keys, times.at(-1)!])).toBeLessThan(2.1)
      const size = streams.find(({ codec_type }) => codec_type === 'video')
      expect([size?.width, size?.height]).toEqual([640, 360])
    }
    if (way.audio !== undefined) {
      const times = (await packets(path, 'a')).map(({ time }) => time)
      expect(Math.abs(times.at(-1)! - made.durationMs / 1000)).toBeLessThan(0.6)
      expect(largestStep(times)).toBeLessThan(0.3)
    }
  })
})

describe('while somebody watches', () => {
  it('[A5] key frames and fragments come more often, and the body is as whole as ever', async () => {
    site.receiver.watched = true
    const page = await openTestPage(site)
    const id = await page.evaluate(async () => {
      const capture = rooms.canvasCapture({})
      const recording = await rooms.sdk.startRecording({ server: '', capture })
      await new Promise((resolve) => setTimeout(resolve, 3000))
      const { id } = await recording.stop()
      capture.close()
      return id
    })
    await page.close()
    site.receiver.watched = false
    const { path } = site.receiver.recordings.get(id)!
    expect(await decode(path)).toEqual([])
    const keys = (await packets(path, 'v')).filter(({ key }) => key).map(({ time }) => time)
    const steps = keys.slice(1).map((time, index) => time - keys[index]!)
    // Else each is a second or more.
    expect(Math.min(...steps)).toBeLessThan(0.6)
  })
})

function largestStep(times: number[]): number {
  return Math.max(...times.slice(1).map((time, index) => time - times[index]!))
}
