// What the browser's own dialogue gives: a window of another program, the whole screen, another tab with its sound. A
// browser with windows on a desktop that nobody sees; switches stand for the click in the dialogue, everything else is real.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { colourAt, decode, openAskingBrowser, permit, pictureUntil, probe } from './browser.ts'
import { type Desktop, desktopSize, openDesktop } from './desktop.ts'
import { openTestPage, openTestSite, type TestSite } from './site.ts'

const run = promisify(execFile)
const otherProgram = 'A program of its own'
const otherTab = 'A tab with a tone'
const place = { left: 800, top: 400, width: 400, height: 240 }
/** Hz. */
const tones = { tab: 1500, microphone: 440 }

let site: TestSite
let desktop: Desktop

beforeAll(async () => {
  site = await openTestSite()
  desktop = await openDesktop()
})

afterAll(async () => {
  await desktop?.close()
  await site?.close()
})

const path = (id: string) => site.receiver.recordings.get(id)!.path

const openOnDesktop = (name: string, more: string[]): Promise<BrowserContext> =>
  openAskingBrowser(`${site.folder}/${name}`, { more, display: desktop.display })

/** A second of what is picked. */
async function recordSecond(
  page: Page,
  surface: 'monitor' | 'window',
): Promise<{ picture: Buffer; size: Size; surface: string }> {
  const made = await page.evaluate(async (wished) => {
    const capture = await rooms.sdk.openCapture({ screen: { surface: wished, audio: false } })
    const surface = capture.track('screen')!.getSettings().displaySurface ?? ''
    const recording = await rooms.sdk.startRecording({ server: '', capture })
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const { id } = await recording.stop()
    capture.close()
    return { id, surface, size: recording.picture! }
  }, surface)
  expect(await decode(path(made.id))).toEqual([])
  const [stream] = (await probe(path(made.id))).streams
  expect(made.size).toEqual({ width: stream!.width, height: stream!.height })
  return { ...made, picture: await pictureUntil(path(made.id), 0.9) }
}

type Size = { width: number; height: number }

describe('what is shared', { timeout: 60_000 }, () => {
  it('is a window of another program, and nothing beside it', async () => {
    const browser = await openOnDesktop('window', [`--auto-select-window-capture-source-by-title=${otherProgram}`])
    const page = await openTestPage(site, { browser })
    await desktop.showWindow(otherProgram, place)
    const { picture, size, surface } = await recordSecond(page, 'window')
    await browser.close()
    expect(surface).toBe('window')
    expect(size).toEqual({ width: place.width, height: place.height })
    expect(colourAt(picture, size, 0.02, 0.03)).toBe('red')
    expect(colourAt(picture, size, 0.48, 0.97)).toBe('red')
    expect(colourAt(picture, size, 0.52, 0.03)).toBe('blue')
    expect(colourAt(picture, size, 0.98, 0.97)).toBe('blue')
  })

  it('is the whole screen, with the window where it stands', async () => {
    const browser = await openOnDesktop('screen', ['--auto-select-desktop-capture-source=Entire screen'])
    const page = await openTestPage(site, { browser })
    await desktop.showWindow(otherProgram, place)
    const { picture, size, surface } = await recordSecond(page, 'monitor')
    await browser.close()
    expect(surface).toBe('monitor')
    expect(size).toEqual(desktopSize)
    const at = (x: number, y: number) => colourAt(picture, size, x / size.width, y / size.height)
    const { left, top, width, height } = place
    const middle = top + height / 2
    expect([at(left + 10, middle), at(left + 10, top + 10)]).toEqual(['red', 'red'])
    expect([at(left + width - 10, middle), at(left + width - 10, top + height - 10)]).toEqual(['blue', 'blue'])
    expect([at(left - 10, middle), at(left + 10, top - 10)]).not.toContain('red')
    expect([at(left + width + 10, middle), at(left + width - 10, top + height + 10)]).not.toContain('blue')
  })

  it('is another tab with its sound, which is mixed with the microphone; each has its own gain', async () => {
    const spoken = `${site.folder}/spoken.wav`
    await run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', `sine=${tones.microphone}:r=48000:d=10`, spoken])
    const browser = await openOnDesktop('tab', [
      `--auto-select-tab-capture-source-by-title=${otherTab}`,
      `--use-file-for-fake-audio-capture=${spoken}`,
    ])
    const shared = await browser.newPage()
    await shared.setContent(`<title>${otherTab}</title>
      <body style="margin: 0; height: 100vh; background: linear-gradient(90deg, #f0f 50%, #0ff 50%)">`)
    await shared.evaluate((frequency) => {
      const context = new AudioContext()
      const tone = new OscillatorNode(context, { frequency })
      tone.connect(new GainNode(context, { gain: 0.2 })).connect(context.destination)
      tone.start()
    }, tones.tab)
    // A tab is captured when it paints: this one has, and goes on.
    await shared.evaluate(() => {
      document.body.insertAdjacentHTML('beforeend', '<p style="margin: 0">0</p>')
      setInterval(() => document.querySelector('p')!.append('.'), 200)
    })
    await shared.screenshot()
    const page = await openTestPage(site, { browser })
    await permit(page, 'microphone', 'granted')
    const made = await page.evaluate(async () => {
      const capture = await rooms.sdk.openCapture({
        screen: { surface: 'browser' },
        microphone: { noiseSuppression: false, echoCancellation: false },
      })
      const recording = await rooms.sdk.startRecording({ server: '', capture })
      const steps = [
        () => {},
        () => capture.setGain('screen', 0.5),
        () => capture.mute('screen', true),
        () => {
          capture.mute('screen', false)
          capture.setGain('screen', 1)
          capture.mute('microphone', true)
        },
      ]
      for (const step of steps) {
        step()
        await new Promise((resolve) => setTimeout(resolve, 900))
      }
      const { id } = await recording.stop()
      const size = recording.picture!
      capture.close()
      return { id, seconds: recording.progress.durationMs / 1000, size }
    })
    await browser.close()
    expect(await decode(path(made.id))).toEqual([])
    const picture = await pictureUntil(path(made.id), made.seconds / 2)
    expect(colourAt(picture, made.size, 0.25, 0.5)).toBe('magenta')
    expect(colourAt(picture, made.size, 0.75, 0.5)).toBe('cyan')

    // By what is heard, not when: on a busy machine sound comes late.
    const heard = plateaus(await soundOf(path(made.id)))
    const all = 'tab 1, microphone 1'
    expect(heard.slice(heard.indexOf(all))).toEqual([
      all,
      'tab 0.5, microphone 1',
      'tab 0, microphone 1',
      'tab 1, microphone 0',
    ])
  })
})

