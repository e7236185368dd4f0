import { describe, expect, it } from 'vitest'
import { MissLimit } from './miss-limit.ts'

const nothing = async (): Promise<string | undefined> => undefined
const good = async (): Promise<string | undefined> => 'found'

async function tire(limit: MissLimit, address: string): Promise<void> {
  for (let tries = 0; tries < 120; tries++) {
    expect(await limit.find(`missing-${tries}`, address, nothing)).toBeUndefined()
  }
}

describe('the limit of misses', () => {
  it('answers 429 beyond 120 misses of a network, and not to others', async () => {
    const limit = new MissLimit()
    await tire(limit, '203.0.113.7')
    await expect(limit.find('another', '203.0.113.7', nothing)).rejects.toMatchObject({ status: 429 })
    expect(await limit.find('another', '203.0.113.8', nothing)).toBeUndefined()
  })

  it('good links stay good in a network that has missed as often as it can, seen before or not', async () => {
    const limit = new MissLimit()
    expect(await limit.find('seen', '203.0.113.7', good)).toBe('found')
    await tire(limit, '203.0.113.7')
    for (let tries = 0; tries < 300; tries++) {
      expect(await limit.find('seen', '203.0.113.7', good)).toBe('found')
      expect(await limit.find(`new-${tries}`, '203.0.113.7', good)).toBe('found')
    }
  })

  it('a link that was good is looked up again each time: once revoked it is a miss', async () => {
    const limit = new MissLimit()
    expect(await limit.find('seen', '203.0.113.7', good)).toBe('found')
    expect(await limit.find('seen', '203.0.113.7', nothing)).toBeUndefined()
  })

  it('looks up one after the other what a network asks for beyond its misses, a few at most, known ones beside', async () => {
    const limit = new MissLimit()
    await limit.find('seen', '203.0.113.7', good)
    await tire(limit, '203.0.113.7')
    let atOnce = 0
    let most = 0
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    const slow = async () => {
      most = Math.max(most, ++atOnce)
      await held
      atOnce--
      return undefined
    }
    const asked = Array.from({ length: 100 }, (_, index) =>
      limit.find(`guess-${index}`, '203.0.113.7', slow).then(
        () => 0,
        (error: { status: number }) => error.status,
      ),
    )
    expect(await limit.find('seen', '203.0.113.7', good)).toBe('found')
    release()
    expect(new Set(await Promise.all(asked))).toEqual(new Set([429]))
    expect(most).toBe(1)
    // A failure of one is not that of the next.
    await expect(limit.find('x', '203.0.113.7', () => Promise.reject(new Error('down')))).rejects.toThrow('down')
    expect(await limit.find('y', '203.0.113.7', good)).toBe('found')
  })
})
