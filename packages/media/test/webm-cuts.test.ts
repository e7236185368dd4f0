import { describe, expect, it } from 'vitest'
import { digestOfCalls, laidOut, traceBody } from './index-trace.ts'
import { runSeed, seededRandom } from './seeded-random.ts'
import { allMedia, type Medium } from './webm-media.ts'

const media = await allMedia()
/** The long version is for whoever gives it time. */
const isLong = Number(process.env['RUSHES_FUZZ_SECONDS'] ?? 0) > 0
/** Random cut sets for each file. */
const CUT_SETS = isLong ? 10_000 : 300
/** Files up to this size are cut in two at every byte. */
const TWO_PIECES = isLong ? 65_536 : 16_384
const TIMEOUT = isLong ? 900_000 : 60_000

describe('a body that comes in any pieces', () => {
  it.each(media)('$name: byte by byte gives the same samples, tracks, patches and views', ({ bytes }) => {
    const whole = traceBody(bytes)
    const cuts = Array.from({ length: bytes.length - 1 }, (_, at) => at + 1)
    const cut = traceBody(bytes, cuts)
    expect(whole.samples.length).toBeGreaterThan(0)
    expect(cut.samples).toEqual(whole.samples)
    expect(cut.tracks).toEqual(whole.tracks)
    expect(cut.patches).toEqual(whole.patches)
    expect(cut.clusters).toEqual(whole.clusters)
    expect(cut.index.wholeBytes).toBe(whole.index.wholeBytes)
    expect(cut.index.damage).toBeNull()
    for (const view of ['mp4View', 'webmView'] as const) {
      const a = whole.index[view]()
      const b = cut.index[view]()
      expect(b.state).toBe(a.state)
      if (a.state !== 'ready' || b.state !== 'ready') continue
      expect(Buffer.compare(laidOut(b.layout, bytes), laidOut(a.layout, bytes))).toBe(0)
    }
  })

  it.each(media)(
    `$name: ${CUT_SETS} random cut sets (seed ${runSeed}) give the same`,
    ({ bytes }) => {
      const random = seededRandom(runSeed)
      const whole = digestOfCalls(bytes, [])
      for (let set = 0; set < CUT_SETS; set++) {
        const cuts = Array.from({ length: 1 + Math.floor(random() * 40) }, () => Math.floor(random() * bytes.length))
        cuts.sort((a, b) => a - b)
        if (digestOfCalls(bytes, cuts) !== whole) expect.fail(`differs when cut at ${cuts}`)
      }
    },
    TIMEOUT,
  )

  const small = media.filter(({ bytes }: Medium) => bytes.length <= TWO_PIECES)
  it.each(small)(
    '$name: in two pieces, cut at every byte',
    ({ bytes }) => {
      const whole = digestOfCalls(bytes, [])
      for (let cut = 1; cut < bytes.length; cut++) {
        if (digestOfCalls(bytes, [cut]) !== whole) expect.fail(`differs when cut at ${cut}`)
      }
    },
    TIMEOUT,
  )
})
