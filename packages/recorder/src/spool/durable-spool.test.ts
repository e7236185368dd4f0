import { crc32 } from '@rushes/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { bodyFile, findCut } from '../deliver/rest.ts'
import { targetSpool, toBodyOffset } from '../deliver/target-spool.ts'
import { DurableSpool } from './durable-spool.ts'
import { openMemoryStore } from './memory-store.ts'
import { OpfsEvents } from './opfs-events.ts'
import { newestSlot } from './opfs-file.ts'
import { SpoolError } from './spool-error.ts'
import { parseMeta } from './spool-meta.ts'
import type { SpoolFile, SpoolMeta, SpoolTarget } from './spool-store.ts'

const meta: SpoolMeta = {
  id: 'one',
  title: 'A title',
  contentType: 'video/mp4',
  createdAt: 1,
  state: 'recording',
  target: null,
  headBytes: 0,
}
const target: SpoolTarget = {
  recordingId: 'r',
  ingestUrl: 'ws://x',
  token: 't',
  cut: 0,
  offset: 0,
  crc: 0,
  firstEvent: 0,
}

function chunk(size: number, value: number): Uint8Array {
  return new Uint8Array(size).fill(value)
}

/** A store's file whose appends fail while `broken`. */
async function fragile(limit?: number): Promise<{ file: SpoolFile; state: { broken: boolean; appends: number } }> {
  const file = await openMemoryStore(limit).create({ ...meta })
  const state = { broken: false, appends: 0 }
  const append = file.append.bind(file)
  file.append = async (bytes) => {
    state.appends++
    await Promise.resolve() // as a disk does, later
    if (state.broken) throw new SpoolError('quota', 'full')
    await append(bytes)
  }
  return { file, state }
}

async function whole(spool: DurableSpool, from = 0): Promise<number[]> {
  const out: number[] = []
  for (let at = from; at < spool.size; ) {
    const bytes = await spool.read(at, 700)
    out.push(...bytes)
    at += bytes.length
  }
  return out
}

describe('DurableSpool', () => {
  it('joins what comes while the store is busy, in order', async () => {
    const { file, state } = await fragile()
    const spool = new DurableSpool(file)
    for (let value = 0; value < 50; value++) spool.append(chunk(100, value), false)
    await spool.flushed()
    expect(spool.size).toBe(5000)
    expect(state.appends).toBe(2) // the first one alone, then all that had come meanwhile
    expect(await whole(spool)).toEqual(Array.from({ length: 5000 }, (_, at) => Math.floor(at / 100)))
  })

  it('counts only what is durable, until the store refuses', async () => {
    const { file, state } = await fragile()
    const spool = new DurableSpool(file, { retryMs: 0 })
    spool.append(chunk(10, 1), false)
    expect([spool.size, spool.appended]).toEqual([0, 10])
    await spool.flushed()
    expect(spool.size).toBe(10)
    const seen: string[] = []
    spool.on('full', ({ code }) => seen.push(code))
    spool.on('recovered', () => seen.push('recovered'))
    state.broken = true
    spool.append(chunk(10, 2), false)
    await spool.flushed()
    spool.append(chunk(10, 3), false)
    expect([spool.size, spool.pendingBytes]).toEqual([30, 20])
    expect((await whole(spool)).join('')).toBe('1'.repeat(10) + '2'.repeat(10) + '3'.repeat(10))
    state.broken = false
    spool.append(chunk(10, 4), false)
    await spool.flushed()
    expect([spool.size, spool.pendingBytes, file.size]).toEqual([40, 0, 40])
    expect(seen).toEqual(['quota', 'recovered'])
  })

  it('refuses at the bound of memory, and everything after it: no hole', async () => {
    const { file, state } = await fragile()
    const spool = new DurableSpool(file, { memoryBytes: 100, retryMs: 1e9 })
    state.broken = true
    spool.append(chunk(90, 1), false)
    await spool.flushed()
    expect(() => spool.append(chunk(11, 2), false)).toThrow(SpoolError)
    expect(() => spool.append(chunk(1, 3), false)).toThrow(SpoolError)
    expect(spool.size).toBe(90)
  })

  it('forgets what was delivered from memory, and stores what comes after it', async () => {
    const { file, state } = await fragile()
    const spool = new DurableSpool(file, { retryMs: 1e9 })
    spool.append(chunk(10, 1), true)
    await spool.flushed()
    state.broken = true
    spool.append(chunk(10, 2), false)
    await spool.flushed()
    spool.append(chunk(10, 3), false)
    state.broken = false
    await spool.acknowledge({ ...target, offset: 25 }, 25)
    await spool.flushed()
    expect([spool.start, spool.size, spool.pendingBytes]).toEqual([25, 30, 0])
    expect(await whole(spool, 25)).toEqual([3, 3, 3, 3, 3])
  })

  it('writes down where the head ends, once it is durable', async () => {
    const { file } = await fragile()
    const spool = new DurableSpool(file)
    spool.append(chunk(30, 1), false)
    spool.append(chunk(5, 2), true)
    spool.append(chunk(5, 3), true)
    await spool.flushed()
    expect(file.meta.headBytes).toBe(30)
  })
})

