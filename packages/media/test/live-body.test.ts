import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openBodyIndex } from '../src/body-index.ts'
import { type LiveBody, openLiveBody } from '../src/live/live-body.ts'
import { LiveTimeline } from '../src/live/live-timeline.ts'
import { readInit, walkSamples } from '../src/mp4/fragment-summary.ts'
import { LivePlaylist } from '../src/playlist/live-hls.ts'
import type { Track } from '../src/track.ts'
import { laidOut } from './index-trace.ts'
import { madeByFfmpeg } from './made-media.ts'
import { runSeed, seededRandom } from './seeded-random.ts'

const folder = mkdtempSync(join(tmpdir(), 'rushes-live-'))
afterAll(() => rmSync(folder, { recursive: true }))

const sources = ['-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=30', '-f', 'lavfi', '-i', 'sine=440:r=48000', '-t', '7']
const fragmented = ['-movflags', '+frag_keyframe+empty_moov+default_base_moof']
const recipes: [name: string, extension: string, args: string[]][] = [
  [
    'H.264 and AAC, a fragment a second',
    'mp4',
    ['-c:v', 'libx264', '-g', '30', '-bf', '0', '-c:a', 'aac', ...fragmented],
  ],
  [
    'H.264 with B frames, edit lists',
    'mp4',
    ['-c:v', 'libx264', '-g', '60', '-bf', '3', '-c:a', 'aac', '-movflags', '+frag_keyframe+delay_moov'],
  ],
  [
    'VP9 and Opus',
    'webm',
    ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-g', '60', '-c:a', 'libopus', '-live', '1'],
  ],
  [
    'VP9 of which a busy machine left pictures out',
    'webm',
    [
      ...['-vf', "select='gt(random(1),0.5)'", '-fps_mode', 'vfr', '-force_key_frames', 'expr:gte(t,n_forced*2)'],
      ...['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus', '-live', '1'],
    ],
  ],
  ['H.264 with B frames in Matroska', 'mkv', ['-c:v', 'libx264', '-g', '30', '-bf', '3', '-c:a', 'aac']],
  [
    'VP8 and Opus',
    'webm',
    ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-g', '60', '-c:a', 'libopus', '-live', '1'],
  ],
  ['sound alone', 'webm', ['-map', '1', '-c:a', 'libopus']],
]
const bodies = await Promise.all(
  recipes.map(async ([name, extension, args]) => {
    const bytes = new Uint8Array(readFileSync(await madeByFfmpeg(extension, [...sources, ...args])))
    return { name, bytes }
  }),
)

/** Pushes the body in pieces of random sizes. */
function grown(bytes: Uint8Array, random: () => number, largest = 60_000): LiveBody {
  const live = openLiveBody()
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + 1 + Math.floor(random() * largest))
    live.push(bytes.slice(at, end))
    at = end
  }
  live.finish()
  return live
}

const concat = (pieces: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(pieces))
const cutsOf = (live: LiveBody) =>
  live.segments.map(({ start, end, parts }) => [
    start,
    end,
    parts.map((part) => [part.start, part.end, part.isIndependent]),
  ])

type Packet = { stream: number; pts: number; size: number; key: boolean }

function packetsOf(file: Uint8Array, name: string): Packet[] {
  const path = join(folder, name)
  writeFileSync(path, file)
  const entries = ['-show_entries', 'packet=stream_index,pts_time,size,flags', '-of', 'csv=p=0']
  const text = execFileSync('ffprobe', ['-v', 'error', ...entries, path], { encoding: 'utf8', maxBuffer: 2 ** 26 })
  return (
    text
      .trim()
      .split('\n')
      .map((line) => line.split(','))
      // Side data has lines of its own.
      .filter(([, , , flags]) => flags !== undefined)
      .map(([stream, pts, size, flags]) => {
        return { stream: Number(stream), pts: Number(pts), size: Number(size), key: flags!.startsWith('K') }
      })
  )
}

