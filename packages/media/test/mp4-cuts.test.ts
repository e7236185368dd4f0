import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openFragmentReader } from '../src/mp4/fragments.ts'
import { openMp4Tables } from '../src/mp4/movie.ts'
import type { SampleSink } from '../src/sample-sink.ts'
import { MADE, makeBody, type Notes, openFolder, probePackets, readAll, viewBytes } from './mp4-bodies.ts'

const folder = openFolder()
afterAll(() => folder.remove())

/** A sink that compares with what was told before, and counts. */
function expecting(notes: Notes): SampleSink & { isDone(): boolean } {
  let samples = 0
  let tracks = 0
  let isSame = true
  return {
    track(track) {
      isSame &&= JSON.stringify(track) === JSON.stringify(notes.tracks[tracks++])
    },
    sample(trackId, offset, size, dts, pts, duration, sync) {
      const wanted = notes.samples[samples++]
      isSame &&=
        wanted !== undefined &&
        wanted.trackId === trackId &&
        wanted.offset === offset &&
        wanted.size === size &&
        wanted.dts === dts &&
        wanted.pts === pts &&
        wanted.duration === duration &&
        wanted.sync === sync
    },
    patch() {},
    cluster() {},
    isDone: () => isSame && samples === notes.samples.length && tracks === notes.tracks.length,
  }
}

/** Park and Miller's, so that a failure can be made again from its seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
}

const fuzzSeconds = Number(process.env['RUSHES_FUZZ_SECONDS'] ?? 0)
const CUT_SETS = fuzzSeconds > 0 ? 10_000 : 300

/** One that is small and has the most headers is cut at every byte. */
const CUT_EVERYWHERE = 'avc, a fragment a frame'

describe.each(Object.keys(MADE))('a body of %s', (name) => {
  let body: Uint8Array
  let notes: Notes

  beforeAll(() => {
    body = makeBody(name, folder.path('cut.mp4'), 1.2)
    notes = readAll(body)
  })

  it('is told the same however it is cut', { timeout: 600_000 }, () => {
    expect(notes.samples.length).toBeGreaterThan(20)
    const seed = 1 + Math.floor(Math.random() * 2 ** 30)
    const random = randomFrom(seed)
    const isSmall = body.length <= 65_536 && (name === CUT_EVERYWHERE || fuzzSeconds > 0)
    const sets = isSmall ? body.length : CUT_SETS
    for (let set = 0; set < sets; set++) {
      const cuts = isSmall ? [set] : Array.from({ length: 1 + Math.floor(random() * 12) }, () => random() * body.length)
      const sink = expecting(notes)
      const reader = openFragmentReader(sink)
      let from = 0
      for (const cut of [...cuts.map(Math.floor).sort((a, b) => a - b), body.length]) {
        reader.push(body.subarray(from, cut))
        from = cut
      }
      reader.finish()
      if (!sink.isDone()) expect.fail(`seed ${seed}, cuts ${cuts.join(' ')}`)
    }
  })

  it('is told the same byte by byte', () => {
    const sink = expecting(notes)
    const reader = openFragmentReader(sink)
    for (let at = 0; at < body.length; at++) reader.push(body.subarray(at, at + 1))
    expect(sink.isDone()).toBe(true)
  })

  it('does not mind when the caller uses its buffer again', () => {
    const sink = expecting(notes)
    const reader = openFragmentReader(sink)
    const buffer = new Uint8Array(777)
    for (let at = 0; at < body.length; at += buffer.length) {
      const length = Math.min(buffer.length, body.length - at)
      buffer.set(body.subarray(at, at + length))
      reader.push(buffer.subarray(0, length))
      buffer.fill(0xaa)
    }
    expect(sink.isDone()).toBe(true)
  })

  it('gives what is whole of it when it is truncated', () => {
    for (const share of [0.3, 0.55, 0.8, 0.97]) {
      const cut = body.subarray(0, Math.floor(body.length * share))
      const whole = notes.samples.filter(({ offset, size }) => offset + size <= cut.length)
      const told = readAll(cut)
      // Nothing is known before moov came.
      if (told.tracks.length === 0) continue
      expect(told.samples).toEqual(whole)
      const tables = openMp4Tables()
      const reader = openFragmentReader(tables)
      reader.push(cut)
      if (told.samples.length === 0) {
        expect(tables.view(cut.length).state).toBe('unsupported')
        continue
      }
      const path = folder.path('truncated.view.mp4')
      writeFileSync(path, viewBytes(tables.view(reader.wholeBytes), cut))
      expect(probePackets(path, '-ignore_editlist', '1').length).toBe(told.samples.length)
    }
  })

  it('has a view at every moment that an earlier or later one does not change', () => {
    const tables = openMp4Tables()
    const reader = openFragmentReader(tables)
    const views: { bytes: Uint8Array; again: () => Uint8Array }[] = []
    for (let at = 0; at < body.length; at += 20_011) {
      reader.push(body.subarray(at, at + 20_011))
      const view = tables.view(reader.wholeBytes)
      if (view.state !== 'ready') continue
      views.push({ bytes: viewBytes(view, body), again: () => viewBytes(view, body) })
    }
    expect(views.length).toBeGreaterThan(0)
    for (const { bytes, again } of views) expect(Buffer.compare(again(), bytes)).toBe(0)
  })
})