describe('events', () => {
  it('[V8] are numbered in the order in which they were noted, joined while the store is busy', async () => {
    const { file } = await fragile()
    const { events } = new DurableSpool(file)
    for (let number = 0; number < 50; number++) events.append({ text: `{"n":${number}}`, bodyBytes: number * 10 })
    expect([events.count, events.noted]).toEqual([0, 50])
    await events.flushed()
    expect([events.count, file.events]).toEqual([50, 50])
    expect(await events.read(48, 10)).toEqual([
      { text: '{"n":48}', bodyBytes: 480 },
      { text: '{"n":49}', bodyBytes: 490 },
    ])
    expect([await events.firstAfter(0), await events.firstAfter(481), await events.firstAfter(1000)]).toEqual([
      0, 49, 50,
    ])
  })

  it('can be read from memory while the store refuses them, and are stored when it takes them again', async () => {
    const { file } = await fragile()
    const spool = new DurableSpool(file, { retryMs: 0 })
    const { events } = spool
    const append = file.appendEvents.bind(file)
    const texts = async () => (await events.read(0, 100)).map(({ text }) => text)
    events.append({ text: 'a', bodyBytes: 0 })
    await events.flushed()
    file.appendEvents = async () => {
      throw new SpoolError('quota', 'full')
    }
    let grown = 0
    spool.on('grown', () => grown++)
    for (const text of ['b', 'c']) events.append({ text, bodyBytes: 0 })
    await spool.flushed()
    events.append({ text: 'd', bodyBytes: 0 })
    expect([events.count, file.events]).toEqual([4, 1])
    expect(grown).toBeGreaterThan(0)
    expect([...(await texts()), ...(await events.read(1, 2)).map(({ text }) => text)]).toEqual(['a', 'b', 'c'])
    file.appendEvents = append
    events.append({ text: 'e', bodyBytes: 0 })
    await spool.flushed()
    expect([events.count, file.events]).toEqual([5, 5])
    expect(await texts()).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('are read back from a file that a crash tore, up to the tear', () => {
    let stored = new Uint8Array(0)
    const handle = {
      read(into: Uint8Array, { at = 0 } = {}) {
        const part = stored.subarray(at, at + into.length)
        into.set(part)
        return part.length
      },
      write(bytes: Uint8Array, { at = 0 } = {}) {
        const grown = new Uint8Array(Math.max(stored.length, at + bytes.length))
        grown.set(stored)
        grown.set(bytes, at)
        stored = grown
        return bytes.length
      },
      truncate(size: number) {
        stored = stored.slice(0, size)
      },
      getSize: () => stored.length,
      flush() {},
      close() {},
    }
    const texts = ['one', 'twö', 'three']
    new OpfsEvents(handle).append(texts)
    const whole = stored
    const ends = [11, 23, 36]
    for (let cut = 0; cut <= whole.length; cut++) {
      stored = whole.slice(0, cut)
      const events = new OpfsEvents(handle)
      const left = ends.filter((end) => end <= cut).length
      expect(events.read(0, 9)).toEqual(texts.slice(0, left))
      events.append(['after'])
      expect(new OpfsEvents(handle).read(0, 9)).toEqual([...texts.slice(0, left), 'after'])
    }
    for (let at = 0; at < whole.length; at++) {
      stored = whole.slice()
      stored[at]! ^= 0x55
      const intact = ends.filter((end) => end <= at).length
      expect(new OpfsEvents(handle).read(0, 9)).toEqual(texts.slice(0, intact))
    }
  })
})

describe.each(['back', 'forward'] as const)("a computer's clock that is set an hour %s", (way) => {
  const retryMs = 5000
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const setClock = () => vi.setSystemTime(Date.now() + (way === 'back' ? -1 : 1) * 3_600_000)

  it('changes nothing of when a store that refused is tried again', async () => {
    const { file, state } = await fragile()
    const appendEvents = file.appendEvents.bind(file)
    let asked = 0
    file.appendEvents = async (texts) => {
      asked++
      if (state.broken) throw new SpoolError('quota', 'full')
      await appendEvents(texts)
    }
    const spool = new DurableSpool(file, { retryMs })
    const note = async (value: number) => {
      spool.append(chunk(10, value), false)
      spool.events.append({ text: `{"n":${value}}`, bodyBytes: 0 })
      await spool.flushed()
    }
    state.broken = true
    await note(1)
    state.broken = false
    setClock()
    await note(2)
    expect([state.appends, asked]).toEqual([1, 1]) // not yet
    vi.advanceTimersByTime(retryMs + 1)
    await note(3)
    expect([file.size, file.events, spool.pendingBytes]).toEqual([30, 3, 0])
  })

  it('changes nothing of how often acknowledgements are written down', async () => {
    const { file } = await fragile()
    const spool = new DurableSpool(file)
    const acknowledged = async (offset: number) => {
      await spool.acknowledge({ ...target, offset }, offset)
      return file.meta.target?.offset
    }
    expect(await acknowledged(1)).toBe(1) // the first one at once
    setClock()
    expect(await acknowledged(2)).toBe(1)
    vi.advanceTimersByTime(2001)
    expect(await acknowledged(3)).toBe(3)
  })
})

describe('the rest of a body', () => {
  const head = chunk(40, 9)
  const fragment = (value: number) =>
    new Uint8Array([
      0,
      0,
      0,
      24,
      ...'moof'.split('').map((c) => c.charCodeAt(0)),
      0,
      0,
      0,
      16,
      ...'mfhd'.split('').map((c) => c.charCodeAt(0)),
      ...chunk(84, value),
    ])

  async function body(fragments: number): Promise<DurableSpool> {
    const spool = new DurableSpool((await fragile()).file)
    spool.append(head, false)
    for (let at = 0; at < fragments; at++) spool.append(fragment(at), true)
    await spool.flushed()
    return spool
  }

  it('begins with the fragment that was cut short, or else with the next one', async () => {
    const spool = await body(5)
    expect(await findCut(spool, 40)).toBe(40)
    expect(await findCut(spool, 139)).toBe(40)
    expect(await findCut(spool, 140)).toBe(140)
    expect(await findCut(spool, 10)).toBe(40)
    expect(await findCut(spool, 10_000)).toBe(440)
  })

  it('is sent as head and media, with offsets and chain of its own', async () => {
    const spool = await body(5)
    const second = { ...target, cut: 240 }
    const view = targetSpool(spool, second)
    expect(view.size).toBe(40 + 300)
    let bytes = new Uint8Array(0)
    while (bytes.length < view.size) {
      const more = await view.read(bytes.length, 33)
      bytes = new Uint8Array([...bytes, ...more])
    }
    expect(bytes).toEqual(new Uint8Array([...head, ...fragment(2), ...fragment(3), ...fragment(4)]))
    await view.acknowledge(90, crc32(bytes.subarray(0, 90)))
    expect(toBodyOffset(spool, second, 90)).toBe(290)
    expect(spool.meta.target).toMatchObject({ cut: 240, offset: 90 })
  })

  it('is exported as a file, whole or from where it is still held', async () => {
    const spool = await body(5)
    expect((await bodyFile(spool)).size).toBe(540)
    const { file } = await fragile()
    const late = new DurableSpool(file)
    late.append(head, false)
    for (let at = 0; at < 30; at++) {
      late.append(fragment(at), true)
      await late.flushed()
    }
    await file.release(1015)
    const blob = await bodyFile(late)
    expect(new Uint8Array(await blob.arrayBuffer()).subarray(0, 140)).toEqual(new Uint8Array([...head, ...fragment(9)]))
  })
})

describe('metadata', () => {
  it('is read back, and nothing else is', () => {
    const full = { ...meta, target }
    expect(parseMeta(JSON.parse(JSON.stringify(full)))).toEqual(full)
    for (const wrong of [
      null,
      7,
      {},
      { ...meta, id: 1 },
      { ...meta, state: 'x' },
      { ...meta, headBytes: -1 },
      { ...meta, target: {} },
    ]) {
      expect(parseMeta(wrong)).toBeNull()
    }
  })

  it('is the newest slot that is whole, whatever a crash did to the other', () => {
    const slot = (sequence: number, title: string) => {
      const text = new TextEncoder().encode(JSON.stringify({ sequence, meta: { ...meta, title } }))
      const bytes = new Uint8Array(8 + text.length)
      new DataView(bytes.buffer).setUint32(0, text.length)
      new DataView(bytes.buffer).setUint32(4, crc32(text))
      bytes.set(text, 8)
      return bytes
    }
    const [old, fresh] = [slot(4, 'old'), slot(5, 'fresh')]
    expect(newestSlot([old, fresh])?.meta.title).toBe('fresh')
    for (let cut = 0; cut < fresh.length; cut++) {
      expect(newestSlot([old, fresh.subarray(0, cut)])?.meta.title).toBe('old')
      const torn = fresh.slice()
      torn[cut]! ^= 0x55
      expect(newestSlot([old, torn])?.meta.title).toBe('old')
    }
    expect(newestSlot([new Uint8Array(0), new Uint8Array(3)])).toBeNull()
  })
})