describe(`a body that is watched while it grows (seed ${runSeed})`, () => {
  it.each(bodies)('$name: is cut alike however its bytes come', ({ bytes }) => {
    const random = seededRandom(runSeed)
    const whole = cutsOf(grown(bytes, () => 1, bytes.length))
    expect(whole.length).toBeGreaterThan(2)
    for (let time = 0; time < 5; time++) expect(cutsOf(grown(bytes, random))).toEqual(whole)
  })

  it.each(bodies)('$name: what was told once goes on to be true', ({ bytes }) => {
    const live = openLiveBody()
    let before: unknown[] = []
    for (let at = 0; at < bytes.length; at += 20_000) {
      live.push(bytes.slice(at, at + 20_000))
      const now = live.segments.flatMap(({ parts }) => parts.map((part) => [part.start, part.end]))
      expect(now.slice(0, before.length)).toEqual(before)
      before = now
    }
  })

  it.each(bodies)('$name: its parts are its segments, which have every sample at its time', ({ name, bytes }) => {
    const live = grown(bytes, seededRandom(runSeed))
    const { form } = live
    expect(form?.container).toBe(name.startsWith('VP8') ? 'webm' : 'mp4')
    const segments = live.segments.map((segment) => laidOut(live.segmentLayout(segment), bytes))
    for (const [index, segment] of live.segments.entries()) {
      const parts = segment.parts.map((part) => laidOut(live.partLayout(part), bytes))
      expect(Buffer.compare(concat(parts), segments[index]!)).toBe(0)
      for (const part of segment.parts) expect(part.end - part.start).toBeLessThan(0.4)
      if (!name.startsWith('sound')) expect(segment.isIndependent).toBe(true)
    }
    const index = openBodyIndex()
    index.push(bytes)
    index.finish()
    const view = form!.container === 'mp4' ? index.mp4View() : index.webmView()
    if (view.state !== 'ready') throw new Error(view.reason)
    const byStream = (packets: Packet[], stream: number) => packets.filter((each) => each.stream === stream)
    const published = packetsOf(laidOut(view.layout, bytes), `file.${form!.container}`)
    const lived = packetsOf(concat([form!.init, ...segments]), `live.${form!.container}`)
    const ahead = form!.container === 'mp4' ? 1 : 0
    for (const stream of name.startsWith('sound') ? [0] : [0, 1]) {
      const [ours, theirs] = [byStream(lived, stream), byStream(published, stream)]
      expect(ours.map(({ size, key }) => [size, key])).toEqual(theirs.map(({ size, key }) => [size, key]))
      for (const [at, { pts }] of ours.entries()) {
        // Packets of sound are put in step in the file (TIMING.md T5).
        expect(Math.abs(pts - ahead - theirs[at]!.pts), `stream ${stream}, packet ${at}: ${pts}`).toBeLessThan(0.012)
      }
    }
  })

  // Media Source Extensions §3.5.8: after a hole of more than twice a picture's duration all are dropped up to a key frame.
  it.each(bodies)('$name: each picture lasts until the next one, from part to part too', ({ name, bytes }) => {
    const live = grown(bytes, seededRandom(runSeed))
    const { form } = live
    if (form?.container !== 'mp4' || name.startsWith('sound')) return expect(name).toMatch(/^VP8|^sound/)
    const parts = live.segments.flatMap((segment) => segment.parts.map((part) => laidOut(live.partLayout(part), bytes)))
    // One cursor walks through all samples.
    const samples = parts.flatMap((part) =>
      Array.from(walkSamples(part, readInit(form.init)), ([trackId, { dts, duration }]) => ({
        trackId,
        dts,
        duration,
      })),
    )
    const pictures = samples.filter(({ trackId }) => trackId === 1)
    expect(pictures.length).toBeGreaterThan(80)
    const lasted = pictures.slice(0, -1).map(({ dts, duration }) => dts + duration)
    expect(lasted).toEqual(pictures.slice(1).map(({ dts }) => dts))
  })

  it('puts a hole, where pictures were left out, into no part', () => {
    const timeline = new LiveTimeline()
    const track = { id: 1, kind: 'video', codec: 'vp8', timescale: 1000, config: null, edits: null, codecDelay: 0 }
    timeline.track(track as unknown as Track)
    for (let frame = 0; frame < 300; frame++) {
      const time = Math.round((1000 * frame) / 30) + (frame >= 130 ? 3000 : 0)
      timeline.sample(1, 100 * frame, 100, time, time, 0, frame % 30 === 0)
    }
    timeline.finish()
    const parts = timeline.segments.flatMap((segment) => segment.parts)
    for (const { start, end } of parts) expect(end - start).toBeLessThan(0.4)
    for (const [index, { start }] of timeline.segments.entries()) {
      if (index > 0) expect(timeline.segments[index - 1]!.end).toBe(start)
    }
    expect(parts.some(({ start }) => Math.abs(start - (130 / 30 + 3)) < 0.01)).toBe(true)
    const samples = parts.flatMap(({ runs }) => runs.map(({ from, to }) => to - from))
    expect(samples.reduce((sum, count) => sum + count, 0)).toBe(300)
  })

  it('ends in the middle of a sample without a fault, and takes no bytes that are no media', () => {
    const { bytes } = bodies[0]!
    const live = openLiveBody()
    live.push(bytes.slice(0, bytes.length - 30_000))
    live.finish()
    expect(live.ended).toBe(true)
    const other = openLiveBody()
    other.push(new TextEncoder().encode('text that poses as a film, and goes on'))
    other.finish()
    expect(other.form).toBeNull()
  })
})

