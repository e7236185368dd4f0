import { describe, expect, it } from 'vitest'
import { HeldFiles } from './held-files.ts'

describe('a file that is read', () => {
  it('is free once the last reader has let go, and no sooner', async () => {
    const files = new HeldFiles()
    const [one, other] = [files.hold('a'), files.hold('a')]
    let isFree = false
    const free = files.free('a').then(() => {
      isFree = true
    })
    one()
    // Of the same reader again: the other one still reads.
    one()
    await new Promise((resolve) => setImmediate(resolve))
    expect([isFree, files.isHeld('a')]).toEqual([false, true])
    other()
    await free
    expect(files.isHeld('a')).toBe(false)
    await files.free('a')
  })

  it('stays where somebody has taken it up again meanwhile', async () => {
    const files = new HeldFiles()
    const first = files.hold('a')
    let next = () => {}
    let isFree = false
    const free = files.free('a').then(() => {
      isFree = true
    })
    first()
    // Between the last one's end and whoever waits for it.
    next = files.hold('a')
    await new Promise((resolve) => setImmediate(resolve))
    expect(isFree).toBe(false)
    next()
    await free
  })
})
