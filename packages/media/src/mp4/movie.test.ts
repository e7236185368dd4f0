import { describe, expect, it } from 'vitest'
import type { Track } from '../track.ts'
import { openFragmentReader } from './fragments.ts'
import { type Mp4Tables, openMp4Tables } from './movie.ts'

const AVC_CONFIG = Uint8Array.of(1, 66, 0, 30, 255, 225, 0, 4, 103, 66, 0, 30, 1, 0, 2, 104, 206)

function videoTrack(changes: Partial<Track> = {}): Track {
  return {
    id: 1,
    kind: 'video',
    codec: 'avc',
    codecId: 'avc1',
    parameterSets: 'config',
    config: AVC_CONFIG,
    codecPrivate: null,
    timescale: 30000,
    language: 'und',
    name: '',
    video: { width: 640, height: 480, displayWidth: 640, displayHeight: 480, rotation: 0, colour: null },
    audio: null,
    codecDelay: 0,
    edits: null,
    ...changes,
  }
}

function opusTrack(changes: Partial<Track> = {}): Track {
  return videoTrack({
    id: 2,
    kind: 'audio',
    codec: 'opus',
    codecId: 'Opus',
    config: Uint8Array.of(0, 2, 0, 0, 0, 0, 187, 128, 0, 0, 0),
    timescale: 48000,
    video: null,
    audio: { sampleRate: 48000, channels: 2, bitDepth: 0 },
    ...changes,
  })
}

type Shown = {
  track: Track
  dts: number[]
  durations: number[]
  offsets: number[]
  sync: boolean[]
  /** Seconds on the movie's clock. */
  times: number[]
}

type Given = { dts: number; pts?: number; duration?: number; sync?: boolean }

/** Puts samples of 10 bytes in, one after the other, and reads the header back as a player would. */
function shownBy(tracks: readonly { track: Track; samples: readonly Given[] }[]): Map<number, Shown> {
  const tables = openMp4Tables()
  let offset = 0
  for (const { track, samples } of tracks) {
    tables.track(track)
    for (const { dts, pts = dts, duration = 0, sync = true } of samples) {
      tables.sample(track.id, offset, 10, dts, pts, duration, sync)
      offset += 10
    }
  }
  return readBack(tables, offset)
}

/** The duration that `mdhd` gives, ticks of the track. */
function mediaTicks(track: Track, samples: readonly Given[]): number {
  const tables = openMp4Tables()
  tables.track(track)
  samples.forEach(({ dts, pts = dts, duration = 0 }, index) => {
    tables.sample(track.id, index * 10, 10, dts, pts, duration, index === 0)
  })
  const view = tables.view(samples.length * 10)
  if (view.state !== 'ready' || view.layout.extents[0]?.kind !== 'bytes') throw new Error('no header')
  const header = Buffer.from(view.layout.extents[0].bytes)
  return header.readUInt32BE(header.indexOf('mdhd') + 20)
}

function readBack(tables: Mp4Tables, bodyBytes: number): Map<number, Shown> {
  const view = tables.view(bodyBytes)
  if (view.state !== 'ready') throw new Error(view.reason)
  const shown = new Map<number, Shown>()
  const reader = openFragmentReader({
    track: (track) => void shown.set(track.id, { track, dts: [], durations: [], offsets: [], sync: [], times: [] }),
    sample(id, _offset, _size, dts, pts, duration, sync) {
      const { track, ...lists } = shown.get(id)!
      lists.dts.push(dts)
      lists.durations.push(duration)
      lists.offsets.push(pts - dts)
      lists.sync.push(sync)
      lists.times.push(pts / track.timescale + startOf(track))
    },
    patch() {},
    cluster() {},
  })
  for (const extent of view.layout.extents) {
    reader.push(extent.kind === 'bytes' ? extent.bytes : new Uint8Array(extent.length))
  }
  return shown
}

