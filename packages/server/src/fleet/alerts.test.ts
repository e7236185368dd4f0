import type { AlertKind, AlertLimits, EncoderReport } from '@rushes/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Episodes, type Notice, type Observation, observe } from './alerts.ts'

const limits: AlertLimits = { behindSeconds: 120, silentSeconds: 60, spoolPercent: 80 }
const stepMs = 5000

function reportOf(change: Partial<EncoderReport> = {}): EncoderReport {
  return {
    ...{ applied: 0, state: 'recording', event: null, warning: null, lastError: null, nextStart: null },
    sources: [{ name: 'main', state: 'running', fps: 30, speed: 1, dropped: 0, detail: '' }],
    queue: { files: 0, bytes: 0, oldestSeconds: null },
    ...{ bytesPerSecond: 0, spoolLimit: 1000, diskFree: null },
    ...change,
  }
}
const waiting = (oldestSeconds: number, bytes = 0): Observation => ({
  report: reportOf({ queue: { files: 1, bytes, oldestSeconds } }),
  silentMs: 0,
})
const silent = (silentMs: number): Observation => ({ report: reportOf(), silentMs })
const lost: Observation = {
  report: reportOf({ sources: [{ name: 'main', state: 'lost', fps: 0, speed: 0, dropped: 0, detail: 'timed out' }] }),
  silentMs: 0,
}
const well: Observation = { report: reportOf(), silentMs: 0 }

/** One observation every five seconds; what was told, as `kind phase`. */
function told(observations: readonly Observation[], restart = false): string[] {
  return run(observations, restart).map(({ kind, phase }) => `${kind} ${phase}`)
}

function run(observations: readonly Observation[], restart = false): Notice[] {
  let episodes: Episodes = {}
  return observations.flatMap((observation, index) => {
    const step = observe(episodes, observation, limits, index * stepMs)
    episodes = restart ? (JSON.parse(JSON.stringify(step.episodes)) as Episodes) : step.episodes
    return step.notices
  })
}

describe('an alert', () => {
  it('[FL6] is told once when it begins and once when it is over', () => {
    expect(told([well, waiting(121), waiting(300), waiting(130), waiting(59), well])).toEqual([
      'behind began',
      'behind over',
    ])
    expect(told([well, silent(60_000), silent(60_001), silent(90_000), well, well])).toEqual([
      'silent began',
      'silent over',
    ])
    expect(told([waiting(1, 800), waiting(1, 950), waiting(1, 650), well])).toEqual([
      'spool-nearly-full began',
      'spool-nearly-full over',
    ])
  })

  it('[FL6] is one episode while it swings around the limit', () => {
    expect(told([waiting(121), waiting(119), waiting(125), waiting(61), waiting(121)])).toEqual(['behind began'])
    expect(told([waiting(1, 800), waiting(1, 790), waiting(1, 801), waiting(1, 700)])).toEqual([
      'spool-nearly-full began',
    ])
  })

  it('[FL6] of a source waits until it is lost for a while', () => {
    expect(told([well, lost, lost, well, lost, lost, lost])).toEqual([])
    expect(told([well, lost, lost, lost, lost, well])).toEqual(['source-lost began', 'source-lost over'])
    expect(run([lost, lost, lost, lost]).at(-1)).toMatchObject({ since: 0, detail: 'main: timed out' })
    const idle: Observation = { report: reportOf({ state: 'idle', sources: [] }), silentMs: 0 }
    expect(told([idle, idle, idle, idle, idle])).toEqual([])
  })

  it('[FL6] is not told of who never came, nor of who said that it goes', () => {
    const never: Observation = { report: null, silentMs: 1e9 }
    const off: Observation = { report: reportOf({ state: 'off' }), silentMs: 1e9 }
    expect(told([never, never])).toEqual([])
    expect(told([waiting(200), off, off])).toEqual(['behind began', 'behind over'])
  })

  it('[FL6] goes on while nothing is heard: an encoder that is silent has not caught up', () => {
    expect(told([waiting(200), silent(61_000), silent(62_000), waiting(250), well])).toEqual([
      'behind began',
      'silent began',
      'silent over',
      'behind over',
    ])
  })

  const source = fc.record({
    name: fc.constant('main'),
    state: fc.constantFrom('connecting', 'running', 'lost', 'ended'),
    ...{ fps: fc.constant(0), speed: fc.constant(0), dropped: fc.constant(0), detail: fc.string() },
  })
  const observation: fc.Arbitrary<Observation> = fc.record({
    report: fc.option(
      fc
        .record({
          state: fc.constantFrom('idle', 'recording', 'draining', 'off'),
          sources: fc.array(source, { maxLength: 3 }),
          queue: fc.record({
            files: fc.nat(),
            bytes: fc.nat({ max: 1200 }),
            oldestSeconds: fc.option(fc.nat({ max: 300 })),
          }),
        })
        .map((change) => reportOf(change as Partial<EncoderReport>)),
    ),
    silentMs: fc.nat({ max: 120_000 }),
  })
  const kinds: AlertKind[] = ['behind', 'silent', 'source-lost', 'spool-nearly-full']

  it('[FL6] of a kind begins, is over, begins, is over, whatever happens, and a restart in between changes nothing', () => {
    fc.assert(
      fc.property(fc.array(observation, { maxLength: 60 }), (observations) => {
        const notices = run(observations)
        expect(run(observations, true)).toEqual(notices)
        for (const kind of kinds) {
          const phases = notices.filter((notice) => notice.kind === kind).map(({ phase }) => phase)
          expect(phases).toEqual(phases.map((_, index) => (index % 2 === 0 ? 'began' : 'over')))
        }
      }),
    )
  })

  it('[FL6] is over for all that began once all is well', () => {
    fc.assert(
      fc.property(fc.array(observation, { maxLength: 60 }), (observations) => {
        const notices = run([...observations, well])
        for (const kind of kinds) expect(notices.filter((notice) => notice.kind === kind).length % 2).toBe(0)
      }),
    )
  })
})
