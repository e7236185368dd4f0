import { describe, expect, it } from 'vitest'
import { commandFor, shortcutGroups, toolKeys } from './recorder-shortcuts.ts'

const press = (key: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey', boolean>> = {}) =>
  commandFor({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held })

describe('commandFor', () => {
  it('does something for every key in the list that is shown, and for no two the same', () => {
    const done = shortcutGroups.flatMap(({ keys }) =>
      keys.map(([shown]) => {
        const shiftKey = shown.startsWith('Shift ')
        const key = shown.replace('Shift ', '').replace('Esc', 'Escape')
        return JSON.stringify(press(shiftKey || key.length > 1 ? key : key.toLowerCase(), { shiftKey }))
      }),
    )
    expect(done).not.toContain('null')
    expect(new Set(done).size).toBe(done.length)
    for (const tool of Object.keys(toolKeys)) expect(done).toContain(JSON.stringify({ do: 'tool', tool }))
  })

  it('knows undo as everybody does, and leaves other combinations to the browser', () => {
    expect(press('z', { ctrlKey: true })).toEqual({ do: 'undo' })
    expect(press('Z', { metaKey: true, shiftKey: true })).toEqual({ do: 'redo' })
    expect(press('r', { ctrlKey: true })).toBeNull()
    expect(press('s', { metaKey: true })).toBeNull()
    expect(press('a', { altKey: true })).toBeNull()
  })

  it('throws nothing away by one key alone, caps lock or not', () => {
    expect(press('r')).toEqual({ do: 'tool', tool: 'rectangle' })
    expect(press('R')).toEqual({ do: 'tool', tool: 'rectangle' })
    expect([press('d'), press('D'), press('c'), press('C')]).toEqual([null, null, null, null])
  })
})
