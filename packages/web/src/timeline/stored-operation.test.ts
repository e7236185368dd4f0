import { describe, expect, it } from 'vitest'
import { operationOf } from './stored-operation.ts'

const from = { x: 0.1, y: 0.2 }
const to = { x: 0.3, y: 0.4 }
const stored = (data: Record<string, unknown>) => operationOf({ number: 0, t: 1500, kind: 'annotation', data })
const added = (shape: unknown) => stored({ op: 'add', id: 'a', t: 7, drawnMs: 100, clean: true, shape })

describe('operationOf', () => {
  it('gives back what was drawn beside the picture, at its time in the files', () => {
    for (const shape of [
      { kind: 'scribble', colour: '#f00', width: 0.01, points: [0, 0, 1, 1] },
      { kind: 'arrow', colour: '#f00', width: 0.01, from, to },
      { kind: 'note', colour: '#ff0', size: 0.05, at: from, text: 'hello' },
      { kind: 'blur', from, to },
    ]) {
      expect(added(shape)).toEqual({ op: 'add', id: 'a', t: 1500, drawnMs: 100, shape })
    }
    expect(stored({ op: 'erase', ids: ['a'], clean: true })).toEqual({ op: 'erase', t: 1500, ids: ['a'] })
    expect(stored({ op: 'laser', trail: [0, 0, 5], clean: true })).toEqual({ op: 'laser', t: 1500, trail: [0, 0, 5] })
  })

  it('shows nothing twice that is in the picture already, and nothing that is no drawing', () => {
    const shape = { kind: 'blur', from, to }
    expect(stored({ op: 'add', id: 'a', shape })).toBeNull()
    for (const wrong of [
      null,
      7,
      { kind: 'arrow', colour: '#f00', width: 1, from },
      { kind: 'arrow', colour: '#f00', width: 'thick', from, to },
      { kind: 'scribble', colour: '#f00', width: 1, points: [1, null] },
      { kind: 'note', colour: {}, size: 1, at: from, text: 'x' },
      { kind: 'constructor', colour: '', width: 1, from, to },
      { kind: 'blur', from: { x: '1', y: 2 }, to },
    ]) {
      expect(added(wrong), JSON.stringify(wrong)).toBeNull()
    }
    expect(stored({ op: 'format-disk', clean: true })).toBeNull()
  })
})
