import { describe, expect, it } from 'vitest'
import { resumeStore } from './resume-store.ts'

function memoryStorage(initial?: string) {
  let value = initial ?? null
  return {
    getItem: () => value,
    setItem(_key: string, next: string) {
      value = next
    },
  }
}

describe('resumeStore', () => {
  it('gives back where one left, per recording', () => {
    const store = resumeStore(memoryStorage())
    store.write('a', 61.26, 600)
    store.write('b', 10, 600)
    expect([store.read('a'), store.read('b'), store.read('c')]).toEqual([61.3, 10, null])
  })

  it('forgets at the edges: the first and last five seconds, and the end', () => {
    const store = resumeStore(memoryStorage())
    store.write('a', 61, 600)
    store.write('a', 2, 600)
    expect(store.read('a')).toBeNull()
    store.write('a', 61, 600)
    store.write('a', 597, 600)
    expect(store.read('a')).toBeNull()
    store.write('a', 61, 600)
    store.clear('a')
    expect(store.read('a')).toBeNull()
  })

  it('remembers in a recording whose length is not known', () => {
    const store = resumeStore(memoryStorage())
    store.write('a', 61, Number.POSITIVE_INFINITY)
    expect(store.read('a')).toBe(61)
  })

  it('keeps the newest 200', () => {
    let now = 0
    const store = resumeStore(memoryStorage(), () => now++)
    for (let index = 0; index < 250; index++) store.write(`r${index}`, 60, 600)
    expect([store.read('r49'), store.read('r50'), store.read('r249')]).toEqual([null, 60, 60])
  })

  it.each(['not json', '[]', 'null', '{"a":5}', '{"a":{"seconds":"x","at":1}}'])('survives %s in storage', (text) => {
    const store = resumeStore(memoryStorage(text))
    expect(store.read('a')).toBeNull()
    store.write('a', 61, 600)
    expect(store.read('a')).toBe(61)
  })

  it('survives a storage that is missing or throws', () => {
    expect(resumeStore(null).read('a')).toBeNull()
    const full = {
      getItem: () => null,
      setItem() {
        throw new Error('QuotaExceededError')
      },
    }
    const store = resumeStore(full)
    store.write('a', 61, 600)
    expect(store.read('a')).toBeNull()
  })
})
