import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { calm, troubled } from '../../test/status-for-tests.ts'
import { layOut, type ScreenFacts } from './screen-layout.ts'
import { cut, span, widthOf } from './screen-text.ts'

function screen(columns: number, rows: number, change: Partial<ScreenFacts> = {}): string[] {
  const throughput = [0, 100_000, 200_000, 300_000, 400_000, 500_000, 600_000, 700_000]
  const keys = ['q or Ctrl-C: end the event and deliver the rest', 'q: end']
  const facts = { status: troubled, throughput, note: '', keys, columns, rows, isUnicode: true, ...change }
  return layOut(facts).map((line) =>
    line
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  )
}

describe('the screen', () => {
  it('of 80 by 24 has everything', () => {
    expect(screen(80, 24)).toEqual([
      'Sunday service                                                RECORDING 0:19:54',
      '',
      'Sources    camera running 20 min 0 s  30 fps  1.00x  0 dropped',
      '           desk lost 25 s  nothing came for 10 s',
      'Renditions camera-v1  597 segments  1280x720  to 3.1 Mbit/s  avc1.64001F',
      '           camera-a1  597 segments  to 160 kbit/s  mp4a.40.2',
      '',
      'Queue      42 waiting, 12.6 MB  oldest 44 s  1 refused',
      'Spool      ██████░░░░░░░░░░ 40 %  400.0 MB of 1.0 GB',
      'Server     unreachable 40 s  https://rushes.example',
      'Watch      https://rushes.example/r/9dq3hT2mXw0c5nYk7LbPzQaE',
      'Delivery   250.0 kB/s  no end in sight  ▁▂▃▄▅▆▇█  1154 delivered',
      'Workers    1 sending  1.1 MB/s  camera-v1-00000577.m4s',
      '           2 resting  900.0 kB/s  camera-a1-00000577.m4s: nothing moved',
      '',
      'Gaps       1 so far, 7 s',
      'Last error 2 s ago: camera-a1-00000577.m4s: nothing moved',
      'q or Ctrl-C: end the event and deliver the rest',
    ])
  })

  it('of 40 by 12 keeps what is wrong and leaves out what is known', () => {
    expect(screen(40, 12)).toEqual([
      'Sunday service        RECORDING 0:19:54',
      '',
      'Sources    camera running 20 min 0 s',
      '           desk lost 25 s',
      'Queue      42 waiting, 12.6 MB',
      'Spool      ██████░░░░░░░░░░ 40 %',
      'Server     unreachable 40 s',
      'Delivery   250.0 kB/s  no end in sight',
      'Workers    1 sending  1.1 MB/s',
      'Gaps       1 so far, 7 s',
      'Last error 2 s ago: camera-a1-00000577…',
      'q: end',
    ])
  })

  it('shows a warning before all else, and notes above the keys', () => {
    const status = { ...troubled, warning: '91 % of the spool waits to be delivered' }
    expect(screen(60, 6, { status, note: 'metrics at http://127.0.0.1:9100/metrics' })).toEqual([
      'Sunday service                            RECORDING 0:19:54',
      '',
      'Sources    desk lost 25 s  nothing came for 10 s',
      'Warning    91 % of the spool waits to be delivered',
      'metrics at http://127.0.0.1:9100/metrics',
      'q or Ctrl-C: end the event and deliver the rest',
    ])
  })

  it('says when all is well', () => {
    const lines = screen(80, 24, { status: calm, isUnicode: false }).join('\n')
    expect(lines).toContain('Queue      nothing waits')
    expect(lines).toContain('up to date')
    expect(lines).toContain('Gaps       none')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is asked for
    expect(lines).toMatch(/^[\x00-\x7f]*$/)
  })

  it('is never larger than the terminal, and nothing in it steers one', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 120 })
    const hostile = fc.oneof(text, fc.constant('\x1b]0;title\x07\x1b[2J\r\n會議🎥\u202e'))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 60 }), hostile, (columns, rows, said) => {
        const status = {
          ...troubled,
          event: { ...troubled.event, title: said, server: said },
          sources: troubled.sources.map((source) => ({ ...source, detail: said })),
          warning: said,
          lastError: { message: said, at: troubled.at },
        }
        const lines = layOut({
          ...{ status, throughput: [1, 2], note: said, keys: ['q: end'], columns, rows, isUnicode: true },
        })
        expect(lines.length).toBeLessThanOrEqual(rows)
        for (const line of lines) {
          expect(widthOf(line)).toBeLessThanOrEqual(Math.max(10, columns - 1))
          expect(line.map((each) => each.text).join('')).not.toMatch(/[\p{Cc}\u202e]/u)
        }
      }),
    )
  })

  it('cuts between what is seen as one character', () => {
    expect(cut([span('會議室 A')], 6)).toEqual([span('會議…')])
    expect(cut([span('ab'), span('cd')], 4)).toEqual([span('ab'), span('cd')])
  })
})
