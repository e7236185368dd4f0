import { describe, expect, it } from 'vitest'
import { laidOut, type Trace, traceCutEverywhere as trace, traceBody } from '../../test/index-trace.ts'
import {
  audioEntry,
  blockBytes,
  cluster,
  ebmlHeader,
  frame,
  head,
  KEY,
  key,
  segment,
  simpleBlock,
  timestamp,
  tracks,
  unsized,
  videoEntry,
} from '../../test/made-webm.ts'
import { walkSegment } from '../../test/segment-walk.ts'
import * as id from './element-ids.ts'
import { binaryElement, concat, masterElement, unsignedElement } from './element-writer.ts'

const times = ({ samples }: Trace): number[] => samples.map(({ pts }) => pts)

describe('elements of unknown size (RFC 8794 §6.2)', () => {
  it.each([8, 4, 1])('a Cluster ends at the next one, with a size field of %i bytes', (width) => {
    const { samples, index } = trace(
      ebmlHeader(),
      unsized(
        id.SEGMENT,
        width,
        ...head(videoEntry(1)),
        unsized(id.CLUSTER, width, timestamp(0), key(0), key(40)),
        unsized(id.CLUSTER, width, timestamp(80), key(0)),
        masterElement(id.TAGS, []),
        unsized(id.CLUSTER, width, timestamp(120), key(0)),
      ),
    )
    expect(samples.map(({ pts }) => pts)).toEqual([0, 40, 80, 120])
    expect(index.damage).toBeNull()
  })

  it.each([8, 4, 1])('the view has known sizes and no foreign elements, from fields of %i bytes', (width) => {
    const body = concat([
      ebmlHeader(),
      unsized(
        id.SEGMENT,
        width,
        ...head(videoEntry(1)),
        unsized(id.CLUSTER, width, timestamp(0), key(0), key(40)),
        masterElement(id.TAGS, []),
        masterElement(id.CUES, []),
        unsized(id.CLUSTER, width, timestamp(80), key(0)),
        binaryElement(id.VOID, new Uint8Array(5)),
        cluster(timestamp(100), key(0)),
        masterElement(id.CUES, [binaryElement(id.VOID, new Uint8Array(30))]),
        unsized(id.CLUSTER, width, timestamp(120), key(0), key(30)),
        masterElement(id.TAGS, []),
      ),
    ])
    const { index, samples } = traceBody(body)
    const view = index.webmView()
    if (view.state !== 'ready') throw new Error(view.reason)
    const file = laidOut(view.layout, body)
    const walk = walkSegment(file)
    expect(walk.clusters.map(({ timestamp: time }) => time)).toEqual([0, 80, 100, 120])
    expect(walk.elements.filter((element) => element.id === id.CUES).length).toBe(1)
    // A cue for each key frame, but for neighbours of under 100 ms in one cluster.
    const positionOf = new Map(walk.clusters.map((each) => [each.timestamp, each.position]))
    expect(walk.cues.map(({ time, position }) => [time, position])).toEqual([
      [0, positionOf.get(0)],
      [80, positionOf.get(80)],
      [100, positionOf.get(100)],
      [120, positionOf.get(120)],
    ])
    expect(times(traceBody(file))).toEqual(samples.map(({ pts }) => pts))
  })

  it('of eight bytes get their size by a patch behind the 0x01', () => {
    const first = unsized(id.CLUSTER, 8, timestamp(0), key(0))
    const { patches, clusters } = trace(
      ebmlHeader(),
      segment(...head(videoEntry(1)), first, unsized(id.CLUSTER, 8, timestamp(40), key(0))),
    )
    expect(patches).toEqual([
      { view: 'webm', offset: clusters[0]!.offset + 5, bytes: 7, value: first.length - 12 },
      // The last one ends with its Segment.
      { view: 'webm', offset: clusters[1]!.offset + 5, bytes: 7, value: first.length - 12 },
    ])
  })

  it('go on over Void, CRC-32 and elements that nobody knows', () => {
    const unknown = binaryElement(0x7abc, new Uint8Array(9))
    const { samples } = trace(
      ebmlHeader(),
      unsized(
        id.SEGMENT,
        1,
        ...head(videoEntry(1)),
        unsized(
          id.CLUSTER,
          1,
          binaryElement(id.CRC_32, new Uint8Array(4)),
          timestamp(5),
          key(0),
          binaryElement(id.VOID, new Uint8Array(300)),
          unknown,
          key(1),
        ),
      ),
    )
    expect(samples.map(({ pts }) => pts)).toEqual([5, 6])
  })

  it('are for Segment and Cluster alone', () => {
    const { index } = trace(
      ebmlHeader(),
      segment(...head(videoEntry(1)), cluster(timestamp(0), unsized(id.BLOCK_GROUP, 1))),
    )
    expect(index.damage?.code).toBe('malformed')
  })
})

