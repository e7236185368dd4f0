import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBodyIndex } from '../src/body-index.ts'
import { codecString } from '../src/codec/codec-string.ts'
import type { Track } from '../src/track.ts'
import { decodedFrames, makeBody, openFolder, readAll, takeNotes, viewBytes, writeView } from './mp4-bodies.ts'
import { openStage, recordInChromium, type Stage } from './mp4-chromium.ts'
import { comparedStreams, compareWithProbe, expectSame } from './mp4-comparison.ts'

const TYPES = [
  'video/mp4;codecs=avc1.42E01F,opus',
  'video/mp4;codecs=avc3.42E01F,opus',
  'video/mp4;codecs=vp9,opus',
  'video/mp4;codecs=av01,opus',
  'audio/mp4;codecs=opus',
]

const MADE_BY_FFMPEG = ['avc with B-frames, aac', 'avc, aac, edit lists', 'vp9, opus, no tfhd offset']

const folder = openFolder()
let stage: Stage
let recorded: Map<string, Uint8Array>

beforeAll(async () => {
  stage = await openStage()
  recorded = await recordInChromium(stage.page, [...TYPES, ...WEBM_TYPES], 3300)
})

afterAll(async () => {
  await stage.close()
  folder.remove()
})

/** Where a track's edit list puts its media time 0, in seconds. */
function mediaStart({ edits, timescale }: Track): number {
  const entries = edits?.entries ?? []
  const lead = entries.filter(({ mediaTime }) => mediaTime < 0).reduce((sum, { duration }) => sum + duration, 0)
  const skipped = (entries.find(({ mediaTime }) => mediaTime >= 0)?.mediaTime ?? 0) / timescale
  return lead / (edits?.movieTimescale ?? 1) - skipped
}

/** Seconds at which each picture is shown, in order. */
function pictureTimes(bytes: Uint8Array): number[] {
  const { tracks, samples } = readAll(bytes)
  const video = tracks.find(({ kind }) => kind === 'video')!
  return samples
    .filter(({ trackId }) => trackId === video.id)
    .map(({ pts }) => pts / video.timescale + mediaStart(video))
    .sort((a, b) => a - b)
}

type Played = { duration: number; shown: number[]; error: string | null }

/** Plays by `<video src>`: its duration, and the time of the picture that each seek shows. */
function play(path: string, seeks: readonly number[]): Promise<Played> {
  return stage.page.evaluate(
    async ({ path, seeks }) => {
      const video = document.createElement('video')
      video.muted = true
      video.src = path
      document.body.replaceChildren(video)
      const failed = new Promise<string>((resolve) => {
        video.onerror = () => resolve(video.error?.message ?? 'unknown')
      })
      const firstPicture = new Promise((resolve) => video.requestVideoFrameCallback(resolve))
      const loaded = new Promise((resolve) => {
        video.onloadeddata = resolve
      })
      // Shown after loadeddata, the first picture would be taken for the first seek's.
      const ready = loaded.then(() => (video.videoWidth > 0 ? firstPicture : null)).then(() => null)
      const error = await Promise.race([failed, ready])
      const shown: number[] = []
      for (const time of error === null ? seeks : []) {
        const frame = new Promise<number>((resolve) => {
          video.requestVideoFrameCallback((_now, metadata) => resolve(metadata.mediaTime))
        })
        video.currentTime = time
        shown.push(await frame)
      }
      return { duration: video.duration, shown, error }
    },
    { path, seeks: [...seeks] },
  )
}

/**
 * A picture near this share of the recording. Chromium takes a picture to last as long as they do on average, and shows
 * the one before for a seek that falls into that: where pictures came at short intervals no header could help it.
 */
function steadyPlace(times: readonly number[], share: number): number {
  const average = (times.at(-1)! - times[0]!) / (times.length - 1)
  const steady = [...times.keys()].filter((index) => {
    const [before, time, after] = [times[index - 1], times[index]!, times[index + 1]]
    return before !== undefined && after !== undefined && time - before + (after - time) / 2 > 1.3 * average
  })
  const wanted = share * (times.length - 2)
  return steady.sort((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted))[0]!
}