/** Samples of all channels mixed, 48,000 a second. */
async function soundOf(file: string): Promise<Float32Array> {
  const samples = ['-map', '0:a', '-ac', '1', '-ar', '48000', '-f', 'f32le', '-']
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', file, ...samples], {
    encoding: 'buffer',
    maxBuffer: 1e8,
  })
  return new Float32Array(new Uint8Array(stdout).buffer)
}

/** How loud both tones are, one after the other, in shares of their full loudness; what lasts less than 0.3 s is left out. */
function plateaus(sound: Float32Array): string[] {
  const step = 4800
  const parts = Array.from({ length: Math.floor(sound.length / step) }, (_, part) =>
    sound.subarray(part * step, (part + 1) * step),
  )
  const shares = (hertz: number) => {
    const levels = parts.map((part) => strength(part, hertz))
    // The tab is at its full loudness for half of the time.
    const full = levels.toSorted((a, b) => a - b)[Math.floor(levels.length * 0.75)]!
    expect(full, `${hertz} Hz`).toBeGreaterThan(0.02)
    return levels.map((level) => level / full)
  }
  const tab = shares(tones.tab).map((share) => [0, 0.5, 1].find((known) => Math.abs(share - known) < 0.1) ?? 'between')
  // A browser goes on looking for the right gain of a microphone: it is heard, or it is not.
  const microphone = shares(tones.microphone).map((share) => (share > 0.2 ? 1 : 0))
  const states = tab.map((share, part) => `tab ${share}, microphone ${microphone[part]}`)
  const lasting = states.filter((state, part) => part > 1 && state === states[part - 1] && state === states[part - 2])
  return lasting.filter((state, index) => state !== lasting[index - 1])
}

/** Amplitude of one tone among others. */
function strength(sound: Float32Array, hertz: number): number {
  let [real, imaginary] = [0, 0]
  for (const [at, sample] of sound.entries()) {
    const angle = (2 * Math.PI * hertz * at) / 48_000
    // Hann's window keeps other tones out.
    const weight = 1 - Math.cos((2 * Math.PI * at) / sound.length)
    real += sample * weight * Math.cos(angle)
    imaginary += sample * weight * Math.sin(angle)
  }
  return (2 * Math.hypot(real, imaginary)) / sound.length
}
