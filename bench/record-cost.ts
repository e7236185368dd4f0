// npm run bench -- record-cost: what recording costs in the browser. The same tab of 1280 × 720 that never stands still,
// recorded in turn by MediaRecorder alone (the bare tab, its bytes thrown away), and by us with the camera's bubble and a
// hand that scribbles all the time, delivered to a receiver. Both are told: pictures a second, the longest gap between two
// pictures, CPU of the whole browser, and how its memory grew from a fifth of the time to the end.
//
//   --short: one round of 8 s; --minutes N: one round of N minutes of ours, for the memory, beside one of the bare tab

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { BrowserContext, Page } from 'playwright-core'
import { buildPage, openBrowser, packets, temporaryFolder } from '../packages/recorder/test/browser.ts'
import { Receiver } from '../packages/recorder/test/receiver.ts'
import { figure, spread, table } from './figures.ts'
import { cpuSeconds } from './server-process.ts'

type Cost = { pictures: number; gapMs: number; cpu: number; grownMb: number; tenthsMb: number[] }

export async function benchRecordCost(args: readonly string[]): Promise<string> {
  const at = args.indexOf('--minutes')
  const minutes = at < 0 ? 0 : Number(args[at + 1])
  const seconds = minutes > 0 ? minutes * 60 : args.includes('--short') ? 8 : 60
  const rounds = minutes > 0 || args.includes('--short') ? 1 : 3
  const folder = await temporaryFolder()
  await buildPage(`${folder.path}/site`)
  const receiver = await Receiver.open(`${folder.path}/bodies`, `${folder.path}/site`)
  const bare: Cost[] = []
  const ours: Cost[] = []
  try {
    for (let round = 0; round < rounds; round++) {
      const profile = `${folder.path}/profile-${round}`
      const browser = await openBrowser(profile)
      bare.push(
        await measured(
          profile,
          Math.min(seconds, 60),
          await movingPage(browser, receiver.origin),
          bareTab,
          folder.path,
          receiver,
        ),
      )
      ours.push(
        await measured(profile, seconds, await movingPage(browser, receiver.origin), scribbled, folder.path, receiver),
      )
      await browser.close()
      console.error(
        `round ${round + 1}: ${figure(bare.at(-1)!.pictures)} / ${figure(ours.at(-1)!.pictures)} pictures a second`,
      )
    }
  } finally {
    await receiver.close()
    await folder.remove()
  }
  const row = (name: string, costs: Cost[]) => {
    const middle = (of: Exclude<keyof Cost, 'tenthsMb'>) => spread(costs.map((cost) => cost[of])).median
    const relative = middle('cpu') / spread(bare.map(({ cpu }) => cpu)).median
    return [
      name,
      figure(middle('pictures')),
      figure(Math.max(...costs.map(({ gapMs }) => gapMs))),
      figure(middle('cpu')),
      figure(relative),
      figure(middle('grownMb')),
    ]
  }
  const head = [
    'recorder',
    'pictures a second',
    'longest gap, ms',
    'CPU-seconds a second',
    '× the bare tab',
    'memory grown, MB',
  ]
  const bareSeconds = seconds > 60 ? `, the bare tab 60 s` : ''
  return `${rounds} × ${seconds} s${bareSeconds}, 1280 × 720\n\n${table(head, [
    row('MediaRecorder of the bare tab (VP8)', bare),
    row('Rushes: bubble, scribbling, H.264, spooled and delivered', ours),
  ])}\n\nOurs, memory of the whole browser at each tenth, MB: ${ours.at(-1)!.tenthsMb.map(figure).join(', ')}`
}

/** A tab in which every picture is another one. */
async function movingPage(browser: BrowserContext, origin: string): Promise<Page> {
  const page = await browser.newPage()
  await page.setViewportSize({ width: 1280, height: 720 })
  await page.goto(origin)
  await page.waitForFunction(() => 'rooms' in globalThis)
  await page.evaluate(() => {
    rooms.keepsProduced = false
    const canvas = document.createElement('canvas')
    Object.assign(canvas, { width: 1280, height: 720 })
    Object.assign(canvas.style, { position: 'fixed', inset: '0' })
    document.body.append(canvas)
    const context = canvas.getContext('2d', { alpha: false })!
    const draw = (now: number) => {
      context.fillStyle = '#fff'
      context.fillRect(0, 0, 1280, 720)
      context.fillStyle = '#222'
      context.font = '20px sans-serif'
      for (let line = 0; line < 30; line++)
        context.fillText(`Line ${line} of what is read aloud here`, 40, 30 + line * 24)
      context.fillStyle = '#06c'
      context.fillRect((now / 4) % 1280, 0, 60, 720)
      requestAnimationFrame(draw)
    }
    requestAnimationFrame(draw)
  })
  return page
}

