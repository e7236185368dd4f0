import { expect } from 'vitest'
import { type BodyIndex, openBodyIndex } from '../src/body-index.ts'
import { applyPatches, type Layout } from '../src/layout.ts'
import type { SampleSink } from '../src/sample-sink.ts'
import type { Track } from '../src/track.ts'
import { concat } from '../src/webm/element-writer.ts'

export type Sample = {
  trackId: number
  offset: number
  size: number
  dts: number
  pts: number
  duration: number
  sync: boolean
}

/** Everything that an index tells, to compare. */
export type Trace = {
  index: BodyIndex
  tracks: Track[]
  samples: Sample[]
  patches: { view: string; offset: number; bytes: number; value: number }[]
  clusters: { offset: number; timestamp: number }[]
}

export function traceOf(): Trace {
  const trace = { tracks: [], samples: [], patches: [], clusters: [] } as unknown as Trace
  trace.index = openBodyIndex({ sink: recordingSink(trace) })
  return trace
}

function recordingSink(trace: Trace): SampleSink {
  return {
    track: (track) => trace.tracks.push(track),
    sample: (trackId, offset, size, dts, pts, duration, sync) =>
      trace.samples.push({ trackId, offset, size, dts, pts, duration, sync }),
    patch: (view, offset, bytes, value) => trace.patches.push({ view, offset, bytes, value }),
    cluster: (offset, timestamp) => trace.clusters.push({ offset, timestamp }),
  }
}

/** The trace of a body that comes in pieces, which end at `cuts` (ascending). */
export function traceBody(body: Uint8Array, cuts: readonly number[] = []): Trace {
  const trace = traceOf()
  let from = 0
  for (const cut of [...cuts, body.length]) {
    trace.index.push(body.subarray(from, cut))
    from = cut
  }
  trace.index.finish()
  return trace
}

/** The trace of a body of these parts, which comes whole and, with the same result, byte by byte. */
export function traceCutEverywhere(...parts: Uint8Array[]): Trace {
  const body = concat(parts)
  const whole = traceBody(body)
  const cuts = Array.from({ length: body.length }, (_, at) => at)
  const cut = traceBody(body, cuts)
  expect(cut.samples).toEqual(whole.samples)
  expect(cut.patches).toEqual(whole.patches)
  expect(cut.index.damage).toEqual(whole.index.damage)
  return whole
}

/** The bytes of a layout, as a server sends them. */
export function laidOut({ extents, patches, size }: Layout, body: Uint8Array): Uint8Array {
  const file = new Uint8Array(size)
  let at = 0
  for (const extent of extents) {
    if (extent.kind === 'bytes') file.set(extent.bytes, at)
    else {
      const piece = file.subarray(at, at + extent.length)
      piece.set(body.subarray(extent.offset, extent.offset + extent.length))
      applyPatches(patches, extent.offset, piece)
    }
    at += extent.kind === 'bytes' ? extent.bytes.length : extent.length
  }
  return file
}

/**
 * One number for all that an index tells, cheap enough to be taken some ten thousand times: FNV-1a over every
 * argument of every call.
 */
export function digestOfCalls(body: Uint8Array, cuts: Iterable<number>): number {
  let hash = 0x811c9dc5
  const mix = (value: number): void => {
    hash = Math.imul(hash ^ (value | 0), 0x01000193)
    hash = Math.imul(hash ^ Math.floor(value / 2 ** 32), 0x01000193)
  }
  const index = openBodyIndex({
    sink: {
      track(track) {
        mix(track.id)
        for (const byte of track.config ?? []) mix(byte)
      },
      sample(trackId, offset, size, dts, pts, duration, sync) {
        mix(trackId)
        mix(offset)
        mix(size)
        mix(dts)
        mix(pts)
        mix(duration)
        mix(sync ? 1 : 0)
      },
      patch(view, offset, bytes, value) {
        mix(view === 'mp4' ? 1 : 2)
        mix(offset)
        mix(bytes)
        mix(value)
      },
      cluster(offset, timestamp) {
        mix(offset)
        mix(timestamp)
      },
    },
  })
  let from = 0
  for (const cut of cuts) {
    index.push(body.subarray(from, cut))
    from = cut
  }
  index.push(body.subarray(from))
  index.finish()
  mix(index.wholeBytes)
  return hash >>> 0
}
