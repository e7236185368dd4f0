import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { ALL_FORMATS, BufferSource, Input } from 'mediabunny'
import { afterAll, describe, expect, it } from 'vitest'
import { openFragmentReader } from '../src/mp4/fragments.ts'
import { openMp4Tables } from '../src/mp4/movie.ts'
import {
  decodedFrames,
  ffmpeg,
  makeBody,
  openFolder,
  probePackets,
  probeStreams,
  readAll,
  writeView,
} from './mp4-bodies.ts'
import { comparedStreams, expectSame } from './mp4-comparison.ts'

const folder = openFolder()
afterAll(() => folder.remove())

describe('bodies of unusual shape', () => {
  it.each([90, 180, 270])('one that is turned by %i° is turned in its view', async (rotation) => {
    const plain = folder.path('plain.mp4')
    const path = folder.path(`turned ${rotation}.mp4`)
    const viewPath = folder.path(`turned ${rotation}.view.mp4`)
    makeBody('avc, a fragment a frame', plain, 0.4)
    ffmpeg('-i', plain, '-c', 'copy', '-metadata:s:v:0', `rotate=${rotation}`, path)
    const body = new Uint8Array(readFileSync(path))
    writeView(body, viewPath)
    expect(probeStreams(path)[0]!['rotation']).not.toBe(0)
    expect(probeStreams(viewPath)).toEqual(probeStreams(path))
    // ffmpeg 5.1 takes this tag counter-clockwise; mediabunny counts clockwise, as we do.
    expect(readAll(body).tracks[0]!.video!.rotation).toBe(360 - rotation)
    const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(body) })
    expect(await (await input.getPrimaryVideoTrack())!.getRotation()).toBe(360 - rotation)
    for (const [theirs, ours] of comparedStreams(decodedFrames(path), decodedFrames(viewPath))) expectSame(ours, theirs)
  })

  it('one of pixels that are not square keeps them so', () => {
    const path = folder.path('anamorphic.mp4')
    const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=720x576:rate=25', '-t', '0.2', '-vf', 'setsar=64/45']
    ffmpeg(...picture, '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-movflags', '+frag_keyframe+empty_moov', path)
    const body = new Uint8Array(readFileSync(path))
    writeView(body, folder.path('anamorphic.view.mp4'))
    expect(readAll(body).tracks[0]!.video).toMatchObject({
      width: 720,
      height: 576,
      displayWidth: 1024,
      displayHeight: 576,
    })
    expect(probeStreams(folder.path('anamorphic.view.mp4'))).toEqual(probeStreams(path))
  })

  it('PCM is told in chunks, every byte of it, and needs an encoder', () => {
    const path = folder.path('pcm.mov')
    ffmpeg(
      '-f',
      'lavfi',
      '-i',
      'sine=frequency=440:sample_rate=48000',
      '-t',
      '1',
      '-ac',
      '2',
      '-c:a',
      'pcm_s16le',
      path,
    )
    const body = new Uint8Array(readFileSync(path))
    const { samples } = readAll(body)
    expect(samples.reduce((sum, { size }) => sum + size, 0)).toBe(48000 * 4)
    expect(samples.reduce((sum, { duration }) => sum + duration, 0)).toBe(48000)
    expect(samples.length).toBeLessThan(100)
    const tables = openMp4Tables()
    const reader = openFragmentReader(tables)
    reader.push(body)
    expect(tables.view(body.length)).toEqual({ state: 'needs-encode', reason: expect.stringContaining('pcm') })
  })

  it('an mdat of size 0 goes on to the end, and samples are told as they come', () => {
    const body = makeBody('avc, aac, progressive with moov in front', folder.path('open.mp4'), 0.8)
    const wanted = readAll(body).samples
    const at = Buffer.from(body).lastIndexOf('mdat') - 4
    new DataView(body.buffer).setUint32(at, 0)
    expect(readAll(body).samples).toEqual(wanted)
  })

  it('trafs without samples don’t count, nor does their time', () => {
    const body = makeBody('avc with B-frames, aac', folder.path('empty traf.mp4'), 1.2)
    const wanted = readAll(body).samples
    // A moof of one empty traf with an absurd time, between any two top-level boxes.
    const empty = [0, 0, 0, 68, 109, 111, 111, 102, 0, 0, 0, 60, 116, 114, 97, 102]
    empty.push(0, 0, 0, 16, 116, 102, 104, 100, 0, 2, 0, 0, 0, 0, 0, 1)
    empty.push(0, 0, 0, 20, 116, 102, 100, 116, 1, 0, 0, 0, 0, 0, 127, 255, 255, 255, 255, 255)
    empty.push(0, 0, 0, 16, 116, 114, 117, 110, 0, 0, 0, 0, 0, 0, 0, 0)
    const at = Buffer.from(body).indexOf('moof') - 4
    const longer = Uint8Array.from([...body.subarray(0, at), ...empty, ...body.subarray(at)])
    const told = readAll(longer).samples
    expect(told).toEqual(wanted.map((sample) => ({ ...sample, offset: sample.offset + empty.length })))
  })

  it('a repeated moov is passed over, another one is not', () => {
    const body = makeBody('avc with B-frames, aac', folder.path('twice.mp4'), 1.2)
    const at = Buffer.from(body).indexOf('moov') - 4
    const moov = body.slice(at, at + new DataView(body.buffer, body.byteOffset).getUint32(at))
    expect(readAll(Uint8Array.from([...body, ...moov])).samples).toEqual(readAll(body).samples)
    moov[moov.length - 1]! ^= 1
    expect(() => readAll(Uint8Array.from([...body, ...moov]))).toThrow(expect.objectContaining({ code: 'unsupported' }))
  })

  it('a body of over 4 GiB has its samples where they are', () => {
    const small = makeBody('avc with B-frames, aac', folder.path('small.mp4'), 1)
    const split = Buffer.from(small).indexOf('moof') - 4
    // A hole of 4.5 GB in front of the fragments, as a `free` box with a size of 64 bits.
    const hole = 4_500_000_000
    const free = new Uint8Array(16)
    const view = new DataView(free.buffer)
    view.setUint32(0, 1)
    free.set(new TextEncoder().encode('free'), 4)
    view.setUint32(8, Math.floor(hole / 2 ** 32))
    view.setUint32(12, hole % 2 ** 32)
    const tables = openMp4Tables()
    const reader = openFragmentReader(tables)
    reader.push(small.subarray(0, split))
    reader.push(free)
    const zeros = new Uint8Array(2 ** 26)
    for (let left = hole - 16; left > 0; left -= zeros.length)
      reader.push(zeros.subarray(0, Math.min(left, zeros.length)))
    reader.push(small.subarray(split))
    const bodyBytes = small.length + hole
    const made = tables.view(bodyBytes)
    if (made.state !== 'ready') throw new Error(made.reason)
    const viewPath = folder.path('huge.view.mp4')
    const file = openSync(viewPath, 'w')
    let at = 0
    for (const extent of made.layout.extents) {
      if (extent.kind === 'bytes') writeSync(file, extent.bytes, 0, extent.bytes.length, at)
      else {
        writeSync(file, small, 0, split, at)
        writeSync(file, free, 0, 16, at + split)
        writeSync(file, small, split, small.length - split, at + split + hole)
      }
      at += extent.kind === 'bytes' ? extent.bytes.length : extent.length
    }
    ftruncateSync(file, made.layout.size)
    closeSync(file)
    expect(at).toBe(made.layout.size)
    expect(probePackets(viewPath).every(({ pos }) => pos > hole)).toBe(true)
    const small2 = folder.path('small.view.mp4')
    writeView(small, small2)
    for (const [theirs, ours] of comparedStreams(decodedFrames(small2), decodedFrames(viewPath)))
      expectSame(ours, theirs)
  })
})
