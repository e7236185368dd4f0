import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { discover, exportLayouts, importLayouts, namedLayout, withLayout, withoutLayout } from '../../src/index.ts'
import { drawFormat } from '../formats/draw-format.ts'
import { type ArchiveClass, type MadeUpArchive, madeUpArchive } from './made-up-archive.ts'
import { randomOf } from './random.ts'
import { f1, scoreOf } from './score.ts'

const fixtures = process.env['RUSHES_FIXTURES'] ?? join(import.meta.dirname, '../../../../../shared/fixtures')
const firstSeed = 1
const layouts = 5

type Drawn = Pick<MadeUpArchive, 'bytes' | 'durationMs' | 'pages' | 'events'>

/** Formats made up here, and by others who knew no more than the idea. */
const generators: Record<string, (kind: ArchiveClass, seed: number) => Drawn> = {
  own: madeUpArchive,
  independent(kind, seed) {
    const { bytes, audioMs, pages, truth } = drawFormat(kind, seed)
    return { bytes, durationMs: audioMs, pages: pages ?? null, events: truth }
  },
}

/** How many of seeds 1 to 5 are found whole. It is to be all; meanwhile it may only rise. */
const leastWhole: Record<string, Record<Exclude<ArchiveClass, 'empty'>, number>> = {
  own: { plain: 4, mixed: 4, units: 3 },
  independent: { plain: 5, mixed: 3, units: 3 },
}

describe.each(Object.entries(generators))(
  `made-up formats, %s, seeds ${firstSeed} to ${firstSeed + layouts - 1}`,
  (name, draw) => {
    const scores = (kind: ArchiveClass) =>
      Array.from({ length: layouts }, (_, index) => {
        const archive = draw(kind, firstSeed + index)
        const { bytes, durationMs, pages } = archive
        return scoreOf(archive, discover({ bytes, durationMs, ...(pages === null ? {} : { pages: [pages] }) }).events)
      })

    for (const kind of ['plain', 'mixed', 'units'] as const) {
      it(`finds times and values of ${kind} records`, () => {
        const whole = scores(kind).filter(({ right, found, wanted }) => right === wanted && found === wanted)
        expect(whole.length).toBeGreaterThanOrEqual(leastWhole[name]![kind])
      })
    }

    it('finds no event where there is none', () => {
      expect(scores('empty').reduce((sum, score) => sum + score.found, 0)).toBe(0)
    })
  },
)

describe('made-up formats, own, seeds 1 to 12', () => {
  // What bench -- discovery measures over many more, less what a couple of layouts make of it.
  it.each([
    ['plain', 0.95],
    ['mixed', 0.87],
    ['units', 0.9],
  ] as const)('finds times and values of %s records', (kind, least) => {
    const scores = Array.from({ length: 12 }, (_, index) => {
      const archive = madeUpArchive(kind, firstSeed + index)
      const { bytes, durationMs, pages } = archive
      return scoreOf(archive, discover({ bytes, durationMs, ...(pages === null ? {} : { pages: [pages] }) }).events)
    })
    expect(f1(scores)).toBeGreaterThan(least)
  })
})

