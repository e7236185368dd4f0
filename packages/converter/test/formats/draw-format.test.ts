import { describe, expect, it } from 'vitest'
import { drawFormat, drawLayout, type MadeLayout, productCount } from './draw-format.ts'
import { flipLike, looksLikeFlips } from './flip-likeness.ts'
import { readTime, readValue } from './layout-reader.ts'
import { Draw } from './seeded-draw.ts'
import { textBytes } from './tape.ts'
import { sayStart } from './time-code.ts'
import { binaryTime, type FormatKind, textTime } from './time-draws.ts'
import { isTrue, TICKS_PER_MS } from './tracks.ts'

const KINDS: readonly FormatKind[] = ['plain', 'mixed', 'units', 'empty']
const FIRST_SEED = 7000

/** Every product of a kind twice, with the seed to draw it again. */
function layouts(kind: FormatKind): [string, MadeLayout][] {
  const known = drawn.get(kind)
  if (known !== undefined) return known
  const seeds = Array.from({ length: 2 * productCount(kind) }, (_, i) => FIRST_SEED + i)
  const made = seeds.map((seed): [string, MadeLayout] => {
    const layout = drawLayout(kind, seed)
    return [`${kind} ${seed}: ${layout.about}`, layout]
  })
  drawn.set(kind, made)
  return made
}

const drawn = new Map<FormatKind, [string, MadeLayout][]>()

describe.each(KINDS)('made-up formats, %s', (kind) => {
  it('the same seed gives the same bytes, another one others', () => {
    const seen = new Set<string>()
    for (let seed = FIRST_SEED; seed < FIRST_SEED + 12; seed++) {
      const one = drawFormat(kind, seed)
      const again = drawFormat(kind, seed)
      expect(Buffer.compare(one.bytes, again.bytes), `${kind} ${seed}`).toBe(0)
      expect({ ...one, bytes: null }, `${kind} ${seed}`).toEqual({ ...again, bytes: null })
      seen.add(Buffer.from(one.bytes.subarray(0, 4096)).toString('latin1'))
    }
    expect(seen.size).toBe(12)
  })

  it('sizes, truth and page counts keep to what is said of them', () => {
    const products = new Set<string>()
    for (const [name, layout] of layouts(kind)) {
      products.add(layout.product)
      const { bytes, truth, audioMs, pages } = layout
      expect(bytes.length, name).toBeGreaterThanOrEqual(2000)
      expect(bytes.length, name).toBeLessThanOrEqual(2_100_000)
      expect(audioMs, name).toBeGreaterThan(200_000)
      const times = truth.map((event) => event.t)
      expect(times, name).toEqual([...times].sort((a, b) => a - b))
      if (kind === 'empty') {
        expect(truth, name).toEqual([])
        continue
      }
      expect(truth.length, name).toBeGreaterThanOrEqual(12)
      expect(times[0], name).toBeGreaterThanOrEqual(0)
      expect(times.at(-1), name).toBeLessThanOrEqual(audioMs)
      expect(times.at(-1)! - times[0]!, name).toBeGreaterThan(0.6 * audioMs)
      if (pages !== undefined) expect(Math.max(...truth.map((event) => event.value)), name).toBeLessThanOrEqual(pages)
    }
    expect(products.size).toBe(productCount(kind))
    expect(products.size).toBeGreaterThanOrEqual(12)
  })

  it('nothing but the truth looks like flips', () => {
    for (const [name, { plan, audioMs }] of layouts(kind)) {
      if (plan === undefined) continue
      const audioTicks = audioMs * TICKS_PER_MS
      for (const track of plan.tracks.filter((one) => one.timed)) {
        expect(looksLikeFlips(track.entries, audioTicks), `${name}: ${track.kind}`).toBe(isTrue(track))
      }
      if (kind === 'empty') expect(flipLike(plan.tracks, audioTicks), name).toEqual([])
    }
  })
})

