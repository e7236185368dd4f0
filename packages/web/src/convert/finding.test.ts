import { describe, expect, it } from 'vitest'
import { findingOf } from '../../../converter/src/findings/finding.ts'
import { markerWords, type Pattern, parseFinding, placeMarks, spanOf } from './finding.ts'

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const pattern = (fields: Partial<Pattern>): Pattern => ({
  ...{ id: 'p1', kind: 'slide', marker: '', count: 0, confidence: 1, places: [], values: [], ...fields },
})

describe('what was found in files of no known kind', () => {
  it('is read as the converter writes it, and not at all where it is something else', () => {
    const row = {
      id: 'p1',
      kind: 'slide' as const,
      marker: '534c',
      count: 2,
      places: [8, 90],
      values: [1, 2],
      confidence: 0.9,
    }
    const layout = { signature: 'x', name: 'Old' }
    const searched = { file: 'a.bin', size: 100, left: 60, read: 60, layout, patterns: [row] }
    const cut = {
      start: 0,
      end: 40,
      format: 'mp3',
      type: 'audio',
      contentType: 'audio/mpeg',
      whole: true,
      name: 'a.bin/0.mp3',
    }
    const index = { file: 'a.bin', size: 100, resources: [cut], left: [{ offset: 40, length: 60 }] }
    const finding = parseFinding(bytes(findingOf([index], [searched], [])))!
    expect(finding.searched[0]).toMatchObject({ patterns: [row], layout: { name: 'Old' } })
    expect(finding.extracted[0]).toMatchObject({ count: 1, resources: [{ start: 0, end: 40, name: 'a.bin/0.mp3' }] })
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
    const marks = placeMarks(pattern({ places: [0, 50, 51, 100], values: [1, 2, 3, 5] }), { from: 0, to: 100 }, 10)
    expect(marks.map(({ at }) => at)).toEqual([0, 0.5, 0.9])
    expect(marks.map(({ height }) => height)).toEqual([0.25, 0.625, 1])
    const wild = placeMarks(pattern({ places: [-5, 1e12], values: [Number.NaN, 7, 7] }), { from: 0, to: 0 }, 10)
    for (const { at, height } of wild) expect(at >= 0 && at < 1 && height > 0 && height <= 1).toBe(true)
    expect(
      placeMarks(pattern({ places: [1, 2], values: [] }), { from: 0, to: 10 }, 10).map(({ height }) => height),
    ).toEqual([1, 1])
  })
  it('is drawn from the first place to the last, whatever else the file holds', () => {
    const rows = [pattern({ places: [500, 700] }), pattern({ places: [450] })]
    expect(spanOf(rows, 1_000_000)).toEqual({ from: 450, to: 701 })
    expect(spanOf([pattern({})], 100)).toEqual({ from: 0, to: 100 })
    expect(spanOf([pattern({ places: [-7, 1e15] })], 100)).toEqual({ from: 0, to: 100 })
  })
})
