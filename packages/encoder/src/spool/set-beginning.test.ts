import { describe, expect, it } from 'vitest'
import { SetBeginning } from './set-beginning.ts'

const segment = (representation: string, sequence: number) => {
  const times = { start: sequence, duration: 1, wallClock: 0, bytes: new Uint8Array() }
  return { type: 'segment', representation, sequence, ...times } as const
}
const both = ['video', 'audio'] as const

describe('the beginning of a set', () => {
  it('[M3] waits for the picture, however many segments of sound an encoder that looks ahead lets go first', () => {
    const beginning = new SetBeginning()
    expect(beginning.represent('main-a1', 'main', 'audio', both)).toEqual([])
    const sound = [0, 1, 2, 3, 4].map((sequence) => segment('main-a1', sequence))
    for (const each of sound) expect(beginning.add(each)).toEqual([])
    expect(beginning.represent('main-v1', 'main', 'video', both)).toEqual(sound)
    expect(beginning.add(segment('main-v1', 0))).toEqual([segment('main-v1', 0)])
  })

  it('is at once where the source has one kind, and at its end in any case', () => {
    const beginning = new SetBeginning()
    beginning.represent('desk-a1', 'desk', 'audio', ['audio'])
    expect(beginning.add(segment('desk-a1', 0))).toHaveLength(1)
    beginning.represent('main-a1', 'main', 'audio', both)
    beginning.add(segment('main-a1', 0))
    expect(beginning.rest()).toEqual([segment('main-a1', 0)])
  })

  it('[M3] is not waited for forever; what then comes late is a set of its own, also after a restart', () => {
    const beginning = new SetBeginning()
    beginning.represent('main-v1', 'main', 'video', both)
    const told = Array.from({ length: 20 }, (_, sequence) => beginning.add(segment('main-v1', sequence)))
    expect(told.flat().map(({ sequence }) => sequence)).toEqual(Array.from({ length: 20 }, (_, index) => index))
    expect(told[0]).toEqual([])
    expect(beginning.setOf('main', 'video')).toBe('main')
    expect(beginning.setOf('main', 'audio')).toBe('main-audio')
    const next = new SetBeginning()
    next.takeUp('main', 'video')
    expect(next.setOf('main', 'audio')).toBe('main-audio')
    expect(next.setOf('desk', 'audio')).toBe('desk')
  })
})
