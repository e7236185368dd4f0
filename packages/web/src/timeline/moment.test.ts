import { describe, expect, it } from 'vitest'
import { momentOf } from './moment.ts'

const words = (kind: string, data: Record<string, unknown>) =>
  momentOf({ number: 3, t: 1500, kind, data })?.words ?? null

describe('momentOf', () => {
  it('names what people look for', () => {
    expect(momentOf({ number: 3, t: 1500, kind: 'mark', data: { label: 'important' } })).toEqual({
      number: 3,
      t: 1500,
      kind: 'mark',
      words: 'Important',
    })
    expect(words('annotation', { op: 'add', shape: { kind: 'note', text: ' two\nlines ' } })).toBe('Note: two lines')
    expect(words('annotation', { op: 'add', shape: { kind: 'arrow' } })).toBe('Arrow')
    expect(words('slide', { deck: 'a.pdf', index: 0 })).toBe('Slide 1')
    expect(words('chat', { sender: 'Ada', text: 'Hello' })).toBe('Ada: Hello')
    expect(words('mark', { label: 'x'.repeat(200) })).toHaveLength(140)
  })

  it('lists nothing that is no place to go to, whatever is in it', () => {
    for (const data of [
      { op: 'erase', ids: [] },
      { op: 'add' },
      { op: 'add', shape: 7 },
      { op: 'add', shape: { kind: {} } },
    ]) {
      expect(words('annotation', data)).toBeNull()
    }
    expect(words('annotation', { op: 'add', shape: { kind: 'constructor' } })).toBeNull()
    expect(words('join', {})).toBeNull()
    expect(words('constructor', {})).toBeNull()
    expect(words('mark', { label: ' ' })).toBeNull()
  })
})
