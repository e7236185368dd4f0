import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type DecodeResult, type DecoderOptions, fileOutput, openDecoder, openPlayerWindow } from '../src/index.ts'
import { type DeliveryServer, serveDelivery } from './delivery-server.ts'
import { framesOf, type MadeEvent, makeEvent } from './made-event.ts'

const seconds = 6
const wallClock = Date.UTC(2026, 10, 20, 10)
let folder: string
let server: DeliveryServer | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushes-decoder-'))
})
afterEach(async () => {
  await server?.close()
  server = undefined
  await rm(folder, { recursive: true, force: true })
})

async function decode(
  event: MadeEvent,
  options: Partial<DecoderOptions> = {},
): Promise<DecodeResult & { path: string }> {
  server = await serveDelivery(event)
  const path = join(folder, 'out.mp4')
  const decoder = await openDecoder({
    server: server.url,
    id: event.id,
    output: options.output ?? (await fileOutput(path)),
    cacheFolder: join(folder, 'cache'),
    ...options,
  })
  return { ...(await decoder.done), path }
}

describe('video and audio go into one file', () => {
  for (const sameTrackIds of [false, true]) {
    it(`frames and samples are those of the tracks, whose numbers are ${sameTrackIds ? 'the same' : 'different'}`, async () => {
      const event = await makeEvent({ seconds, kinds: ['video', 'audio'], wallClock, sameTrackIds })
      const [video, audio] = event.representations
      const result = await decode(event)
      expect(result).toMatchObject({
        holes: 0,
        segments: video!.segments.length + audio!.segments.length,
        complete: true,
      })
      expect((await readFile(result.path)).length).toBe(result.bytes)
      const digests = (lines: string[]): string[] => lines.map((line) => line.split(',').slice(3).join())
      expect(digests(await framesOf(result.path, 'video'))).toEqual(digests(await framesOf(video!.whole, 'video')))
      expect(digests(await framesOf(result.path, 'audio'))).toEqual(digests(await framesOf(audio!.whole, 'audio')))
      // Each track's own time is kept: the two stay in step.
      for (const [kind, track] of [
        ['v', video],
        ['a', audio],
      ] as const) {
        const times = await packetTimes(result.path, kind)
        const alone = join(folder, `${kind}.mp4`)
        await writeFile(alone, track!.whole)
        expect(times).toEqual(await packetTimes(alone, kind))
      }
    })
  }

  it('they come in the order of their times', async () => {
    const event = await makeEvent({ seconds, kinds: ['video', 'audio'], wallClock })
    const sizes: number[] = []
    server = await serveDelivery(event)
    const output = { write: async (bytes: Uint8Array) => void sizes.push(bytes.length), close: async () => {} }
    const cacheFolder = join(folder, 'cache')
    await (await openDecoder({ server: server.url, id: event.id, cacheFolder, output })).done
    const order = event.representations
      .flatMap(({ entry, segments }) =>
        segments.map((each) => ({ time: each.start / entry.timescale, size: each.file.size })),
      )
      .sort((a, b) => a.time - b.time)
    expect(sizes.slice(1)).toEqual(order.map(({ size }) => size))
  })
})

describe('the choice of representations', () => {
  const heights = [180, 90, 120]
  const cases: [string, Partial<DecoderOptions>, number][] = [
    ['the first without a wish', {}, 180],
    ['the tallest of at most 150 lines', { maxHeight: 150 }, 120],
    ['of the set that is named', { set: 'main', maxHeight: 90 }, 90],
  ]
  it.each(cases)('%s', async (_, options, height) => {
    const event = await makeEvent({ seconds: 2, kinds: ['video'], wallClock, heights })
    const { path } = await decode(event, options)
    const { stdout } = await promisify(execFile)('ffprobe', [
      ...['-v', 'error', '-show_entries', 'stream=height', '-of', 'csv=p=0', path],
    ])
    expect(Number(stdout)).toBe(height)
  })

  it('what there is not is told, with what there is', async () => {
    const event = await makeEvent({ seconds: 2, kinds: ['video'], wallClock })
    await expect(decode(event, { set: 'slides' })).rejects.toMatchObject({
      code: 'nothing-to-play',
      message: expect.stringContaining('main'),
    })
  })
})

describe('a player', () => {
  it('ffplay takes the stream and ends with it', async () => {
    const event = await makeEvent({ seconds: 2, kinds: ['video', 'audio'], wallClock })
    const before = { video: process.env['SDL_VIDEODRIVER'], audio: process.env['SDL_AUDIODRIVER'] }
    Object.assign(process.env, { SDL_VIDEODRIVER: 'dummy', SDL_AUDIODRIVER: 'dummy' })
    const window = await openPlayerWindow('ffplay')
    try {
      expect(await decode(event, { output: window.output })).toMatchObject({ holes: 0, complete: true })
      await window.closed
    } finally {
      await window.stop()
      for (const [name, value] of [
        ['SDL_VIDEODRIVER', before.video],
        ['SDL_AUDIODRIVER', before.audio],
      ] as const) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
    }
  })
})

async function packetTimes(path: string, kind: 'v' | 'a'): Promise<string> {
  const { stdout } = await promisify(execFile)('ffprobe', [
    ...[
      '-v',
      'error',
      '-select_streams',
      kind,
      '-show_entries',
      'packet=pts_time,dts_time,size',
      '-of',
      'csv=p=0',
      path,
    ],
  ])
  return stdout
}