describe('times', () => {
  it('are relative to the Cluster, signed, and in ticks of the segment', () => {
    const scale = masterElement(id.INFO, [unsignedElement(id.TIMESTAMP_SCALE, 500_000)])
    const content = [simpleBlock(200, -10, KEY, frame(5)), simpleBlock(200, 32_767, 0, frame(5))]
    const { samples, index } = trace(
      ebmlHeader(),
      segment(scale, tracks(videoEntry(200)), cluster(timestamp(1000), ...content)),
    )
    expect(index.tracks[0]?.timescale).toBe(2000)
    expect(samples.map(({ pts }) => pts)).toEqual([990, 33_767])
  })

  it('of TimestampScales that are no part of a second are rounded to µs', () => {
    const scale = masterElement(id.INFO, [unsignedElement(id.TIMESTAMP_SCALE, 333_333)])
    const { samples, index } = trace(ebmlHeader(), segment(scale, tracks(videoEntry(1)), cluster(timestamp(3), key(0))))
    expect(index.tracks[0]?.timescale).toBe(1_000_000)
    expect(samples.map(({ pts }) => pts)).toEqual([1000])
  })

  it('that go back leave decoding times where they are', () => {
    const content = [key(0), key(40), key(30), key(50)]
    const { samples } = trace(ebmlHeader(), segment(...head(videoEntry(1)), cluster(timestamp(0), ...content)))
    expect(samples.map(({ dts, pts }) => [dts, pts])).toEqual([
      [0, 0],
      [40, 40],
      [40, 30],
      [50, 50],
    ])
  })

  it('of B frames: decoding times are the sorted ones', () => {
    const avcC = binaryElement(id.CODEC_PRIVATE, Uint8Array.of(1, 66, 0, 30, 0xff, 0xe0, 0))
    const content = [key(0), ...[80, 40, 20, 60].map((time) => simpleBlock(1, time, 0, frame(5)))]
    const { samples } = trace(
      ebmlHeader('matroska'),
      segment(...head(videoEntry(1, 'V_MPEG4/ISO/AVC', avcC)), cluster(timestamp(0), ...content)),
    )
    expect(samples.map(({ dts, pts }) => [dts, pts])).toEqual([
      [0, 0],
      [20, 80],
      [40, 40],
      [60, 20],
      [80, 60],
    ])
  })
})

