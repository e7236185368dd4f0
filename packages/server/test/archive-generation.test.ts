// packages/umf/SPEC.md, L5: what is put together when it is asked for has one state under one generation.
import type { Track } from '@rushes/media'
import { describe, expect, it } from 'vitest'
import { openMp4Tables } from '../../media/src/mp4/movie.ts'
import type { Recording } from '../src/catalog/schema.ts'
import { reservedHead } from '../src/publish/archive-head.ts'
import { planRecording } from '../src/publish/archive-plan.ts'

const video: Track = {
  ...{ id: 1, kind: 'video', codec: 'avc', codecId: 'avc1', parameterSets: 'config', codecPrivate: null },
  ...{ config: Uint8Array.of(1, 66, 0, 30, 255, 225, 0, 4, 103, 66, 0, 30, 1, 0, 2, 104, 206), timescale: 30000 },
  ...{ language: 'und', name: '', audio: null, codecDelay: 0, edits: null },
  video: { width: 640, height: 480, displayWidth: 640, displayHeight: 480, rotation: 0, colour: null },
}
const audio: Track = {
  ...{ ...video, id: 2, kind: 'audio', codec: 'opus', codecId: 'Opus', timescale: 48000, codecDelay: 312, video: null },
  ...{
    config: Uint8Array.of(0, 2, 0, 0, 0, 0, 187, 128, 0, 0, 0),
    audio: { sampleRate: 48000, channels: 2, bitDepth: 0 },
  },
}

/** Pictures that are composed in another order than they are decoded in, and sound. */
function movie() {
  const tables = openMp4Tables()
  tables.track(video)
  tables.track(audio)
  let at = 0
  for (let index = 0; index < 12; index++) {
    const composed = [1, 4, 2, 3][index % 4]! + 4 * Math.floor(index / 4)
    tables.sample(1, at, 100 + index, index * 1000, composed * 1000, 1000, index === 0)
    at += 100 + index
    tables.sample(2, at, 20, index * 960, index * 960, 960, true)
    at += 20
  }
  return { tables, size: at }
}

const then = new Date(1e12)
const recording = (size: number): Recording => ({
  ...{
    id: '0199a7d2-0000-7000-8000-000000000001' as Recording['id'],
    owner_id: 'o' as Recording['owner_id'],
    title: 'Talk',
  },
  ...{ state: 'published', content_type: 'video/mp4', created_at: then, published_at: then, epoch: 1, size, crc32: 1 },
  ...{
    token_hash: Buffer.alloc(0),
    sha256: Buffer.alloc(32, 7),
    end_reason: 'ended',
    duration_ms: 480,
    deleted_at: null,
  },
  ...{
    summary: { durationMs: 480 },
    front_offset: null,
    front_length: null,
    generation: 1,
    derived: 0,
    archive_id: null,
  },
})

/** Of an archive as it is laid out now, by the generation that it says. */
function laidOut() {
  const { tables, size } = movie()
  const mp4 = tables.view(size, reservedHead)
  const { planned } = planRecording({
    ...{ recording: recording(size), mp4, media: { length: size, digest: `sha256:${'07'.repeat(32)}` } },
    ...{ events: [{ t: 100, kind: 'mark', data: {} }], kept: null, note: null, bodyFor: 'everybody', derived: [] },
    caller: { level: 0, attributes: {} },
  })
  const index = planned.parts.at(-1)!
  if (index.kind !== 'bytes') throw new Error('an archive ends with its index')
  const generation = Number(/"generation":(\d+)/.exec(Buffer.from(index.bytes).toString('latin1'))![1])
  return { generation, root: Buffer.from(planned.root).toString('hex') }
}

/** Whoever changes what a recording is laid out as raises `layoutVersion` or `planVersion`, and notes the new root here. */
const known = { generation: 4, root: 'b08d137df9ee62db094cb3d67c5918868aeff423b20a3adc94cfade68ef72f20' }

describe('a recording that is laid out as an archive', () => {
  it('[L5] is the same state under the same generation, whichever release lays it out', () => {
    expect(laidOut()).toEqual(known)
  })
})