describe('a format', () => {
  it('is learned, and the next archive of its kind is read by what was learned', () => {
    const first = archiveOf(7)
    const learned = discover({ bytes: first.bytes, durationMs: first.durationMs }).learned!
    expect(learned).not.toBeNull()
    const next = archiveOf(8)
    const again = discover({ bytes: next.bytes, durationMs: next.durationMs, layouts: [learned] })
    expect(again.layout?.signature).toBe(learned.signature)
    expect(again.events.map(({ t, value }) => ({ t, value }))).toEqual(next.events)
  })

  it('is looked for anew where no layout fits', () => {
    const learned = discover(archiveOf(7)).learned!
    const other = madeUpArchive('plain', 2)
    expect(discover({ bytes: other.bytes, durationMs: other.durationMs, layouts: [learned] }).layout).toBeNull()
  })

  it('keeps events in place when only what is left of the archive is looked at', () => {
    const archive = archiveOf(9)
    const shift = 5_000
    const bytes = new Uint8Array(shift + archive.bytes.length)
    bytes.set(archive.bytes, shift)
    const ranges = [{ offset: shift, length: archive.bytes.length }]
    const found = discover({ bytes, ranges, durationMs: archive.durationMs })
    expect(found.events.map(({ t, value }) => ({ t, value }))).toEqual(archive.events)
    expect(found.patterns[0]!.places.every((place) => place >= shift)).toBe(true)
  })

  it('without some of its times has them interpolated, and says so', () => {
    const archive = archiveOf(10, (index) => index === 6)
    const found = discover({ bytes: archive.bytes, durationMs: archive.durationMs })
    const guessed = found.events.filter(({ interpolated }) => interpolated)
    expect(guessed).toHaveLength(1)
    expect(guessed[0]!.t).toBeGreaterThan(archive.events[5]!.t)
    expect(guessed[0]!.t).toBeLessThan(archive.events[7]!.t)
    expect(found.notes.map(({ code }) => code)).toContain('times-interpolated')
  })
})

describe('learned layouts', () => {
  it('are named, shared and forgotten', () => {
    const learned = discover(archiveOf(7)).learned!
    const named = namedLayout(withLayout([], learned), learned.signature, 'lecture box')
    const shared = importLayouts(exportLayouts(named))
    expect(shared).toEqual(named)
    expect(shared[0]!.name).toBe('lecture box')
    expect(withLayout(shared, learned)).toEqual(shared)
    expect(withoutLayout(shared, learned.signature)).toEqual([])
  })

  it('of strangers are refused unless they are layouts', () => {
    for (const text of ['', '{}', '[]', '{"version":1,"layouts":[{"signature":"x"}]}', 'null']) {
      expect(() => importLayouts(text)).toThrowError(expect.objectContaining({ code: 'unreadable' }))
    }
  })
})

describe('hostile input', () => {
  it('of any kind ends, with no event', () => {
    const random = randomOf(77)
    const inputs = [
      new Uint8Array(),
      Uint8Array.of(1),
      new Uint8Array(300_000),
      new TextEncoder().encode('9'.repeat(100_000)),
      new TextEncoder().encode('1:2\n'.repeat(20_000)),
      random.bytes(400_000),
    ]
    for (const bytes of inputs) expect(discover({ bytes, durationMs: 3_600_000 }).events).toEqual([])
  })
})

describe.runIf(existsSync(join(fixtures, 'blobs/blob_dev.bin')))('a blob of media between noise', () => {
  it('has no events, as a whole and in what lies between', () => {
    const bytes = readFileSync(join(fixtures, 'blobs/blob_dev.bin'))
    const truth = JSON.parse(readFileSync(join(fixtures, 'blobs/blob_dev.bin.truth.json'), 'utf8'))
    expect(discover({ bytes, durationMs: 3_600_000 }).events).toEqual([])
    let end = 0
    const ranges = []
    for (const { offset, length } of truth.items) {
      ranges.push({ offset: end, length: offset - end })
      end = offset + length
    }
    expect(discover({ bytes, ranges, durationMs: 3_600_000 }).events).toEqual([])
  })
})

/** A format of its own, for tests that need two archives of one: marker, page, flag, time in ms. */
function archiveOf(seed: number, untimed: (index: number) => boolean = () => false) {
  const random = randomOf(seed)
  const parts: number[] = [...new TextEncoder().encode('BOX1'), ...random.bytes(20)]
  const events: { t: number; value: number }[] = []
  let t = random.between(1_000, 20_000)
  let value = 1
  for (let index = 0; index < 30; index++) {
    events.push({ t, value })
    const written = untimed(index) ? 0 : t
    const time = [written & 255, (written >> 8) & 255, (written >> 16) & 255, 0]
    parts.push(0xb7, 0xe1, 0x51, 0x62, value, 0, ...time, ...random.bytes(random.between(3, 60)))
    t += Math.round(random.exponential(60_000)) + 1_500
    value = Math.max(1, value + random.pick([1, 1, 1, -1, 2]))
  }
  return { bytes: Uint8Array.from(parts), durationMs: t + 20_000, events }
}