describe('what cannot be read is a typed fault, and what came before it stays', () => {
  const good = cluster(timestamp(0), key(0))
  const withGood = (...content: Uint8Array[]): Uint8Array[] => [
    ebmlHeader(),
    unsized(id.SEGMENT, 8, ...head(videoEntry(1)), good, ...content),
  ]
  const tooLong = concat([Uint8Array.of(0x1f, 0x43, 0xb6, 0x75, 0x01, 0x3f, 0, 0, 0, 0, 0, 0)])
  const rows: [string, string, number, Uint8Array[]][] = [
    ['a second EBML document', 'unsupported', 1, [...withGood(), ebmlHeader(), segment()]],
    ['a second Segment', 'unsupported', 1, [...withGood(), segment(...head(videoEntry(1)))]],
    ['a size over 2^53', 'too-large', 1, withGood(tooLong)],
    [
      'a block over 256 MB',
      'too-large',
      1,
      withGood(unsized(id.CLUSTER, 8, timestamp(0), Uint8Array.of(0xa3, 0x08, 0x20, 0, 0, 0))),
    ],
    [
      'a block that is longer than its Cluster',
      'malformed',
      1,
      withGood(cluster(timestamp(1), Uint8Array.of(0xa3, 0x90))),
    ],
    ['a block before its Cluster has a time', 'malformed', 1, withGood(cluster(key(0)))],
    ['a time of 127 years', 'too-large', 1, withGood(cluster(timestamp(4.1e12)))],
    ['an ID of five bytes', 'malformed', 1, withGood(Uint8Array.of(0x08, 1, 1, 1, 1, 0x80))],
    ['a Cluster in a Cluster', 'malformed', 1, withGood(cluster(timestamp(0), good))],
    [
      'a block of two bytes',
      'malformed',
      1,
      withGood(cluster(timestamp(0), binaryElement(id.SIMPLE_BLOCK, new Uint8Array([0x81, 0])))),
    ],
    [
      'two Blocks in a group',
      'malformed',
      1,
      withGood(
        cluster(
          timestamp(0),
          masterElement(id.BLOCK_GROUP, [
            binaryElement(id.BLOCK, blockBytes(1, 0, 0)),
            binaryElement(id.BLOCK, blockBytes(1, 0, 0)),
          ]),
        ),
      ),
    ],
    [
      'a size longer than EBMLMaxSizeLength',
      'malformed',
      0,
      [ebmlHeader('webm', unsignedElement(id.EBML_MAX_SIZE_LENGTH, 4)), segment()],
    ],
    ['EBMLMaxSizeLength over 8', 'unsupported', 0, [ebmlHeader('webm', unsignedElement(id.EBML_MAX_SIZE_LENGTH, 9))]],
    [
      'a child that is longer than its TrackEntry',
      'malformed',
      0,
      [ebmlHeader(), segment(...head(masterElement(id.TRACK_ENTRY, [Uint8Array.of(0xd7, 0x85, 1)])))],
    ],
    ['EBMLMaxSizeLength of 0', 'unsupported', 0, [ebmlHeader('webm', unsignedElement(id.EBML_MAX_SIZE_LENGTH, 0))]],
    ['EBMLMaxIDLength over 4', 'unsupported', 0, [ebmlHeader('webm', unsignedElement(id.EBML_MAX_ID_LENGTH, 5))]],
    ['another DocType', 'unsupported', 0, [ebmlHeader('mkv3d')]],
    ['no Segment behind the EBML header', 'malformed', 0, [ebmlHeader(), good]],
    ['Clusters before Tracks', 'unsupported', 0, [ebmlHeader(), segment(good)]],
    [
      'Tracks of a gigabyte',
      'too-large',
      0,
      [ebmlHeader(), unsized(id.SEGMENT, 8, concat([Uint8Array.of(0x16, 0x54, 0xae, 0x6b, 0x08, 0x40, 0, 0, 0)]))],
    ],
    [
      '129 tracks',
      'too-large',
      0,
      [ebmlHeader(), segment(...head(...Array.from({ length: 129 }, (_, n) => videoEntry(n + 1))))],
    ],
    ['a track number that is taken', 'malformed', 0, [ebmlHeader(), segment(...head(videoEntry(1), audioEntry(1)))]],
    ['a track without a number', 'malformed', 0, [ebmlHeader(), segment(...head(masterElement(id.TRACK_ENTRY, [])))]],
    [
      'a TimestampScale of 0',
      'malformed',
      0,
      [ebmlHeader(), segment(masterElement(id.INFO, [unsignedElement(id.TIMESTAMP_SCALE, 0)]))],
    ],
    ['no container', 'not-media', 0, [new TextEncoder().encode('<!doctype html>')]],
    ['two bytes', 'not-media', 0, [Uint8Array.of(1, 2)]],
  ]
  it.each(rows)('%s: %s', (_, code, samples, content) => {
    const traced = trace(...content)
    expect(traced.index.damage?.code).toBe(code)
    expect(traced.samples.length).toBe(samples)
    expect(traced.index.bytes).toBe(content.reduce((sum, part) => sum + part.length, 0))
    expect(traced.index.webmView().state).toBe(samples > 0 ? 'ready' : 'unsupported')
  })

  it('an Opus track without an OpusHead has no MP4 view, and a WebM view of sound', () => {
    const broken = audioEntry(1, 'A_OPUS', binaryElement(id.CODEC_PRIVATE, new Uint8Array(30)))
    const { index } = trace(ebmlHeader(), segment(...head(broken), good))
    const webm = index.webmView()
    expect(index.damage).toBeNull()
    expect(index.mp4View().state).toBe('unsupported')
    expect(webm.state === 'ready' && webm.layout.contentType).toBe('audio/webm')
  })

  it('blocks of tracks that nobody announced are passed over', () => {
    const { samples, index } = trace(...withGood(cluster(timestamp(9), simpleBlock(7, 0, KEY, frame(50)), key(1))))
    expect(samples.map(({ pts }) => pts)).toEqual([0, 10])
    expect(index.damage).toBeNull()
  })

  it.each([
    [0, 'needs-encode'],
    [1, 'unsupported'],
  ])('ContentEncodingType %i: no view, state %s', (type, state) => {
    const encoding = masterElement(id.CONTENT_ENCODING, [unsignedElement(id.CONTENT_ENCODING_TYPE, type)])
    const entry = videoEntry(1, 'V_VP9', masterElement(id.CONTENT_ENCODINGS, [encoding]))
    const { index, samples } = trace(ebmlHeader(), segment(...head(entry), good))
    expect(samples.length).toBe(1)
    expect([index.mp4View().state, index.webmView().state]).toEqual([state, state])
    expect(index.viewStates().mp4.state).toBe(state)
  })
})
