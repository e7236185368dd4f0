import { describe, expect, it } from 'vitest'
import { bounded, mostPoints, type Scribble, type Shape, type TimedOperation } from './annotation.ts'
import { applied, emptyBoard, restated, viewAt } from './board.ts'
import { touched } from './touch.ts'

const line = (x: number): Shape => ({ kind: 'line', colour: '#f00', width: 0.01, from: { x, y: 0 }, to: { x, y: 1 } })
const add = (id: string, x = 0.5) => ({ op: 'add', id, shape: line(x), drawnMs: 0 }) as const
const ids = (board: typeof emptyBoard) => board.shapes.map(({ id }) => id).join('')

describe('a board', () => {
  it('can undo and redo each step, and forgets what was undone at the next one', () => {
    const steps = [add('a'), add('b'), { op: 'erase', ids: ['a'] }, { op: 'clear' }] as const
    let board = steps.reduce(applied, emptyBoard)
    const seen: string[] = []
    for (let step = 0; step < 5; step++) {
      board = applied(board, { op: 'undo' })
      seen.push(ids(board))
    }
    expect(seen).toEqual(['b', 'ab', 'a', '', ''])
    for (let step = 0; step < 3; step++) board = applied(board, { op: 'redo' })
    expect(ids(board)).toBe('b')
    board = applied(applied(board, { op: 'undo' }), add('c'))
    expect(ids(applied(board, { op: 'redo' }))).toBe('abc')
  })

  it('is bounded, whatever is drawn', () => {
    let board = emptyBoard
    for (let count = 0; count < 1500; count++) board = applied(board, add(`${count},`))
    expect([board.shapes.length, board.past.length]).toEqual([1000, 200])
    expect(board.shapes.at(-1)!.id).toBe('1499,')
    const points = Array.from({ length: 50_001 * 2 }, (_, index) => index)
    const kept = bounded({ kind: 'scribble', colour: '#f00', width: 0.01, points }) as Scribble
    expect(kept.points.length).toBeLessThanOrEqual(2 * mostPoints)
    expect(kept.points.length % 2).toBe(0)
    expect(kept.points.every((value) => value >= 0 && value <= 1)).toBe(true)
  })

  it('tells nothing that is longer than an event may be, 32 KiB', () => {
    const bytes = (shape: Shape) => new TextEncoder().encode(JSON.stringify(bounded(shape))).length
    const points = Array.from({ length: 2 * mostPoints }, (_, index) => 0.1234 + index / 1e5)
    const colour = '#f00'.repeat(50_000)
    expect(bytes({ kind: 'scribble', colour, width: 0.01, points })).toBeLessThan(30_000)
    expect(bytes({ kind: 'note', colour, size: 0.1, at: { x: 0, y: 0 }, text: '\u0001'.repeat(5000) })).toBeLessThan(
      30_000,
    )
  })

  it('is the same after its operations were restated, and after a way through JSON', () => {
    const board = [add('a', 0.1), add('b', 0.2), { op: 'erase', ids: ['a'] } as const].reduce(applied, emptyBoard)
    const again = JSON.parse(JSON.stringify(restated(board))) as ReturnType<typeof restated>
    expect(again.reduce(applied, emptyBoard).shapes).toEqual(board.shapes)
  })
})

describe('viewAt', () => {
  const operations: TimedOperation[] = [
    { ...add('a', 0.25), t: 1000 },
    { ...add('b', 0.75), t: 3000, drawnMs: 1000 },
    { op: 'laser', trail: [0.1, 0.1, 500, 0.2, 0.2, 0], t: 4000 },
    { op: 'undo', t: 5000 },
  ]
  it('is what was seen at that time, half drawn where it was being drawn', () => {
    const count = (t: number) => [viewAt(operations, t).shapes.length, viewAt(operations, t).growing.length]
    expect([999, 1000, 1999, 2000, 2999, 3000, 4999, 5000].map(count)).toEqual([
      ...[
        [0, 0],
        [1, 0],
        [1, 0],
        [1, 1],
        [1, 1],
      ],
      ...[
        [2, 0],
        [2, 0],
        [1, 0],
      ],
    ])
    expect(viewAt(operations, 2500).growing[0]).toMatchObject({ from: { x: 0.75, y: 0 }, to: { x: 0.75, y: 0.5 } })
  })

  it('fades the laser', () => {
    const trail = (t: number) => viewAt(operations, t).trail.map(({ x }) => x)
    expect([3499, 3500, 4000, 4300, 4700].map(trail)).toEqual([[], [0.1], [0.1, 0.2], [0.2], []])
  })

  it('shows the laser for as long as it rests', () => {
    const resting: TimedOperation = { op: 'laser', trail: [0.1, 0.1, 3000, 0.2, 0.2, 2000], t: 4000 }
    const trail = (t: number) => viewAt([resting], t).trail.map(({ x, strength }) => [x, strength])
    expect([999, 1999, 2350, 3999, 4000].map(trail)).toEqual([[], [[0.1, 1]], [[0.2, 1]], [[0.2, 1]], []])
  })
})

describe('the eraser', () => {
  const frame = { width: 1600, height: 900 }
  it('touches lines where they are, filled things anywhere, in the aspect of the picture', () => {
    const note: Shape = { kind: 'note', colour: '#ff0', size: 0.05, at: { x: 0.5, y: 0.5 }, text: 'Ten letters' }
    const scribble: Shape = { kind: 'scribble', colour: '#f00', width: 0.01, points: [0.1, 0.1, 0.2, 0.1, 0.2, 0.3] }
    const shapes = [line(0.9), note, scribble].map((shape, index) => ({ id: 'lns'[index]!, shape }))
    const at = (x: number, y: number) => touched(shapes, { x, y }, 0.02, frame).join('')
    expect([at(0.9, 0.5), at(0.89, 0.5), at(0.87, 0.5)]).toEqual(['l', 'l', ''])
    expect([at(0.55, 0.53), at(0.55, 0.8), at(0.49, 0.53)]).toEqual(['n', '', 'n'])
    expect([at(0.15, 0.1), at(0.2, 0.2), at(0.15, 0.2), at(0.1, 0.13)]).toEqual(['s', 's', '', ''])
    const dot: Shape = { kind: 'scribble', colour: '#f00', width: 0.01, points: [0.5, 0.5] }
    expect(touched([{ id: 'd', shape: dot }], { x: 0.5, y: 0.5 }, 0.02, frame)).toEqual(['d'])
  })
})
