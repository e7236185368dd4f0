// What is drawn while recording is in the picture, at the time that its event says; or, where the picture is kept clean, in
// the events alone.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EncoderWish, type Shape, type TimedOperation, viewAt } from '../src/index.ts'
import { colourAt, coloursOver, decode, pictureUntil, pixel } from './browser.ts'
import { openTestPage, openTestSite, type TestSite } from './site.ts'

let site: TestSite

beforeAll(async () => {
  site = await openTestSite()
})

afterAll(async () => {
  await site?.close()
})

const path = (id: string) => site.receiver.recordings.get(id)!.path
const size = { width: 640, height: 360 }

type Step =
  | { do: 'add' | 'draft'; shape: Shape }
  | { do: 'erase' | 'point'; at: { x: number; y: number } }
  | { do: 'rest' | 'undo' | 'redo' | 'clear' | 'pause' | 'resume' }

type Made = { id: string; told: TimedOperation[]; ends: number[]; durationMs: number }

/** Records four quarters (red, green; blue, yellow) and does one thing each half second. */
function record(page: Page, steps: Step[], options: { clean?: boolean; wish?: EncoderWish } = {}): Promise<Made> {
  return page.evaluate(
    async ({ steps, clean, wish }) => {
      const capture = rooms.canvasCapture({ quarters: true, audio: false, scene: { clean } })
      const recording = await rooms.sdk.startRecording({ server: '', capture, encoder: wish })
      const told: TimedOperation[] = []
      recording.on('annotated', ({ data }) => told.push(data))
      const ends: number[] = []
      const { annotations } = capture
      for (const step of steps) {
        if (step.do === 'add') annotations.add(step.shape)
        else if (step.do === 'draft') annotations.draft(step.shape)
        else if (step.do === 'erase') annotations.eraseAt(step.at, 0.02, { width: 640, height: 360 })
        else if (step.do === 'point') annotations.point(step.at)
        else if (step.do === 'pause' || step.do === 'resume') recording[step.do]()
        else if (step.do !== 'rest') annotations[step.do]()
        await new Promise((resolve) => setTimeout(resolve, 500))
        ends.push(recording.progress.durationMs)
        if (step.do === 'point') annotations.point(null)
      }
      await new Promise((resolve) => setTimeout(resolve, 200))
      const { durationMs } = recording.progress
      const { id } = await recording.stop()
      capture.close()
      return { id, told, ends, durationMs }
    },
    { steps, clean: options.clean ?? false, wish: options.wish ?? {} },
  )
}

/** The colour comes, goes, comes … at these times, ms, and at no others. */
function expectTurns(seen: { time: number; colour: string }[], colour: string, times: number[], what: string): void {
  expect(seen[0]!.colour, what).not.toBe(colour)
  const turns = seen.flatMap((one, index) =>
    index > 0 && (one.colour === colour) !== (seen[index - 1]!.colour === colour)
      ? [{ before: seen[index - 1]!.time * 1000, from: one.time * 1000 }]
      : [],
  )
  expect(turns, `${what} at ${times}`).toHaveLength(times.length)
  // One picture is 33 ms; a busy machine leaves some out, so it is the last one before that counts, too.
  for (const [index, { before, from }] of turns.entries()) {
    expect(from, what).toBeGreaterThan(times[index]! - 50)
    expect(before, what).toBeLessThan(times[index]! + 50)
  }
}

const stroke = { colour: '#ff00ff', width: 0.06 }
const box = (x: number, y: number) => ({ from: { x, y }, to: { x: x + 0.15, y: y + 0.2 } })

/** One of each tool, in magenta or cyan, where `look` says. */
const tools: { shape: Shape; look: [number, number]; colour: string }[] = [
  {
    shape: { kind: 'scribble', ...stroke, points: [0.05, 0.1, 0.1, 0.15, 0.2, 0.1] },
    look: [0.1, 0.14],
    colour: 'magenta',
  },
  { shape: { kind: 'line', ...stroke, ...box(0.3, 0.05) }, look: [0.375, 0.15], colour: 'magenta' },
  { shape: { kind: 'arrow', ...stroke, ...box(0.55, 0.1) }, look: [0.7, 0.3], colour: 'magenta' },
  { shape: { kind: 'rectangle', ...stroke, ...box(0.8, 0.1) }, look: [0.875, 0.1], colour: 'magenta' },
  { shape: { kind: 'ellipse', ...stroke, ...box(0.05, 0.7) }, look: [0.125, 0.7], colour: 'magenta' },
  {
    shape: { kind: 'note', colour: '#00ffff', size: 0.08, at: { x: 0.3, y: 0.7 }, text: 'Look\nhere' },
    look: [0.308, 0.712],
    colour: 'cyan',
  },
]

const ways: { name: string; wish: EncoderWish; bare: boolean }[] = [
  { name: 'WebCodecs', wish: {}, bare: false },
  { name: 'MediaRecorder, composed on a canvas', wish: {}, bare: true },
]

