// A computer that falls asleep in mid-recording: the time is left out, and what comes after it is in step.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { decode, flashes, type OwnBrowser, onsets, packets, spawnBrowser } from './browser.ts'
import { openTestPage, openTestSite, type TestSite } from './site.ts'

let site: TestSite
let sleeper: OwnBrowser

beforeAll(async () => {
  site = await openTestSite()
  sleeper = await spawnBrowser(`${site.folder}/asleep`)
})

afterAll(async () => {
  await sleeper?.kill() // stopped or not
  await site?.close()
})

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

it('a sleep of 14 s is left out as a pause is, and said; sound and pictures after it are in step', async () => {
  const page = await openTestPage(site, { browser: sleeper.context })
  await page.evaluate(async () => {
    rooms.capture = rooms.canvasCapture({ marks: true })
    rooms.recording = await rooms.sdk.startRecording({ server: '', capture: rooms.capture })
    rooms.recording.on('notice', ({ message }) => rooms.notices.push(message))
  })
  const lengthMs = () => page.evaluate(() => rooms.recording!.progress.durationMs)
  await wait(2000)
  const beforeMs = await lengthMs()
  const asleepFrom = performance.now()
  sleeper.signal('SIGSTOP') // nothing of the browser runs, and its clock runs on
  await wait(14_000)
  sleeper.signal('SIGCONT')
  const awakeFrom = performance.now()
  await expect.poll(() => page.evaluate(() => rooms.notices.length), { timeout: 30_000 }).toBeGreaterThan(0)
  await wait(3000)
  const markedAt: number[] = []
  for (let mark = 0; mark < 3; mark++) {
    await page.evaluate(() => rooms.capture!.mark())
    markedAt.push(await lengthMs())
    await wait(800)
  }
  const id = await page.evaluate(async () => (await rooms.recording!.stop()).id)
  const awakeMs = performance.now() - awakeFrom
  const durationMs = await lengthMs()
  const notices = await page.evaluate(() => rooms.notices)
  const produced = await page.evaluate(() => rooms.producedSha256())
  await page.close()

  expect(notices.length).toBe(1)
  const said = /^The computer was asleep for 0:(\d\d); recording went on after it\.$/.exec(notices[0]!)
  expect(Number(said?.[1])).toBeGreaterThanOrEqual(12)
  expect(Number(said?.[1]) * 1000).toBeLessThan(awakeFrom - asleepFrom + 5000)
  // Media is as long as it was awake: the 14 s are not in it.
  expect(durationMs).toBeGreaterThan(beforeMs + 3000)
  expect(durationMs).toBeLessThan(beforeMs + awakeMs + 3000)

  const { path } = site.receiver.recordings.get(id)!
  const body = new Uint8Array(await site.receiver.body(id))
  const received = new Uint8Array(await crypto.subtle.digest('SHA-256', body))
  expect(Buffer.from(received).toString('hex')).toBe(produced)
  expect(await decode(path)).toEqual([])
  for (const kind of ['v', 'a'] as const) {
    const times = (await packets(path, kind)).map(({ time }) => time).sort((a, b) => a - b)
    expect(Math.abs(times.at(-1)! * 1000 - durationMs)).toBeLessThan(1000)
    expect(Math.max(...times.slice(1).map((time, index) => time - times[index]!))).toBeLessThan(5)
  }
  const [seen, heard] = [await flashes(path), await onsets(path)]
  expect(seen.length).toBe(3)
  expect(Math.abs(seen[0]! * 1000 - markedAt[0]!)).toBeLessThan(1000)
  const apart = seen.map((time, mark) => Math.abs(time - heard[mark]!)).sort((a, b) => a - b)
  // As through a pause: the middle one, since a busy machine is late now and then.
  expect(apart[1]).toBeLessThan(0.2)
}, 120_000)
