// What is captured is what is seen and heard: the bubble in its place, sources that end, devices that are not there,
// policies that forbid, pictures and sound in step. With Chromium's own fake camera and microphone, and its real tab capture.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  colourAt,
  decode,
  flashes,
  onsets,
  openAskingBrowser,
  openBrowser,
  packets,
  permit,
  pictureAt,
  pixel,
  probe,
} from './browser.ts'
import { openTestPage, openTestSite, type TestSite } from './site.ts'

let site: TestSite

beforeAll(async () => {
  site = await openTestSite()
})

afterAll(async () => {
  await site?.close()
})

const path = (id: string) => site.receiver.recordings.get(id)!.path

const isWhite = (rgb: number[]) => rgb.every((value) => value > 235)

describe('a capture of screen, camera and microphone', () => {
  it('is one picture with a round camera in its corner, which can be moved, and goes on when the camera ends', async () => {
    const page = await openTestPage(site)
    const made = await page.evaluate(async () => {
      const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
      const capture = await rooms.sdk.openCapture({
        screen: { thisTab: true },
        camera: true,
        microphone: true,
        bubble: { size: 0.3 },
      })
      const recording = await rooms.sdk.startRecording({ server: '', capture })
      recording.on('notice', ({ code }) => rooms.notices.push(code))
      await wait(1500)
      const movedAt = recording.progress.durationMs
      capture.arrange({ corner: 'bottom-right' })
      await wait(1500)
      const endedAt = recording.progress.durationMs
      const camera = capture.sources.find(({ kind }) => kind === 'camera')!
      // As when it is unplugged: the browser ends the track and says so.
      const [track] = camera.stream.getVideoTracks()
      track!.stop()
      track!.dispatchEvent(new Event('ended'))
      await wait(1500)
      const kinds = capture.sources.map(({ kind, live }) => `${kind} ${live}`)
      const view = await recording.stop()
      const { durationMs } = recording.progress
      capture.close()
      return { id: view.id, movedAt, endedAt, durationMs, kinds, notices: rooms.notices }
    })
    await page.close()
    expect(made.notices).toEqual(['source-ended'])
    expect(made.kinds).toEqual(['screen true', 'camera false', 'microphone true'])
    const { streams } = await probe(path(made.id))
    const video = streams.find(({ codec_type }) => codec_type === 'video')!
    const size = { width: video.width!, height: video.height! }
    expect([size.width % 2, size.height % 2]).toEqual([0, 0])
    expect(streams.some(({ codec_type }) => codec_type === 'audio')).toBe(true)
    expect(await decode(path(made.id))).toEqual([])
    const lastPicture = (await packets(path(made.id), 'v')).at(-1)!.time
    expect(lastPicture).toBeGreaterThan(made.durationMs / 1000 - 0.3)

    // The page is white below its canvas. Diameter 0.3 of the height, margin 0.03: the centre is at 0.18 of the height
    // from the corner; the corner of the square around the circle shows the page.
    const centre = (0.18 * size.height) / size.width
    const corner = (0.05 * size.height) / size.width
    const first = await pictureAt(path(made.id), made.movedAt / 1000 - 0.5)
    expect(isWhite(pixel(first, size, centre, 0.82))).toBe(false)
    expect(isWhite(pixel(first, size, corner, 0.955))).toBe(true)
    expect(isWhite(pixel(first, size, 1 - centre, 0.82))).toBe(true)
    const second = await pictureAt(path(made.id), made.endedAt / 1000 - 0.3)
    expect(isWhite(pixel(second, size, centre, 0.82))).toBe(true)
    expect(isWhite(pixel(second, size, 1 - centre, 0.82))).toBe(false)
    const third = await pictureAt(path(made.id), made.durationMs / 1000 - 0.3)
    expect(isWhite(pixel(third, size, centre, 0.82))).toBe(true)
    expect(isWhite(pixel(third, size, 1 - centre, 0.82))).toBe(true)
  })

  it('ends and publishes by itself when its last source ends', async () => {
    const page = await openTestPage(site)
    const id = await page.evaluate(async () => {
      const capture = await rooms.sdk.openCapture({ camera: true })
      const recording = await rooms.sdk.startRecording({ server: '', capture })
      recording.on('notice', ({ message }) => rooms.notices.push(message))
      await new Promise((resolve) => setTimeout(resolve, 1500))
      const [track] = capture.sources[0]!.stream.getVideoTracks()
      track!.stop()
      track!.dispatchEvent(new Event('ended'))
      return (await recording.stop()).id
    })
    expect(await page.evaluate(() => rooms.notices)).toEqual([
      expect.stringMatching(/^The camera “.+” is gone: nothing is left to record, so the recording ends here\.$/),
    ])
    expect(await decode(path(id))).toEqual([])
    expect((await packets(path(id), 'v')).length).toBeGreaterThan(20)
    await page.close()
  })

  it('goes on in silence when the microphone is lost, and says which it was', async () => {
    const asking = await openAskingBrowser(`${site.folder}/asking`)
    const page = await openTestPage(site, { browser: asking })
    await permit(page, 'camera', 'granted')
    await permit(page, 'microphone', 'granted')
    await page.evaluate(async () => {
      const microphone = { noiseSuppression: false, echoCancellation: false }
      rooms.opened = await rooms.sdk.openCapture({ camera: true, microphone })
      rooms.recording = await rooms.sdk.startRecording({ server: '', capture: rooms.opened })
      rooms.recording.on('notice', ({ message }) => rooms.notices.push(message))
      await new Promise((resolve) => setTimeout(resolve, 2500))
    })
    await permit(page, 'microphone', 'denied')
    await expect.poll(() => page.evaluate(() => rooms.notices), { timeout: 15_000 }).not.toEqual([])
    const made = await page.evaluate(async () => {
      const lostMs = rooms.recording!.progress.durationMs
      await new Promise((resolve) => setTimeout(resolve, 2500))
      const live = rooms.opened!.sources.map(({ kind, live }) => `${kind} ${live}`)
      const { id } = await rooms.recording!.stop()
      rooms.opened!.close()
      return { id, lostMs, durationMs: rooms.recording!.progress.durationMs, live, notices: rooms.notices }
    })
    await asking.close()
    expect(made.live).toEqual(['camera true', 'microphone false'])
    expect(made.notices).toEqual([
      expect.stringMatching(/^The microphone “.+” is gone: recording goes on without its sound\.$/),
    ])
    expect(await decode(path(made.id))).toEqual([])
    for (const kind of ['v', 'a'] as const) {
      const end = Math.max(...(await packets(path(made.id), kind)).map(({ time }) => time))
      expect(Math.abs(end - made.durationMs / 1000)).toBeLessThan(0.6)
    }
    // The fake microphone beeps once a second. Silence "ends" at the end, too.
    const heard = (await onsets(path(made.id))).filter((time) => time < made.durationMs / 1000 - 0.5)
    expect(heard.length).toBeGreaterThan(0)
    expect(Math.max(...heard)).toBeLessThan(made.lostMs / 1000 + 0.3)
  })

  it('goes on with the camera in the whole picture, and the sound, when the screen is no longer shared', async () => {
    const page = await openTestPage(site)
    const made = await page.evaluate(async () => {
      const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
      const capture = rooms.canvasCapture({ quarters: true, cameras: ['#0ff'] })
      const recording = await rooms.sdk.startRecording({ server: '', capture })
      recording.on('notice', ({ message }) => rooms.notices.push(message))
      await wait(1500)
      const endedMs = recording.progress.durationMs
      capture.endScreen()
      await wait(1500)
      const { id } = await recording.stop()
      capture.close()
      return { id, endedMs, durationMs: recording.progress.durationMs, notices: rooms.notices }
    })
    await page.close()
    expect(made.notices).toEqual(['The screen is no longer shared: recording goes on without it.'])
    expect(await decode(path(made.id))).toEqual([])
    const size = { width: 640, height: 360 }
    const coloursAt = async (ms: number) => {
      const picture = await pictureAt(path(made.id), ms / 1000)
      return [colourAt(picture, size, 0.3, 0.25), colourAt(picture, size, 0.7, 0.25)]
    }
    expect(await coloursAt(made.endedMs - 500)).toEqual(['red', 'green'])
    expect((await coloursAt(made.durationMs - 400)).sort()).toEqual(['black', 'cyan'])
    const end = Math.max(...(await packets(path(made.id), 'a')).map(({ time }) => time))
    expect(end).toBeGreaterThan(made.durationMs / 1000 - 0.6)
    const silent = (await onsets(path(made.id))).filter((time) => time > 0.5 && time < end - 0.1)
    expect(silent).toEqual([])
  })

  it('has a level, and none when it is muted', async () => {
    const page = await openTestPage(site)
    const levels = await page.evaluate(async () => {
      const capture = await rooms.sdk.openCapture({ microphone: { noiseSuppression: false, echoCancellation: false } })
      const loudest = async (ms: number) => {
        let most = 0
        for (const until = performance.now() + ms; performance.now() < until; ) {
          most = Math.max(most, capture.level())
          await new Promise((resolve) => setTimeout(resolve, 10))
        }
        return most
      }
      const heard = await loudest(1500) // the fake microphone beeps once a second
      capture.mute('microphone', true)
      await new Promise((resolve) => setTimeout(resolve, 200))
      const muted = await loudest(1500)
      capture.close()
      return { heard, muted }
    })
    expect(levels.heard).toBeGreaterThan(0.01)
    expect(levels.muted).toBeLessThan(0.001)
    await page.close()
  })
})

