import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openBodyIndex } from '../src/body-index.ts'
import { MediaError } from '../src/media-error.ts'
import * as id from '../src/webm/element-ids.ts'
import { concat } from '../src/webm/element-writer.ts'
import { laidOut, traceBody } from './index-trace.ts'
import { blockBytes, ebmlHeader, head, KEY, timestamp, unsized, videoEntry } from './made-webm.ts'
import { allMedia } from './webm-media.ts'

/** How long the search goes on; seeds are printed by fast-check. */
const SECONDS = Number(process.env['RUSHES_FUZZ_SECONDS'] ?? 6)

const media = await allMedia()

type Mutation = (body: Uint8Array) => Uint8Array

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
/** Half of all places in the first kilobyte, where the structure is. */
const where = fc.oneof(
  place.map((at) => (body: Uint8Array) => Math.floor(at * body.length)),
  place.map((at) => (body: Uint8Array) => Math.floor(at * Math.min(body.length, 1024))),
)

const flipped = fc.tuple(where, fc.nat(7)).map(
  ([at, bit]): Mutation =>
    (body) => {
      const copy = body.slice()
      copy[at(body)]! ^= 1 << bit
      return copy
    },
)
const deleted = fc.tuple(where, fc.nat(3000)).map(
  ([at, length]): Mutation =>
    (body) => {
      return concat([body.subarray(0, at(body)), body.subarray(at(body) + length)])
    },
)
const repeated = fc.tuple(where, where, fc.nat(3000)).map(
  ([from, to, length]): Mutation =>
    (body) => {
      const piece = body.subarray(from(body), from(body) + length)
      return concat([body.subarray(0, to(body)), piece, body.subarray(to(body))])
    },
)
const written = fc.tuple(where, fc.uint8Array({ minLength: 1, maxLength: 12 })).map(
  ([at, bytes]): Mutation =>
    (body) => {
      const copy = body.slice()
      copy.set(bytes.subarray(0, body.length - at(body)), at(body))
      return copy
    },
)
/** A size of any width, from nothing to the absurd, over whatever stands there. */
const absurd = fc.tuple(where, fc.integer({ min: 1, max: 8 }), fc.constantFrom(0x00, 0x7f, 0xff)).map(
  ([at, width, fill]): Mutation =>
    (body) => {
      const size = new Uint8Array(width).fill(fill)
      size[0] = 0x100 >> width
      const copy = body.slice()
      copy.set(size.subarray(0, body.length - at(body)), at(body))
      return copy
    },
)
const mutations = fc.array(fc.oneof(flipped, deleted, repeated, written, absurd), { minLength: 1, maxLength: 5 })

function expectSound(body: Uint8Array, cuts: readonly number[]): void {
  const { index, samples, patches } = traceBody(body, cuts)
  expect(index.bytes).toBe(body.length)
  expect(index.damage === null || index.damage instanceof MediaError).toBe(true)
  expect(index.wholeBytes).toBeLessThanOrEqual(body.length)
  // Compared in plain code: an `expect` a sample would leave time for a tenth of the runs.
  const faults: unknown[] = []
  const dts = new Map<number, number>()
  for (const sample of samples) {
    const isInside = sample.offset + sample.size <= index.wholeBytes
    const isOrdered = sample.dts >= (dts.get(sample.trackId) ?? Number.NEGATIVE_INFINITY)
    const isWhole = Number.isSafeInteger(sample.pts) && Number.isSafeInteger(sample.duration) && sample.duration >= 0
    if (!isInside || !isOrdered || !isWhole) faults.push(sample)
    dts.set(sample.trackId, sample.dts)
  }
  for (const kind of ['mp4', 'webm']) {
    const own = patches.filter(({ view }) => view === kind)
    faults.push(...own.slice(1).filter((patch, n) => patch.offset < own[n]!.offset + own[n]!.bytes))
  }
  expect(faults).toEqual([])
  for (const view of [index.mp4View(), index.webmView()]) {
    if (view.state !== 'ready') continue
    for (const extent of view.layout.extents) {
      if (extent.kind === 'body') expect(extent.offset + extent.length).toBeLessThanOrEqual(index.wholeBytes)
    }
    expect(laidOut(view.layout, body).length).toBe(view.layout.size)
  }
}

describe('hostile bytes', () => {
  it(
    'of real files, altered: a fault that is kept, and whole samples before it',
    () => {
      fc.assert(
        fc.property(
          fc.nat(media.length - 1),
          mutations,
          fc.array(place, { maxLength: 4 }),
          (which, changes, places) => {
            let body = media[which]!.bytes
            for (const change of changes) if (body.length > 0) body = change(body)
            const cuts = places.map((at) => Math.floor(at * body.length)).sort((a, b) => a - b)
            const start = performance.now()
            expectSound(body, cuts)
            // Some hundred kilobytes take milliseconds; a loop over a claimed size would take for ever.
            expect(performance.now() - start).toBeLessThan(5000)
          },
        ),
        { numRuns: 1e9, interruptAfterTimeLimit: SECONDS * 1000, markInterruptAsFailure: false },
      )
    },
    SECONDS * 1000 + 60_000,
  )

  it('of a frame of 200 MB are not held', () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const held = (): number => {
      collect()
      const { heapUsed, arrayBuffers } = process.memoryUsage()
      return heapUsed + arrayBuffers
    }
    const chunk = new Uint8Array(2 ** 20).fill(0x55)
    const size = 200 * chunk.length
    const prefix = blockBytes(1, 0, KEY)
    const block = new Uint8Array(9)
    block[0] = id.SIMPLE_BLOCK
    new DataView(block.buffer).setBigUint64(1, (1n << 56n) | BigInt(size + prefix.length))
    // VP9 lacks its configuration, so the frame's head is looked at.
    const content = [...head(videoEntry(1, 'V_VP9')), unsized(id.CLUSTER, 8, timestamp(0), block, prefix)]
    const front = concat([ebmlHeader(), unsized(id.SEGMENT, 8, ...content)])
    const before = held()
    const index = openBodyIndex()
    index.push(front)
    for (let n = 0; n < 199; n++) index.push(chunk)
    expect(held() - before).toBeLessThan(256 * 1024)
    expect(index.sampleCount(1)).toBe(0)
    index.push(chunk)
    expect(index.sampleCount(1)).toBe(1)
    expect(index.wholeBytes).toBe(front.length + size)
  })

  it('that only claim to be many cost no memory', () => {
    // Tracks of just under the bound, of which nothing comes.
    const claim = concat([
      ebmlHeader(),
      unsized(id.SEGMENT, 8, Uint8Array.of(0x16, 0x54, 0xae, 0x6b, 0x10, 0x0f, 0xff, 0xff)),
    ])
    const before = process.memoryUsage().arrayBuffers
    const indexes = Array.from({ length: 200 }, () => {
      const index = openBodyIndex()
      index.push(claim)
      return index
    })
    expect((process.memoryUsage().arrayBuffers - before) / indexes.length).toBeLessThan(64 * 1024)
    expect(indexes.every(({ damage }) => damage === null)).toBe(true)
  })
})
