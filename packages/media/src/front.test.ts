import { describe, expect, it } from 'vitest'
import { fileOrder, placeInBody } from './front.ts'

describe('a file whose moov was sent first', () => {
  const size = 100
  const front = { offset: 60, length: 30 }

  it('is its body in another order, every byte once', () => {
    const body = [...Array(size).keys()].sort((a, b) => placeInBody(front, a) - placeInBody(front, b))
    expect(body.map((byte) => placeInBody(front, byte))).toEqual([...Array(size).keys()])
    const again = fileOrder(front, size).flatMap(({ offset, length }) => body.slice(offset, offset + length))
    expect(again).toEqual([...Array(size).keys()])
  })

  it('lies as it is where nothing was moved, and refuses a range that is not in it', () => {
    expect(fileOrder(null, size)).toEqual([{ offset: 0, length: size }])
    expect(() => fileOrder({ offset: 90, length: 11 }, size)).toThrow(expect.objectContaining({ code: 'out-of-range' }))
  })
})