describe.each(['plain', 'mixed', 'units'] as const)('made-up formats with events, %s', (kind) => {
  it('every true time and value stands in the bytes as said, near each other', () => {
    for (const [name, { bytes, truth, plan }] of layouts(kind)) {
      const { tracks, places, time, value } = plan!
      const read: { t: number; value: number }[] = []
      for (const entry of tracks.filter(isTrue).flatMap((track) => track.entries)) {
        const place = places.get(entry)!
        expect(Math.abs(place.timeAt! - place.valueAt!), name).toBeLessThanOrEqual(200)
        read.push({ t: readTime(bytes, place, time), value: readValue(bytes, place, value) })
      }
      read.sort((a, b) => a.t - b.t)
      expect(read.length, name).toBe(truth.length)
      for (const [i, event] of read.entries()) {
        expect(Math.abs(event.t - truth[i]!.t), `${name}, event ${i}`).toBeLessThanOrEqual(0.001)
        expect(event.value, `${name}, event ${i}`).toBe(truth[i]!.value)
      }
    }
  })

  it('a start that the head has stands before the first event, written as times are', () => {
    for (const [name, { bytes, plan }] of layouts(kind)) {
      const { tracks, places, time } = plan!
      if (time.origin !== 'head') continue
      const first = places.get(tracks.find(isTrue)!.entries[0]!)!
      const said = sayStart(time)
      const start = typeof said === 'string' ? textBytes(said, first.wide) : said
      const at = Buffer.from(bytes).indexOf(start)
      expect(at, name).toBeGreaterThanOrEqual(0)
      expect(at, name).toBeLessThan(first.timeAt!)
    }
  })

  it('where the first event is the start, no other time is before it', () => {
    for (const [name, { truth, plan }] of layouts(kind)) {
      if (plan!.time.origin !== 'first') continue
      expect(truth[0]!.t, name).toBe(0)
      for (const track of plan!.tracks)
        for (const entry of track.entries) expect(entry.tick, name).toBeGreaterThanOrEqual(0)
    }
  })
})

it('JSON among them is JSON, chunks go from one to the next to the end', () => {
  let [parsed, walked] = [0, 0]
  for (const kind of KINDS) {
    for (const [name, { bytes, product, plan, about }] of layouts(kind)) {
      if (plan === undefined) continue
      const entries = plan.tracks.flatMap((track) => track.entries)
      if (product === 'JSON' && about.endsWith('no media') && !about.includes('UTF-16')) {
        const text = Buffer.from(bytes).toString('latin1')
        const found = about.includes('lines')
          ? text
              .trim()
              .split('\n')
              .slice(1)
              .map((line) => JSON.parse(line) as unknown)
          : (JSON.parse(text) as { events: unknown[] }).events
        expect(found.length, name).toBe(entries.length)
        parsed++
      }
      if (product === 'RIFF-like chunks') {
        const order = orderOf(plan)
        const view = new DataView(bytes.buffer)
        const names: string[] = []
        let at = 0
        while (at + 8 <= bytes.length && names.length <= entries.length) {
          const chunk = Buffer.from(bytes.subarray(at, at + 4)).toString('latin1')
          if (chunk !== 'wave') names.push(chunk)
          const length = view.getUint32(at + 4, order === 'le')
          at += 8 + length + (length % 2)
        }
        expect(names.length, name).toBe(entries.length + 1)
        expect(new Set(names).size, name).toBeLessThanOrEqual(1 + plan.tracks.length)
        walked++
      }
    }
  }
  expect(parsed).toBeGreaterThan(0)
  expect(walked).toBeGreaterThan(0)
})

it('times are of every unit and origin where all are meant to be', () => {
  const draw = new Draw(`times ${FIRST_SEED}`)
  const seen = new Set<string>()
  for (let i = 0; i < 600; i++) {
    for (const time of [binaryTime(draw, 'units'), textTime(draw, 'units')]) {
      seen.add(`${time.form} ${'unit' in time ? `${time.unit} ` : ''}${time.origin}`)
    }
  }
  for (const form of ['int ms', 'int us', 'int 100ns', 'float s', 'digits ms', 'digits us', 'seconds', 'clock']) {
    for (const origin of ['zero', 'head', 'first']) expect(seen).toContain(`${form} ${origin}`)
  }
  for (const wanted of ['digits 100ns zero', 'date head', 'date first']) expect(seen).toContain(wanted)
})

function orderOf({ time, value }: NonNullable<MadeLayout['plan']>): 'le' | 'be' {
  if (time.form === 'int' || time.form === 'float') return time.order
  return value.form === 'int' ? value.order : 'le'
}
