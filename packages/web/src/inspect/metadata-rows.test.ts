import { describe, expect, it } from 'vitest'
import { placeWords, readersWords, spanWords } from './item-words.ts'
import { metadataRows } from './metadata-rows.ts'

describe('metadataRows', () => {
  it('says what people read, and of what it does not know, all', () => {
    const rows = metadataRows({
      title: 'A day',
      authors: [
        { name: 'Ada', role: 'speaker' },
        { name: 'Ben', shoe: 44 },
      ],
      timeTakenMs: 5400,
      tags: ['one', 'two'],
      notes: [{ severity: 'info', code: 'x', message: 'all is well' }],
      empty: {},
      isPublic: true,
    })
    expect(rows.map(({ name, value }) => `${name}: ${value}`)).toEqual([
      'Title: A day',
      'Authors 1: Ada, speaker',
      'Authors 2, name: Ben',
      'Authors 2, shoe: 44',
      'Time taken: 5.4 s',
      'Tags: one, two',
      'Notes 1: info: all is well (x)',
      'Empty: none',
      'IsPublic: yes',
    ])
  })

  it('is bounded, however deep, long and many it is', () => {
    let deep: unknown = 1
    for (let depth = 0; depth < 50; depth++) deep = { x: deep, y: deep === 1 ? 1 : 'z'.repeat(100_000) }
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`m${index}`.repeat(200), { index }]))
    const rows = metadataRows({ deep, many })
    expect(rows).toHaveLength(300)
    for (const { name, value } of rows) expect(name.length + value.length).toBeLessThanOrEqual(2200)
  })
})

describe('an item in words', () => {
  it('says who may read it (L1)', () => {
    expect(readersWords({})).toBe('everybody')
    expect(readersWords({ level: 0 })).toBe('the owner')
    expect(readersWords({ limits: { group: ['a', 'b'] } })).toBe('group: a, b')
    expect(readersWords({ level: 20, limits: { group: ['a', 'b'], place: [], other: 7 } })).toBe(
      'level 20 or lower; group: a, b; place: nobody; other: nobody',
    )
  })

  it('says when, and where it lies', () => {
    const item = { name: 'a', type: 'data', contentType: 'a/b' }
    expect(spanWords({ startMs: 5000, endMs: 70_000 })).toBe('0:05–1:10')
    expect(spanWords({})).toBe('')
    expect(placeWords({ ...item, extents: [[9000, 1]] })).toBe('byte 9,000')
    expect(
      placeWords({
        ...item,
        extents: [
          [9000, 1],
          [10_000, 1],
        ],
      }),
    ).toBe('2 pieces, from byte 9,000')
    expect(placeWords({ ...item, pointer: 'https://example.org' })).toBe('elsewhere')
  })
})
