import { beforeAll, describe, expect, it } from 'vitest'
import { makeLiveBody } from '../../test/live-body.ts'
import { openBuiltFiles } from './built-files.ts'
import { LiveRecording } from './live-recording.ts'
import { openWaitingRoom } from './waiting-room.ts'

let body: Uint8Array
const never = new AbortController().signal

beforeAll(async () => {
  body = await makeLiveBody('mp4', 6)
}, 60_000)

function open(options: { builtBytes?: number; mostWaiting?: number; tailBytes?: number } = {}) {
  const reads: [offset: number, length: number][] = []
  const waiting = openWaitingRoom(options.mostWaiting ?? 1000)
  const live = new LiveRecording({
    startedAt: 0,
    ...(options.tailBytes !== undefined && { tailBytes: options.tailBytes }),
    built: openBuiltFiles(options.builtBytes ?? 64e6),
    waiting,
    async read(offset, length) {
      reads.push([offset, length])
      return body.slice(offset, offset + length)
    },
  })
  return { live, reads, waiting, bytesRead: () => reads.reduce((sum, [, length]) => sum + length, 0) }
}

const now = { sequence: null, part: null, skip: false }
const namesIn = ({ text }: { text: string }) =>
  [...text.matchAll(/live\/(\d+(?:\.\d+)?\.m4s)/g)].map((match) => match[1]!)

describe('many who watch', () => {
  it('cost one read of the body, whatever each of them asks for', async () => {
    const { live, bytesRead } = open()
    const seen = new Set<string>()
    const viewers = Array.from({ length: 50 })
    const step = 40_000
    for (let size = step; size < body.length + step; size += step) {
      live.durable(Math.min(size, body.length))
      if (size < step * 3) continue
      await Promise.all(
        viewers.map(async () => {
          const names = namesIn(await live.playlist(now, never)).slice(0, -1)
          await Promise.all(names.map((name) => live.file(name, never)))
          for (const name of names) seen.add(name)
        }),
      )
    }
    expect(seen.size).toBeGreaterThan(20)
    expect(bytesRead()).toBe(body.length)
  })

  it('share the reads of what is past, if they come late', async () => {
    const { live, reads } = open({ tailBytes: 1 })
    for (const part of [0.3, 0.6, 1]) {
      live.durable(Math.floor(body.length * part))
      await live.playlist(now, never)
    }
    const before = reads.length
    await Promise.all(Array.from({ length: 50 }, () => live.file('0.m4s', never)))
    expect(reads.length).toBe(before + 1)
  })

  it('are as many as there is room for, and those who leave make room', async () => {
    const { live, waiting } = open({ mostWaiting: 2 })
    live.durable(Math.floor(body.length / 2))
    const playlist = await live.playlist(now, never)
    const [, sequence, part] = /PRELOAD-HINT:TYPE=PART,URI="live\/(\d+)\.(\d+)/.exec(playlist.text)!
    const ask = { sequence: Number(sequence), part: Number(part), skip: false }
    const leaving = new AbortController()
    const held = [live.playlist(ask, leaving.signal), live.playlist(ask, never)]
    await expect(live.playlist(ask, never)).rejects.toMatchObject({ code: 'too-many-viewers' })
    leaving.abort()
    await held[0]
    expect(waiting.waiting).toBe(1)
    live.durable(body.length)
    expect((await held[1]!).text).not.toBe(playlist.text)
    expect(waiting.waiting).toBe(0)
  })

  it('are told when it is over, also while they wait', async () => {
    const { live } = open()
    live.durable(body.length)
    const { text } = await live.playlist(now, never)
    const [, sequence, part] = /PRELOAD-HINT:TYPE=PART,URI="live\/(\d+)\.(\d+)/.exec(text)!
    const held = live.playlist({ sequence: Number(sequence), part: Number(part), skip: false }, never)
    live.ended()
    expect((await held).text).toMatch(/#EXT-X-ENDLIST\n$/)
    const other = open().live
    const waiting = other.playlist(now, never)
    other.lost()
    await expect(waiting).rejects.toMatchObject({ code: 'not-live' })
  })

  it('get files that are built anew where there is no room to keep them', async () => {
    const { live, reads } = open({ tailBytes: 1, builtBytes: 1 })
    for (const part of [0.5, 1]) {
      live.durable(Math.floor(body.length * part))
      await live.playlist(now, never)
    }
    const first = await live.file('0.m4s', never)
    await live.file('1.m4s', never)
    const before = reads.length
    expect((await live.file('0.m4s', never)).equals(first)).toBe(true)
    expect(reads.length).toBe(before + 1)
  })
})

describe('a disk that is slow', () => {
  it('makes nobody wait: what comes is shown from memory, the same as is read later', async () => {
    const { live, reads } = open()
    const step = 40_000
    for (let at = 0; at < body.length; at += step) live.received(body.subarray(at, at + step), at)
    const names = namesIn(await live.playlist(now, never)).slice(0, -1)
    expect(names.length).toBeGreaterThan(20)
    const files = await Promise.all(names.map((name) => live.file(name, never)))
    expect(reads).toEqual([])
    const later = open().live
    later.durable(body.length)
    await later.playlist(now, never)
    for (const [index, name] of names.entries())
      expect((await later.file(name, never)).equals(files[index]!), name).toBe(true)
    // It becomes durable afterwards, and is over.
    live.durable(body.length)
    live.ended()
    expect((await live.playlist(now, never)).text).toMatch(/#EXT-X-ENDLIST\n$/)
    expect(reads).toEqual([])
  })

  it('is read where something came in between, with parts of which memory holds the end', async () => {
    const whole = open().live
    whole.durable(body.length)
    await whole.playlist(now, never)
    const { live } = open({ tailBytes: 1 })
    const half = Math.floor(body.length / 2)
    live.received(body.subarray(half), half) // a hole before it
    live.durable(half)
    await live.playlist(now, never)
    for (let at = half; at < body.length; at += 1000) {
      live.received(body.subarray(at, at + 1000), at)
      const name = namesIn(await live.playlist(now, never)).at(-2)!
      expect((await live.file(name, never)).equals(await whole.file(name, never)), name).toBe(true)
    }
  })
})
