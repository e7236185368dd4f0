import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { traceBody } from './index-trace.ts'
import { allMedia } from './webm-media.ts'

type Packet = {
  stream_index: number
  pts_time?: string
  size: string
  pos?: string
  flags: string
  data_hash: string
}

const media = await allMedia()

function probe(path: string): { packets: Packet[]; streams: { index: number; codec_type: string }[] } {
  const args = ['-v', 'error', '-show_packets', '-show_streams', '-show_data_hash', 'MD5', '-of', 'json', path]
  return JSON.parse(execFileSync('ffprobe', args, { maxBuffer: 2 ** 28 }).toString())
}

describe('samples are the packets that ffprobe finds', () => {
  it.each(media)('$name', ({ path, bytes }) => {
    const { samples, index } = traceBody(bytes)
    const { packets, streams } = probe(path)
    expect(index.tracks.length).toBe(streams.length)
    index.tracks.forEach((track, at) => {
      const ours = samples.filter(({ trackId }) => trackId === track.id)
      const theirs = packets.filter((packet) => packet.stream_index === streams[at]!.index)
      expect(ours.length).toBe(theirs.length)
      let laced = 0
      ours.forEach((sample, n) => {
        const packet = theirs[n]!
        const where = `track ${track.id}, sample ${n}`
        const data = bytes.subarray(sample.offset, sample.offset + sample.size)
        expect(sample.size, where).toBe(Number(packet.size))
        expect(`MD5:${createHash('md5').update(data).digest('hex')}`, where).toBe(packet.data_hash)
        expect(sample.sync, where).toBe(packet.flags.startsWith('K'))
        const before = ours[n - 1]
        laced = before !== undefined && sample.offset === before.offset + before.size ? laced + 1 : 0
        // Only the packets themselves tell the times of laced Vorbis, and no view needs them.
        if (packet.pts_time !== undefined && !(laced > 0 && track.codec === 'vorbis')) {
          // ffmpeg takes CodecDelay off, rounded to its ticks of 1 ms, and rounds every frame of a lace.
          const pts = ((sample.pts - track.codecDelay) * 1000) / track.timescale
          expect(Math.abs(pts - Number(packet.pts_time) * 1000), where).toBeLessThanOrEqual(1 + laced / 2)
        }
        if (packet.pos !== undefined) {
          // `pos` is where the block's header is done with or begins: the frame lies behind it, its laces apart.
          const behind = sample.offset - Number(packet.pos)
          expect(behind >= 0 && behind < 16 + 40_000, where).toBe(true)
        }
      })
    })
  })
})