describe('the playlist of a live body', () => {
  const options = {
    ...{ initUri: 'live/init.mp4', startedAt: Date.UTC(2026, 0, 1) },
    segmentUri: (sequence: number) => `live/${sequence}.m4s`,
    partUri: (sequence: number, part: number) => `live/${sequence}.${part}.m4s`,
  }

  it('lists every segment, parts of the last ones, and what comes next', () => {
    const { bytes } = bodies[0]!
    const live = openLiveBody()
    live.push(bytes.slice(0, Math.floor(bytes.length * 0.9)))
    const playlist = new LivePlaylist(options)
    const lines = playlist.text(live.segments, { holdBack: 1, ended: false, skip: false, next: live.next }).split('\n')
    const whole = live.segments.filter(({ end }) => end !== null).map((_, sequence) => `live/${sequence}.m4s`)
    expect(lines.filter((line) => /^live\/\d+\.m4s$/.test(line))).toEqual(whole)
    const { sequence, part } = live.next
    expect(lines.at(-2)).toBe(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="live/${sequence}.${part}.m4s"`)
    expect(live.segments[sequence]?.parts[part]).toBeUndefined()
    expect(lines).toContain('#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z')
    // §4.4.3.8: at least three parts behind.
    const holdBack = Number(/PART-HOLD-BACK=([\d.]+)/.exec(lines.join())?.[1])
    expect(holdBack).toBeGreaterThanOrEqual(3 * Number(/PART-TARGET=([\d.]+)/.exec(lines.join())?.[1]))
    live.push(bytes.slice(Math.floor(bytes.length * 0.9)))
    live.finish()
    // What was hinted came.
    expect(live.segments[sequence]?.parts[part]).toBeDefined()
    const ended = playlist.text(live.segments, { holdBack: 1, ended: true, skip: false, next: live.next })
    expect(ended).toMatch(/#EXT-X-ENDLIST\n$/)
    expect(ended).not.toContain('EXT-X-PART:')
    const shown = [...ended.matchAll(/#EXTINF:([\d.]+)/g)].reduce((sum, match) => sum + Number(match[1]), 0)
    expect(Math.abs(shown - 7)).toBeLessThan(0.1)
  })

  it('keeps players further behind for a long part while it is listed, and no longer', () => {
    const segment = (index: number, partSeconds: number) => ({
      ...{ start: 2 * index, end: 2 * index + 2, isIndependent: true },
      parts: [{ number: index, start: 2 * index, end: 2 * index + partSeconds, isIndependent: true, runs: [] }],
    })
    const playlist = new LivePlaylist(options)
    const targets = Array.from({ length: 8 }, (_, count) => {
      const segments = Array.from({ length: count + 1 }, (_, index) => segment(index, index === 2 ? 1.5 : 0.25))
      const text = playlist.text(segments, {
        ...{ holdBack: 0, ended: false, skip: false },
        next: { sequence: count, part: 1 },
      })
      expect(Number(/PART-HOLD-BACK=([\d.]+)/.exec(text)![1])).toBeCloseTo(3 * playlist.partTarget, 5)
      return playlist.partTarget
    })
    expect(targets).toEqual([0.3, 0.3, 1.5, 1.5, 1.5, 0.3, 0.3, 0.3])
  })

  it('leaves out what a player has, and says of how much', () => {
    const segments = Array.from({ length: 100 }, (_, index) => ({
      ...{ start: 2 * index, end: 2 * index + 2, isIndependent: true },
      parts: [{ number: index + 1, start: 2 * index, end: 2 * index + 2, isIndependent: true, runs: [] }],
    }))
    const playlist = new LivePlaylist(options)
    const whole = playlist.text(segments, { holdBack: 1, ended: false, skip: false, next: { sequence: 100, part: 0 } })
    const delta = playlist.text(segments, { holdBack: 1, ended: false, skip: true, next: { sequence: 100, part: 0 } })
    const skipped = Number(/SKIPPED-SEGMENTS=(\d+)/.exec(delta)?.[1])
    expect(skipped).toBe(88)
    expect(delta).not.toContain('EXT-X-MAP')
    // What both list is the same.
    const tail = (text: string) => text.slice(text.indexOf('#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:02:56.000Z'))
    expect(tail(delta)).toBe(tail(whole))
  })
})
