import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type DecodeResult, type DecoderOptions, fileOutput, openDecoder } from '../src/index.ts'
import { type DeliveryServer, serveDelivery } from './delivery-server.ts'
import { framesOf, type MadeEvent, makeEvent } from './made-event.ts'
import { runSeed, seededRandom } from './seeded-random.ts'

const seconds = 12
const random = seededRandom(runSeed)
const clean = { refetched: 0, holes: 0, complete: true }
let event: MadeEvent
let folder: string
let server: DeliveryServer

beforeAll(async () => {
  console.log(`RUSHES_SEED=${runSeed}`)
  event = await makeEvent({ seconds, kinds: ['video'], wallClock: Date.UTC(2026, 10, 20, 10) })
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-decoder-'))
  server = await serveDelivery(event)
})
afterEach(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})
afterAll(() => event.files.clear())

async function decode(options: Partial<DecoderOptions> = {}): Promise<DecodeResult & { frames: string[] }> {
  const path = join(folder, 'out.mp4')
  const decoder = await openDecoder({
    server: server.url,
    id: event.id,
    output: await fileOutput(path),
    cacheFolder: join(folder, 'cache'),
    random,
    ...options,
  })
  const result = await decoder.done
  return { ...result, frames: await framesOf(path, 'video') }
}

/** The event as it would be now, so that `delayMs` means something. */
function shifted(by: number): MadeEvent {
  const move = (text: string): string => new Date(Date.parse(text) + by).toISOString()
  const entries = event.entries.map((entry) =>
    'wallClock' in entry ? { ...entry, wallClock: move(entry.wallClock) } : entry,
  )
  return { ...event, entries }
}

describe('frames out are frames in', () => {
  it('from a server that behaves, each file asked for once', async () => {
    const result = await decode()
    expect(result).toMatchObject({ ...clean, segments: seconds })
    expect(result.frames).toHaveLength(25 * seconds)
    expect(result.frames).toEqual(await framesOf(event.representations[0]!.whole, 'video'))
    expect([...server.asked].filter(([name]) => name !== 'manifest').every(([, count]) => count === 1)).toBe(true)
    expect(await readdir(join(folder, 'cache'))).toEqual([])
  })

  it('[F6] through 503s, resets, cut and slow bodies and flipped bytes', async () => {
    const kinds = ['unavailable', 'cut', 'slow', 'flip', 'reset', 'none', 'none'] as const
    let flips = 0
    server.mischief = (name) => {
      const kind = kinds[Math.floor(random() * kinds.length)]!
      if (name === 'manifest' && kind === 'flip') return 'none'
      if (kind === 'flip') flips++
      return kind
    }
    const result = await decode()
    expect(result).toMatchObject({ segments: seconds, holes: 0 })
    expect(result.refetched).toBeGreaterThanOrEqual(flips)
    expect(result.frames).toEqual(await framesOf(event.representations[0]!.whole, 'video'))
  })

  it('each flipped byte costs one more request for that file, and is counted', async () => {
    server.mischief = (name, nth) => (name.endsWith('3.m4s') && nth === 1 ? 'flip' : 'none')
    expect(await decode()).toMatchObject({ segments: seconds, refetched: 1, holes: 0 })
    expect(server.asked.get('video0-000003.m4s')).toBe(2)
  })

  it('a body that broke off goes on where it did', async () => {
    const name = 'video0-000004.m4s'
    server.mischief = (asked, nth) => (asked === name && nth === 1 ? 'cut' : 'none')
    expect(await decode()).toMatchObject(clean)
    expect(server.asked.get(name)).toBe(2)
  })

  it('a connection that stands still is given up', async () => {
    server.mischief = (name, nth) => (name.endsWith('5.m4s') && nth === 1 ? 'stall' : 'none')
    expect(await decode({ stallMs: 300 })).toMatchObject(clean)
  })

  it('files that come out of order, some of them late', async () => {
    const names = [...event.files.keys()]
    const there = new Set(names.filter(() => random() < 0.5))
    server.there = there
    const timer = setInterval(() => {
      const missing = names.filter((name) => !there.has(name))
      there.add(missing[Math.floor(random() * missing.length)] ?? names[0]!)
    }, 50)
    try {
      const result = await decode()
      expect(result).toMatchObject({ ...clean, segments: seconds })
      expect(result.frames).toEqual(await framesOf(event.representations[0]!.whole, 'video'))
    } finally {
      clearInterval(timer)
    }
  })
})

