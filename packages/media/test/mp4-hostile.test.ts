import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MediaError } from '../src/media-error.ts'
import { type Box, box, fullBox, u32, u64 } from '../src/mp4/box.ts'
import { openFragmentReader } from '../src/mp4/fragments.ts'
import { openMp4Tables } from '../src/mp4/movie.ts'
import { makeBody, openFolder, takeNotes } from './mp4-bodies.ts'

const folder = openFolder()
afterAll(() => folder.remove())

/** Reads in pieces of 4096 and asks for the view; what is wrong must come as a MediaError. */
function survive(body: Uint8Array): MediaError | null {
  const tables = openMp4Tables()
  const reader = openFragmentReader(tables)
  let fault: MediaError | null = null
  try {
    for (let at = 0; at < body.length; at += 4096) reader.push(body.subarray(at, at + 4096))
    reader.finish()
  } catch (error) {
    if (!(error instanceof MediaError)) throw error
    fault = error
  }
  // Whatever happened: what was whole before stays usable.
  const view = tables.view(Math.max(reader.wholeBytes, 0))
  expect(['ready', 'needs-encode', 'unsupported']).toContain(view.state)
  expect(reader.wholeBytes).toBeLessThanOrEqual(body.length)
  return fault
}

const fuzzSeconds = Number(process.env['RUSHES_FUZZ_SECONDS'] ?? 0)
const budget = fuzzSeconds > 0 ? { interruptAfterTimeLimit: fuzzSeconds * 1000, numRuns: 1e9 } : { numRuns: 400 }

const flips = fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), bit: fc.nat(7) }), {
  minLength: 1,
  maxLength: 12,
})
const words = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    word: fc.constantFrom(0, 1, 7, 8, 16, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0, 65536),
  }),
  { minLength: 1, maxLength: 6 },
)

describe.each([
  'avc with B-frames, aac',
  'avc, aac, samples in moov and absolute offsets',
  'avc, aac, progressive with moov in front',
])('a mutated body of %s', (name) => {
  let body: Uint8Array
  /** Places in headers, where damage does most: half of all damage goes there. */
  let headers: number[]

  beforeAll(() => {
    body = makeBody(name, folder.path('hostile.mp4'), 1)
    headers = headerPlaces(body)
  })

  const place = (share: number) =>
    share < 0.8 ? headers[Math.floor((share / 0.8) * (headers.length - 1))]! : Math.floor(share * (body.length - 5))

  it('never does worse than a MediaError: flipped bits', { timeout: 600_000 }, () => {
    fc.assert(
      fc.property(flips, (all) => {
        const copy = body.slice()
        for (const { at, bit } of all) copy[place(at)]! ^= 1 << bit
        survive(copy)
      }),
      budget,
    )
  })

  it('never does worse than a MediaError: words that lie', { timeout: 600_000 }, () => {
    fc.assert(
      fc.property(words, (all) => {
        const copy = body.slice()
        const view = new DataView(copy.buffer)
        for (const { at, word } of all) view.setUint32(Math.min(place(at), body.length - 4) & ~3, word)
        survive(copy)
      }),
      budget,
    )
  })
})

/** Every byte that belongs to a top-level box other than mdat. */
function headerPlaces(body: Uint8Array): number[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const places: number[] = []
  for (let at = 0; at + 8 <= body.length; ) {
    const size = view.getUint32(at) || body.length - at
    const isMedia = view.getUint32(at + 4) === 0x6d646174
    const end = isMedia ? at + 8 : at + size
    for (let byte = at; byte < end; byte++) places.push(byte)
    at += size
  }
  return places
}

