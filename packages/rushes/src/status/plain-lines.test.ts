import type { EncoderStatus } from '@rushes/encoder'
import { describe, expect, it } from 'vitest'
import { calm, troubled } from '../../test/status-for-tests.ts'
import { plainLines } from './plain-lines.ts'
import { statusLine } from './status-line.ts'
import { statusNews } from './status-news.ts'

describe('plain lines', () => {
  it('come every ten seconds, and at once with news', () => {
    let now = 0
    const written: string[] = []
    const lines = plainLines(
      (text) => void written.push(text),
      () => now,
    )
    let before: EncoderStatus | null = null
    const pass = (seconds: number, status: EncoderStatus): string[] => {
      for (let second = 0; second < seconds; second++) {
        now += 1000
        lines.show(status, statusNews(before, status))
        before = status
      }
      return written.splice(0)
    }
    expect(pass(1, calm)).toEqual([
      'recording\n',
      'source camera running\n',
      'watch it at https://rushes.example/r/9dq3hT2mXw0c5nYk7LbPzQaE\n',
      'server reachable\n',
      'recorded 0:19:54 · camera 30 fps at 1.00x · 1154 delivered · nothing waits · 250.0 kB/s · spool 40 % full\n',
    ])
    expect(pass(9, calm)).toEqual([])
    expect(pass(15, calm)).toHaveLength(2)
    expect(pass(1, troubled)).toEqual([
      'source desk lost: nothing came for 10 s\n',
      'server unreachable: camera-a1-00000577.m4s: nothing moved\n',
      'a gap was marked: 7 s\n',
    ])
    expect(pass(1, { ...troubled, warning: 'the spool\nis full' })).toEqual(['warning: the spool is full\n'])
    expect(pass(1, troubled)).toEqual(['the warning is over\n'])
  })

  it('have no empty parts', () => {
    for (const status of [calm, troubled, { ...calm, sources: [], spool: { bytes: 0, limitBytes: null } }]) {
      for (const part of statusLine(status).split(' · ')) expect(part.trim()).toBe(part)
      expect(statusLine(status)).not.toMatch(/· ·|undefined|null|NaN/)
    }
    expect(statusLine(troubled)).toBe(
      'recorded 0:19:54 · camera 30 fps at 1.00x · desk lost for 25 s · 1154 delivered · 42 waiting (12.6 MB) · oldest 44 s' +
        ' · 1/2 sending · 250.0 kB/s · 1 refused · spool 40 % full · 1 gap (7 s) · server unreachable',
    )
  })
})
