import type { SegmentEntry } from '@rushes/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ListedRepresentation } from './event-manifest.ts'
import { Playhead, type PlayheadOptions, type Step, type Surroundings } from './playhead.ts'

const began = Date.UTC(2026, 10, 20, 10)

function listed(id: string, kind: 'video' | 'audio', durations: readonly number[]): ListedRepresentation {
  const file = { name: `${id}-init`, size: 1, digest: '' }
  const representation: ListedRepresentation = {
    entry: { type: 'representation', id, set: 'main', kind, codecs: '', bandwidth: 1, timescale: 1000, init: file },
    segments: [],
    withdrawn: new Set(),
    first: null,
    count: 0,
    end: 0,
  }
  for (const duration of durations) list(representation, duration)
  return representation
}

/** Lists one more segment, `after` ms behind the one before it. */
function list(representation: ListedRepresentation, duration: number, after = 0): void {
  const start = representation.end + after
  const sequence = representation.count++
  representation.segments.push({
    type: 'segment',
    representation: representation.entry.id,
    sequence,
    start,
    duration,
    wallClock: new Date(began + start).toISOString(),
    file: { name: `${representation.entry.id}-${sequence}`, size: 1, digest: '' },
  })
  representation.end = start + duration
}

function open(representations: ListedRepresentation[], options: Partial<PlayheadOptions> = {}): Playhead {
  return new Playhead({ representations, delayMs: null, patienceMs: null, startedAt: began, ...options })
}
const everything: Surroundings = { now: began, ended: true, reachable: true, has: () => true }

function play(playhead: Playhead, surroundings: Surroundings = everything): SegmentEntry[] {
  const given: SegmentEntry[] = []
  for (;;) {
    const step = playhead.next(surroundings)
    if (step.step !== 'play') return given
    given.push(step.segment)
    playhead.pass()
  }
}

describe('order', () => {
  it('M5: what was withdrawn is a hole at once, and not fetched', () => {
    const video = listed('v', 'video', [1000, 1000, 1000])
    video.withdrawn.add(1)
    const playhead = open([video])
    expect([...playhead.ahead(10)].map(({ sequence }) => sequence)).toEqual([0, 2])
    const steps: Step['step'][] = []
    const missing: Surroundings = { ...everything, has: ({ sequence }) => sequence !== 1 }
    for (let step = playhead.next(missing); step.step !== 'end'; step = playhead.next(missing)) {
      steps.push(step.step)
      playhead.pass()
    }
    expect(steps).toEqual(['play', 'skip', 'play'])
  })

  const durations = fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 20 })

  it('each segment once, by its time, the representation’s own order kept; ahead() says the same', () => {
    fc.assert(
      fc.property(durations, durations, (video, audio) => {
        const both = [listed('v', 'video', video), listed('a', 'audio', audio)]
        const foreseen = [...open(both).ahead(1000)]
        const given = play(open(both))
        expect(given).toEqual(foreseen)
        expect(given.length).toBe(video.length + audio.length)
        expect(given.map(({ start }) => start)).toEqual(given.map(({ start }) => start).sort((a, b) => a - b))
      }),
    )
  })

  it('without a delay, what one representation has not listed yet is waited for, unless it is silent for 10 s', () => {
    const [video, audio] = [listed('v', 'video', [2000, 2000]), listed('a', 'audio', [2000])]
    const playhead = open([video, audio])
    expect(play(playhead, { ...everything, ended: false }).map(({ file }) => file.name)).toEqual(['v-0', 'a-0'])
    for (let count = 0; count < 5; count++) list(video, 2000)
    expect(play(playhead, { ...everything, ended: false })).toHaveLength(6)
  })
})

describe('what is due', () => {
  it('nothing is given before its wall clock and the delay; then it is', () => {
    fc.assert(
      fc.property(fc.nat(20_000), fc.integer({ min: 0, max: 20_000 }), (delayMs, since) => {
        const playhead = open([listed('v', 'video', [2000, 2000, 2000])], { delayMs })
        const now = began + since
        const given = play(playhead, { ...everything, now })
        expect(given.length).toBe([0, 2000, 4000].filter((at) => at + delayMs <= since).length)
        const next = playhead.next({ ...everything, now })
        const until = began + 2000 * given.length + delayMs
        expect(next).toEqual(given.length === 3 ? { step: 'end' } : ({ step: 'wait', until } satisfies Step))
      }),
    )
  })

  it('what does not come is given up at its due time and the patience, not before', () => {
    const playhead = open([listed('v', 'video', [2000, 2000])], { delayMs: 1000, patienceMs: 500 })
    const at = (ms: number): Step['step'] =>
      playhead.next({ ...everything, now: began + ms, has: ({ sequence }) => sequence === 1 }).step
    expect(at(1000)).toBe('wait')
    expect(at(1499)).toBe('wait')
    expect(at(1500)).toBe('skip')
    playhead.pass()
    expect(at(2999)).toBe('wait')
    expect(at(3000)).toBe('play')
  })

  it('what was overdue from the start is not given up while the server is away', () => {
    const startedAt = began + 60_000
    const playhead = open([listed('v', 'video', [2000])], { delayMs: 1000, patienceMs: 500, startedAt })
    const away = { ...everything, has: () => false, reachable: false }
    const back = startedAt + 3_600_000
    expect(playhead.next({ ...away, now: back }).step).toBe('wait')
    expect(playhead.next({ ...away, reachable: true, now: back + 1499 }).step).toBe('wait')
    expect(playhead.next({ ...away, reachable: true, now: back + 1500 }).step).toBe('skip')
  })
})

describe('the part to play', () => {
  it('is every segment that overlaps it, and no other', () => {
    fc.assert(
      fc.property(fc.nat(12_000), fc.integer({ min: 1, max: 12_000 }), (start, length) => {
        const video = listed(
          'v',
          'video',
          Array.from({ length: 6 }, () => 2000),
        )
        const [from, to] = [began + start, began + start + length]
        const wanted = video.segments.filter((each) => each.start + 2000 > start && each.start < start + length)
        expect(play(open([video], { from, to }))).toEqual(wanted)
      }),
    )
  })

  it('a seek names what is there, due now; what was named before is not passed', () => {
    const video = listed('v', 'video', [2000, 2000, 2000, 2000])
    const playhead = open([video], { delayMs: 0 })
    playhead.next(everything)
    playhead.seek(began + 4500, began + 60_000)
    expect(playhead.pass()).toBe(false)
    expect(playhead.next({ ...everything, now: began + 60_000 })).toMatchObject({ segment: { sequence: 2 } })
    playhead.pass()
    expect(playhead.next({ ...everything, now: began + 60_000 })).toEqual({ step: 'wait', until: began + 61_500 })
  })

  it('before its end is listed there is something to wait for', () => {
    const playhead = open([listed('v', 'video', [2000])], { to: began + 10_000 })
    playhead.next(everything)
    playhead.pass()
    expect(playhead.next({ ...everything, ended: false }).step).toBe('wait')
    expect(playhead.next(everything).step).toBe('end')
  })
})