type Recorder = (page: Page, seconds: number, folder: string, receiver: Receiver) => Promise<string>

async function measured(
  profile: string,
  seconds: number,
  page: Page,
  record: Recorder,
  folder: string,
  receiver: Receiver,
): Promise<Cost> {
  const before = usage(profile)
  const startedAt = performance.now()
  const tenths: number[] = []
  const sampling = setInterval(() => tenths.push(usage(profile).bytes), (seconds * 1000) / 10)
  const late: { cpu: number; bytes: number; ms: number }[] = []
  const end = setTimeout(
    () => late.push({ ...usage(profile), ms: performance.now() - startedAt }),
    seconds * 1000 - 500,
  )
  const file = await record(page, seconds, folder, receiver)
  clearInterval(sampling)
  clearTimeout(end)
  await page.close()
  const [last] = late
  const times = (await packets(file, 'v')).map(({ time }) => time).sort((a, b) => a - b)
  const gaps = times.slice(1).map((time, index) => time - times[index]!)
  return {
    pictures: gaps.length / (times.at(-1)! - times[0]!),
    gapMs: 1000 * gaps.reduce((most, gap) => Math.max(most, gap), 0),
    cpu: ((last!.cpu - before.cpu) * 1000) / last!.ms,
    // From the second tenth on: until then browsers fill their pools.
    grownMb: (last!.bytes - tenths[1]!) / 1e6,
    tenthsMb: tenths.map((bytes) => bytes / 1e6),
  }
}

/** Of all processes of the browser with this profile. */
function usage(profile: string): { cpu: number; bytes: number } {
  let cpu = 0
  let bytes = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      if (!readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(profile)) continue
      cpu += cpuSeconds(Number(name))
      // Proportional: what processes share (pictures, mostly) is counted once (proc(5), smaps_rollup). Not the program's
      // own file: other browsers on the machine share that, and our part grows as they end.
      const rollup = readFileSync(`/proc/${name}/smaps_rollup`, 'utf8')
      for (const [, kilobytes] of rollup.matchAll(/^Pss_(?:Anon|Shmem):\s+(\d+) kB$/gm))
        bytes += 1024 * Number(kilobytes)
    } catch {
      // ended meanwhile
    }
  }
  return { cpu, bytes }
}

async function bareTab(page: Page, seconds: number, folder: string): Promise<string> {
  const base64 = await page.evaluate(async (seconds) => {
    const stream = await navigator.mediaDevices.getDisplayMedia({
      video: { frameRate: 30 },
      preferCurrentTab: true,
    } as DisplayMediaStreamOptions)
    const recorder = new MediaRecorder(stream, { mimeType: 'video/webm;codecs=vp8' })
    const pieces: Blob[] = []
    recorder.ondataavailable = ({ data }) => pieces.push(data)
    recorder.start(250)
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
    const stopped = new Promise((resolve) => recorder.addEventListener('stop', resolve))
    recorder.stop()
    await stopped
    for (const track of stream.getTracks()) track.stop()
    const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer())
    return (bytes as Uint8Array & { toBase64(): string }).toBase64()
  }, seconds)
  const file = `${folder}/bare.webm`
  writeFileSync(file, Buffer.from(base64, 'base64'))
  return file
}

async function scribbled(page: Page, seconds: number, _folder: string, receiver: Receiver): Promise<string> {
  const id = await page.evaluate(async (seconds) => {
    const capture = await rooms.sdk.openCapture({ screen: { thisTab: true }, camera: true, microphone: true })
    const recording = await rooms.sdk.startRecording({ server: '', capture })
    const until = performance.now() + seconds * 1000
    let points: number[] = []
    while (performance.now() < until) {
      // Round and round, sixty points a second; a stroke each second, and now and then a clean sheet.
      const angle = performance.now() / 300
      points.push(0.5 + 0.3 * Math.cos(angle), 0.5 + 0.3 * Math.sin(angle * 1.3))
      const shape = { kind: 'scribble', colour: '#e5352b', width: 0.01, points } as const
      if (points.length < 120) capture.annotations.draft(shape)
      else {
        capture.annotations.add(shape, 1000)
        points = []
        if (capture.annotations.shapes.length >= 20) capture.annotations.clear()
      }
      await new Promise((resolve) => setTimeout(resolve, 16))
    }
    const { id } = await recording.stop()
    capture.close()
    return id
  }, seconds)
  return receiver.recordings.get(id)!.path
}
