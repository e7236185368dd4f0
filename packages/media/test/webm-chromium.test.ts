import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { laidOut, traceBody } from './index-trace.ts'
import { NUMBER_BITS } from './made-media.ts'
import { openStage, type Stage } from './mp4-chromium.ts'
import { chromiumMedia, ffmpegMedia, fixtureMedia } from './webm-media.ts'

const SEEKS = [0.83, 0.17, 0.51]

const media = [...(await chromiumMedia()), ...(await ffmpegMedia()), ...(await fixtureMedia())]
const webm = media
  .map((medium) => ({ ...medium, index: traceBody(medium.bytes).index }))
  .flatMap(({ index, ...medium }) => {
    const view = index.webmView()
    return view.state === 'ready' ? [{ ...medium, index, view }] : []
  })

type Shown = {
  duration: number
  seekable: number
  frames: { at: number; shown: number; bits: number[] }[]
  end: number
}

/** Plays a file in a page: what it says of itself, which picture stands after each seek, where it ends. */
async function play(stage: Stage, url: string, seeks: readonly number[], hasVideo: boolean): Promise<Shown> {
  return stage.page.evaluate(
    async ({ url, seeks, hasVideo, bits }) => {
      const video = document.createElement('video')
      document.body.replaceChildren(video)
      const event = (name: string): Promise<unknown> =>
        new Promise((resolve, reject) => {
          video.addEventListener(name, resolve, { once: true })
          video.addEventListener('error', () => reject(new Error(video.error?.message)), { once: true })
        })
      const nextFrame = (): Promise<number> =>
        new Promise((resolve) => {
          video.requestVideoFrameCallback((_, { mediaTime }) => resolve(mediaTime))
        })
      video.muted = true
      const loaded = event('loadeddata')
      // The first picture may be shown after loadeddata: waited for, or it is taken for the first seek's.
      const first = hasVideo ? nextFrame() : Promise.resolve(-1)
      video.src = url
      await Promise.all([loaded, first])
      const canvas = new OffscreenCanvas(bits, 1)
      const context = canvas.getContext('2d', { willReadFrequently: true })!
      const frames: Shown['frames'] = []
      for (const seek of seeks) {
        const at = seek * video.duration
        const framed = hasVideo ? nextFrame() : Promise.resolve(-1)
        const seeked = event('seeked')
        video.currentTime = at
        await seeked
        const shown = await framed
        if (hasVideo) context.drawImage(video, 0, 0, bits, 1)
        const { data } = context.getImageData(0, 0, bits, 1)
        frames.push({ at, shown, bits: Array.from({ length: bits }, (_, bit) => (data[bit * 4]! > 127 ? 1 : 0)) })
      }
      video.currentTime = Math.max(video.duration - 0.3, 0)
      const ended = event('ended')
      await video.play()
      await ended
      return { duration: video.duration, seekable: video.seekable.end(0), frames, end: video.currentTime }
    },
    { url, seeks: [...seeks], hasVideo, bits: NUMBER_BITS },
  )
}

/** The blocks of every picture, as the body itself decodes. */
function decodedBits(path: string): number[][] {
  const filter = `scale=${NUMBER_BITS}:1:flags=area,format=gray`
  const args = [
    '-v',
    'error',
    '-i',
    path,
    '-map',
    '0:v',
    '-vf',
    filter,
    '-fps_mode',
    'passthrough',
    '-f',
    'rawvideo',
    '-',
  ]
  const gray = execFileSync('ffmpeg', args)
  return Array.from({ length: gray.length / NUMBER_BITS }, (_, n) =>
    [...gray.subarray(n * NUMBER_BITS, (n + 1) * NUMBER_BITS)].map((level) => (level > 127 ? 1 : 0)),
  )
}

describe('Chromium plays the WebM view', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.close())

  it.each(webm)('$name: finite duration, exact seeks, plays to the end', async ({ name, path, bytes, view, index }) => {
    const url = `/${encodeURIComponent(name)}`
    stage.files.set(url, { bytes: laidOut(view.layout, bytes), contentType: view.layout.contentType })
    const video = index.tracks.find(({ kind }) => kind === 'video')
    const shown = await play(stage, url, SEEKS, video !== undefined)
    expect(shown.duration).toBeCloseTo(index.durationMs / 1000, 3)
    expect(shown.seekable).toBe(shown.duration)
    expect(shown.end).toBeCloseTo(shown.duration, 1)
    if (video === undefined) return

    const { samples } = traceBody(bytes)
    const times = samples.filter(({ trackId }) => trackId === video.id).map(({ pts }) => (pts * 1000) / video.timescale)
    const bits = name.startsWith('Chromium') ? decodedBits(path) : null
    // Else the comparison of pictures would say nothing.
    if (bits !== null) expect(new Set(bits.map(String)).size).toBeGreaterThan(times.length / 2)
    for (const frame of shown.frames) {
      // The picture that stands at a time is the last one that began by then.
      const expected = times.findLastIndex((time) => time <= frame.at * 1000)
      expect(frame.shown * 1000, `at ${frame.at}`).toBeCloseTo(times[expected] ?? times[0]!, 1)
      if (bits !== null) expect(frame.bits, `at ${frame.at}`).toEqual(bits[expected])
    }
  })
})