describe('what is drawn while recording', { timeout: 30_000 }, () => {
  it.each(ways)('is in the picture from the time of its event on, within 50 ms: $name', async ({ wish, bare }) => {
    const page = await openTestPage(site, { bare })
    const made = await record(
      page,
      // MediaRecorder takes a tenth of a second to see its first picture.
      [{ do: 'rest' }, ...tools.map(({ shape }) => ({ do: 'add', shape }) as const)],
      { wish },
    )
    await page.close()
    expect(await decode(path(made.id))).toEqual([])
    expect(made.told.map(({ op }) => op)).toEqual(tools.map(() => 'add'))
    for (const [index, { look, colour, shape }] of tools.entries()) {
      const seen = await coloursOver(path(made.id), size, ...look)
      expectTurns(seen, colour, [made.told[index]!.t], shape.kind)
    }
  })

  it('can be undone, done again, erased and cleared; what is half drawn is seen too', async () => {
    const page = await openTestPage(site)
    const [scribble] = tools
    const shape = scribble!.shape
    const steps: Step[] = [
      { do: 'draft', shape },
      { do: 'add', shape },
      { do: 'undo' },
      { do: 'redo' },
      { do: 'erase', at: { x: 0.1, y: 0.15 } },
      { do: 'undo' },
      { do: 'clear' },
    ]
    const made = await record(page, steps)
    await page.close()
    const seen = await coloursOver(path(made.id), size, ...scribble!.look)
    const at = (ms: number) => seen.findLast(({ time }) => time * 1000 <= ms)!.colour
    expect(made.ends.map((end) => at(end - 100))).toEqual([
      'magenta',
      'magenta',
      'red',
      'magenta',
      'red',
      'magenta',
      'red',
    ])
    expect(made.told.map(({ op }) => op)).toEqual(['add', 'undo', 'redo', 'erase', 'undo', 'clear'])
    const [add, ...others] = made.told as [TimedOperation & { op: 'add' }, ...TimedOperation[]]
    expectTurns(seen, 'magenta', [add.t - add.drawnMs, ...others.map(({ t }) => t)], 'the scribble')
    // The events alone say the same.
    expect(made.ends.slice(1).map((end) => viewAt(made.told, end - 100).shapes.length)).toEqual([1, 0, 1, 0, 1, 0])
  })

  it('darkens around a spotlight, makes a region unreadable, and has a laser that fades', async () => {
    const page = await openTestPage(site)
    const made = await record(page, [
      { do: 'rest' },
      { do: 'add', shape: { kind: 'blur', from: { x: 0.3, y: 0.1 }, to: { x: 0.7, y: 0.4 } } },
      { do: 'add', shape: { kind: 'spotlight', from: { x: 0.6, y: 0.6 }, to: { x: 0.9, y: 0.9 } } },
      { do: 'undo' },
      { do: 'point', at: { x: 0.25, y: 0.75 } },
      { do: 'rest' },
      { do: 'rest' },
    ])
    await page.close()
    const looks = await Promise.all(made.ends.map((end) => pictureUntil(path(made.id), end / 1000 - 0.05)))
    const [plain, blurred, lit, again, pointed, , gone] = looks
    const edge = (picture: Buffer) => pixel(picture, size, 0.495, 0.25)
    expect(edge(plain!)[0]).toBeGreaterThan(220)
    for (const channel of [0, 1]) {
      expect(edge(blurred!)[channel]).toBeGreaterThan(40)
      expect(edge(blurred!)[channel]).toBeLessThan(215)
    }
    expect(pixel(blurred!, size, 0.495, 0.45)[0], 'below the region').toBeGreaterThan(220)
    expect([colourAt(lit!, size, 0.1, 0.1), colourAt(lit!, size, 0.75, 0.75)]).toEqual(['black', 'yellow'])
    expect(colourAt(again!, size, 0.1, 0.1)).toBe('red')
    expect([pointed, gone].map((picture) => colourAt(picture!, size, 0.25, 0.75))).toEqual(['red', 'blue'])
    const laser = made.told.find(({ op }) => op === 'laser')
    expect(laser).toMatchObject({ op: 'laser', trail: [0.25, 0.75, expect.any(Number)] })
    expect(viewAt(made.told, laser!.t - 300).trail.length).toBe(1)
    const times = made.told.map(({ t }) => t)
    const above = await coloursOver(path(made.id), size, 0.1, 0.1)
    expectTurns(above, 'black', [times[1]!, times[2]!], 'the dark around the spotlight')
    const { trail, t } = laser as TimedOperation & { op: 'laser' }
    expectTurns(await coloursOver(path(made.id), size, 0.25, 0.75), 'red', [t - trail[2]!, t], 'the laser')
  })

  it('is told, but not drawn, where the picture is kept clean; a pause has no length', async () => {
    const page = await openTestPage(site)
    const [scribble, line] = tools
    const made = await record(
      page,
      [
        { do: 'add', shape: scribble!.shape },
        { do: 'pause' },
        { do: 'add', shape: line!.shape },
        { do: 'resume' },
        { do: 'rest' },
      ],
      { clean: true },
    )
    await page.close()
    expect(made.told.map(({ op }) => op)).toEqual(['add', 'add'])
    const [first, second] = made.told.map(({ t }) => t) as [number, number]
    expect(second - first).toBeGreaterThan(300)
    expect(second).toBeLessThanOrEqual(made.ends[1]! + 50)
    for (const { look } of [scribble!, line!]) {
      expect(new Set((await coloursOver(path(made.id), size, ...look)).map(({ colour }) => colour))).toEqual(
        new Set(['red']),
      )
    }
  })

  it('that stands there when a recording begins belongs to it from its first moment on', async () => {
    const page = await openTestPage(site)
    const [scribble] = tools
    const made = await page.evaluate(async (shape) => {
      const capture = rooms.canvasCapture({ quarters: true, audio: false })
      capture.annotations.add(shape)
      const recording = await rooms.sdk.startRecording({ server: '', capture })
      const told: TimedOperation[] = []
      recording.on('annotated', ({ data }) => told.push(data))
      await new Promise((resolve) => setTimeout(resolve, 600))
      const { id } = await recording.stop()
      capture.close()
      return { id, told }
    }, scribble!.shape)
    await page.close()
    const seen = await coloursOver(path(made.id), size, ...scribble!.look)
    expect(seen[0]!.colour).toBe('magenta')
    expect(made.told).toMatchObject([{ op: 'add', shape: scribble!.shape, t: 0 }])
  })
})
