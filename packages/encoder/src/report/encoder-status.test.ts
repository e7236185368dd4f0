import { describe, expect, it } from 'vitest'
import type { EncodeProgress } from '../encode.ts'
import { totalsOf } from '../spool/event-totals.ts'
import type { SpoolCounts } from '../spool/spool.ts'
import { encoderStatus, type StatusFacts } from './encoder-status.ts'

const epochMs = Date.parse('2026-11-20T10:00:00Z')
const head = { id: '0', title: 'Sunday', server: 'https://rushes.example', segmentMs: 2000, epochMs }
const file = { name: 'a.m4s', size: 1, digest: 'sha256:0' }
const representation = { type: 'representation', set: 'main', codecs: 'avc1', bandwidth: 1e6, timescale: 1000 } as const
const at = (ms: number) => new Date(epochMs + ms).toISOString()
const segment = (id: string, sequence: number, start: number, duration: number) => {
  return { type: 'segment', representation: id, sequence, start, duration, wallClock: at(start), file } as const
}

const entries = [
  { ...representation, id: 'main-v1', kind: 'video', width: 1280, height: 720, frameRate: 30, init: file },
  { ...representation, id: 'main-v2', kind: 'video', width: 640, height: 360, frameRate: 30, init: file },
  segment('main-v1', 0, 0, 2000),
  segment('main-v2', 0, 0, 2000),
  segment('main-v1', 1, 2000, 1500),
  { type: 'gap', set: 'main', from: at(3500), to: at(10_000), reason: 'the source was lost' },
  segment('main-v1', 2, 10_000, 2000),
  segment('main-v2', 1, 10_000, 1000),
] as const

function facts(change: {
  counts?: Partial<SpoolCounts>
  progress?: Partial<EncodeProgress>
  rate?: number
}): StatusFacts {
  const now = epochMs + 20_000
  const totals = totalsOf((from, limit) => entries.slice(from, from + limit) as never)
  const delivery: EncodeProgress['delivery'] = {
    ...{ state: 'delivering', workers: [], bytesSent: 0, retransmitted: 0, bytesPerSecond: change.rate ?? 0 },
    ...{
      shareUrl: null,
      entriesSent: 0,
      lastError: null,
      server: { state: 'reachable', since: epochMs, lastError: null },
    },
  }
  return {
    ...{ now, head, limitBytes: 1e9, totals },
    counts: {
      ...{ pending: 10, pendingBytes: 1e6, delivered: 5, failed: 0, withdrawn: 0, heldBytes: 2e6, entries: 8 },
      ...{ oldestPendingAt: now - 15_000, ...change.counts },
    },
    progress: {
      ...{ state: 'acquiring', startedAt: epochMs, sources: new Map(), segments: 5, bytes: 2e6, lost: 0, totals },
      ...{ warning: null, delivery, ...change.progress },
    },
  }
}

describe('the status of an encoder', () => {
  it('counts what is recorded once, however many renditions it has, and without its gaps', () => {
    const { event, recorded, renditions } = encoderStatus(facts({}))
    expect(event.recordedMs).toBe(5500)
    expect(recorded).toMatchObject({ gaps: 1, gapMs: 6500 })
    expect(renditions.map(({ id, segments, height }) => [id, segments, height])).toEqual([
      ['main-v1', 3, 720],
      ['main-v2', 2, 360],
    ])
  })

  it('says when a backlog is gone by what goes out beyond what comes in', () => {
    const drain = (change: Parameters<typeof facts>[0]) => encoderStatus(facts(change)).delivery.drainMs
    // 2 MB in 20 s come in: 100 kB/s.
    expect(drain({ rate: 300_000 })).toBe(5000)
    expect(drain({ rate: 90_000 })).toBeNull()
    expect(drain({ rate: 100_000, progress: { state: 'draining' } })).toBe(10_000)
    expect(drain({ counts: { pending: 0, pendingBytes: 0, oldestPendingAt: null } })).toBe(0)
    expect(drain({ counts: { pending: 1, oldestPendingAt: epochMs + 19_000 } })).toBe(0)
  })

  it('says how long each source is as it is', () => {
    const source = {
      state: 'lost',
      fps: 0,
      speed: 0,
      dropped: 2,
      detail: 'nothing came',
      since: epochMs + 8000,
    } as const
    const { sources } = encoderStatus(facts({ progress: { sources: new Map([['camera', source]]) } }))
    expect(sources).toEqual([
      {
        ...{ name: 'camera', state: 'lost', fps: 0, speed: 0, droppedFrames: 2, detail: 'nothing came' },
        ...{ since: at(8000), forMs: 12_000 },
      },
    ])
  })

  it('warns when the server refused the delivery for good, although the recording goes on', () => {
    const { progress, ...rest } = facts({})
    const server = {
      state: 'refusing',
      since: epochMs,
      lastError: { message: 'the key is wrong', at: epochMs },
    } as const
    const delivery = { ...progress.delivery, state: 'failed', server } as const
    const status = encoderStatus({ ...rest, progress: { ...progress, delivery } })
    expect(status.warning).toContain('the key is wrong')
    expect(status.lastError).toEqual({ message: 'the key is wrong', at: at(0) })
    expect(status.event.state).toBe('acquiring')
  })

  it('of a delivery alone has no sources and is an object of JSON', () => {
    const { progress, ...rest } = facts({})
    const status = encoderStatus({ ...rest, progress: { delivery: progress.delivery } })
    expect(status).toMatchObject({ event: { state: 'delivering' }, sources: [], recorded: { segments: 0, gaps: 1 } })
    expect(JSON.parse(JSON.stringify(status))).toEqual(status)
  })
})
