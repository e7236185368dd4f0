import { describe, expect, it } from 'vitest'
import type { Shape } from './annotation.ts'
import { OperationTimes } from './operation-times.ts'

const note: Shape = { kind: 'note', colour: '#f00', size: 0.1, at: { x: 0, y: 0 }, text: 'Look' }
const add = { op: 'add', id: 'a', shape: note, drawnMs: 9000 } as const
const spot = { x: 0.1, y: 0.2 }

describe('the times of an operation', () => {
  it('reach back to where its draft was first seen, whatever the page measured', () => {
    const times = new OperationTimes()
    times.draft(note, 1000)
    times.draft(note, 1200)
    expect(times.timed(add, 1500)).toEqual({ ...add, t: 1500, drawnMs: 500 })
    expect(times.timed(add, 1600), 'nobody saw a draft').toEqual({ ...add, t: 1600 })
    times.draft(note, 2000)
    times.draft(null, 2100)
    times.draft(note, 2500)
    expect(times.timed(add, 2500), 'typed in a pause').toMatchObject({ t: 2500, drawnMs: 0 })
    expect(times.timed({ op: 'undo' }, 2600)).toEqual({ op: 'undo', t: 2600 })
  })

  it('are those at which the laser was seen at each point, also from one piece of its trail to the next', () => {
    const times = new OperationTimes()
    times.laser(spot, 100)
    times.laser(spot, 300)
    expect(times.timed({ op: 'laser', trail: [0.1, 0.2, 7, 0.1, 0.2, 0] }, 310)).toEqual({
      op: 'laser',
      t: 310,
      trail: [0.1, 0.2, 210, 0.1, 0.2, 10],
    })
    times.laser(null, 800)
    expect(times.timed({ op: 'laser', trail: [0.1, 0.2, 7] }, 800)).toMatchObject({ trail: [0.1, 0.2, 500] })
    times.laser(spot, 2000)
    times.laser(null, 2100)
    expect(times.timed({ op: 'laser', trail: [0.1, 0.2, 7] }, 2100)).toMatchObject({ trail: [0.1, 0.2, 100] })
  })

  it('go no further back than the recording', () => {
    const times = new OperationTimes()
    times.laser(spot, 50)
    times.laser(null, 90)
    expect(times.timed({ op: 'laser', trail: [0.5, 0.5, 5000, 0.1, 0.2, 40] }, 90)).toMatchObject({
      trail: [0.5, 0.5, 90, 0.1, 0.2, 40],
    })
  })
})
