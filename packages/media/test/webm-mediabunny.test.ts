import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny'
import { describe, expect, it } from 'vitest'
import { laidOut, type Sample, traceBody } from './index-trace.ts'
import { allMedia } from './webm-media.ts'

const webm = (await allMedia())
  .map((medium) => ({ ...medium, ...traceBody(medium.bytes) }))
  .flatMap((medium) => {
    const view = medium.index.webmView()
    return view.state === 'ready' ? [{ ...medium, file: laidOut(view.layout, medium.bytes) }] : []
  })

describe('mediabunny, another reader, finds in the WebM view', () => {
  it.each(webm)('$name: the same packets, and the same key frame before any time', async ({ file, index, samples }) => {
    const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(file) })
    const found = await input.getTracks()
    expect(found.length).toBe(index.tracks.length)
    for (const [at, track] of index.tracks.entries()) {
      const ours = samples.filter(({ trackId }) => trackId === track.id)
      const seconds = ({ pts }: Sample): number => pts / track.timescale
      const sink = new EncodedPacketSink(found[at]!)
      const theirs: { time: number; size: number; key: boolean }[] = []
      for await (const packet of sink.packets()) {
        theirs.push({ time: packet.timestamp, size: packet.byteLength, key: packet.type === 'key' })
      }
      expect(theirs.map(({ size, key }) => [size, key])).toEqual(ours.map(({ size, sync }) => [size, sync]))
      if (track.codec === 'vorbis') continue
      for (const [n, { time }] of theirs.entries()) expect(time).toBeCloseTo(seconds(ours[n]!), 2)
      for (const part of [0.1, 0.4, 0.7, 0.95]) {
        const time = (part * index.durationMs) / 1000
        const key = ours.findLast((sample) => sample.sync && seconds(sample) <= time)
        const packet = await sink.getKeyPacket(time)
        expect(packet?.timestamp).toEqual(key === undefined ? undefined : expect.closeTo(seconds(key), 2))
      }
    }
  })
})