/** Where media time 0 lies on the movie's clock. */
function startOf({ edits, timescale }: Track): number {
  if (edits === null) return 0
  const empty = edits.entries.filter(({ mediaTime }) => mediaTime < 0).reduce((sum, { duration }) => sum + duration, 0)
  const media = edits.entries.find(({ mediaTime }) => mediaTime >= 0)!
  return empty / edits.movieTimescale - media.mediaTime / timescale
}

function editSeconds({ edits }: Track): number {
  return edits!.entries.at(-1)!.duration / edits!.movieTimescale
}

describe('timing', () => {
  it('[T1] durations are differences of decode times, whatever the body says of them', () => {
    const samples = [0, 1000, 2500, 2500, 4000].map((dts) => ({ dts, duration: 7 }))
    const video = shownBy([{ track: videoTrack(), samples }]).get(1)!
    expect(video.durations).toEqual([1000, 1500, 0, 1500, 7])
  })

  it('[T1] a decode time that falls is held', () => {
    const samples = [0, 1000, 900, 3000].map((dts) => ({ dts, pts: dts }))
    const video = shownBy([{ track: videoTrack(), samples }]).get(1)!
    expect(video.dts).toEqual([0, 1000, 1000, 3000])
    expect(video.times.map((time) => Math.round(time * 30000))).toEqual([0, 1000, 900, 3000])
  })

  it('[T2] the last sample lasts as the body says, else as the one before, else a 30th of a second', () => {
    const last = (samples: Given[]) =>
      shownBy([{ track: videoTrack(), samples }])
        .get(1)!
        .durations.at(-1)
    expect(last([{ dts: 0 }, { dts: 1001 }, { dts: 2002, duration: 555 }])).toBe(555)
    expect(last([{ dts: 0 }, { dts: 1001 }, { dts: 2002 }])).toBe(1001)
    expect(last([{ dts: 0 }])).toBe(1000)
  })

  it('[T3] negative composition offsets of an MP4 body stay', () => {
    const samples = [
      { dts: 0, pts: 0 },
      { dts: 1000, pts: 3000 },
      { dts: 2000, pts: 1000 },
      { dts: 3000, pts: 2000 },
    ]
    const video = shownBy([{ track: videoTrack(), samples }]).get(1)!
    expect(video.offsets).toEqual([0, 2000, -1000, -1000])
    expect(video.track.edits).toBeNull()
  })

  it('[T4] Matroska: the i-th sample is decoded at the i-th smallest presentation time, and no offset is negative', () => {
    // A pyramid of B-frames, over and over: I P B b b B b b.
    const order = [0, 8, 4, 2, 1, 3, 6, 5, 7]
    const pts = [
      0,
      ...Array.from({ length: 40 }, (_, group) => order.slice(1).map((place) => group * 8 + place)).flat(),
    ]
    const track = videoTrack({ codecId: 'V_MPEG4/ISO/AVC', timescale: 1000 })
    const samples = pts.map((place) => ({ dts: place * 40, sync: place % 8 === 0 }))
    const video = shownBy([{ track, samples }]).get(1)!
    expect(video.dts).toEqual([...pts].sort((a, b) => a - b).map((place) => place * 40))
    expect(Math.min(...video.offsets)).toBe(0)
    expect(video.times.map((time) => Math.round(time * 1000))).toEqual(pts.map((place) => place * 40))
    // [T10] to the end of the frame that is shown last.
    expect(editSeconds(video.track)).toBeCloseTo((Math.max(...pts) + 1) * 0.04, 9)
  })

  it('[T4] at every moment, not only in the end', () => {
    const tables = openMp4Tables()
    tables.track(videoTrack({ codecId: 'V_MPEG4/ISO/AVC', timescale: 1000 }))
    const pts: number[] = []
    for (let index = 0; index < 70; index++) {
      const place = index === 0 ? 0 : index % 2 === 1 ? index + 1 : index - 1
      pts.push(place * 40)
      tables.sample(1, index * 10, 10, place * 40, place * 40, 40, index === 0)
      const video = readBack(tables, (index + 1) * 10).get(1)!
      expect(video.times.map((time) => Math.round(time * 1000))).toEqual(pts)
      expect(Math.min(...video.offsets)).toBeGreaterThanOrEqual(0)
    }
  })

  const wandering = [...Array(20_000).keys()].map((packet) => ({
    exact: packet * 20,
    // A wave and a pseudo-random part: ±4 ms together, whole milliseconds as WebM has them.
    given: Math.round(packet * 20 + 2 * Math.sin(packet / 700) + 2 * (((packet * 7919) % 1000) / 500 - 1)),
  }))

  it('[T5] a steady stream of wandering Opus packets runs on by its own length', () => {
    const track = opusTrack({ codecId: 'A_OPUS' })
    const samples = wandering.map(({ given }) => ({ dts: given * 48, duration: 960 }))
    const sound = shownBy([{ track, samples }]).get(2)!
    expect(new Set(sound.durations)).toEqual(new Set([960]))
  })

  it('[T5] a clock that is 0.1 % off is followed within 10 ms for ever', () => {
    const track = opusTrack({ codecId: 'A_OPUS' })
    const samples = wandering.map(({ given }) => ({ dts: given * 48.048, duration: 960 }))
    const sound = shownBy([{ track, samples }]).get(2)!
    const worst = Math.max(...sound.times.map((time, index) => Math.abs(time - samples[index]!.dts / 48000)))
    expect(worst).toBeLessThanOrEqual(0.0101)
    expect(worst).toBeGreaterThan(0.005)
  })

  it('[T5] what is missing is a gap, absorbed by the packet before it', () => {
    const track = opusTrack({ codecId: 'A_OPUS' })
    const samples = [0, 20, 40, 1040, 1060].map((time) => ({ dts: time * 48, duration: 960 }))
    expect(shownBy([{ track, samples }]).get(2)!.durations).toEqual([960, 960, 48000, 960, 960])
  })

  it('[T5] packets of 2.5 to 60 ms mixed, in a clock of milliseconds', () => {
    const track = opusTrack({ codecId: 'A_OPUS', timescale: 1000 })
    const samples = [
      { dts: 0, duration: 2.5 },
      { dts: 3, duration: 60 },
      { dts: 63, duration: 20 },
      { dts: 83, duration: 2.5 },
    ]
    expect(shownBy([{ track, samples }]).get(2)!.durations).toEqual([120, 2880, 960, 120])
  })

  it('[T5] AAC in Matroska counts frames of 1024 samples', () => {
    const config = Uint8Array.of(0x12, 0x10) // LC, 44100 Hz, stereo
    const audio = { sampleRate: 44100, channels: 2, bitDepth: 0 }
    const track = opusTrack({ codec: 'aac', codecId: 'A_AAC', config, audio, timescale: 1000 })
    const samples = Array.from({ length: 500 }, (_, frame) => ({ dts: Math.round((frame * 1024_000) / 44100) }))
    const sound = shownBy([{ track, samples }]).get(2)!
    expect(sound.track.timescale).toBe(44100)
    expect(new Set(sound.durations)).toEqual(new Set([1024]))
  })

  it('[T6] CodecDelay is what the edit begins with; without it nothing is cut', () => {
    const config = Uint8Array.of(0, 2, 1, 56, 0, 0, 187, 128, 0, 0, 0) // PreSkip 312
    const samples = [0, 960, 1920].map((dts) => ({ dts, duration: 960 }))
    const delayed = shownBy([{ track: opusTrack({ codecId: 'A_OPUS', config, codecDelay: 312 }), samples }]).get(2)!
    expect(delayed.track.edits!.entries).toEqual([{ duration: 54, mediaTime: 312, rate: 1 }])
    expect(shownBy([{ track: opusTrack({ codecId: 'A_OPUS' }), samples }]).get(2)!.track.edits).toBeNull()
  })

  it('[T6] dOps of an MP4 body is kept and nothing is cut for it', () => {
    const config = Uint8Array.of(0, 2, 15, 0, 0, 0, 187, 128, 0, 0, 0) // Chromium's 3840
    const sound = shownBy([{ track: opusTrack({ config }), samples: [{ dts: 0, duration: 960 }] }]).get(2)!
    expect(sound.track.edits).toBeNull()
    expect(sound.track.config).toEqual(config)
  })

  it('[T7] tracks keep their distance', () => {
    const shown = shownBy([
      { track: videoTrack(), samples: [{ dts: 780 }, { dts: 1780 }] },
      { track: opusTrack(), samples: [{ dts: 0, duration: 960 }] },
    ])
    expect(shown.get(1)!.times[0]).toBeCloseTo(0.026, 9)
    expect(shown.get(2)!.times[0]).toBe(0)
  })

  it('[T7] a clock that started long before the recording is taken off', () => {
    const shown = shownBy([
      { track: videoTrack(), samples: [{ dts: 3600 * 30000 }] },
      { track: opusTrack(), samples: [{ dts: 3600 * 48000 + 480, duration: 960 }] },
    ])
    expect(shown.get(1)!.times[0]).toBe(0)
    expect(shown.get(2)!.times[0]).toBeCloseTo(0.01, 9)
  })

  it("[T8] the body's own edits stay: media_time, emptiness, several of them", () => {
    const edits = (entries: NonNullable<Track['edits']>['entries']) => ({ movieTimescale: 600, entries })
    const samples = [0, 1000, 2000, 3000].map((dts) => ({ dts, pts: dts + 2000, duration: 1000 }))
    const shownWith = (entries: NonNullable<Track['edits']>['entries'], late = 0) => {
      const moved = samples.map(({ dts, pts, duration }) => ({ dts: dts + late, pts: pts + late, duration }))
      return shownBy([{ track: videoTrack({ edits: edits(entries) }), samples: moved }]).get(1)!
    }
    const open = shownWith([{ duration: 0, mediaTime: 2000, rate: 1 }])
    expect(open.times[0]).toBe(0)
    expect(editSeconds(open.track)).toBeCloseTo(4000 / 30000, 2)
    const empty = shownWith([
      { duration: 300, mediaTime: -1, rate: 1 },
      { duration: 0, mediaTime: 2000, rate: 1 },
    ])
    expect(empty.times[0]).toBeCloseTo(0.5, 9)
    // The first fragment is missing: what begins at 5000 goes on being shown at 5000 less the media_time.
    expect(shownWith([{ duration: 0, mediaTime: 2000, rate: 1 }], 5000).times[0]).toBeCloseTo(5000 / 30000, 9)
    const several = [
      { duration: 60, mediaTime: 3000, rate: 1 },
      { duration: 30, mediaTime: 0, rate: 1 },
    ]
    const repeated = shownWith(several).track.edits!
    const seconds = repeated.entries.map(({ duration, ...rest }) => ({
      ...rest,
      duration: duration / repeated.movieTimescale,
    }))
    expect(seconds).toEqual(several.map((entry) => ({ ...entry, duration: entry.duration / 600 })))
  })

  it('[T9] no lead is rounded, however odd the clocks', () => {
    const shown = shownBy([
      { track: videoTrack({ timescale: 90000 }), samples: [{ dts: 0 }, { dts: 3003 }] },
      { track: opusTrack({ timescale: 44100 }), samples: [{ dts: 441 + 7, duration: 1024 }] },
    ])
    expect(shown.get(2)!.times[0]! * 44100).toBeCloseTo(448, 1)
  })

  it('[T10] mdhd lasts to the end of the sample that is composed last, and as long as all of them', () => {
    const late = [0, 1000, 2000, 3000].map((dts) => ({ dts, pts: dts + 2000, duration: 1000 }))
    expect(mediaTicks(videoTrack(), late)).toBe(6000)
    const early = late.map(({ dts, duration }) => ({ dts, pts: dts - 500, duration }))
    expect(mediaTicks(videoTrack(), early)).toBe(4000)
    // T4: decoded at 0, 40, 80, 120 ms and composed from 40 ms on: the offsets were raised by 40.
    const track = videoTrack({ codecId: 'V_MPEG4/ISO/AVC', timescale: 1000 })
    const reordered = [0, 120, 40, 80].map((dts) => ({ dts, duration: 40 }))
    expect(mediaTicks(track, reordered)).toBe(200)
  })

  it('[T11] tracks without samples and of other kinds are left out; a view may begin between sync samples', () => {
    const shown = shownBy([
      {
        track: videoTrack(),
        samples: [
          { dts: 0, sync: false },
          { dts: 1000, sync: true },
        ],
      },
      { track: opusTrack(), samples: [] },
      { track: videoTrack({ id: 3, kind: 'other', codec: 'other', codecId: 'text' }), samples: [{ dts: 0 }] },
    ])
    expect([...shown.keys()]).toEqual([1])
    expect(shown.get(1)!.sync).toEqual([false, true])
  })
})

