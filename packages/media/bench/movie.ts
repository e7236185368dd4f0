/**
 * What the publishing path costs: reading a fragmented MP4 of 256 MB, and the header of an hour's and four hours'
 * samples. `sh scripts/node24 packages/media/bench/movie.ts`; figures go to docs/benchmarks.md.
 */
import { box, fullBox, u32, u64 } from '../src/mp4/box.ts'
import { openFragmentReader } from '../src/mp4/fragments.ts'
import { type Mp4Tables, openMp4Tables } from '../src/mp4/movie.ts'
import type { Track } from '../src/track.ts'

const video: Track = {
  id: 1,
  kind: 'video',
  codec: 'avc',
  codecId: 'avc1',
  parameterSets: 'config',
  config: Uint8Array.of(1, 66, 0, 30, 255, 225, 0, 4, 103, 66, 0, 30, 1, 0, 2, 104, 206),
  codecPrivate: null,
  timescale: 30000,
  language: 'und',
  name: '',
  video: { width: 1280, height: 720, displayWidth: 1280, displayHeight: 720, rotation: 0, colour: null },
  audio: null,
  codecDelay: 0,
  edits: null,
}

const audio: Track = {
  ...video,
  id: 2,
  kind: 'audio',
  codec: 'opus',
  codecId: 'Opus',
  config: Uint8Array.of(0, 2, 0, 0, 0, 0, 187, 128, 0, 0, 0),
  timescale: 48000,
  video: null,
  audio: { sampleRate: 48000, channels: 2, bitDepth: 16 },
}

/** Samples as a WebM has them: every one a chunk of its own, milliseconds for a clock. */
function fill(tables: Mp4Tables, minutes: number): number {
  tables.track({ ...video, codecId: 'V_MPEG4/ISO/AVC', timescale: 1000 })
  tables.track({ ...audio, codecId: 'A_OPUS' })
  let offset = 4096
  let sound = 0
  const frames = minutes * 60 * 30
  for (let frame = 0; frame < frames; frame++) {
    const time = Math.round((frame * 1000) / 30)
    tables.sample(1, offset, 9000 + (frame % 977), time, time, 0, frame % 60 === 0)
    offset += 10_000
    for (; sound * 20 <= time; sound++) {
      tables.sample(2, offset, 160 + (sound % 37), sound * 960, sound * 960, 960, true)
      offset += 210
    }
  }
  return offset
}

function report(name: string, value: number, unit: string): void {
  console.log(`${name.padEnd(64)} ${value.toFixed(3).padStart(10)} ${unit}`)
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!
}

type Filled = { minutes: number; tables: Mp4Tables; bytes: number }

/** Before all else, while no garbage of other figures is there to be freed in between. */
function benchFill(minutes: number): Filled {
  const before = process.memoryUsage().arrayBuffers
  const tables = openMp4Tables()
  const started = performance.now()
  const bytes = fill(tables, minutes)
  const filled = performance.now() - started
  const samples = minutes * 60 * 80
  report(`${minutes} min: ns a sample to take in`, (filled * 1e6) / samples, 'ns')
  report(`${minutes} min: bytes a sample kept`, (process.memoryUsage().arrayBuffers - before) / samples, 'B')
  return { minutes, tables, bytes }
}

function benchView({ minutes, tables, bytes }: Filled): void {
  const samples = minutes * 60 * 80
  const times: number[] = []
  let size = 0
  for (let run = 0; run < 15; run++) {
    const start = process.cpuUsage()
    const view = tables.view(bytes)
    const used = process.cpuUsage(start)
    times.push((used.user + used.system) / 1000)
    if (view.state === 'ready') size = view.layout.size - bytes
  }
  report(`${minutes} min, ${samples} samples: view(), CPU, first`, times[0]!, 'ms')
  report(`${minutes} min, ${samples} samples: view(), CPU, median`, median(times), 'ms')
  report(`${minutes} min: header`, size / 2 ** 20, 'MiB')
}

/** One second of 30 frames and 50 packets: 330 kB, 2.6 Mbit/s. */
function fragment(sequence: number): Uint8Array[] {
  const build = (videoAt: number, audioAt: number) =>
    box(
      'moof',
      fullBox('mfhd', 0, 0, u32(sequence + 1)),
      track(1, sequence * 30000, videoAt, 30, 1000, 10_600),
      track(2, sequence * 48000, audioAt, 50, 960, 240),
    )
  const length = build(0, 0).size
  const moof = build(length + 8, length + 8 + 30 * 10_600)
  const payload = new Uint8Array(30 * 10_600 + 50 * 240)
  return [...moof.pieces, u32(payload.length + 8), Uint8Array.of(0x6d, 0x64, 0x61, 0x74), payload]
}

function track(id: number, time: number, at: number, count: number, duration: number, size: number) {
  const rows = Array.from({ length: count }, (_, index) => [duration, size, index === 0 ? 0x2000000 : 0x1010000]).flat()
  return box(
    'traf',
    fullBox('tfhd', 0, 0x20000, u32(id)),
    fullBox('tfdt', 1, 0, u64(time)),
    fullBox('trun', 0, 0x701, u32(count, at, ...rows)),
  )
}

function benchReader(): void {
  // The header of an empty view of our own, with mvex in it, is a fragmented file's beginning.
  const seed = openMp4Tables()
  seed.track(video)
  seed.track(audio)
  seed.sample(1, 0, 1, 0, 0, 1, true)
  seed.sample(2, 1, 1, 0, 0, 1, true)
  const view = seed.view(2)
  if (view.state !== 'ready' || view.layout.extents[0]?.kind !== 'bytes') throw new Error('no header')
  const header = view.layout.extents[0].bytes
  // The two samples that the seed lists are the first two bytes of its mdat.
  const start = [header.subarray(0, header.length - 16), u32(10), Uint8Array.of(0x6d, 0x64, 0x61, 0x74, 0, 0)]
  const pieces = [...start]
  let size = 0
  for (let sequence = 0; size < 256 * 2 ** 20; sequence++) {
    for (const piece of fragment(sequence)) {
      pieces.push(piece)
      size += piece.length
    }
  }
  // Pushed below in chunks as they come from the network: 64 kB, cut anywhere.
  const body = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    body.set(piece, at)
    at += piece.length
  }
  report('body for the fragment reader', body.length / 1e6, 'MB')
  // The first pass is the compiler's as much as the reader's.
  for (const state of ['first pass', 'second', 'third', 'fourth']) {
    const reader = openFragmentReader(openMp4Tables())
    const cpu = process.cpuUsage()
    for (let offset = 0; offset < body.length; offset += 65_536) reader.push(body.subarray(offset, offset + 65_536))
    const used = process.cpuUsage(cpu)
    report(
      `fragment reader and tables, ${state}: CPU a megabyte`,
      (used.user + used.system) / (body.length / 1e6),
      'µs/MB',
    )
  }
}

const filled = [60, 240].map(benchFill)
filled.forEach(benchView)
benchReader()
