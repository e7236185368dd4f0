import { describe, expect, it } from 'vitest'
import { commandFor, nextSpeed, shortcutList } from './shortcuts.ts'

const press = (key: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey', boolean>> = {}) =>
  commandFor({ key, ctrlKey: false, metaKey: false, altKey: false, ...held })

describe('commandFor', () => {
  it('knows the keys of other players, in either case', () => {
    expect(press(' ')).toEqual({ do: 'toggle-play' })
    expect(press('K')).toEqual(press('k'))
    expect(press('j')).toEqual({ do: 'seek-by', seconds: -10 })
    expect(press('ArrowRight')).toEqual({ do: 'seek-by', seconds: 5 })
    expect(press('7')).toEqual({ do: 'seek-to', fraction: 0.7 })
    expect(press('<')).toEqual({ do: 'speed', steps: -1 })
    expect(press('?')).toEqual({ do: 'shortcuts' })
  })

  it("leaves the browser's own combinations and other keys alone", () => {
    expect(press('f', { ctrlKey: true })).toBeNull()
    expect(press('l', { metaKey: true })).toBeNull()
    expect(press('ArrowLeft', { altKey: true })).toBeNull()
    expect(press('Tab')).toBeNull()
    expect(press('toString')).toBeNull()
  })

  it('does something for every key in the list that is shown', () => {
    const names: Record<string, string> = {
      Space: ' ',
      '←': 'ArrowLeft',
      '→': 'ArrowRight',
      '↑': 'ArrowUp',
      '↓': 'ArrowDown',
    }
    for (const key of shortcutList.flatMap(({ keys }) => keys).filter((shown) => shown !== '…')) {
      expect(press(names[key] ?? key), key).not.toBeNull()
    }
  })
})

describe('nextSpeed', () => {
  it('climbs and descends the ladder and stops at its ends', () => {
    expect([nextSpeed(1, 1), nextSpeed(1, -1), nextSpeed(1.1, 1), nextSpeed(1.1, -1)]).toEqual([1.25, 0.75, 1.25, 1])
    expect([nextSpeed(3, 1), nextSpeed(0.25, -1)]).toEqual([3, 0.25])
  })
})