describe('view', () => {
  it('needs an encoder for what MP4 players do not know, and names it', () => {
    for (const [codec, codecId, name] of [
      ['vp8', 'V_VP8', 'vp8'],
      ['vorbis', 'A_VORBIS', 'vorbis'],
      ['pcm', 'A_PCM/INT/LIT', 'pcm'],
      ['other', 'A_AC3', 'A_AC3'],
    ] as const) {
      const tables = openMp4Tables()
      tables.track(opusTrack({ codec, codecId }))
      expect(tables.view(0).state).toBe('unsupported')
      tables.sample(2, 0, 10, 0, 0, 0, true)
      expect(tables.view(10)).toEqual({ state: 'needs-encode', reason: expect.stringContaining(name) })
      expect(tables.refusal()).toEqual(tables.view(10))
    }
  })

  it('is unsupported while a configuration is missing, and there once it came', () => {
    const tables = openMp4Tables()
    tables.track(videoTrack({ config: null }))
    tables.sample(1, 0, 10, 0, 0, 0, true)
    expect(tables.view(10).state).toBe('unsupported')
    tables.track(videoTrack())
    expect(tables.view(10).state).toBe('ready')
  })

  it('has 64-bit chunk offsets only where the body needs them', () => {
    for (const [offset, box] of [
      [2 ** 32 - 4096, 'stco'],
      [2 ** 32 + 5, 'co64'],
    ] as const) {
      const tables = openMp4Tables()
      tables.track(videoTrack())
      tables.sample(1, 100, 10, 0, 0, 0, true)
      tables.sample(1, offset, 10, 1000, 1000, 0, true)
      const view = tables.view(offset + 10)
      if (view.state !== 'ready' || view.layout.extents[0]?.kind !== 'bytes') throw new Error('no header')
      const header = view.layout.extents[0].bytes
      const at = Buffer.from(header).indexOf(box)
      const rows = new DataView(header.buffer, header.byteOffset + at + 12)
      const second = box === 'stco' ? rows.getUint32(4) : rows.getUint32(8) * 2 ** 32 + rows.getUint32(12)
      expect(second).toBe(offset + header.length)
      expect(view.layout.size).toBe(header.length + offset + 10)
    }
  })

  it('refuses samples that end after the body', () => {
    const tables = openMp4Tables()
    tables.track(videoTrack())
    tables.sample(1, 0, 10, 0, 0, 0, true)
    expect(() => tables.view(9)).toThrow(expect.objectContaining({ code: 'out-of-range' }))
  })

  it('has the patches of the MP4 view and not those of others', () => {
    const tables = openMp4Tables()
    tables.track(videoTrack())
    tables.sample(1, 0, 100, 0, 0, 0, true)
    for (let index = 0; index < 2000; index++) {
      tables.patch('mp4', index * 50, 4, index)
      tables.patch('webm', 1, 7, 5)
    }
    const view = tables.view(100_000)
    if (view.state !== 'ready') throw new Error(view.reason)
    const patches = view.layout.patches!
    tables.patch('mp4', 2000 * 50, 4, 1)
    expect(patches.count).toBe(2000)
    for (const index of [0, 511, 512, 1535, 1536, 1999]) {
      expect([patches.offsetAt(index), patches.widthAt(index), patches.valueAt(index)]).toEqual([index * 50, 4, index])
    }
    expect(() => tables.patch('mp4', 2000 * 50 + 3, 4, 1)).toThrow(expect.objectContaining({ code: 'malformed' }))
  })
})
