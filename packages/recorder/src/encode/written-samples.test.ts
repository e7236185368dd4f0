import {
  BufferSource,
  EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  MP4,
  Mp4OutputFormat,
  Output,
  StreamTarget,
} from 'mediabunny'
import { expect, it } from 'vitest'
import { forgetWrittenSamples } from './written-samples.ts'

const pictures = 30 * 60

/** A minute of pictures with a key frame each second; what the muxer wrote, and how many samples it kept at most. */
async function record(forget: (output: Output) => void): Promise<{ body: Uint8Array; kept: number }> {
  const pieces: { data: Uint8Array; position: number }[] = []
  const write = ({ data, position }: { data: Uint8Array; position: number }) => {
    pieces.push({ data: data.slice(), position })
    forget(output)
  }
  const output = new Output({
    format: new Mp4OutputFormat({ fastStart: 'fragmented', minimumFragmentDuration: 0.2 }),
    target: new StreamTarget(new WritableStream({ write })),
  })
  const source = new EncodedVideoPacketSource('vp8')
  output.addVideoTrack(source, { frameRate: 30 })
  await output.start()
  let kept = 0
  for (let index = 0; index < pictures; index++) {
    const type = index % 30 === 0 ? 'key' : 'delta'
    const packet = new EncodedPacket(new Uint8Array(100).fill(index), type, index / 30, 1 / 30)
    await source.add(packet, { decoderConfig: { codec: 'vp8', codedWidth: 320, codedHeight: 180 } })
    kept = Math.max(kept, keptBy(output))
  }
  await output.finalize()
  const body = new Uint8Array(Math.max(...pieces.map(({ data, position }) => position + data.length)))
  for (const { data, position } of pieces) body.set(data, position)
  return { body, kept }
}

type Inside = { _muxer: { trackDatas: { finalizedChunks: { samples: unknown[] }[] }[] } }

function keptBy(output: Output): number {
  const { trackDatas } = (output as unknown as Inside)._muxer
  return trackDatas
    .flatMap(({ finalizedChunks }) => finalizedChunks)
    .reduce((sum, { samples }) => sum + samples.length, 0)
}

it('lets go of what is written, and changes nothing of it', async () => {
  const plain = await record(() => {})
  const lean = await record(forgetWrittenSamples)
  // One of each second, and at most the last chunk whole.
  expect(lean.kept).toBeLessThanOrEqual(pictures / 30 + 30)
  expect(plain.kept, 'mediabunny lets go by itself: this can be deleted').toBeGreaterThan(pictures / 2)
  expect(withoutDates(lean.body)).toEqual(withoutDates(plain.body))
  const input = new Input({ formats: [MP4], source: new BufferSource(lean.body) })
  const sink = new EncodedPacketSink((await input.getPrimaryVideoTrack())!)
  let count = 0
  for await (const packet of sink.packets()) {
    expect(packet.timestamp).toBeCloseTo(count / 30)
    expect(packet.data[0]).toBe(count & 255)
    count++
  }
  expect(count).toBe(pictures)
})

/** Creation and modification times of `mvhd`, `tkhd` and `mdhd` are those of the clock. */
function withoutDates(body: Uint8Array): Buffer {
  const bytes = Buffer.from(body)
  for (const name of ['mvhd', 'tkhd', 'mdhd']) {
    const at = bytes.indexOf(name)
    bytes.fill(0, at + 8, at + 24)
  }
  return bytes
}