describe('delay', () => {
  it('an outage shorter than the delay makes no hole, and the delay is kept', async () => {
    const delayMs = 4000
    const startedAt = Date.now()
    const live = shifted(startedAt - Date.UTC(2026, 10, 20, 10))
    await server.close()
    server = await serveDelivery(live)
    server.listed = 1
    const growing = setInterval(() => {
      // A segment is listed when it is over: one second after its first sample.
      const now = Date.now()
      const made = live.entries.filter((entry) => entry.type === 'segment' && Date.parse(entry.wallClock) + 1000 <= now)
      server.listed = made.length === seconds ? live.entries.length : 1 + made.length
      server.dead = now > startedAt + 5000 && now < startedAt + 7500
    }, 50)
    try {
      const delays: number[] = []
      const result = await decode({
        delayMs,
        onProgress: ({ position, delayMs: now }) => void (position !== null && now !== null && delays.push(now)),
      })
      expect(result).toMatchObject({ ...clean, segments: seconds })
      expect(result.frames).toEqual(await framesOf(event.representations[0]!.whole, 'video'))
      // What was given last is at least as old as the delay, and less than a segment older.
      expect(Math.min(...delays)).toBeGreaterThanOrEqual(delayMs)
    } finally {
      clearInterval(growing)
    }
  })

  it('what does not come in time is a hole, named; what follows is played', async () => {
    const live = shifted(Date.now() + 300 - Date.UTC(2026, 10, 20, 10))
    await server.close()
    server = await serveDelivery(live)
    const lost = 'video0-000002.m4s'
    server.there = new Set([...event.files.keys()].filter((name) => name !== lost))
    const result = await decode({ delayMs: 0, patienceMs: 500, to: Date.now() + 5300 })
    expect(result).toMatchObject({
      holes: 1,
      refetched: 0,
      missing: [{ representation: 'video0', sequence: 2, file: lost }],
    })
    expect(result.frames).toHaveLength(25 * result.segments)
  })
})

