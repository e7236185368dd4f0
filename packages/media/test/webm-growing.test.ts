import { describe, expect, it } from 'vitest'
import type { Layout } from '../src/layout.ts'
import * as id from '../src/webm/element-ids.ts'
import { laidOut, type Sample, traceBody, traceOf } from './index-trace.ts'
import { runSeed, seededRandom } from './seeded-random.ts'
import { walkSegment } from './segment-walk.ts'
import { allMedia } from './webm-media.ts'

const media = (await allMedia()).map((medium) => ({ ...medium, whole: traceBody(medium.bytes) }))
const webm = media.filter(({ whole }) => whole.index.webmView().state === 'ready')

/** Samples by what they are, not by where they lie. */
function contents(samples: readonly Sample[], file: Uint8Array): unknown[] {
  return samples.map(({ trackId, offset, size, dts, pts, duration, sync }) => {
    const data = Buffer.from(file.buffer, file.byteOffset + offset, size).toString('latin1')
    return [trackId, dts, pts, duration, sync, data]
  })
}

function patchesOf({ patches }: Layout): { offset: number; bytes: number }[] {
  return Array.from({ length: patches?.count ?? 0 }, (_, n) => ({
    offset: patches!.offsetAt(n),
    bytes: patches!.widthAt(n),
  }))
}

describe(`a body that is cut off (seed ${runSeed})`, () => {
  it.each(media)('$name: has all samples up to the last whole block', ({ bytes, whole }) => {
    const random = seededRandom(runSeed)
    for (let n = 0; n < 40; n++) {
      const cut = Math.floor(random() * (bytes.length + 1))
      const { samples, index } = traceBody(bytes.subarray(0, cut))
      const reordered = index.tracks.filter(({ codec }) => codec === 'avc').map((track) => track.id)
      for (const track of index.tracks) {
        // Of decoding times that come out of sorting, the last ones depend on what is missing.
        const strip = (sample: Sample): unknown => (reordered.includes(track.id) ? { ...sample, dts: 0 } : sample)
        const ours = samples.filter(({ trackId }) => trackId === track.id)
        const all = whole.samples.filter(({ trackId }) => trackId === track.id)
        expect(ours.map(strip), `cut at ${cut}`).toEqual(all.slice(0, ours.length).map(strip))
        const next = all[ours.length]
        // The next one isn't whole, or its block isn't.
        if (next !== undefined) expect(next.offset, `cut at ${cut}`).toBeGreaterThan(index.wholeBytes)
      }
      expect(index.wholeBytes).toBeLessThanOrEqual(cut)
      // Less than EBML's first ID is nothing yet.
      expect(index.damage?.code, `cut at ${cut}`).toBe(cut > 0 && cut < 4 ? 'not-media' : undefined)
    }
  })

  it.each(webm)('$name: is a whole WebM of what is there', ({ bytes }) => {
    const random = seededRandom(runSeed)
    for (let n = 0; n < 25; n++) {
      const cut = Math.floor(random() * (bytes.length + 1))
      const part = traceBody(bytes.subarray(0, cut))
      const view = part.index.webmView()
      if (part.samples.length === 0) {
        expect(view.state).toBe('unsupported')
        continue
      }
      if (view.state !== 'ready') throw new Error(`cut at ${cut}: ${view.reason}`)
      const file = laidOut(view.layout, bytes)
      for (const { offset, bytes: width } of patchesOf(view.layout)) {
        const isShown = view.layout.extents.some(
          (extent) =>
            extent.kind === 'body' && extent.offset <= offset && offset + width <= extent.offset + extent.length,
        )
        expect(isShown, `cut at ${cut}, patch at ${offset}`).toBe(true)
      }
      const walk = walkSegment(file)
      const again = traceBody(file)
      expect(again.index.damage, `cut at ${cut}`).toBeNull()
      expect(contents(again.samples, file), `cut at ${cut}`).toEqual(contents(part.samples, bytes))
      expect(again.index.wholeBytes).toBe(file.length)
      expect(walk.durationTicks).toBeCloseTo(part.index.durationMs, 6)
    }
  })
})

describe('the WebM header', () => {
  it.each(webm)('$name: finds its elements, and a cue for every key frame', ({ bytes, whole }) => {
    const view = whole.index.webmView()
    if (view.state !== 'ready') throw new Error(view.reason)
    const walk = walkSegment(laidOut(view.layout, bytes))
    expect(walk.docType).toBe('webm')
    for (const [element, position] of walk.seeks) expect(walk.elements).toContainEqual({ id: element, position })
    expect([...walk.seeks.keys()]).toEqual([id.INFO, id.TRACKS, id.CUES])
    const order = walk.elements.map((element) => element.id).filter((element) => element !== id.VOID)
    expect(order.slice(0, 4)).toEqual([id.SEEK_HEAD, id.INFO, id.TRACKS, id.CUES])
    expect(new Set(order.slice(4))).toEqual(new Set([id.CLUSTER]))

    const video = whole.index.tracks.find(({ kind }) => kind === 'video')
    if (video === undefined) {
      const seconds = whole.index.durationMs / 1000
      expect(walk.cues.length).toBeGreaterThanOrEqual(Math.floor(seconds))
    } else {
      const ticks = (pts: number): number => (pts * 1000) / video.timescale
      const keys = whole.samples
        .filter(({ trackId, sync }) => trackId === video.id && sync)
        .map(({ pts }) => ticks(pts))
      const cues = walk.cues.filter(({ track }) => track === video.id).map(({ time }) => time)
      expect(cues).toEqual(keys)
      // Sound is sought by only as long as there is no picture.
      const first = walk.cues.findIndex(({ track }) => track === video.id)
      expect(walk.cues.slice(first).every(({ track }) => track === video.id)).toBe(true)
    }
    for (const { time, position } of walk.cues) {
      const at = walk.clusters.findIndex((cluster) => cluster.position === position)
      expect(at).toBeGreaterThanOrEqual(0)
      // Block times are 16 bits relative to their Cluster.
      expect(Math.abs(time - walk.clusters[at]!.timestamp)).toBeLessThan(32_768)
    }
  })

  it.each(webm)('$name: promises alpha only where it comes', ({ name, bytes, whole }) => {
    const view = whole.index.webmView()
    if (view.state !== 'ready') throw new Error(view.reason)
    const walk = walkSegment(laidOut(view.layout, bytes))
    const promises = walk.trackElements.has(id.ALPHA_MODE)
    expect(promises).toBe(name.includes('with alpha'))
    expect(walk.trackElements.has(id.MAX_BLOCK_ADDITION_ID)).toBe(promises)
  })
})

describe('an index that is asked while it grows', () => {
  it.each(webm)('$name: a view given once stays as it was', ({ bytes }) => {
    const { index } = traceOf()
    const most = Math.floor(bytes.length * 0.9)
    index.push(bytes.subarray(0, most))
    const view = index.webmView()
    if (view.state !== 'ready') throw new Error(view.reason)
    const before = laidOut(view.layout, bytes)
    index.push(bytes.subarray(most))
    index.finish()
    expect(Buffer.compare(laidOut(view.layout, bytes), before)).toBe(0)
    expect(walkSegment(before).clusters.length).toBeGreaterThan(0)
  })
})
