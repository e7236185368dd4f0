import { describe, expect, it } from 'vitest'
import { markerWords, type Pattern, parseFinding, placeMarks } from './finding.ts'

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const pattern = (fields: Partial<Pattern>): Pattern => ({
  ...{ id: 'p1', kind: 'slide', marker: '', count: 0, confidence: 1, places: [], values: [], ...fields },
})

describe('what was found in files of no known kind', () => {
  it('is read as the converter writes it, and not at all where it is something else', () => {
    const row = { id: 'p1', kind: 'slide', marker: '534c', count: 2, places: [8, 90], values: [1, 2], confidence: 0.9 }
    const file = {
      file: 'a.bin',
      size: 100,
      left: 60,
      read: 60,
      layout: { signature: 'x', name: 'Old' },
      patterns: [row],
    }
    const cut = { start: 0, end: 40, format: 'mp3', type: 'audio', contentType: 'audio/mpeg', whole: true }
    const extracted = [{ file: 'a.bin', size: 100, count: 1, resources: [cut] }]
    const finding = parseFinding(bytes({ version: 1, extracted, searched: [file], notes: [] }))!
    expect(finding.searched[0]!.patterns).toEqual([row])
    expect(finding.extracted[0]!.resources[0]).toMatchObject({ start: 0, end: 40, type: 'audio' })
    for (const other of [null, [], {}, { version: 2 }, { version: 1, extracted: {}, searched: [] }]) {
      expect(parseFinding(bytes(other))).toBeNull()
    }
    expect(parseFinding(new Uint8Array([0xff, 0x7b]))).toBeNull()
  })

  it('says markers as text where they are text', () => {
    expect(markerWords('534c494445')).toBe('“SLIDE”')
    expect(markerWords('00ff')).toBe('00 ff')
    expect(markerWords('')).toBe('lines of one shape')
    expect(markerWords('41'.repeat(500)).length).toBeLessThanOrEqual(40)
  })

  it('has a mark for each column in which something lies, the higher the greater its value, all of them in the picture', () => {
    const marks = placeMarks(pattern({ places: [0, 50, 51, 100], values: [1, 2, 3, 5] }), 100, 10)
    expect(marks.map(({ at }) => at)).toEqual([0, 0.5, 0.9])
    expect(marks.map(({ height }) => height)).toEqual([0.25, 0.625, 1])
    const wild = placeMarks(pattern({ places: [-5, 1e12], values: [Number.NaN, 7, 7] }), 0, 10)
    for (const { at, height } of wild) expect(at >= 0 && at < 1 && height > 0 && height <= 1).toBe(true)
    expect(placeMarks(pattern({ places: [1, 2], values: [] }), 10, 10).map(({ height }) => height)).toEqual([1, 1])
  })
})