describe('the wall clock of the event', () => {
  it('what never comes as it was listed is a hole, too, though nothing else is left to come', async () => {
    const name = event.representations[0]!.segments.at(-2)!.file.name
    server.mischief = (asked) => (asked === name ? 'flip' : 'none')
    const result = await decode({ patienceMs: 300 })
    expect(result).toMatchObject({ segments: seconds - 1, holes: 1, complete: true, missing: [{ file: name }] })
    expect(result.refetched).toBeGreaterThan(0)
  })

  it('a part: the segments that overlap it', async () => {
    const begin = Date.UTC(2026, 10, 20, 10)
    const result = await decode({ from: begin + 3500, to: begin + 7000 })
    expect(result).toMatchObject({ ...clean, segments: 4 })
    const all = await framesOf(event.representations[0]!.whole, 'video')
    expect(result.frames.map(digestOf)).toEqual(all.slice(75, 175).map(digestOf))
    // Its own time 0 is where it begins, wherever in the event that is; the first picture waits for its decoding order.
    const shown = ['-show_entries', 'format=start_time', '-of', 'csv=p=0', join(folder, 'out.mp4')]
    expect(Number(execFileSync('ffprobe', ['-v', 'error', ...shown]))).toBeLessThan(0.1)
  })

  it('sites that are told the same start play the same at the same time', async () => {
    const startAt = Date.now() + 1000
    const firsts: number[] = []
    const site = async (name: string): Promise<void> => {
      const decoder = await openDecoder({
        server: server.url,
        id: event.id,
        cacheFolder: join(folder, name),
        startAt,
        from: Date.UTC(2026, 10, 20, 10, 0, 4),
        to: Date.UTC(2026, 10, 20, 10, 0, 6),
        output: {
          write: async () => void firsts.push(Date.now()),
          close: async () => {},
        },
      })
      expect(await decoder.done).toMatchObject({ segments: 2, holes: 0 })
    }
    await Promise.all([site('a'), site('b')])
    // Header, header, first, first, second, second.
    firsts.sort((a, b) => a - b)
    expect(firsts[2]).toBeGreaterThanOrEqual(startAt)
    expect(firsts[4]).toBeGreaterThanOrEqual(startAt + 1000)
  })

  it('a seek goes on from there', async () => {
    const written: number[] = []
    const decoder = await openDecoder({
      server: server.url,
      id: event.id,
      cacheFolder: join(folder, 'cache'),
      startAt: Date.now() - 500,
      output: {
        async write(bytes) {
          written.push(bytes.length)
          if (written.length === 2) decoder.seek(Date.UTC(2026, 10, 20, 10, 0, 10))
        },
        close: async () => {},
      },
    })
    expect(await decoder.done).toMatchObject({ segments: 3, holes: 0, complete: true })
    const { segments } = event.representations[0]!
    expect(written.slice(1)).toEqual([0, 10, 11].map((sequence) => segments[sequence]!.file.size))
  })
})

describe('bounds', () => {
  it('the cache stays within its limit', async () => {
    const biggest = Math.max(...[...event.files.values()].map(({ length }) => length))
    const cacheLimit = 3 * biggest
    let most = 0
    const cache = join(folder, 'cache', event.id)
    const sizes = setInterval(() => {
      if (!existsSync(cache)) return
      const files = readdirSync(cache).filter((name) => /^[0-9a-f]{64}/.test(name))
      const size = (name: string): number => statSync(join(cache, name), { throwIfNoEntry: false })?.size ?? 0
      most = Math.max(
        most,
        files.reduce((sum, name) => sum + size(name), 0),
      )
    }, 2)
    try {
      const result = await decode({ cacheLimit })
      expect(result).toMatchObject({ ...clean, segments: seconds })
      expect(most).toBeGreaterThan(0)
      expect(most).toBeLessThanOrEqual(cacheLimit)
    } finally {
      clearInterval(sizes)
    }
  })

  it('[M3] a manifest that contradicts itself ends it with bad-manifest', async () => {
    const entries = [...event.entries]
    entries[3] = entries[2]!
    await server.close()
    server = await serveDelivery({ ...event, entries })
    await expect(decode()).rejects.toMatchObject({ code: 'bad-manifest' })
  })

  it('a wall clock that is none ends it with bad-manifest', async () => {
    const entries = event.entries.map((entry) =>
      entry.type === 'segment' && entry.sequence === 3 ? { ...entry, wallClock: '2026-02-99T10:00:00.000Z' } : entry,
    )
    await server.close()
    server = await serveDelivery({ ...event, entries })
    await expect(decode()).rejects.toMatchObject({ code: 'bad-manifest' })
  })

  it('an ID that the server has never heard of is told at once', async () => {
    await expect(decode({ id: '01890000-0000-7000-8000-000000000000' })).rejects.toMatchObject({
      code: 'no-such-delivery',
    })
  })

  it('two decoders do not write into one cache', async () => {
    server.listed = 1
    const output = { write: async () => {}, close: async () => {} }
    const options = { server: server.url, id: event.id, cacheFolder: join(folder, 'cache'), output }
    const first = await openDecoder(options)
    await expect(openDecoder(options)).rejects.toMatchObject({ code: 'cache-in-use' })
    first.stop()
    await first.done
  })
})

function digestOf(line: string): string {
  return line.split(',').at(-1)!.trim()
}