async function expectFrameExact(name: string, view: Uint8Array): Promise<void> {
  stage.files.set(`/${name}.mp4`, { bytes: view, contentType: 'video/mp4' })
  const times = pictureTimes(view)
  const wanted = [0.7, 0.2, 1].map((share) => steadyPlace(times, share))
  // The middle of each picture's time: no rounding of the seek can fall into its neighbour.
  const played = await play(
    `/${name}.mp4`,
    wanted.map((index) => (times[index]! + times[index + 1]!) / 2),
  )
  expect(played.error).toBeNull()
  expect(played.duration).toBeGreaterThan(times.at(-1)!)
  expect(played.duration).toBeLessThan(times.at(-1)! + 1)
  for (const [place, index] of wanted.entries()) expect(played.shown[place]).toBeCloseTo(times[index]!, 3)
}

describe.each(TYPES)('what MediaRecorder makes of %s', (type) => {
  const name = type.replace(/[^a-z0-9]/gi, '-')
  const path = folder.path(`${name}.mp4`)
  const viewPath = folder.path(`${name}.view.mp4`)
  let body: Uint8Array
  let view: Uint8Array

  beforeAll(() => {
    body = recorded.get(type)!
    writeFileSync(path, body)
    view = writeView(body, viewPath)
  })

  it('is read as ffprobe reads it', () => compareWithProbe(path, body))

  it('decodes to the same pictures and sound at the same times in its MP4 view', () => {
    for (const [theirs, ours] of comparedStreams(decodedFrames(path), decodedFrames(viewPath))) expectSame(ours, theirs)
  })

  it('has names for its codecs that Chromium plays', async () => {
    const tracks = new Map(readAll(body).tracks.map((track) => [track.id, track]))
    const codecs = [...tracks.values()].map(codecString).join(', ')
    const container = type.startsWith('audio') ? 'audio/mp4' : 'video/mp4'
    const isSupported = await stage.page.evaluate(
      (full) => MediaSource.isTypeSupported(full),
      `${container}; codecs="${codecs}"`,
    )
    expect([codecs, isSupported]).toEqual([codecs, true])
  })

  it('plays, and seeks to the very picture', async () => {
    if (type.startsWith('video')) await expectFrameExact(name, view)
    else {
      stage.files.set(`/${name}.mp4`, { bytes: view, contentType: 'audio/mp4' })
      const { duration, error } = await play(`/${name}.mp4`, [])
      expect(error).toBeNull()
      expect(duration).toBeGreaterThan(2.5)
      expect(duration).toBeLessThan(4.5)
    }
  })
})

const WEBM_TYPES = ['video/webm;codecs=vp9,opus', 'video/webm;codecs=av1,opus', 'video/webm;codecs=h264,opus']

describe.each(WEBM_TYPES)('the MP4 view of what MediaRecorder makes of %s', (type) => {
  it('[T5] has every sample where it lies, pictures at their time and sound within 10 ms of it', () => {
    const body = recorded.get(type)!
    const notes = takeNotes()
    const index = openBodyIndex({ sink: notes })
    index.push(body)
    index.finish()
    const view = viewBytes(index.mp4View(), body)
    const header = view.length - index.wholeBytes
    const shown = readAll(view)
    for (const track of shown.tracks) {
      const before = notes.samples.filter(({ trackId }) => trackId === track.id)
      const after = shown.samples.filter(({ trackId }) => trackId === track.id)
      expect(after.map(({ offset, size, sync }) => [offset - header, size, sync])).toEqual(
        before.map(({ offset, size, sync }) => [offset, size, sync]),
      )
      const timescale = notes.tracks.find(({ id }) => id === track.id)!.timescale
      const start = mediaStart(track)
      const errors = after.map(({ pts }, place) => pts / track.timescale + start - before[place]!.pts / timescale)
      expect(Math.max(...errors.map(Math.abs))).toBeLessThanOrEqual(track.kind === 'audio' ? 0.0101 : 0.0001)
      expect(after.length).toBeGreaterThan(20)
    }
  })

  it('plays in Chromium, and seeks to the very picture', async () => {
    const body = recorded.get(type)!
    const index = openBodyIndex()
    index.push(body)
    index.finish()
    await expectFrameExact(type.replace(/[^a-z0-9]/gi, '-'), viewBytes(index.mp4View(), body))
  })
})

describe.each(MADE_BY_FFMPEG)('the view of %s', (made) => {
  it('plays in Chromium, and seeks to the very picture', async () => {
    const body = makeBody(made, folder.path(`${made}.mp4`))
    const name = made.replace(/[^a-z0-9]/gi, '-')
    await expectFrameExact(name, writeView(body, folder.path(`${name}.view.mp4`)))
  })
})
