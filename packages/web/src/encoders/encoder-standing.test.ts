import type { EncoderReport, EncoderView } from '@rushes/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encoderStanding } from './encoder-standing.ts'
import { sparklinePaths } from './sparkline.ts'

const report: EncoderReport = {
  ...{ applied: 0, state: 'recording', event: null, nextStart: null, warning: null, lastError: null },
  sources: [{ name: 'main', state: 'running', fps: 30, speed: 1, dropped: 0, detail: '' }],
  queue: { files: 1, bytes: 1000, oldestSeconds: 2 },
  ...{ bytesPerSecond: 1000, spoolLimit: 1e9, diskFree: 1e9 },
}

function standing(change: Partial<EncoderReport> | null, online = true) {
  const view: EncoderView = {
    ...{ id: 'a', name: 'Chapel', version: '1', host: 'rack', createdAt: '2026-01-04T10:00:00Z', online },
    ...{ reportedAt: change === null ? null : '2026-01-04T10:00:00Z', schedule: [], order: null, alerts: [] },
    report: change === null ? null : { ...report, ...change },
    history: { everySeconds: 5, queueBytes: [], bytesPerSecond: [] },
  }
  const { tone, words, problems } = encoderStanding(view)
  return { tone, words: words.replace(/since .*/, 'since'), problems }
}

describe('an encoder', () => {
  it.each<[string, Partial<EncoderReport> | null, boolean, string, string]>([
    ['never heard', null, false, 'plain', 'Not heard yet'],
    ['recording', {}, true, 'live', 'Recording'],
    ['ready', { state: 'idle', sources: [] }, true, 'safe', 'Ready'],
    ['unable to record', { sources: [], lastError: 'no encoder' }, true, 'caution', 'Not recording'],
    ['draining', { state: 'draining', sources: [] }, true, 'plain', 'Delivering the rest'],
    ['off', { state: 'off' }, false, 'plain', 'Off since'],
    ['silent', { state: 'idle' }, false, 'caution', 'Silent since'],
    ['behind', { queue: { files: 50, bytes: 5e7, oldestSeconds: 125 } }, true, 'caution', 'Behind by 2:05'],
    ['without its source', { sources: [{ ...report.sources[0]!, state: 'lost' }] }, true, 'caution', 'Source lost'],
  ])('that is %s', (_name, change, online, tone, words) => {
    expect(standing(change, online)).toMatchObject({ tone, words })
  })

  it('says that a silent one may still be recording', () => {
    expect(standing({}, false).problems).toEqual([expect.stringContaining('may still be')])
    expect(standing({ state: 'idle' }, false).problems).toEqual([])
  })

  it('says what is wrong beside what it does', () => {
    const lost = { ...report.sources[0]!, state: 'lost' as const, detail: 'no route to host' }
    expect(standing({ sources: [lost], lastError: 'no answer', warning: '90 % of the spool waits' }).problems).toEqual([
      'Source “main” is lost: no route to host.',
      '90 % of the spool waits.',
      'No answer.',
    ])
  })
})

describe('a sparkline', () => {
  it('stays in its picture, draws every value that is known, and joins nothing across a gap', () => {
    const value = fc.option(fc.double({ min: 0, max: 1e12, noNaN: true }))
    fc.assert(
      fc.property(fc.array(value, { maxLength: 300 }), (values) => {
        const stretches = values.filter((now, index) => now !== null && (index === 0 || values[index - 1] === null))
        const paths = sparklinePaths(values)
        expect(paths).toHaveLength(stretches.length)
        for (const point of paths.join(' ').split(' ').filter(Boolean)) {
          const [x, y] = point.split(',').map(Number)
          expect(x! >= 0 && x! <= 120 && y! >= 0 && y! <= 28).toBe(true)
        }
      }),
    )
  })
})
