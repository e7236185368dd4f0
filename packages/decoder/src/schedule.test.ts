import type { ManifestEntry } from '@rushes/protocol'
import { describe, expect, it } from 'vitest'
import type { DecoderOptions } from './decoder-options.ts'
import { EventManifest } from './event-manifest.ts'
import { scheduleOf } from './schedule.ts'
import { successorOf } from './successor.ts'

const began = Date.UTC(2026, 10, 20, 10)
const minute = 60_000
const file = (name: string) => ({ name, size: 1, digest: '' })

/** Representations by ID, each with the seconds at which its segments of 2 s begin. */
function manifestOf(starts: Record<string, readonly number[]>, ended: boolean): EventManifest {
  const manifest = new EventManifest()
  for (const [id, seconds] of Object.entries(starts)) {
    const described = { set: 'main', kind: 'video', codecs: '', bandwidth: 1, timescale: 1, init: file(id) } as const
    manifest.append({ type: 'representation', id, ...described })
    for (const [sequence, start] of seconds.entries()) {
      const wallClock = new Date(began + 1000 * start).toISOString()
      manifest.append({ type: 'segment', representation: id, sequence, start, duration: 2, wallClock, file: file(id) })
    }
  }
  const end: ManifestEntry = { type: 'end', wallClock: new Date(began).toISOString() }
  if (ended) manifest.append(end)
  return manifest
}

describe('schedule', () => {
  const live = manifestOf({ v: [0, 2, 4] }, false)
  const over = manifestOf({ v: [0, 2, 4] }, true)
  const now = began + 10 * minute
  const of = (options: Partial<DecoderOptions>, manifest = live) =>
    scheduleOf(options as DecoderOptions, manifest, [...manifest.representations.values()], now)

  it('without a delay nothing is due later than it comes', () => {
    expect(of({}).delayMs).toBeNull()
  })

  it('a start sets the delay from the beginning, or from where playing begins', () => {
    const startAt = now + minute
    expect(of({ startAt }).delayMs).toBe(startAt - began)
    expect(of({ startAt, from: began + 4000 }).delayMs).toBe(startAt - began - 4000)
  })

  it('a window joins what is due now; a file begins at the beginning', () => {
    expect(of({ delayMs: minute, join: 'now' })).toMatchObject({ delayMs: minute, from: now - minute })
    expect(of({ delayMs: minute })).toMatchObject({ delayMs: minute, from: undefined })
  })

  it('an event that is over, its end past due, is shown from its beginning, now', () => {
    expect(of({ delayMs: minute, join: 'now' }, over)).toMatchObject({ delayMs: now - began, from: undefined })
    expect(of({ delayMs: 20 * minute, join: 'now' }, over)).toMatchObject({ delayMs: 20 * minute })
  })
})

describe('a successor', () => {
  const successor = (starts: Record<string, readonly number[]>, to?: number) => {
    const manifest = manifestOf(starts, true)
    return successorOf(manifest.representations.get('v')!, manifest, to)
  }

  it('begins where the representation stopped; another quality of the same time is none', () => {
    expect(successor({ v: [0, 2, 4], low: [0, 2, 4] })).toBeNull()
    expect(successor({ v: [0, 2, 4], low: [0, 2, 4], 'v-2': [9, 11] })).toMatchObject({ count: 2, first: { start: 9 } })
    expect(successor({ v: [0, 2, 4], 'v-2': [9, 11] }, began + 8000)).toBeNull()
  })
})