function joined(...boxes: (Box | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(
    boxes.flatMap((each) => (each instanceof Uint8Array ? [...each] : each.pieces.flatMap((piece) => [...piece]))),
  )
}

/** `ftyp` and `moov` of a fragmented body with one AVC track. */
function beginning(): Box[] {
  const avcC = Uint8Array.of(1, 66, 0, 30, 255, 225, 0, 4, 103, 66, 0, 30, 1, 0, 2, 104, 206)
  const visual = new Uint8Array(78)
  const entry = box('avc1', visual, box('avcC', avcC))
  const stbl = box('stbl', fullBox('stsd', 0, 0, u32(1), entry))
  const hdlr = fullBox('hdlr', 0, 0, u32(0, 0x76696465, 0, 0, 0), Uint8Array.of(0))
  const mdia = box('mdia', fullBox('mdhd', 0, 0, u32(0, 0, 1000, 0, 0)), hdlr, box('minf', stbl))
  const tkhd = fullBox('tkhd', 0, 7, u32(0, 0, 1), new Uint8Array(68))
  const mvhd = fullBox('mvhd', 0, 0, u32(0, 0, 1000, 0), new Uint8Array(80))
  const mvex = box('mvex', fullBox('trex', 0, 0, u32(1, 1, 40, 0, 0)))
  return [box('ftyp', u32(0x69736f6d, 0)), box('moov', mvhd, box('trak', tkhd, mdia), mvex)]
}

function fragment(tfhd: Box, trun: Box, time = 0): Box {
  return box('moof', box('traf', tfhd, fullBox('tfdt', 1, 0, u64(time)), trun))
}

const TFHD = fullBox('tfhd', 0, 0x20000, u32(1))
const MDAT = (bytes: number) => box('mdat', new Uint8Array(bytes))

describe('a body that lies', () => {
  it('reads a well-formed one of this making', () => {
    const moof = fragment(TFHD, fullBox('trun', 0, 0x201, u32(2, 0, 50, 50)))
    expect(survive(joined(...beginning(), moof, MDAT(2000)))).toBeNull()
  })

  const cases: { readonly [name: string]: [code: string, ...boxes: (Box | Uint8Array)[]] } = {
    'is no container at all': ['not-media', new TextEncoder().encode('<!doctype html><title>404</title>')],
    'has a moov of 65 MiB': ['too-large', u32(65 * 2 ** 20), new TextEncoder().encode('moov')],
    'has a moof of 5 MiB': ['too-large', ...beginning(), u32(5 * 2 ** 20), new TextEncoder().encode('moof')],
    'has a moof of 2^60 bytes': [
      'too-large',
      ...beginning(),
      u32(1),
      new TextEncoder().encode('moof'),
      u32(2 ** 28, 0),
    ],
    'has a box shorter than its header': ['malformed', ...beginning(), u32(4), new TextEncoder().encode('moof')],
    'has bytes that are no box between boxes': ['malformed', ...beginning(), Uint8Array.of(0, 0, 0, 9, 1, 2, 3, 4, 5)],
    'has a trun of 2^32 − 1 rows that are not there': [
      'malformed',
      ...beginning(),
      fragment(TFHD, fullBox('trun', 0, 0x201, u32(0xffffffff, 0))),
    ],
    'has 2^32 − 1 samples of no size in 4 bytes': [
      'malformed',
      ...beginning(),
      fragment(TFHD, fullBox('trun', 0, 0x1, u32(0xffffffff, 0))),
    ],
    'has a tfdt over 53 bits': [
      'malformed',
      ...beginning(),
      box(
        'moof',
        box('traf', TFHD, fullBox('tfdt', 1, 0, u32(0xffffffff, 0)), fullBox('trun', 0, 0x201, u32(1, 0, 1))),
      ),
    ],
    'has a fragment before its moof began': [
      'malformed',
      ...beginning(),
      fragment(fullBox('tfhd', 0, 1, u32(1), u64(0)), fullBox('trun', 0, 0x201, u32(1, -5, 1))),
    ],
    'has a traf without tfhd': ['malformed', ...beginning(), box('moof', box('traf', fullBox('tfdt', 0, 0, u32(0))))],
    'changes its decoder within a track': [
      'unsupported',
      ...beginning(),
      fragment(fullBox('tfhd', 0, 0x20002, u32(1, 2)), fullBox('trun', 0, 0x201, u32(1, 0, 1))),
    ],
    'has two tracks of one number': ['malformed', beginning()[0]!, twiceTheTrack()],
    'has a child that is longer than its parent': [
      'malformed',
      ...beginning(),
      box('moof', u32(500), new TextEncoder().encode('traf')),
    ],
  }

  it.each(Object.keys(cases))('%s', (name) => {
    const [code, ...boxes] = cases[name]!
    expect(survive(joined(...boxes))?.code).toBe(code)
  })

  it('is not read as millions of samples of the same bytes', () => {
    // 60 bytes of trun for a million samples: each fragment points at the same megabyte.
    const moof = () =>
      fragment(fullBox('tfhd', 0, 0x1 | 0x10, u32(1), u64(0), u32(1)), fullBox('trun', 0, 0x1, u32(200_000, 0)))
    const notes = takeNotes()
    const reader = openFragmentReader(notes)
    const body = joined(...beginning(), ...Array.from({ length: 50 }, moof), MDAT(300_000))
    expect(() => reader.push(body)).toThrow(expect.objectContaining({ code: 'malformed' }))
    // Not more than a sample for every byte that really came.
    expect(notes.samples.length).toBeLessThanOrEqual(body.length)
  })

  it('nests boxes ten thousand deep, and nobody follows', () => {
    const parts: Uint8Array[] = []
    for (let depth = 10_000; depth > 0; depth--) parts.push(u32(depth * 8), new TextEncoder().encode('trak'))
    const nested = joined(...parts)
    expect(survive(joined(beginning()[0]!, box('moov', nested)))?.code).toBe('malformed')
  })

  it('fills a moov with millions of empty boxes', () => {
    const moov = new Uint8Array(32 * 2 ** 20)
    const view = new DataView(moov.buffer)
    view.setUint32(0, moov.length)
    moov.set(new TextEncoder().encode('moov'), 4)
    for (let at = 8; at < moov.length; at += 8) {
      view.setUint32(at, 8)
      view.setUint32(at + 4, 0x66726565)
    }
    expect(survive(moov)?.code).toBe('too-large')
  })

  it('announces large fragments, and their samples far away', () => {
    const rows = u32(...Array.from({ length: 50_000 }, () => 1))
    const tfhd = fullBox('tfhd', 0, 1, u32(1), u64(2 ** 40))
    const moof = joined(fragment(tfhd, fullBox('trun', 0, 0x201, u32(50_000, 0), rows)))
    const reader = openFragmentReader(takeNotes())
    reader.push(joined(...beginning()))
    const forEver = () => {
      for (let index = 0; index < 1000; index++) reader.push(moof)
    }
    expect(forEver).toThrow(expect.objectContaining({ code: 'too-large' }))
  })

  it('announces fragments for ever and never a sample', () => {
    const tables = openMp4Tables()
    const reader = openFragmentReader(tables)
    reader.push(joined(...beginning()))
    const far = joined(fragment(fullBox('tfhd', 0, 1, u32(1), u64(2 ** 40)), fullBox('trun', 0, 0x201, u32(1, 0, 1))))
    let fault: unknown = null
    try {
      for (let index = 0; index < 200_000; index++) reader.push(far)
    } catch (error) {
      fault = error
    }
    expect(fault).toMatchObject({ name: 'MediaError', code: 'too-large' })
  })
})

function twiceTheTrack(): Box {
  const moov = joined(beginning()[1]!)
  const view = new DataView(moov.buffer)
  const mvhdSize = view.getUint32(8)
  const trakStart = 8 + mvhdSize
  const trak = moov.slice(trakStart, trakStart + view.getUint32(trakStart))
  return box('moov', moov.slice(8), trak)
}