describe('sound', () => {
  it('has a gain for each source, and a level of each before it', async () => {
    const page = await openTestPage(site)
    const levels = await page.evaluate(async () => {
      const capture = rooms.canvasCapture({ video: false })
      const measured = async () => {
        await new Promise((resolve) => setTimeout(resolve, 700))
        return { mix: capture.level(), own: capture.level('microphone') }
      }
      const plain = await measured()
      capture.setGain('microphone', 0.25)
      const quiet = await measured()
      capture.setGain('microphone', Number.NaN)
      const gain = capture.gain('microphone')
      capture.close()
      return { plain, quiet, gain }
    })
    await page.close()
    expect(levels.plain.own).toBeGreaterThan(0.9)
    expect(levels.quiet.own).toBeGreaterThan(0.9)
    // The limiter of the mix lifts what is quiet a little.
    expect(levels.quiet.mix / levels.quiet.own).toBeGreaterThan(0.2)
    expect(levels.quiet.mix / levels.quiet.own).toBeLessThan(0.4)
    expect(levels.plain.mix).toBeGreaterThan(2 * levels.quiet.mix)
    expect(levels.gain).toBe(1)
  })

  it('is missed where the microphone gives none for some seconds, and not where it is muted', async () => {
    const page = await openTestPage(site)
    const told = await page.evaluate(async () => {
      const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
      const capture = rooms.canvasCapture({ video: false, marks: true })
      const muted = rooms.canvasCapture({ video: false, marks: true })
      muted.mute('microphone', true)
      const told: boolean[] = []
      capture.on('silence', ({ silent }) => told.push(silent))
      const until = performance.now() + 15_000
      while (told.length === 0 && performance.now() < until) await wait(100)
      const meanwhile = muted.silent
      capture.mark()
      while (told.length === 1 && performance.now() < until) await wait(100)
      capture.close()
      muted.close()
      return { told, meanwhile }
    })
    await page.close()
    expect(told).toEqual({ told: [true, false], meanwhile: false })
  })

  it('comes from another microphone in mid-recording', async () => {
    const page = await openTestPage(site)
    const made = await page.evaluate(async () => {
      const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
      const capture = rooms.canvasCapture({ marks: true })
      const recording = await rooms.sdk.startRecording({ server: '', capture })
      const other = rooms.canvasCapture({ video: false })
      navigator.mediaDevices.getUserMedia = () => Promise.resolve(other.sources[0]!.stream)
      await wait(1000)
      const changedAt = recording.progress.durationMs
      await capture.change('microphone', {})
      await wait(1000)
      const { id } = await recording.stop()
      capture.close()
      other.close()
      return { id, changedAt }
    })
    await page.close()
    const [first] = await onsets(path(made.id))
    expect(Math.abs(first! * 1000 - made.changedAt)).toBeLessThan(400)
  })
})

describe('pictures and sound', () => {
  it('stay in step, through a pause', async () => {
    const page = await openTestPage(site)
    const id = await page.evaluate(async () => {
      const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
      const capture = rooms.canvasCapture({ marks: true })
      const recording = await rooms.sdk.startRecording({ server: '', capture })
      for (const pause of [false, true, false]) {
        await wait(700)
        capture.mark()
        await wait(700)
        if (!pause) continue
        recording.pause()
        await wait(600)
        recording.resume()
      }
      const view = await recording.stop()
      capture.close()
      return view.id
    })
    const seen = await flashes(path(id))
    const end = (await packets(path(id), 'a')).at(-1)!.time
    const heard = (await onsets(path(id))).filter((time) => time < end - 0.1) // silence "ends" at the end, too
    expect(seen.length).toBe(3)
    expect(heard.length).toBe(3)
    const apart = seen.map((time, index) => Math.abs(time - heard[index]!)).sort((a, b) => a - b)
    // ITU-R BT.1359: sound is noticed from 45 ms before to 125 ms after the picture; a busy machine adds some.
    expect(apart[1]).toBeLessThan(0.12)
    await page.close()
  })
})

describe('what cannot be captured', () => {
  const codeOf = (
    page: Page,
    options: { screen?: true } & { [Kind in 'camera' | 'microphone']?: true | { deviceId: string } },
  ) =>
    page.evaluate(async (options) => {
      try {
        const capture = await rooms.sdk.openCapture(options)
        capture.close()
        return 'opened'
      } catch (fault) {
        const { name, code, source } = fault as { name: string; code: string; source: string }
        return `${name} ${code} ${source}`
      }
    }, options)

  it('is said by a code and the source', async () => {
    const page = await openTestPage(site)
    expect(await codeOf(page, {})).toBe('CaptureError nothing-chosen null')
    expect(await codeOf(page, { camera: { deviceId: 'unplugged' } })).toBe('CaptureError no-device camera')
    expect(await codeOf(page, { microphone: { deviceId: 'unplugged' } })).toBe('CaptureError no-device microphone')
    expect(await codeOf(page, { camera: true })).toBe('opened')
    const devices = await page.evaluate(() => rooms.sdk.listDevices())
    expect(devices.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['camera', 'microphone']))
    await page.close()
  })

  it('is denied by the user, or by an insecure page', async () => {
    const denying = await openBrowser(`${site.folder}/denying`, [
      '--use-fake-ui-for-media-stream=deny',
      '--host-resolver-rules=MAP insecure.test 127.0.0.1',
    ])
    const page = await openTestPage(site, { browser: denying })
    expect(await codeOf(page, { screen: true })).toBe('CaptureError permission-denied screen')
    expect(await codeOf(page, { camera: true })).toBe('CaptureError permission-denied camera')
    expect(await codeOf(page, { microphone: true })).toBe('CaptureError permission-denied microphone')
    await page.goto(site.receiver.origin.replace('127.0.0.1', 'insecure.test'))
    await page.waitForFunction(() => 'rooms' in globalThis)
    expect(await codeOf(page, { camera: true })).toBe('CaptureError not-supported null')
    expect(await page.evaluate(() => rooms.sdk.recoverRecordings({ server: '' }))).toEqual([])
    await denying.close()
  })
})

describe("a page's policy", () => {
  it.each([
    { policy: "default-src 'self'; worker-src 'self' blob:; script-src 'self' 'wasm-unsafe-eval'", audio: 'aac' },
    { policy: "default-src 'self'; worker-src 'self' blob:", audio: 'opus' },
  ])('$policy: sound is $audio', async ({ policy, audio }) => {
    site.receiver.pageHeaders = { 'content-security-policy': policy }
    const page = await openTestPage(site)
    const made = await page.evaluate(async () => {
      const capture = rooms.canvasCapture({})
      const recording = await rooms.sdk.startRecording({ server: '', capture })
      await new Promise((resolve) => setTimeout(resolve, 1200))
      const view = await recording.stop()
      capture.close()
      return { id: view.id, encoder: recording.encoder }
    })
    site.receiver.pageHeaders = {} // the worker's policy comes with its own file
    expect(made.encoder).toMatchObject({ kind: 'webcodecs', audio })
    expect(await decode(path(made.id))).toEqual([])
    expect((await packets(path(made.id), 'a')).length).toBeGreaterThan(30)
    await page.close()
  })
})
